#include "ddnsgate/server/exchange.h"

#include <limits.h>

#include "ddnsgate/base/page_buffer.h"

struct exchange {
	struct delivery_resources resources;
};

/* How long a server is tried while there is another one. */
static const struct timeout {
	int min_ms, max_ms;
} timeouts[] = {
    [DNS_REQUEST_QUERY] = {0, EXCHANGE_QUERY_PER_SERVER_MAX_MS},
    [DNS_REQUEST_UPDATE] = {EXCHANGE_UPDATE_PER_SERVER_MIN_MS, INT_MAX},
};

/* After which outcomes no other server is tried. */
// clang-format off
static const bool conclusive[ERR_COUNT][DNS_REQUEST_KINDS] = {
	[ERR_OK]           = { true,  true },
	[ERR_DNS_CNAME]    = { true,  true },
	[ERR_DNS_SERVFAIL] = { false, true },
};
// clang-format on

enum err
exchange_new(const struct server_shared *shared, struct exchange **ret)
{
	struct exchange *exchange = page_buffer_new(sizeof(*exchange));

	if (exchange == NULL)
		return ERR_MEMORY;
	exchange->resources.shared = *shared;
	exchange->resources.tcp.fd = -1;
	socket_cache_init(&exchange->resources.udp, shared->is_lone);
	*ret = exchange;
	return ERR_OK;
}

void
exchange_free(struct exchange *exchange)
{
	if (exchange == NULL)
		return;
	socket_cache_done(&exchange->resources.udp);
	socket_stream_close(&exchange->resources.tcp);
	page_buffer_free(exchange, sizeof(*exchange));
}

/* Until when one server may be tried. */
static struct clock_deadline
limit_for(enum dns_request_kind kind, bool last, struct clock_deadline deadline)
{
	const struct timeout *timeout = &timeouts[kind];
	int ms = clock_left_ms(deadline) / 2;

	if (last)
		return deadline;
	if (ms < timeout->min_ms)
		ms = timeout->min_ms;
	if (ms > timeout->max_ms)
		ms = timeout->max_ms;
	return clock_earlier(clock_after_ms(ms), deadline);
}

struct candidate {
	int server;
	bool failed; /* lately */
};

/*
 * The order in which to try the servers: the one to try first, then those that
 * work, then those that failed lately.
 */
static void
order_servers(struct health *health, const struct site_zone *zone, int first,
    struct candidate order[SITE_SERVERS_MAX])
{
	enum { FIRST, WORKS, FAILED, CLASSES } class[SITE_SERVERS_MAX];
	bool failed[SITE_SERVERS_MAX];
	int count = (int)zone->server_count;
	int64_t now_us = clock_now_us();

	for (int i = 0; i < count; i++) {
		failed[i] = health_backs_off(health, &zone->servers[i], now_us);
		class[i] = i == first ? FIRST : failed[i] ? FAILED : WORKS;
	}
	for (int wanted = FIRST; wanted < CLASSES; wanted++) {
		for (int i = 0; i < count; i++) {
			if ((int)class[i] == wanted)
				*order++ = (struct candidate){i, failed[i]};
		}
	}
}

/* Need no other server be tried? */
static bool
is_conclusive(const struct dns_request_set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		if (!conclusive[set->requests[i].outcome][set->kind])
			return false;
	}
	return true;
}

static enum err
first_failure(const struct dns_request_set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		if (set->requests[i].outcome != ERR_OK)
			return set->requests[i].outcome;
	}
	return ERR_OK;
}

enum err
exchange_send(struct exchange *exchange, const struct site_zone *zone,
    struct dns_request_set *set, struct clock_deadline deadline)
{
	struct candidate order[SITE_SERVERS_MAX];

	for (size_t i = 0; i < set->count; i++) {
		set->requests[i].outcome = ERR_DNS_SILENT;
		set->requests[i].unanswered = false;
	}
	order_servers(
	    exchange->resources.shared.health, zone, set->server, order);
	set->server = -1;
	for (size_t i = 0; i < zone->server_count; i++) {
		bool last = i + 1 == zone->server_count;
		if (clock_passed(deadline))
			break;
		set->server = order[i].server;
		attempt_run(&exchange->resources, zone, set, order[i].failed,
		    limit_for(set->kind, last, deadline));
		if (is_conclusive(set))
			break;
	}
	return first_failure(set);
}

static enum err
send(void *ctx, const struct site_zone *zone, struct dns_request_set *set,
    struct clock_deadline deadline)
{
	return exchange_send(ctx, zone, set, deadline);
}

struct exchange_transport
exchange_transport(struct exchange *exchange)
{
	return (struct exchange_transport){
	    send, exchange, exchange->resources.shared.counters};
}
