#ifndef DDNSGATE_HANDLER_LOG_LIMIT_H
#define DDNSGATE_HANDLER_LOG_LIMIT_H

/*
 * Which requests get a line in the log, and how many got none.
 *
 * A request has a kind, which is its outcome, and a source: the client if it is
 * known, else the caller's address (limits.h).  In each period the first lines
 * of every source and kind are written.  Unknown callers have a total for each
 * kind as well, so that moving through many addresses does not help; known
 * clients have none, since their number is limited, and one must not hide
 * another's lines.  What is left out is counted, and at the end of the period
 * there is one line for each kind:
 *
 *	not logged: reason="method not allowed" requests=9970 sources=1
 *	last_from=192.0.2.7 seconds=600
 *
 * All threads of a process share one struct log_limit.  Sources are counted in
 * a table of fixed size by a hash, and two of them may share a counter: then
 * they share the lines as well, and are one source in the count of sources.
 */

#include <stdbool.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/log.h"
#include "ddnsgate/dns/ipaddr.h"

/* In microseconds: ten minutes. */
#define LOG_LIMIT_PERIOD_US INT64_C(600000000)
/* Lines in a period: of one source and kind; and of all unknown callers
 * together and one kind.  fail2ban's maxretry (examples/fail2ban) is less than
 * the first. */
#define LOG_LIMIT_SOURCE_LINES 30
#define LOG_LIMIT_STRANGER_LINES 500
/* A power of two: for known clients, and for unknown callers. */
#define LOG_LIMIT_COUNTERS 65536
/* For what a summary says of a source; a longer name is cut off. */
#define LOG_LIMIT_SOURCE_SIZE 64

struct log_limit;

/* Whose request it is, and what came of it. */
struct log_limit_request {
	const char *client;          /* its name; NULL: not known, then */
	const struct ipaddr *caller; /* NULL: not known either */
	enum err outcome;
	enum log_level level;
	bool told; /* that a limit is reached: no line says it again */
};

enum err
log_limit_new(struct log_limit **ret);

void
log_limit_free(struct log_limit *limit);

/* Is a line written for the request?  If not, it is counted. */
bool
log_limit_admits(
    struct log_limit *limit, const struct log_limit_request *request);

/* At the end of a period, or with force at any time, writes the lines about
 * what was left out, and begins a new period. */
void
log_limit_check(struct log_limit *limit, bool force);

#endif
