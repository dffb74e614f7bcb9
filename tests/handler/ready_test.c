#include "ddnsgate/handler/ready.h"

#include <pthread.h>
#include <semaphore.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/state/drain.h"

#include "fakeclock.h"
#include "make_site.h"
#include "scripted_dns.h"
#include "temp_dir.h"

static struct scripted_dns dns;
static unsigned sent;
static struct health *answers; /* if set, each send is noted there */

static enum err
send_counted(void *ctx, const struct site_zone *zone,
    struct dns_request_set *set, struct clock_deadline deadline)
{
	assert_in_range(clock_left_ms(deadline), 0, READY_PROBE_MS);
	sent++;
	if (answers != NULL)
		health_record(
		    answers, &zone->servers[0], false, clock_now_us());
	return scripted_dns_send(ctx, zone, set, deadline);
}

struct fixture {
	struct site *site;
	struct health *health;
	struct ready *ready;
	struct transaction *transaction;
};

static struct fixture
make(const char *script)
{
	const struct exchange_transport transport = {
	    .send = send_counted, .ctx = &dns};
	struct fixture made = {.site = make_site()};

	dns = (struct scripted_dns){.script = script};
	sent = 0;
	answers = NULL;
	make_zone(made.site, scripted_zones[0], 53);
	make_zone(made.site, scripted_zones[1], 53);
	assert_int_equal(health_new(&made.health), ERR_OK);
	assert_int_equal(ready_new(made.health, &made.ready), ERR_OK);
	assert_int_equal(
	    transaction_new(&transport, &made.transaction), ERR_OK);
	return made;
}

static void
done(struct fixture *made)
{
	transaction_free(made->transaction);
	ready_free(made->ready);
	health_free(made->health);
	site_release(made->site);
}

static void
expect(struct fixture *made, enum err want, unsigned want_sent)
{
	assert_int_equal(
	    ready_check(made->ready, made->site, made->transaction), want);
	assert_int_equal(sent, want_sent);
}

/* One zone's servers are enough. */
static void
one_zone_answers(void **state)
{
	struct fixture made = make("s..");

	(void)state;
	expect(&made, ERR_OK, 2);
	done(&made);
}

static void
no_zone_answers(void **state)
{
	struct fixture made = make("sss");

	(void)state;
	expect(&made, ERR_DNS_SILENT, 2);
	done(&made);
}

/* What a server refuses is an answer. */
static void
refusal_is_an_answer(void **state)
{
	struct fixture made = make("rrr");

	(void)state;
	answers = made.health;
	expect(&made, ERR_OK, 1);
	done(&made);
}

static void
note_answer(struct fixture *made, bool failed)
{
	const struct server_addr server = {{IPADDR_V4, {127, 0, 0, 1}}, 53};

	health_record(made->health, &server, failed, clock_now_us());
}

static void
recent_exchange_counts(void **state)
{
	struct fixture made = make("sss");

	(void)state;
	fakeclock_set(FAKECLOCK_STILL);
	note_answer(&made, false);
	fakeclock_pass(READY_LATELY_MS);
	note_answer(&made, true);
	expect(&made, ERR_OK, 0);
	fakeclock_pass(1);
	expect(&made, ERR_DNS_SILENT, 2);
	fakeclock_set(FAKECLOCK_REAL);
	done(&made);
}

/* However often it is asked, a dead server gets one probe a second; the first
 * answer to anything ends that. */
static void
failure_holds(void **state)
{
	struct fixture made = make("sss");

	(void)state;
	fakeclock_set(FAKECLOCK_STILL);
	expect(&made, ERR_DNS_SILENT, 2);
	fakeclock_pass(READY_KEEP_MS - 1);
	expect(&made, ERR_DNS_SILENT, 2);
	fakeclock_pass(1);
	expect(&made, ERR_DNS_SILENT, 4);
	note_answer(&made, false);
	expect(&made, ERR_OK, 4);
	fakeclock_set(FAKECLOCK_REAL);
	done(&made);
}

static void
no_zones(void **state)
{
	struct fixture made = make("sss");
	struct site *empty = make_site();

	(void)state;
	assert_int_equal(
	    ready_check(made.ready, empty, made.transaction), ERR_DNS_SILENT);
	site_release(empty);
	done(&made);
}

static void
drains(void **state)
{
	struct fixture made = make("...");

	(void)state;
	temp_dir_enter();
	site_settings_edit(made.site)->state_dir = temp_dir_path;
	assert_int_equal(drain_set(temp_dir_path, true), ERR_OK);
	expect(&made, ERR_DRAINING, 0);
	assert_int_equal(drain_set(temp_dir_path, false), ERR_OK);
	expect(&made, ERR_OK, 1);
	temp_dir_leave();
	done(&made);
}

/* Others that ask while one probe is held back */

#define OTHERS 6

static sem_t held, go_on;

static enum err
send_held(void *ctx, const struct site_zone *zone, struct dns_request_set *set,
    struct clock_deadline deadline)
{
	(void)deadline;
	sent++;
	sem_post(&held);
	sem_wait(&go_on);
	return scripted_dns_send(
	    ctx, zone, set, clock_after_ms(READY_PROBE_MS));
}

struct asker {
	pthread_t thread;
	struct fixture *made;
	struct transaction *transaction;
	enum err told;
};

static sem_t answered;

static void *
ask(void *arg)
{
	struct asker *asker = arg;

	asker->told = ready_check(
	    asker->made->ready, asker->made->site, asker->transaction);
	sem_post(&answered);
	return NULL;
}

/* All but READY_WAITERS_MAX are answered before the probe ends, and none of
 * them sends. */
static void
one_probe_for_all(void **state)
{
	const struct exchange_transport transport = {
	    .send = send_held, .ctx = &dns};
	struct fixture made = make("...");
	struct asker askers[1 + OTHERS];
	unsigned ok = 0;

	(void)state;
	sem_init(&held, 0, 0);
	sem_init(&go_on, 0, 0);
	sem_init(&answered, 0, 0);
	for (size_t i = 0; i < 1 + OTHERS; i++) {
		askers[i] = (struct asker){.made = &made};
		assert_int_equal(
		    transaction_new(&transport, &askers[i].transaction),
		    ERR_OK);
		assert_int_equal(
		    pthread_create(&askers[i].thread, NULL, ask, &askers[i]),
		    0);
		if (i == 0)
			sem_wait(&held);
	}
	for (size_t i = 0; i < OTHERS - READY_WAITERS_MAX; i++)
		sem_wait(&answered);
	sem_post(&go_on);
	for (size_t i = 0; i < 1 + OTHERS; i++) {
		pthread_join(askers[i].thread, NULL);
		ok += askers[i].told == ERR_OK;
		transaction_free(askers[i].transaction);
	}
	assert_int_equal(sent, 1);
	assert_int_equal(ok, 1 + READY_WAITERS_MAX);
	done(&made);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_zone_answers),
	    cmocka_unit_test(no_zone_answers),
	    cmocka_unit_test(refusal_is_an_answer),
	    cmocka_unit_test(recent_exchange_counts),
	    cmocka_unit_test(failure_holds),
	    cmocka_unit_test(no_zones),
	    cmocka_unit_test(drains),
	    cmocka_unit_test(one_probe_for_all),
	};

	return cmocka_run_group_tests_name("ready", tests, NULL, NULL);
}
