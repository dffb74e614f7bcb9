#include "ddnsgate/server/exchange.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>

#include "at_run_slot.h"
#include "fakeclock.h"
#include "fakedns.h"
#include "table.h"

/*
 * The exchange does not read messages, so these are not DNS: two bytes of ID,
 * one for the outcome, the rest up to any length.  The server writes the
 * outcome, and on_response reads it.
 */
#define OUTCOME 2
#define SHORT 40
#define MESSAGES_MAX 20
#define SERVERS_MAX 3

// clang-format off
static const struct {
	char letter;
	enum err outcome;
} outcomes[] = {
	{ 'F', ERR_DNS_FOREIGN },
	{ 'T', ERR_DNS_TRUNCATED },
	{ 'M', ERR_DNS_MAC },
	{ 'U', ERR_DNS_UNSIGNED },
	{ 'R', ERR_DNS_REFUSED },
	{ 'K', ERR_DNS_BADKEY },
	{ 'V', ERR_DNS_SERVFAIL },
	{ 'C', ERR_DNS_CNAME },
};
// clang-format on

static size_t
reply(
    void *ctx, char letter, const uint8_t *request, size_t len, uint8_t *answer)
{
	(void)ctx;
	memcpy(answer, request, SHORT);
	answer[OUTCOME] = ERR_OK;
	for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
		if (outcomes[i].letter == letter)
			answer[OUTCOME] = (uint8_t)outcomes[i].outcome;
	}
	return letter == '1' ? 1 : len < SHORT ? len : SHORT;
}

static enum err
on_response(void *ctx, uint8_t *wire, size_t len, size_t *ret_index)
{
	const struct dns_request_set *set = ctx;

	if (len <= OUTCOME)
		return ERR_DNS_GARBAGE;
	for (size_t i = 0; i < set->count; i++) {
		if (memcmp(set->requests[i].wire, wire, OUTCOME) != 0)
			continue;
		*ret_index = i;
		enum err outcome = (enum err)wire[OUTCOME];
		memset(wire, 0xff, len); /* it may change them */
		return outcome < ERR_COUNT ? outcome : ERR_DNS_FOREIGN;
	}
	return ERR_DNS_FOREIGN;
}

struct request_set {
	uint8_t wires[MESSAGES_MAX][DELIVERY_UDP_MAX + 1];
	struct dns_request requests[MESSAGES_MAX];
	struct dns_request_set set;
};

/* Messages with consecutive IDs. */
static void
request_set_init(struct request_set *requests, enum dns_request_kind kind,
    size_t count, size_t len, uint8_t first_id)
{
	memset(requests, 0, sizeof(*requests));
	for (size_t i = 0; i < count; i++) {
		requests->wires[i][1] = (uint8_t)(first_id + i);
		requests->requests[i].wire = requests->wires[i];
		requests->requests[i].len = len;
	}
	requests->set = (struct dns_request_set){
	    .kind = kind,
	    .requests = requests->requests,
	    .count = count,
	    .on_response = on_response,
	    .ctx = &requests->set,
	    .server = -1,
	};
}

/* Any key will do: the exchange only asks whether there is one. */
static const int some_key;

static struct site_zone
make_zone(bool tcp)
{
	return (struct site_zone){
	    .name = "dyn.example.org",
	    .key = (const struct tsig_key *)(const void *)&some_key,
	    .tcp = tcp,
	};
}

static void
add_server(struct site_zone *zone, struct server_addr server)
{
	zone->servers[zone->server_count++] = server;
}

struct setup {
	struct server_shared shared;
	struct exchange *exchange;
};

/* A process with this many threads, and the exchange of one of them. */
static struct setup
set_up_workers(unsigned workers)
{
	struct setup setup;

	assert_int_equal(server_shared_init(workers, &setup.shared), ERR_OK);
	assert_int_equal(counters_new(&setup.shared.counters), ERR_OK);
	assert_int_equal(exchange_new(&setup.shared, &setup.exchange), ERR_OK);
	return setup;
}

static struct setup
set_up(void)
{
	return set_up_workers(1);
}

static void
tear_down(struct setup setup)
{
	exchange_free(setup.exchange);
	counters_close(setup.shared.counters);
	server_shared_done(&setup.shared);
}

/* One set, up to three servers */

struct script {
	const char *udp, *tcp; /* no tcp: nobody listens; no udp: no server */
};

// clang-format off
#define NOBODY  { "", NULL }
#define Q DNS_REQUEST_QUERY
#define U DNS_REQUEST_UPDATE
#define LONG (DELIVERY_UDP_MAX + 1)

/* Letters: "." answers, "s" does not, others in fakedns.h and above. */
static const struct send_row {
	const char *name;
	enum dns_request_kind kind;
	size_t count, len;
	bool tcp;
	int first;
	int deadline_ms;
	struct script scripts[SERVERS_MAX];
	enum err want;
	int server;                  /* that was tried last */
	unsigned udp, tcp_min;       /* messages that it got; TCP: at least */
} send_rows[] = {
	{ "one message",        Q,  1, SHORT, false, -1, 3000,
	  { { ".", "" } },           ERR_OK, 0, 1, 0 },
	{ "many messages",      Q, 20, SHORT, false, -1, 3000,
	  { { ".", "" } },           ERR_OK, 0, 20, 0 },
	{ "answers out of order", Q, 6, SHORT, false, -1, 3000,
	  { { "h.h.h.", "" } },      ERR_OK, 0, 6, 0 },
	{ "an answer twice",    Q,  2, SHORT, false, -1, 3000,
	  { { "2", "" } },           ERR_OK, 0, 2, 0 },
	{ "the longest by UDP", U,  1, DELIVERY_UDP_MAX, false, -1, 3000,
	  { { ".", "" } },           ERR_OK, 0, 1, 0 },

	{ "a query is lost",    Q,  1, SHORT, false, -1, 3000,
	  { { "s.", "" } },          ERR_OK, 0, 2, 0 },
	{ "one of three is lost", Q, 3, SHORT, false, -1, 3000,
	  { { ".s.", "" } },         ERR_OK, 0, 4, 0 },
	{ "an UPDATE is lost",  U,  1, SHORT, false, -1, 4000,
	  { { "s.", "" } },          ERR_OK, 0, 2, 0 },
	{ "no resend of an UPDATE before its time", U, 1, SHORT, false, -1, 700,
	  { { "s.", "." } },         ERR_DNS_SILENT, 0, 1, 0 },
	{ "a query is lost twice: TCP", Q, 1, SHORT, false, -1, 3000,
	  { { "s", "." } },          ERR_OK, 0, 2, 1 },
	{ "an UPDATE is lost twice: TCP", U, 1, SHORT, false, -1, 5000,
	  { { "s", "." } },          ERR_OK, 0, 2, 1 },
	{ "silence",            Q,  2, SHORT, false, -1, 1500,
	  { { "s", "s" } },          ERR_DNS_SILENT, 0, 4, 2 },

	{ "truncated: TCP",     Q,  1, SHORT, false, -1, 3000,
	  { { "T", "." } },          ERR_OK, 0, 1, 1 },
	{ "one of three truncated", Q, 3, SHORT, false, -1, 3000,
	  { { ".T.", "." } },        ERR_OK, 0, 3, 1 },
	{ "too long for UDP",   U,  1, LONG,  false, -1, 3000,
	  { { "s", "." } },          ERR_OK, 0, 0, 1 },
	{ "TCP always",         Q, 20, SHORT, true,  -1, 3000,
	  { { "s", "." } },          ERR_OK, 0, 0, 20 },
	{ "TCP out of order",   Q,  6, SHORT, true,  -1, 3000,
	  { { "s", "h.h.h." } },     ERR_OK, 0, 0, 6 },
	{ "TCP by the byte",    Q,  3, SHORT, true,  -1, 4000,
	  { { "s", "b" } },          ERR_OK, 0, 0, 3 },
	{ "TCP closed",         Q,  3, SHORT, true,  -1, 3000,
	  { { "s", "c" } },          ERR_DNS_SILENT, 0, 0, 1 },
	{ "TCP closed within a frame", Q, 1, SHORT, true, -1, 3000,
	  { { "s", "H" } },          ERR_DNS_GARBAGE, 0, 0, 1 },
	{ "TCP frame too long", Q,  1, SHORT, true,  -1, 3000,
	  { { "s", "L" } },          ERR_DNS_GARBAGE, 0, 0, 1 },
	{ "TCP answer cut to a byte", Q, 1, SHORT, true, -1, 800,
	  { { "s", "1" } },          ERR_DNS_GARBAGE, 0, 0, 1 },
	{ "TCP to nobody",      Q,  1, SHORT, true,  -1, 3000,
	  { NOBODY },                ERR_DNS_UNREACHABLE, 0, 0, 0 },
	{ "truncated over TCP", Q,  1, SHORT, true,  -1, 800,
	  { { "s", "T" } },          ERR_DNS_TRUNCATED, 0, 0, 1 },
	{ "truncated, no TCP",  Q,  1, SHORT, false, -1, 3000,
	  { { "T", "c" } },          ERR_DNS_TRUNCATED, 0, 1, 1 },

	{ "foreign, then ours", Q,  1, SHORT, false, -1, 3000,
	  { { "F.", "" } },          ERR_OK, 0, 2, 0 },
	{ "only foreign",       Q,  1, SHORT, false, -1, 1000,
	  { { "F", "s" } },          ERR_DNS_FOREIGN, 0, 2, 0 },
	{ "foreign, then forged", Q, 1, SHORT, false, -1, 1000,
	  { { "FM", "s" } },         ERR_DNS_MAC, 0, 2, 0 },
	{ "forged, then ours",  Q,  1, SHORT, false, -1, 3000,
	  { { "M.", "" } },          ERR_OK, 0, 2, 0 },
	{ "only forged",        Q,  1, SHORT, false, -1, 1000,
	  { { "M", "s" } },          ERR_DNS_MAC, 0, 2, 0 },
	{ "the first forgery is reported", Q, 1, SHORT, false, -1, 1000,
	  { { "UM", "s" } },         ERR_DNS_UNSIGNED, 0, 2, 0 },
	{ "too long a datagram", Q, 1, SHORT, false, -1, 3000,
	  { { "L.", "" } },          ERR_OK, 0, 2, 0 },
	{ "one byte",           Q,  1, SHORT, false, -1, 3000,
	  { { "1.", "" } },          ERR_OK, 0, 2, 0 },
	{ "only one byte",      Q,  1, SHORT, false, -1, 250,
	  { { "1", "" } },           ERR_DNS_GARBAGE, 0, 1, 0 },

	{ "nobody there",       Q,  1, SHORT, false, -1, 9000,
	  { NOBODY },                ERR_DNS_UNREACHABLE, 0, 0, 0 },
	{ "nobody, then one",   Q,  2, SHORT, false, -1, 9000,
	  { NOBODY, { ".", "" } },   ERR_OK, 1, 2, 0 },
	{ "nobody, nobody, then one", U, 1, SHORT, false, -1, 9000,
	  { NOBODY, NOBODY, { ".", "" } }, ERR_OK, 2, 1, 0 },
	{ "silent, then one",   Q,  2, SHORT, false, -1, 3000,
	  { { "s", "s" }, { ".", "" } }, ERR_OK, 1, 2, 0 },
	{ "silent to an UPDATE, then one", U, 1, SHORT, false, -1, 2500,
	  { { "s", "s" }, { ".", "" } }, ERR_OK, 1, 1, 0 },
	{ "TCP closed, then one", Q, 1, SHORT, true, -1, 3000,
	  { { "", "c" }, { "", "." } }, ERR_OK, 1, 0, 1 },
	{ "the one asked for",  Q,  1, SHORT, false, 1, 3000,
	  { { ".", "" }, { ".", "" } }, ERR_OK, 1, 1, 0 },
	{ "the one asked for, then the first", U, 1, SHORT, false, 1, 3000,
	  { { ".", "" }, NOBODY },   ERR_OK, 0, 1, 0 },

	{ "refusal, then one",  Q,  1, SHORT, false, -1, 3000,
	  { { "R", "" }, { ".", "" } }, ERR_OK, 1, 1, 0 },
	{ "half an answer, then one", Q, 2, SHORT, false, -1, 3000,
	  { { ".R", "" }, { ".", "" } }, ERR_OK, 1, 2, 0 },
	{ "refusal ends the wait", Q, 1, SHORT, false, -1, 9000,
	  { { "R", "" } },           ERR_DNS_REFUSED, 0, 1, 0 },
	{ "refusal says more than silence", Q, 1, SHORT, false, -1, 1000,
	  { { "R", "" }, { "s", "s" } }, ERR_DNS_REFUSED, 1, 2, 0 },
	{ "refusal says more than nobody", Q, 1, SHORT, false, -1, 3000,
	  { { "R", "" }, NOBODY },   ERR_DNS_REFUSED, 1, 0, 0 },
	{ "nobody says more than silence", Q, 1, SHORT, false, -1, 1000,
	  { NOBODY, { "s", "s" } },  ERR_DNS_UNREACHABLE, 1, 2, 0 },
	{ "BADKEY says more than a forgery", Q, 1, SHORT, false, -1, 900,
	  { { "M", "" }, { "K", "" } }, ERR_DNS_BADKEY, 1, 1, 0 },
	{ "one of two refused", Q,  2, SHORT, false, -1, 3000,
	  { { ".R", "" } },          ERR_DNS_REFUSED, 0, 2, 0 },

	{ "CNAME ends it",      U,  1, SHORT, false, -1, 3000,
	  { { "C", "" }, { ".", "" } }, ERR_DNS_CNAME, 0, 1, 0 },
	{ "SERVFAIL to a query goes on", Q, 1, SHORT, false, -1, 3000,
	  { { "V", "" }, { ".", "" } }, ERR_OK, 1, 1, 0 },
	{ "SERVFAIL to an UPDATE ends it", U, 1, SHORT, false, -1, 3000,
	  { { "V", "" }, { ".", "" } }, ERR_DNS_SERVFAIL, 0, 1, 0 },
	{ "no time at all",     Q,  1, SHORT, false, -1, 0,
	  { { ".", "" } },           ERR_DNS_SILENT, -1, 0, 0 },
};
// clang-format on

/* Starts the servers of a row; gives a zone with them. */
static struct site_zone
start_servers(const struct send_row *row, struct fakedns *servers[SERVERS_MAX])
{
	struct site_zone zone = make_zone(row->tcp);

	for (size_t i = 0; i < SERVERS_MAX && row->scripts[i].udp; i++) {
		const struct script *script = &row->scripts[i];
		if (script->tcp == NULL) {
			add_server(&zone, fakedns_nobody());
			continue;
		}
		servers[i] =
		    fakedns_start(script->udp, script->tcp, reply, NULL);
		add_server(&zone, fakedns_server(servers[i]));
	}
	return zone;
}

static uint64_t
sum_of(const uint64_t *cells, unsigned first, unsigned last)
{
	uint64_t sum = 0;

	for (unsigned i = first; i <= last; i++)
		sum += cells[i];
	return sum;
}

/* An exchange for each server that was tried, and what went to the first. */
static void
expect_counts(const struct send_row *row, struct counters *counters)
{
	static struct counters_snapshot got;
	bool is_single = row->scripts[1].udp == NULL;
	bool fails = row->want != ERR_OK && row->want != ERR_DNS_CNAME;

	counters_take(counters, &got);
	uint64_t exchanges =
	    sum_of(got.cells, COUNTERS_EXCHANGES, COUNTERS_EXCHANGES_LAST);
	uint64_t failures = sum_of(got.cells, COUNTERS_EXCHANGE_FAILURES,
	    COUNTERS_EXCHANGE_FAILURES_LAST);
	if (row->server < 0) {
		assert_int_equal(exchanges, 0);
		return;
	}
	assert_in_range(exchanges, 1, SERVERS_MAX);
	assert_int_equal(exchanges - failures, !fails);
	if (!is_single)
		return;
	assert_int_equal(exchanges, 1);
	assert_int_equal(got.cells[COUNTERS_RETRANSMITS],
	    row->udp > 0 ? row->udp - row->count : 0);
	assert_in_range(got.cells[COUNTERS_TCP], row->tcp_min, MESSAGES_MAX);
}

static void
sends(void **state)
{
	const struct send_row *row = *state;
	struct fakedns *servers[SERVERS_MAX] = {NULL};
	struct fakedns_seen seen[SERVERS_MAX] = {0};
	struct site_zone zone = start_servers(row, servers);
	struct setup setup = set_up();
	struct request_set requests;

	request_set_init(&requests, row->kind, row->count, row->len, 1);
	requests.set.server = row->first;
	struct clock_deadline deadline = clock_after_ms(row->deadline_ms);
	enum err err =
	    exchange_send(setup.exchange, &zone, &requests.set, deadline);
	int64_t late_us = clock_now_us() - deadline.at_us;
	for (size_t i = 0; i < SERVERS_MAX; i++) {
		if (servers[i] != NULL)
			seen[i] = fakedns_stop(servers[i]);
	}
	expect_counts(row, setup.shared.counters);
	tear_down(setup);
	assert_string_equal(err_name(err), err_name(row->want));
	assert_int_equal(requests.set.server, row->server);
	assert_true(late_us < 1000);
	if (row->server < 0)
		return;
	assert_int_equal(seen[row->server].udp, row->udp);
	assert_in_range(seen[row->server].tcp, row->tcp_min, MESSAGES_MAX);
	assert_false(seen[row->server].resent_changed);
}

/* The only thread of a process waits in recv(2), of which the clock that leaps
 * knows nothing; so how often it sends is not looked at here. */

// clang-format off
static const struct lone_row {
	const char *name;
	size_t count;
	struct script scripts[SERVERS_MAX];
	int server;
} lone_rows[] = {
	{ "an answer",           1, { { ".", "" } },                0 },
	{ "many, out of order",  6, { { "h.h.h.", "" } },           0 },
	{ "a query is lost",     1, { { "s.", "" } },               0 },
	{ "lost twice: TCP",     1, { { "s", "." } },               0 },
	{ "one truncated: TCP",  3, { { ".T.", "." } },             0 },
	{ "too long a datagram", 1, { { "L.", "" } },               0 },
	{ "forged, then ours",   1, { { "M.", "" } },               0 },
	{ "foreign, then ours",  1, { { "F.", "" } },               0 },
	{ "nobody, then one",    2, { NOBODY, { ".", "" } },        1 },
	{ "silent, then one",    2, { { "s", "s" }, { ".", "" } },  1 },
};
// clang-format on

static void
sends_alone(void **state)
{
	const struct lone_row *row = *state;
	struct send_row with = {.name = row->name};
	struct fakedns *servers[SERVERS_MAX] = {NULL};
	struct request_set requests;
	struct setup setup;

	memcpy(with.scripts, row->scripts, sizeof(with.scripts));
	struct site_zone zone = start_servers(&with, servers);
	assert_int_equal(server_shared_init(1, &setup.shared), ERR_OK);
	assert_int_equal(counters_new(&setup.shared.counters), ERR_OK);
	setup.shared.is_lone = true;
	assert_int_equal(exchange_new(&setup.shared, &setup.exchange), ERR_OK);
	fakeclock_set(FAKECLOCK_REAL);
	request_set_init(&requests, DNS_REQUEST_QUERY, row->count, SHORT, 1);
	enum err err = exchange_send(
	    setup.exchange, &zone, &requests.set, clock_after_ms(60000));
	fakeclock_set(FAKECLOCK_LEAPS);
	for (size_t i = 0; i < SERVERS_MAX; i++) {
		if (servers[i] != NULL)
			fakedns_stop(servers[i]);
	}
	tear_down(setup);
	assert_string_equal(err_name(err), err_name(ERR_OK));
	assert_int_equal(requests.set.server, row->server);
}

/* Several exchanges after one another */

/* Sends one query, and gives its outcome. */
static enum err
send_one(
    struct setup setup, const struct site_zone *zone, uint8_t id, int *server)
{
	struct request_set requests;

	request_set_init(&requests, DNS_REQUEST_QUERY, 1, SHORT, id);
	enum err err = exchange_send(
	    setup.exchange, zone, &requests.set, clock_after_ms(60000));
	*server = requests.set.server;
	return err;
}

/* On a kept socket the next exchange receives the second copy first. */
static void
late_answer_is_foreign(void **state)
{
	struct fakedns *fakedns = fakedns_start("2", "", reply, NULL);
	struct site_zone zone = make_zone(false);
	struct setup setup = set_up();
	int server;

	(void)state;
	add_server(&zone, fakedns_server(fakedns));
	for (uint8_t id = 1; id < 10; id++)
		assert_int_equal(send_one(setup, &zone, id, &server), ERR_OK);
	struct fakedns_seen seen = fakedns_stop(fakedns);
	assert_int_equal(seen.udp, 9);
	assert_int_equal(seen.ports, 1);
	tear_down(setup);
}

/* Without a key there is a new port for each exchange. */
static void
unsigned_port_changes(void **state)
{
	struct fakedns *fakedns = fakedns_start(".", "", reply, NULL);
	struct site_zone zone = make_zone(false);
	struct setup setup = set_up();
	int server;

	(void)state;
	zone.key = NULL;
	add_server(&zone, fakedns_server(fakedns));
	for (uint8_t id = 1; id < 10; id++)
		assert_int_equal(send_one(setup, &zone, id, &server), ERR_OK);
	/* Some of them may be equal by chance. */
	assert_in_range(fakedns_stop(fakedns).ports, 7, 9);
	tear_down(setup);
}

/* A message may have been lost because the address of this host changed. */
static void
lossy_port_changes(void **state)
{
	struct fakedns *fakedns = fakedns_start("s.", "", reply, NULL);
	struct site_zone zone = make_zone(false);
	struct setup setup = set_up();
	struct request_set requests;
	int server;

	(void)state;
	add_server(&zone, fakedns_server(fakedns));
	request_set_init(&requests, DNS_REQUEST_UPDATE, 1, SHORT, 1);
	assert_int_equal(exchange_send(setup.exchange, &zone, &requests.set,
			     clock_after_ms(200)),
	    ERR_DNS_SILENT);
	assert_int_equal(send_one(setup, &zone, 2, &server), ERR_OK);
	assert_int_equal(fakedns_stop(fakedns).ports, 2);
	tear_down(setup);
}

static void
connections_end_with_the_exchange(void **state)
{
	struct fakedns *fakedns = fakedns_start("", "2", reply, NULL);
	struct site_zone zone = make_zone(true);
	struct setup setup = set_up();
	int server;

	(void)state;
	add_server(&zone, fakedns_server(fakedns));
	for (uint8_t id = 1; id < 10; id++)
		assert_int_equal(send_one(setup, &zone, id, &server), ERR_OK);
	struct fakedns_seen seen = fakedns_stop(fakedns);
	assert_int_equal(seen.tcp, 9);
	assert_int_equal(seen.connections, 9);
	tear_down(setup);
}

/* A server that failed for one zone is tried last for another one, too. */
static void
dead_server_is_last_for_all_zones(void **state)
{
	struct fakedns *dead = fakedns_start("s", "s", reply, NULL);
	struct fakedns *alive = fakedns_start(".", "", reply, NULL);
	struct site_zone zones[] = {make_zone(false), make_zone(false)};
	struct setup setup = set_up();
	int server;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		add_server(&zones[i], fakedns_server(dead));
		add_server(&zones[i], fakedns_server(alive));
	}
	for (uint8_t id = 1; id < 10; id++) {
		assert_int_equal(
		    send_one(setup, &zones[id % 2], id, &server), ERR_OK);
		assert_int_equal(server, 1);
	}
	assert_int_equal(fakedns_stop(dead).udp, 2);
	assert_int_equal(fakedns_stop(alive).udp, 9);
	tear_down(setup);
}

/* No further thread may wait for overdue answers: this one gives up after one
 * resend, and later, when the server has failed, at once. */
static void
overdue_limit_reached(void **state)
{
	struct fakedns *silent = fakedns_start("s", "s", reply, NULL);
	struct site_zone zone = make_zone(false);
	struct setup setup = set_up_workers(2);
	int server;

	(void)state;
	add_server(&zone, fakedns_server(silent));
	assert_true(overdue_acquire(setup.shared.overdue, OVERDUE_SENDER));
	assert_int_equal(send_one(setup, &zone, 1, &server), ERR_DNS_SILENT);
	assert_int_equal(send_one(setup, &zone, 2, &server), ERR_DNS_SILENT);
	assert_int_equal(server, 0);
	struct fakedns_seen seen = fakedns_stop(silent);
	assert_int_equal(seen.udp, 2);
	assert_int_equal(seen.tcp, 0);
	assert_false(overdue_acquire(setup.shared.overdue, OVERDUE_SENDER));
	overdue_release(setup.shared.overdue);
	tear_down(setup);
}

/* With no other thread waiting it waits until the deadline, without its run
 * slot, and releases the permit. */
static void
overdue_limit_not_reached(void **state)
{
	struct fakedns *silent = fakedns_start("s", "s", reply, NULL);
	struct site_zone zone = make_zone(false);
	struct setup setup = set_up_workers(2);
	struct at_run_slot at_run_slot;
	int server;

	(void)state;
	add_server(&zone, fakedns_server(silent));
	at_run_slot_begin(&at_run_slot);
	assert_int_equal(send_one(setup, &zone, 1, &server), ERR_DNS_SILENT);
	assert_true(at_run_slot_end(&at_run_slot));
	struct fakedns_seen seen = fakedns_stop(silent);
	assert_int_equal(seen.udp, 2);
	assert_int_equal(seen.tcp, 1);
	assert_true(overdue_acquire(setup.shared.overdue, OVERDUE_SENDER));
	overdue_release(setup.shared.overdue);
	tear_down(setup);
}

/* A server with the most UPDATEs in flight gets no further ones, but queries.
 */
static void
updates_wait_for_permit(void **state)
{
	struct fakedns *fakedns = fakedns_start(".", "", reply, NULL);
	struct site_zone zone = make_zone(false);
	struct setup setup = set_up();
	struct in_flight_permit permits[IN_FLIGHT_UPDATES_MAX];
	struct request_set requests;
	int server;

	(void)state;
	add_server(&zone, fakedns_server(fakedns));
	for (size_t i = 0; i < IN_FLIGHT_UPDATES_MAX; i++)
		assert_true(in_flight_acquire(setup.shared.in_flight,
		    &zone.servers[0], clock_after_ms(0), &permits[i]));
	request_set_init(&requests, DNS_REQUEST_UPDATE, 1, SHORT, 1);
	assert_int_equal(exchange_send(setup.exchange, &zone, &requests.set,
			     clock_after_ms(100)),
	    ERR_DNS_SILENT);
	assert_int_equal(send_one(setup, &zone, 2, &server), ERR_OK);
	for (size_t i = 0; i < IN_FLIGHT_UPDATES_MAX; i++)
		in_flight_release(setup.shared.in_flight, &permits[i]);
	request_set_init(&requests, DNS_REQUEST_UPDATE, 1, SHORT, 3);
	assert_int_equal(exchange_send(setup.exchange, &zone, &requests.set,
			     clock_after_ms(9000)),
	    ERR_OK);
	assert_int_equal(fakedns_stop(fakedns).udp, 2);
	tear_down(setup);
}

/* A thread that waits for a permit counts as one that waits for an overdue
 * answer. */
static void
overdue_limit_holds_for_permits(void **state)
{
	struct fakedns *fakedns = fakedns_start(".", "", reply, NULL);
	struct site_zone zone = make_zone(false);
	struct setup setup = set_up_workers(2);
	struct in_flight_permit permits[IN_FLIGHT_UPDATES_MAX];
	struct clock_deadline deadline = clock_after_ms(60000);
	struct request_set requests;

	(void)state;
	add_server(&zone, fakedns_server(fakedns));
	for (size_t i = 0; i < IN_FLIGHT_UPDATES_MAX; i++)
		assert_true(in_flight_acquire(setup.shared.in_flight,
		    &zone.servers[0], clock_after_ms(0), &permits[i]));
	assert_true(overdue_acquire(setup.shared.overdue, OVERDUE_SENDER));
	request_set_init(&requests, DNS_REQUEST_UPDATE, 1, SHORT, 1);
	assert_int_equal(
	    exchange_send(setup.exchange, &zone, &requests.set, deadline),
	    ERR_DNS_SILENT);
	assert_false(clock_passed(deadline));
	overdue_release(setup.shared.overdue);
	for (size_t i = 0; i < IN_FLIGHT_UPDATES_MAX; i++)
		in_flight_release(setup.shared.in_flight, &permits[i]);
	assert_int_equal(fakedns_stop(fakedns).udp, 0);
	tear_down(setup);
}

static size_t
open_fds(void)
{
	size_t count = 0;
	DIR *dir = opendir("/proc/self/fd");

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count;
}

static void
failures_leak_no_fds(void **state)
{
	struct fakedns *closing = fakedns_start("", "c", reply, NULL);
	struct site_zone zones[] = {
	    make_zone(false), make_zone(true), make_zone(true)};
	struct setup setup = set_up();
	int server;

	(void)state;
	add_server(&zones[0], fakedns_nobody());
	add_server(&zones[1], fakedns_nobody());
	add_server(&zones[2], fakedns_server(closing));
	size_t before = open_fds();
	for (int i = 0; i < 3000; i++)
		assert_int_not_equal(
		    send_one(setup, &zones[i % 3], 1, &server), ERR_OK);
	assert_in_range(open_fds(), before, before + 1); /* the server's own */
	fakedns_stop(closing);
	tear_down(setup);
}

static void
on_alarm(int signal_number)
{
	(void)signal_number;
}

/* Constant signals make the wait neither shorter nor longer. */
static void
signals_do_no_harm(void **state)
{
	const struct sigaction action = {.sa_handler = on_alarm};
	const struct itimerval every_ms = {{0, 1000}, {0, 1000}};
	const struct itimerval never = {{0, 0}, {0, 0}};
	struct site_zone zone = make_zone(false);
	struct setup setup = set_up();
	sigset_t alarms;
	int server;

	(void)state;
	sigemptyset(&alarms);
	sigaddset(&alarms, SIGALRM);
	sigaction(SIGALRM, &action, NULL);
	pthread_sigmask(SIG_BLOCK, &alarms, NULL); /* the server's thread */
	struct fakedns *fakedns = fakedns_start("ss", "b", reply, NULL);
	pthread_sigmask(SIG_UNBLOCK, &alarms, NULL);
	add_server(&zone, fakedns_server(fakedns));
	fakeclock_set(FAKECLOCK_REAL);
	setitimer(ITIMER_REAL, &every_ms, NULL);
	enum err err = send_one(setup, &zone, 1, &server);
	setitimer(ITIMER_REAL, &never, NULL);
	fakeclock_set(FAKECLOCK_LEAPS);
	struct fakedns_seen seen = fakedns_stop(fakedns);
	assert_int_equal(err, ERR_OK);
	assert_int_equal(seen.udp, 2);
	assert_int_equal(seen.tcp, 1);
	tear_down(setup);
}

/* Waiting takes no processor time. */
static void
waiting_is_idle(void **state)
{
	struct fakedns *fakedns = fakedns_start("ss", "c", reply, NULL);
	struct site_zone zone = make_zone(false);
	struct setup setup = set_up();
	struct request_set requests;

	(void)state;
	add_server(&zone, fakedns_server(fakedns));
	request_set_init(&requests, DNS_REQUEST_QUERY, 1, SHORT, 1);
	fakeclock_set(FAKECLOCK_REAL);
	unsigned before = fakeclock_polls();
	assert_int_equal(exchange_send(setup.exchange, &zone, &requests.set,
			     clock_after_ms(1500)),
	    ERR_DNS_SILENT);
	fakeclock_set(FAKECLOCK_LEAPS);
	assert_in_range(fakeclock_polls() - before, 1, 100);
	fakedns_stop(fakedns);
	tear_down(setup);
}

/* Many threads */

#define THREADS 8
#define ROUNDS 50

struct worker {
	pthread_t thread;
	struct server_shared shared;
	const struct site_zone *zone;
	unsigned done;
};

static void *
work(void *ctx)
{
	struct worker *worker = ctx;
	struct setup setup = {.shared = worker->shared};
	int server;

	if (exchange_new(&worker->shared, &setup.exchange) != ERR_OK)
		return NULL;
	for (uint8_t id = 0; id < ROUNDS; id++) {
		enum err err = send_one(setup, worker->zone, id, &server);
		worker->done += err == ERR_OK && server == 1;
	}
	exchange_free(setup.exchange);
	return NULL;
}

static void
threads_share_health(void **state)
{
	struct fakedns *dead = fakedns_start("s", "s", reply, NULL);
	struct fakedns *alive = fakedns_start(".", "", reply, NULL);
	struct site_zone zone = make_zone(false);
	struct worker workers[THREADS];
	struct setup setup = set_up_workers(THREADS);

	(void)state;
	add_server(&zone, fakedns_server(dead));
	add_server(&zone, fakedns_server(alive));
	fakeclock_set(FAKECLOCK_REAL);
	for (size_t i = 0; i < THREADS; i++) {
		workers[i] =
		    (struct worker){.shared = setup.shared, .zone = &zone};
		pthread_create(&workers[i].thread, NULL, work, &workers[i]);
	}
	for (size_t i = 0; i < THREADS; i++) {
		pthread_join(workers[i].thread, NULL);
		assert_int_equal(workers[i].done, ROUNDS);
	}
	fakeclock_set(FAKECLOCK_LEAPS);
	fakedns_stop(alive);
	assert_in_range(fakedns_stop(dead).udp, 2, THREADS * ROUNDS / 2);
	tear_down(setup);
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(late_answer_is_foreign),
	    cmocka_unit_test(unsigned_port_changes),
	    cmocka_unit_test(lossy_port_changes),
	    cmocka_unit_test(connections_end_with_the_exchange),
	    cmocka_unit_test(dead_server_is_last_for_all_zones),
	    cmocka_unit_test(overdue_limit_reached),
	    cmocka_unit_test(overdue_limit_not_reached),
	    cmocka_unit_test(updates_wait_for_permit),
	    cmocka_unit_test(overdue_limit_holds_for_permits),
	    cmocka_unit_test(failures_leak_no_fds),
	    cmocka_unit_test(signals_do_no_harm),
	    cmocka_unit_test(waiting_is_idle),
	    cmocka_unit_test(threads_share_health),
	};
	int failures = 0;

	fakeclock_set(FAKECLOCK_LEAPS);
	failures += TABLE_RUN("exchange: sends", send_rows, sends);
	failures += TABLE_RUN("exchange: alone", lone_rows, sends_alone);
	failures += cmocka_run_group_tests_name(
	    "exchange: singles", singles, NULL, NULL);
	return failures;
}
