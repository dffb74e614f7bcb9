#include "ddnsgate/server/attempt.h"

#include <limits.h>

struct attempt {
	struct delivery delivery;
	const struct server_shared *shared;
	struct clock_deadline limit;
	bool overdue; /* we are one of those who wait for such servers */
};

/* What is done while the server does not answer, step by step. */
#define STEPS_MAX 3
#define TO_THE_LIMIT INT_MAX

struct schedule {
	size_t overdue_after; /* so many steps */
	struct step {
		enum { BY_UDP, BY_TCP } by;
		int wait_ms;
	} steps[STEPS_MAX];
};

// clang-format off
static const struct schedule schedules[] = {
	[DNS_REQUEST_QUERY] = { 2, {
		{ BY_UDP, ATTEMPT_QUERY_RESEND_MS },
		{ BY_UDP, ATTEMPT_QUERY_TCP_MS },
		{ BY_TCP, TO_THE_LIMIT },
	} },
	[DNS_REQUEST_UPDATE] = { 1, {
		{ BY_UDP, ATTEMPT_UPDATE_RESEND_MS },
		{ BY_UDP, ATTEMPT_UPDATE_TCP_MS },
		{ BY_TCP, TO_THE_LIMIT },
	} },
};
// clang-format on

/*
 * The answer is overdue: the server has failed, and only some of the threads
 * may go on waiting for it.  False ends the attempt.
 */
static bool
may_keep_waiting(struct attempt *attempt)
{
	const struct server_shared *shared = attempt->shared;

	if (attempt->overdue)
		return true;
	health_record(
	    shared->health, attempt->delivery.server, true, clock_now_us());
	attempt->overdue = overdue_acquire(shared->overdue, OVERDUE_SENDER);
	return attempt->overdue;
}

/* Goes on until there is nothing to wait for. */
static void
run_schedule(struct attempt *attempt, const struct schedule *schedule)
{
	struct delivery *delivery = &attempt->delivery;

	for (size_t i = 0; i < STEPS_MAX && delivery_is_pending(delivery) &&
			   !clock_passed(attempt->limit);
	     i++) {
		const struct step *step = &schedule->steps[i];
		if (i == schedule->overdue_after && !may_keep_waiting(attempt))
			return;
		if (step->by == BY_TCP)
			delivery_add_tcp(delivery);
		else
			delivery_send_datagrams(delivery);
		delivery_wait(
		    delivery, clock_earlier(clock_after_ms(step->wait_ms),
				  attempt->limit));
	}
}

/*
 * A socket on which something was lost is not kept, as our own address may
 * have changed; and without a key a port that cannot be guessed is what we
 * have against forgers.
 */
static void
run_with_permit(struct attempt *attempt, bool has_key)
{
	struct delivery *delivery = &attempt->delivery;

	run_schedule(attempt, &schedules[delivery->set->kind]);
	bool final = delivery_is_final(delivery);
	/* It answered, or refused; its silence is recorded when overdue. */
	if (final || !delivery_is_pending(delivery))
		health_record(attempt->shared->health, delivery->server, !final,
		    clock_now_us());
	delivery_done(delivery, final && has_key);
}

/* Waits until the server may have one more UPDATE; when that takes long, as
 * one of the few who may wait for what is overdue. */
static bool
acquire_permit(struct attempt *attempt, struct in_flight_permit *permit)
{
	const struct server_shared *shared = attempt->shared;
	const struct server_addr *server = attempt->delivery.server;
	struct clock_deadline soon = clock_earlier(
	    clock_after_ms(ATTEMPT_UPDATE_RESEND_MS), attempt->limit);

	if (in_flight_acquire(shared->in_flight, server, soon, permit))
		return true;
	if (!attempt->overdue)
		attempt->overdue =
		    overdue_acquire(shared->overdue, OVERDUE_SENDER);
	return attempt->overdue && in_flight_acquire(shared->in_flight, server,
				       attempt->limit, permit);
}

void
attempt_run(struct delivery_resources *resources, const struct site_zone *zone,
    struct dns_request_set *set, bool failed_lately,
    struct clock_deadline limit)
{
	const struct server_shared *shared = &resources->shared;
	struct attempt attempt = {.shared = shared, .limit = limit};
	struct in_flight_permit permit;
	bool has_key = zone->key != NULL;

	if (failed_lately)
		attempt.overdue =
		    overdue_acquire(shared->overdue, OVERDUE_SENDER);
	if (failed_lately && !attempt.overdue)
		return;
	delivery_init(&attempt.delivery, resources, &zone->servers[set->server],
	    set, zone->tcp);
	if (set->kind == DNS_REQUEST_QUERY) {
		run_with_permit(&attempt, has_key);
	} else if (acquire_permit(&attempt, &permit)) {
		run_with_permit(&attempt, has_key);
		in_flight_release(shared->in_flight, &permit);
	}
	if (attempt.overdue)
		overdue_release(shared->overdue);
}
