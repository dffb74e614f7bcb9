#ifndef DDNSGATE_REPLY_SNIPPET_H
#define DDNSGATE_REPLY_SNIPPET_H

/*
 * Ready configuration for a client's device or program, a kind for each.  The
 * texts are the files in the directory src/reply/snippets.
 */

#include <stdbool.h>
#include <stddef.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"
#include "ddnsgate/site/site.h"

struct snippet_kind {
	const char *name;
	const char *text; /* a line about it, then the template */
	bool acme;        /* for certificates */
};

/* In the order in which they are listed; generated from the files. */
extern const struct snippet_kind snippet_kinds[];
extern const size_t snippet_kind_count;

/* NULL when there is none of that name. */
const struct snippet_kind *
snippet_find(struct span name);

/* Has the client what the kind is for? */
bool
snippet_fits(const struct snippet_kind *kind, const struct site *site,
    const struct site_client *client);

/* The line about it. */
struct span
snippet_title(const struct snippet_kind *kind);

/* The URL at which clients reach ddnsgate, base_path included, and its parts.
 */
struct snippet_url {
	const char *text;   /* without a final "/" */
	const char *server; /* with the port, if it has one */
	const char *path;   /* "" or starting with "/" */
	bool https;
};

/* What is filled in. */
struct snippet_about {
	const struct site *site;
	const struct site_client *client;
	const char *secret; /* NULL: a placeholder, which is explained */
	const struct snippet_url *url;
};

/* Writes the text for a client that it fits.  ERR_MEMORY; that the text
 * overflows is no failure. */
enum err
snippet_write(struct text *out, const struct snippet_kind *kind,
    const struct snippet_about *about);

#endif
