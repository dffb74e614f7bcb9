#include "ddnsgate/server/dns_counts.h"

#include "ddnsgate/base/clock.h"

/* The kinds in the order of the counters. */
static const struct {
	enum counters_kind kind;
	unsigned time;
} kinds[DNS_REQUEST_KINDS] = {
    [DNS_REQUEST_QUERY] = {COUNTERS_QUERY, COUNTERS_QUERY_TIME},
    [DNS_REQUEST_UPDATE] = {COUNTERS_UPDATE, COUNTERS_UPDATE_TIME},
};

/* Of the first request that failed, or ERR_OK. */
static enum err
find_failure(const struct dns_request_set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		if (!dns_request_is_served(set->requests[i].here))
			return set->requests[i].here;
	}
	return ERR_OK;
}

/* 0 for what is no server's doing. */
static unsigned
reason_of(enum err err)
{
	return err < ERR_DNS_SILENT ? 0 : (unsigned)(err - ERR_DNS_SILENT) + 1;
}

static void
note_messages(struct counters *counters, unsigned server,
    const struct dns_request_set *set)
{
	unsigned again = 0, over_tcp = 0;

	for (size_t i = 0; i < set->count; i++) {
		const struct dns_request *request = &set->requests[i];
		if (request->datagrams > 1)
			again += request->datagrams - 1;
		over_tcp += request->tcp_sent;
	}
	counters_add(counters, COUNTERS_RETRANSMITS + server, again);
	counters_add(counters, COUNTERS_TCP + server, over_tcp);
}

void
dns_counts_note(struct counters *counters, const struct server_addr *server,
    const struct dns_request_set *set, int64_t took_us)
{
	if (counters == NULL)
		return;
	unsigned number = counters_server(counters, server);
	unsigned row = number * COUNTERS_KINDS + kinds[set->kind].kind;
	enum err failure = find_failure(set);
	counters_add(counters, COUNTERS_EXCHANGES + row, 1);
	counters_observe(counters, kinds[set->kind].time, took_us);
	note_messages(counters, number, set);
	if (failure == ERR_OK)
		counters_set(counters, COUNTERS_SERVER_SUCCESS + number,
		    (int64_t)clock_calendar());
	else
		counters_add(counters,
		    COUNTERS_EXCHANGE_FAILURES + row * COUNTERS_REASONS +
			reason_of(failure),
		    1);
}
