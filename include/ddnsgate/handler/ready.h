#ifndef DDNSGATE_HANDLER_READY_H
#define DDNSGATE_HANDLER_READY_H

/*
 * Whether a load balancer had better send requests here: no, while an
 * administrator says so (drain.h); else if a DNS server has answered lately,
 * whatever and to whom.  If none was asked, one probe asks.  One object serves
 * all threads of a process.
 *
 * Anybody may ask, so that costs no thread and no DNS server more than this:
 * one probe at a time, whose result holds for READY_KEEP_MS, and at most
 * READY_WAITERS_MAX further callers that wait for it.  The others get the
 * result of the one before.
 */

#include "ddnsgate/base/err.h"
#include "ddnsgate/server/health.h"
#include "ddnsgate/server/transaction.h"
#include "ddnsgate/site/site.h"

#define READY_LATELY_MS 10000 /* an answer of a server is new for so long */
#define READY_PROBE_MS 1000   /* a probe lasts no longer */
#define READY_KEEP_MS 1000    /* its failure holds for so long */
#define READY_PROBE_ZONES 4   /* it asks about no more; the next one goes on */
#define READY_WAITERS_MAX 2

struct ready;

/* Borrows the health. */
enum err
ready_new(const struct health *health, struct ready **ret);

void
ready_free(struct ready *ready);

/* ERR_OK, ERR_DRAINING, or why the last server that was asked gave no answer;
 * ERR_DNS_SILENT when there is none.  Uses the thread's transaction. */
enum err
ready_check(struct ready *ready, const struct site *site,
    struct transaction *transaction);

#endif
