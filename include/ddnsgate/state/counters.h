#ifndef DDNSGATE_STATE_COUNTERS_H
#define DDNSGATE_STATE_COUNTERS_H

/*
 * Counts what the service does, for all processes together, in the file
 * DIR/counters:
 *
 *	header | gauges | DNS servers | stripe 0 | ... | stripe 15
 *
 * A stripe has a cell for each number that is counted.  The file is mapped; a
 * thread adds to the cells of one stripe, without a lock, and who reads adds up
 * the stripes.  So nothing is lost when a process is killed, and CGI counts,
 * too.  When the file is cut short or its disk fails (map_guard.h), the process
 * goes on with cells in its own memory.
 *
 * The text that the cells become is reply/metrics.h's to know.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/secret.h"
#include "ddnsgate/dns/ipaddr.h"
#include "ddnsgate/dns/server_addr.h"

#define COUNTERS_STRIPES 16
/* DNS servers that are counted by their name; those beyond share one. */
#define COUNTERS_SERVERS_MAX 32
#define COUNTERS_SERVER_OTHER COUNTERS_SERVERS_MAX
#define COUNTERS_SERVERS (COUNTERS_SERVERS_MAX + 1)
/* Rows of the table of dialects, and 0 for a path of none. */
#define COUNTERS_DIALECTS 32
/* What came of a request: an enum err, or of an update that went well: */
#define COUNTERS_GOOD ERR_COUNT
#define COUNTERS_NOCHG (ERR_COUNT + 1)
#define COUNTERS_OUTCOMES (ERR_COUNT + 2)
/* Why an exchange failed: an enum err from ERR_DNS_SILENT on, less that and
 * plus one; 0: this side. */
#define COUNTERS_REASONS (ERR_COUNT - ERR_DNS_SILENT + 1)
/* Upper bounds of a histogram; behind their cells come that for what is beyond
 * the last, and the sum in microseconds. */
#define COUNTERS_BOUNDS 12
#define COUNTERS_HISTOGRAM (COUNTERS_BOUNDS + 2)
extern const int64_t counters_bounds_us[COUNTERS_BOUNDS];

enum counters_kind { COUNTERS_QUERY, COUNTERS_UPDATE, COUNTERS_KINDS };
/* Of records; the first are those of enum ipaddr_family. */
enum counters_type { COUNTERS_A, COUNTERS_AAAA, COUNTERS_TXT, COUNTERS_TYPES };
enum counters_action { COUNTERS_SET, COUNTERS_REMOVE, COUNTERS_ACTIONS };
enum counters_limit {
	COUNTERS_CHANGE,
	COUNTERS_FAILURE,
	COUNTERS_ACME,
	COUNTERS_LIMITS
};

/* Each with its number of cells; the last index varies fastest. */
// clang-format off
#define COUNTERS_CELL_LIST(X) \
	X(REQUESTS,        COUNTERS_DIALECTS * COUNTERS_OUTCOMES) \
	X(REQUEST_TIME,    COUNTERS_HISTOGRAM) \
	X(RECORDS_CHANGED, COUNTERS_TYPES * COUNTERS_ACTIONS) \
	X(EXCHANGES,       COUNTERS_SERVERS * COUNTERS_KINDS) \
	X(EXCHANGE_FAILURES, \
	  COUNTERS_SERVERS * COUNTERS_KINDS * COUNTERS_REASONS) \
	X(QUERY_TIME,      COUNTERS_HISTOGRAM) /* in the order of */ \
	X(UPDATE_TIME,     COUNTERS_HISTOGRAM) /* enum counters_kind */ \
	X(RETRANSMITS,     COUNTERS_SERVERS) \
	X(TCP,             COUNTERS_SERVERS) \
	X(UPDATES,         1) \
	X(UPDATE_MEMBERS,  1) \
	X(LIMITED,         COUNTERS_LIMITS) \
	X(AUTH_FAILURES,   1) \
	X(REDIS_MISSED,    1) \
	X(EVENTS_DROPPED,  1) \
	X(LINES_LEFT_OUT,  1)
#define COUNTERS_GAUGE_LIST(X) \
	X(RELOAD_SUCCESSFUL, 1) \
	X(RELOAD_TIME,     1) /* of the last that was; seconds since 1970 */ \
	X(CLIENTS,         1) \
	X(HOSTS,           1) \
	X(ZONES,           1) \
	X(SERVER_SUCCESS,  COUNTERS_SERVERS) /* seconds since 1970 */
#define COUNTERS_ENUM(name, count) \
	COUNTERS_##name, COUNTERS_##name##_LAST = COUNTERS_##name + (count) - 1,
enum counters_cell { COUNTERS_CELL_LIST(COUNTERS_ENUM) COUNTERS_CELLS };
enum counters_gauge { COUNTERS_GAUGE_LIST(COUNTERS_ENUM) COUNTERS_GAUGES };
#undef COUNTERS_ENUM
// clang-format on

struct counters;

/* In the memory of this process alone.  ERR_MEMORY. */
enum err
counters_new(struct counters **ret);

/*
 * Opens the file of the directory, or begins a new one.  One that is none, or
 * with another layout, is replaced: those who have it open go on with it;
 * *ret_renewed says that it was damaged.  layout stands for what the cells
 * mean.  ERR_MEMORY; ERR_IO with the reason as a static text.
 */
enum err
counters_open(const char *dir, const struct secret_digest *layout,
    struct counters **ret, bool *ret_renewed, const char **ret_why);

void
counters_close(struct counters *counters);

/* Everything that counts does nothing with NULL. */

void
counters_add(struct counters *counters, unsigned cell, uint64_t count);

/* Adds a duration to the histogram whose cells begin there. */
void
counters_observe(struct counters *counters, unsigned first, int64_t took_us);

void
counters_set(struct counters *counters, unsigned gauge, int64_t value);

/* The number of a DNS server, which it gets when it is first asked for. */
unsigned
counters_server(struct counters *counters, const struct server_addr *server);

/* Why the file is no longer used, a static text, once; or NULL. */
const char *
counters_trouble(struct counters *counters);

/* All that was counted, each number for itself. */
struct counters_snapshot {
	int64_t begun_s; /* seconds since 1970 */
	int64_t gauges[COUNTERS_GAUGES];
	struct {
		bool is_known;
		struct server_addr addr;
	} servers[COUNTERS_SERVERS_MAX];
	uint64_t cells[COUNTERS_CELLS];
};

void
counters_take(struct counters *counters, struct counters_snapshot *ret);

/* Reads the file without mapping it; what is in it is not believed to make
 * sense.  ERR_ABSENT: there is none of this layout; ERR_MEMORY; ERR_IO with the
 * reason as a static text. */
enum err
counters_read(const char *dir, const struct secret_digest *layout,
    struct counters_snapshot *ret, const char **ret_why);

#endif
