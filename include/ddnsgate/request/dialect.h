#ifndef DDNSGATE_REQUEST_DIALECT_H
#define DDNSGATE_REQUEST_DIALECT_H

/*
 * The update protocols, a row each: the paths of its requests, the names of its
 * parameters, where the secret is, and the form of the reply.  The code that
 * reads requests and writes replies looks at these rows only, so another
 * protocol is another row.  The parameters for addresses are the same in all
 * dialects and stand in request_address.c.
 */

#include <stdbool.h>
#include <stddef.h>

#include "ddnsgate/base/text.h"
#include "ddnsgate/request/form.h"

enum dialect_action {
	DIALECT_UPDATE,  /* change addresses */
	DIALECT_ADDRESS, /* reply with the caller's own address */
	DIALECT_HEALTH,  /* reply that the service runs */
	DIALECT_READY,   /* reply whether it can do its work */
	DIALECT_METRICS, /* reply what was counted */
};

enum dialect_reply {
	DIALECT_WORDS,    /* a line per host; for an address, only that */
	DIALECT_OK,       /* "OK", or "KO" for any failure */
	DIALECT_HTML,     /* a page with the address, never JSON */
	DIALECT_HTTPREQ,  /* name and value as JSON */
	DIALECT_ACME_DNS, /* the value as JSON, words of its own */
	DIALECT_PAGE,     /* a page for people, whatever the outcome is */
};

/* What a request does about TXT records (acme.h). */
enum dialect_txt {
	DIALECT_TXT_ASKED, /* by the parameter txt, if it is there */
	DIALECT_TXT_ADD,
	DIALECT_TXT_REMOVE,
};

/* The lists end in NULL. */
struct dialect {
	const char *name; /* for the log */
	enum dialect_action action;
	enum dialect_reply reply;
	unsigned shown_to;        /* some DIALECT_TO_...; 0: everybody */
	const char *const *paths; /* NULL: /SECRET and /SECRET/HOST[,HOST] */
	/* /SECRET and this segment, instead; NULL: none */
	const char *behind_secret;
	/* What the segments behind its path stand for, in this order: values of
	 * these parameters.  Only the last may be missing.  NULL: there are no
	 * such segments. */
	const char *const *path_parameters;
	/* Only requests with one parameter of each of these lists are of it;
	 * NULL: any. */
	const char *const *const *needs;
	bool json; /* only requests whose body is JSON are of it */
	bool post; /* the only method that it has */
	enum dialect_txt txt;
	/* The value of a TXT record; NULL: it has none. */
	const char *const *txt_parameters;
	/* What the value is made of, with the host in place of the record's
	 * name; NULL: none. */
	const char *const *key_parameters;
	const char *const *host_parameters; /* hosts are in this order */
	/* The first that has a value counts.  NULL: the secret is no
	 * parameter. */
	const char *const *secret_parameters;
	/* Variables of two headers, name and secret, that come before these
	 * and the header Authorization; NULL: none. */
	const char *user_header, *secret_header;
	/* If one of them is "yes", all addresses are removed.  NULL: none. */
	const char *const *clear_parameters;
	/* If "yes", say what was done.  NULL: none. */
	const char *verbose_parameter;
	/* If "yes", each host's wildcard is meant too.  NULL: none. */
	const char *wildcard_parameter;
};

/* To whom a request may belong that not everybody may make. */
#define DIALECT_TO_METRICS 1U /* who may read what was counted */
#define DIALECT_TO_BROWSER 2U /* people */

/*
 * Finds the dialect of a path with these parameters.  The path has no
 * base_path, no repeated and no final "/".  *ret_rest is what follows the
 * dialect's own path, without the "/" between; of a secret URL all that follows
 * the first "/".  Those that not everybody is shown are found only with a bit
 * of shown_to: to others their paths are those of secret URLs, or of no
 * dialect. NULL: no dialect, as for the empty path.
 */
const struct dialect *
dialect_find(struct span path, const struct form *form, unsigned shown_to,
    struct span *ret_rest);

/* Is it one such as "/favicon.ico"?  No secret has a dot: what has one is asked
 * for by browsers and robots for themselves, and is no guess. */
bool
dialect_is_file_name(struct span path);

/* That of the page for people. */
const struct dialect *
dialect_page(void);

/* The rows are numbered from 0; there are no more than this. */
#define DIALECT_ROWS_MAX 31

size_t
dialect_number(const struct dialect *dialect);

/* NULL: there is no row of that number. */
const struct dialect *
dialect_row(size_t number);

#endif
