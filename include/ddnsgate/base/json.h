#ifndef DDNSGATE_BASE_JSON_H
#define DDNSGATE_BASE_JSON_H

/*
 * Reads a flat JSON object (RFC 8259): its members are strings, numbers, true,
 * false and null, and neither objects nor arrays.
 */

#include <stddef.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"

#define JSON_MEMBERS_MAX 32

enum json_kind { JSON_STRING, JSON_NUMBER, JSON_TRUE, JSON_FALSE, JSON_NULL };

struct json_member {
	struct span name;  /* decoded */
	struct span value; /* of a string decoded, else as it stands there */
	enum json_kind kind;
};

struct json_object {
	struct json_member members[JSON_MEMBERS_MAX];
	size_t count;
};

/* Is the first byte that is no blank a "{"?  No form begins so. */
bool
json_begins_object(struct span text);

/*
 * Reads a text that is one object, whose strings are decoded in place.  The
 * members are in their order; a name may be in several of them.  What a string
 * holds is any bytes that are no control characters, and what escapes add, a
 * NUL too.  ERR_SYNTAX: it is no JSON, or no flat object.  ERR_RANGE: more than
 * JSON_MEMBERS_MAX members.
 */
enum err
json_read_object(char *text, size_t len, struct json_object *ret);

#endif
