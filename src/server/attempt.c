#include "ddnsgate/server/attempt.h"

#include <limits.h>

#include "ddnsgate/server/dns_counts.h"

struct attempt {
	struct delivery delivery;
	const struct server_shared *shared;
	struct clock_deadline limit;
	bool overdue; /* holds a permit to wait for an overdue answer */
};

/* The steps while the server does not answer. */
#define STEPS_MAX 3
#define UNTIL_LIMIT INT_MAX

struct schedule {
	size_t overdue_after; /* this number of steps */
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
		{ BY_TCP, UNTIL_LIMIT },
	} },
	[DNS_REQUEST_UPDATE] = { 1, {
		{ BY_UDP, ATTEMPT_UPDATE_RESEND_MS },
		{ BY_UDP, ATTEMPT_UPDATE_TCP_MS },
		{ BY_TCP, UNTIL_LIMIT },
	} },
};
// clang-format on

/*
 * Is called when the answer becomes overdue: the server counts as failed. False
 * ends the attempt, as too many threads wait for such answers.
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

/* Goes through the steps until no answer can come any more. */
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
 * The UDP socket is not kept if something was lost on it, as the address of
 * this host may have changed; nor without a key, when a source port that cannot
 * be guessed is all that protects against forged answers.
 */
static void
run_with_permit(struct attempt *attempt, bool has_key)
{
	struct delivery *delivery = &attempt->delivery;
	int64_t start_us = clock_now_us();

	run_schedule(attempt, &schedules[delivery->set->kind]);
	dns_counts_note(attempt->shared->counters, delivery->server,
	    delivery->set, clock_now_us() - start_us);
	bool final = delivery_is_final(delivery);
	/* It answered or is unreachable; that it does not answer was recorded
	 * when the answer became overdue. */
	if (final || !delivery_is_pending(delivery))
		health_record(attempt->shared->health, delivery->server, !final,
		    clock_now_us());
	delivery_done(delivery, final && has_key);
}

/* Waits until the server may have one more UPDATE in flight; if that takes
 * long, only with a permit to wait for an overdue answer. */
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
