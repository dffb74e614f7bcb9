#ifndef DDNSGATE_REQUEST_DIALECT_H
#define DDNSGATE_REQUEST_DIALECT_H

/*
 * One row per update protocol: where its requests go, what its parameters
 * are called, where the secret is, what the reply looks like.  The code that
 * walks requests and replies knows rows only; a protocol more is a row more.
 */

#include <stdbool.h>

#include "ddnsgate/base/text.h"
#include "ddnsgate/request/form.h"

enum dialect_action {
	DIALECT_UPDATE,  /* change addresses */
	DIALECT_ADDRESS, /* tell the caller its own */
	DIALECT_HEALTH,  /* say that we run */
};

enum dialect_reply {
	DIALECT_WORDS, /* a line per host; for an address, only that */
	DIALECT_OK,    /* "OK", or "KO" for any failure */
	DIALECT_HTML,  /* a page with the address, never JSON */
};

/* The lists end in NULL. */
struct dialect {
	const char *name; /* for the log */
	enum dialect_action action;
	enum dialect_reply reply;
	const char *const *paths; /* NULL: /SECRET and /SECRET/HOST[,HOST] */
	/* Takes only requests with a secret and a host of these names. */
	bool by_parameters;
	const char *const *host_parameters; /* in the order of their hosts */
	/* The first that has a value counts.  NULL: no parameter does. */
	const char *const *secret_parameters;
	/* If "yes": remove all addresses; tell what was done.  NULL: none. */
	const char *clear_parameter;
	const char *verbose_parameter;
};

/*
 * The dialect of a path, which has no base_path, no doubled and no final "/",
 * with these parameters; and what follows it (for secret URLs: all after the
 * first "/").  NULL: no dialect, as for the empty path.
 */
const struct dialect *
dialect_find(struct span path, const struct form *form, struct span *ret_rest);

#endif
