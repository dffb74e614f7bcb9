#ifndef DDNSGATE_DIALECT_H
#define DDNSGATE_DIALECT_H

/*
 * One row per update protocol: where its requests go, what its parameters
 * are called, where the secret is, what the reply looks like.  The code that
 * walks requests and replies knows rows only; a protocol more is a row more.
 */

#include <stdbool.h>

#include "ddnsgate/text.h"

enum dialect_action {
	DIALECT_UPDATE, /* change addresses */
	DIALECT_HEALTH, /* say that we run */
};

/* The lists end in NULL. */
struct dialect {
	const char *name; /* for the log */
	enum dialect_action action;
	const char *const *paths; /* NULL: /SECRET and /SECRET/HOST[,HOST] */
	const char *const *host_parameters; /* in the order of their hosts */
};

/*
 * The dialect of a path, which has no base_path, no doubled and no final "/",
 * and what follows it (for secret URLs: all after the first "/").  NULL: no
 * dialect, as for the empty path.
 */
const struct dialect *
dialect_find(struct span path, struct span *ret_rest);

#endif
