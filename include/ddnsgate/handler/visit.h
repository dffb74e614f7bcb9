#ifndef DDNSGATE_HANDLER_VISIT_H
#define DDNSGATE_HANDLER_VISIT_H

/*
 * A visit by a browser: what is shown to it, and in which memory, as that is
 * more than a router's request takes.  To show what DNS has it asks, as an
 * update does, but never changes anything; the buttons do, before, as any other
 * update.
 */

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"
#include "ddnsgate/handler/served.h"
#include "ddnsgate/request/request_source.h"
#include "ddnsgate/server/transaction.h"
#include "ddnsgate/state/seen.h"
#include "ddnsgate/update/parent.h"

/* Folders of a path that a form finds its way back from step by step. */
#define VISIT_DEPTH_MAX 32

/* All of it is borrowed. */
struct visit_tools {
	struct transaction *transaction;
	struct parent_cache *parents; /* as for lookup_new */
	struct seen *seen;            /* NULL: nothing is known */
};

/* The memory of one request; all zeroes: none. */
struct visit {
	struct visit_memory *memory;
	struct span page; /* in it */
};

/* Does the request come from a browser, and is a page shown to those? */
bool
visit_is_one(
    const struct site_settings *settings, const struct request_source *source);

/* And is it one that must not change anything? */
bool
visit_is_look(
    const struct site_settings *settings, const struct request_source *source);

/* Is it sent by another site's form? */
bool
visit_is_foreign(
    const struct site_settings *settings, const struct request_source *source);

/* Why a visitor whom nobody knows is refused: for that alone, whatever else is
 * wrong, unless the body with the secret could not be read. */
enum err
visit_refusal(enum err err, enum err client_err);

/* Writes the page for a request that was served with this outcome, which is
 * about detail (NULL: nothing).  Without memory there is none. */
void
visit_make(struct visit *visit, const struct visit_tools *tools,
    const struct served *served, const struct request_source *source,
    enum err outcome, const char *detail);

/* Has the reply written to the visit's memory, if there is a page. */
void
visit_take_reply(const struct visit *visit, struct text *out);

/* Frees the memory; there is none afterwards. */
void
visit_done(struct visit *visit);

#endif
