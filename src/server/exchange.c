#include "ddnsgate/server/exchange.h"

#include <limits.h>

#include "ddnsgate/base/page_buffer.h"

/* How long a server may stay silent while there is another to try. */
static const struct share {
	int min_ms, max_ms;
} shares[] = {
    [EXCHANGE_QUERY] = {0, EXCHANGE_QUERY_SHARE_MAX_MS},
    [EXCHANGE_UPDATE] = {EXCHANGE_UPDATE_SHARE_MIN_MS, INT_MAX},
};

/* Of which outcomes no other server would say otherwise. */
// clang-format off
static const bool final[ERR_COUNT][EXCHANGE_KINDS] = {
	[ERR_OK]           = { true,  true },
	[ERR_DNS_CNAME]    = { true,  true },
	[ERR_DNS_SERVFAIL] = { false, true },
};
// clang-format on

enum err
exchange_new(const struct exchange_commons *commons, struct exchange **ret)
{
	struct exchange *exchange = page_buffer_new(sizeof(*exchange));

	if (exchange == NULL)
		return ERR_MEMORY;
	exchange->commons = *commons;
	exchange->tcp.fd = -1;
	channel_cache_init(&exchange->udp);
	*ret = exchange;
	return ERR_OK;
}

void
exchange_free(struct exchange *exchange)
{
	if (exchange == NULL)
		return;
	channel_cache_done(&exchange->udp);
	channel_stream_close(&exchange->tcp);
	page_buffer_free(exchange, sizeof(*exchange));
}

static struct clock_deadline
share_of(enum exchange_kind kind, bool last, struct clock_deadline deadline)
{
	const struct share *share = &shares[kind];
	int ms = clock_left_ms(deadline) / 2;

	if (last)
		return deadline;
	if (ms < share->min_ms)
		ms = share->min_ms;
	if (ms > share->max_ms)
		ms = share->max_ms;
	return clock_earlier(clock_after_ms(ms), deadline);
}

struct choice {
	int server;
	bool failed; /* lately */
};

/*
 * The order in which to try the servers: the one asked for, those that are
 * well, those that failed lately.
 */
static void
order_servers(struct exchange_health *health, const struct site_zone *zone,
    int first, struct choice order[SITE_SERVERS_MAX])
{
	enum { FIRST, WELL, FAILED, CLASSES } class[SITE_SERVERS_MAX];
	bool failed[SITE_SERVERS_MAX];
	int count = (int)zone->server_count;
	int64_t now_us = clock_now_us();

	for (int i = 0; i < count; i++) {
		failed[i] =
		    exchange_health_avoids(health, &zone->servers[i], now_us);
		class[i] = i == first ? FIRST : failed[i] ? FAILED : WELL;
	}
	for (int wanted = FIRST; wanted < CLASSES; wanted++) {
		for (int i = 0; i < count; i++) {
			if ((int)class[i] == wanted)
				*order++ = (struct choice){i, failed[i]};
		}
	}
}

/* Is there nothing more to ask anyone? */
static bool
is_done(const struct exchange_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		if (!final[batch->messages[i].outcome][batch->kind])
			return false;
	}
	return true;
}

static enum err
first_failure(const struct exchange_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		if (batch->messages[i].outcome != ERR_OK)
			return batch->messages[i].outcome;
	}
	return ERR_OK;
}

enum err
exchange_carry(struct exchange *exchange, const struct site_zone *zone,
    struct exchange_batch *batch, struct clock_deadline deadline)
{
	struct choice order[SITE_SERVERS_MAX];

	for (size_t i = 0; i < batch->count; i++)
		batch->messages[i].outcome = ERR_DNS_SILENT;
	order_servers(exchange->commons.health, zone, batch->server, order);
	batch->server = -1;
	for (size_t i = 0; i < zone->server_count; i++) {
		bool last = i + 1 == zone->server_count;
		if (clock_passed(deadline))
			break;
		batch->server = order[i].server;
		exchange_turn_take(exchange, zone, batch, order[i].failed,
		    share_of(batch->kind, last, deadline));
		if (is_done(batch))
			break;
	}
	return first_failure(batch);
}

static enum err
carry(void *ctx, const struct site_zone *zone, struct exchange_batch *batch,
    struct clock_deadline deadline)
{
	return exchange_carry(ctx, zone, batch, deadline);
}

struct exchange_carrier
exchange_carrier(struct exchange *exchange)
{
	return (struct exchange_carrier){carry, exchange};
}
