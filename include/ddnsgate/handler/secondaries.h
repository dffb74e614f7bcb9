#ifndef DDNSGATE_HANDLER_SECONDARIES_H
#define DDNSGATE_HANDLER_SECONDARIES_H

/*
 * Waits until a zone's secondaries have a TXT record.  Certificate authorities
 * ask any server of the zone, from several places at once, and a primary tells
 * its secondaries only after a second (Knot DNS) or up to five (BIND).  One
 * object serves all threads of a process.
 *
 * Such a wait binds a thread for seconds, so few threads may wait; for the
 * others the answer is at once that the record is not known to be there.
 */

#include "ddnsgate/base/err.h"
#include "ddnsgate/server/transaction.h"
#include "ddnsgate/site/site.h"

#define SECONDARIES_WAIT_MS 10000
/* A question to one of them, and the time from one round to the next. */
#define SECONDARIES_QUESTION_MS 1000
#define SECONDARIES_FIRST_PAUSE_MS 100
#define SECONDARIES_PAUSE_MS 250
/* One of so many threads may wait; at least one. */
#define SECONDARIES_DIVISOR 8

struct secondaries;

/* For a process with this many threads. */
enum err
secondaries_new(unsigned threads, struct secondaries **ret);

void
secondaries_free(struct secondaries *secondaries);

/*
 * Waits, and gives how many do not have the record with this value; ret_lacking
 * is set to those, indices in the zone.  Asks them without a signature.
 */
size_t
secondaries_wait(struct secondaries *secondaries,
    struct transaction *transaction, const struct site_zone *zone,
    const char *name, const char *value,
    size_t ret_lacking[SITE_SECONDARIES_MAX]);

#endif
