#ifndef DDNSGATE_HANDLER_HANDLER_H
#define DDNSGATE_HANDLER_HANDLER_H

/*
 * Walks one request down the way; the only function that sees every step,
 * and the only one in the library that logs.
 */

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"
#include "ddnsgate/config/site.h"
#include "ddnsgate/request/request.h"
#include "ddnsgate/server/exchange.h"
#include "ddnsgate/state/limits.h"
#include "ddnsgate/update/group_commit.h"

/* What handlers stand on; all of it is borrowed and lives longer. */
struct handler_dependencies {
	struct exchange_transport transport; /* the thread's */
	/* The process's */
	struct group_commit *queue; /* NULL: requests go alone */
	struct limits *limits;      /* NULL: no limits */
};

/* What one thread needs to serve requests, made once. */
struct handler;

enum err
handler_new(
    const struct handler_dependencies *dependencies, struct handler **ret);

void
handler_free(struct handler *handler);

/*
 * Serves one request: writes a whole CGI response to out, which has room for
 * REPLY_SIZE, and one line to the log.
 */
void
handler_serve(struct handler *handler, const struct site *site,
    const struct request_source *source, struct text *out);

#endif
