#ifndef DDNSGATECTL_SNIPPET_H
#define DDNSGATECTL_SNIPPET_H

/*
 * Ready configuration for a client's device or program, one kind each.  The
 * texts are the files of the folder snippets/.
 */

#include "ctl.h"

struct snippet_kind {
	const char *name;
	const char *text; /* a line about it, then the template */
};

/* In the order in which they are listed; generated from snippets/. */
extern const struct snippet_kind snippet_kinds[];
extern const size_t snippet_kind_count;

/* The first kind, for whom asks for none. */
#define SNIPPET_DEFAULT snippet_kinds[0].name

/* NULL after having said that there is none of that name. */
const struct snippet_kind *
snippet_find(const char *name);

/*
 * Prints the snippet for a client.  Without a secret, which is NULL then, a
 * placeholder and what it stands for are in the text.
 */
enum ctl_exit
snippet_print(const struct ctl *ctl, const struct snippet_kind *kind,
    const struct site_client *client, const char *secret);

#endif
