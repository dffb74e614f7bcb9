#ifndef DDNSGATECTL_SNIPPET_H
#define DDNSGATECTL_SNIPPET_H

/*
 * Ready configuration for a client's device or program, a kind for each.  The
 * texts are the files in the directory snippets/.
 */

#include "ctl.h"

struct snippet_kind {
	const char *name;
	const char *text; /* a line about it, then the template */
	bool acme;        /* for certificates */
};

/* In the order in which they are listed; generated from snippets/. */
extern const struct snippet_kind snippet_kinds[];
extern const size_t snippet_kind_count;

/* The first kind, for a command without --snippet. */
#define SNIPPET_DEFAULT snippet_kinds[0].name

/* NULL, after an error message, when there is none of that name. */
const struct snippet_kind *
snippet_find(const char *name);

/* Has the client what the kind is for?  False after an error message. */
bool
snippet_fits(const struct ctl *ctl, const struct snippet_kind *kind,
    const struct site_client *client);

/*
 * Prints the snippet for a client that it fits.  If secret is NULL, the text
 * has a placeholder and explains it.
 */
enum ctl_exit
snippet_print(const struct ctl *ctl, const struct snippet_kind *kind,
    const struct site_client *client, const char *secret);

#endif
