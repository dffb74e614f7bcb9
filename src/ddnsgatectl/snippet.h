#ifndef DDNSGATECTL_SNIPPET_H
#define DDNSGATECTL_SNIPPET_H

/* Prints ready configuration for a client's device or program. */

#include "ddnsgate/reply/snippet.h"

#include "ctl.h"

/* The first kind, for a command without --snippet. */
#define SNIPPET_DEFAULT snippet_kinds[0].name

/* NULL, after an error message, when there is none of that name. */
const struct snippet_kind *
snippet_named(const char *name);

/* Has the client what the kind is for?  False after an error message. */
bool
snippet_suits(const struct ctl *ctl, const struct snippet_kind *kind,
    const struct site_client *client);

/*
 * Prints the snippet for a client that it suits.  If secret is NULL, the text
 * has a placeholder and explains it.
 */
enum ctl_exit
snippet_print(const struct ctl *ctl, const struct snippet_kind *kind,
    const struct site_client *client, const char *secret);

#endif
