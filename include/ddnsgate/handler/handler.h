#ifndef DDNSGATE_HANDLER_HANDLER_H
#define DDNSGATE_HANDLER_HANDLER_H

/*
 * Serves one request from its CGI variables to the response.  The only module
 * that knows every step; it, log_limit and request_log are the only ones of the
 * library that write to the log.
 *
 *	caller_find              whose address it comes from
 *	request_parse            what it asks for
 *	auth_client              which client it is
 *	route_hosts              which hosts are meant
 *	policy_decide            what their addresses are to be, or their
 *	                         TXT records
 *	for each zone:
 *	  commit_mark_contended  is another change of them in flight?
 *	  lookup_updates         what does DNS have?
 *	for each zone:
 *	  commit_updates         UPDATE, if that differs
 *	  lookup_read_back       if the zone wants it
 *	or, for TXT records:
 *	  challenges_run         look up, UPDATE, read back
 *	reply_write, logline_write
 *
 * The first step that fails ends the request; but when the servers of one zone
 * fail, the other zones are still changed.  All zones are looked up before any
 * is changed.
 */

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"
#include "ddnsgate/handler/log_limit.h"
#include "ddnsgate/handler/ready.h"
#include "ddnsgate/handler/secondaries.h"
#include "ddnsgate/limits/limits.h"
#include "ddnsgate/limits/password_check.h"
#include "ddnsgate/reply/event.h"
#include "ddnsgate/request/request.h"
#include "ddnsgate/server/exchange.h"
#include "ddnsgate/site/site.h"
#include "ddnsgate/state/counters.h"
#include "ddnsgate/state/seen.h"
#include "ddnsgate/update/group_commit.h"
#include "ddnsgate/update/parent.h"

/* What a handler uses; all of it is borrowed and has to outlive it. */
struct handler_dependencies {
	struct exchange_transport transport; /* of this thread only */
	/* Shared by the threads of the process */
	struct group_commit *group;       /* NULL: an UPDATE for each request */
	struct parent_cache *parents;     /* NULL: nothing is kept */
	struct limits *limits;            /* NULL: no limits */
	struct log_limit *log_limit;      /* NULL: no limit of log lines */
	const struct event_sink *events;  /* NULL: nobody is told */
	struct password_check *passwords; /* NULL: none is remembered */
	struct ready *ready;              /* NULL: always ready */
	struct seen *seen;                /* NULL: it is not noted */
	struct secondaries *secondaries;  /* NULL: they are not waited for */
	struct digest_cache *recent_txt; /* NULL: no record is known as young */
	struct counters *counters;       /* NULL: nothing is counted */
};

/* What one thread needs to serve requests, one after the other. */
struct handler;

enum err
handler_new(
    const struct handler_dependencies *dependencies, struct handler **ret);

void
handler_free(struct handler *handler);

/*
 * Serves one request: writes a whole CGI response to out, whose buffer has
 * REPLY_SIZE bytes, and one line to the log, within its limit (log_limit.h).
 * A longer response is in a buffer that out is given in place of its own; it
 * stays until the next request.
 */
void
handler_serve(struct handler *handler, const struct site *site,
    const struct request_source *source, struct text *out);

/* Frees that buffer, and wipes it, as the page has the secret: to be called
 * when the response has been sent; the next request does it, too. */
void
handler_reply_sent(struct handler *handler);

#endif
