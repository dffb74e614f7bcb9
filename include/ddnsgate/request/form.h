#ifndef DDNSGATE_REQUEST_FORM_H
#define DDNSGATE_REQUEST_FORM_H

/*
 * The parameters of a query and of a form (application/x-www-form-urlencoded),
 * "a=b&c=d", or of a flat JSON object, whose members are the parameters.  The
 * case of names does not matter; blanks around names and values are removed,
 * and so is "amp;" at the beginning of a name, which a URL has that was copied
 * out of HTML ("a=b&amp;c=d").  In JSON true and false are "yes" and "no", and
 * a member that is null is absent.
 */

#include <stdbool.h>
#include <stddef.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"
#include "ddnsgate/request/request_source.h"

#define FORM_PARAMETERS_MAX 64

struct form_parameter {
	struct span name;
	struct span value;
};

/* Zeroes mean an empty form. */
struct form {
	struct form_parameter items[FORM_PARAMETERS_MAX];
	size_t count;
	bool json; /* the body was JSON */
};

/*
 * Adds the parameters of a text, which is decoded in place and has to outlive
 * the form.  ERR_TOO_LARGE: more than FORM_PARAMETERS_MAX in all.
 */
enum err
form_add(struct form *form, char *text, size_t len);

/* Adds one parameter, whose spans have to outlive the form.  ERR_TOO_LARGE. */
enum err
form_add_parameter(struct form *form, struct span name, struct span value);

/* ERR_MEDIA: what the variables say of the body is another type than a form and
 * JSON, or a Content-Encoding. */
enum err
form_check_media(const struct request_source *source);

/*
 * Adds the parameters of a request's body, which is decoded in place and has to
 * outlive the form.  What tells JSON is the type application/json, or a "{" at
 * the beginning where the type is that of a form or none: acme.sh sends JSON as
 * a form, and curl -d any text.
 *
 * ERR_MEDIA: another type, or a Content-Encoding; ERR_SYNTAX: other JSON than
 * that; ERR_TOO_LARGE: too many parameters.
 */
enum err
form_add_body(struct form *form, const struct request_source *source,
    char *body, size_t len);

/* The last value that was added under a name; false if there is none. */
bool
form_find(const struct form *form, const char *name, struct span *ret_value);

/* The same for the first of several names that has one; the list ends in NULL,
 * or is NULL. */
bool
form_find_any(
    const struct form *form, const char *const *names, struct span *ret_value);

/*
 * Each value that was added under a name, in order: the next one from *index
 * on, which starts as 0.  False if there is none any more.
 */
bool
form_next(const struct form *form, const char *name, size_t *index,
    struct span *ret_value);

/* Is the value under this name a word for yes?  The name may be NULL. */
bool
form_says_yes(const struct form *form, const char *name);

#endif
