#include "ddnsgate/commit.h"

#include <stdlib.h>
#include <string.h>

#include "ddnsgate/policy.h"
#include "ddnsgate/secret.h"
#include "ddnsgate/tsig.h"
#include "ddnsgate/wire.h"

/* What a message on its way is about. */
struct errand {
	const char *name; /* that is asked for; NULL: an UPDATE */
	enum ipaddr_family family;
	struct change *change;      /* whose query it is; NULL: nobody's */
	struct tsig_mac mac;        /* of the request */
	struct message_rrset rrset; /* from the answer to a query */
};

struct commit {
	/* What travels together: queries, or one UPDATE. */
	struct errand errands[COMMIT_QUERIES_MAX];
	struct exchange_message messages[COMMIT_QUERIES_MAX];
	size_t count;
	uint8_t wire[MESSAGE_MAX + TSIG_RR_MAX]; /* of all of them */
	size_t used;
	struct change *differing[COMMIT_CHANGES_MAX];
};

/* One caller's way to the server and back, perhaps several times. */
struct trip {
	struct commit *commit;
	const struct exchange_carrier *carrier;
	const struct site_zone *zone;
	struct clock_deadline deadline;
	struct commit_report report;
};

enum err
commit_new(struct commit **ret)
{
	struct commit *commit = calloc(1, sizeof(*commit));

	if (commit == NULL)
		return ERR_MEMORY;
	*ret = commit;
	return ERR_OK;
}

void
commit_free(struct commit *commit)
{
	free(commit);
}

/* Judging what comes in */

/*
 * The server's no may lack a signature, when it has no key to sign with or no
 * will to look for it; its yes may not, nor what would end the search for a
 * better answer.
 */
static bool
may_be_unsigned(enum err outcome)
{
	return outcome == ERR_DNS_NOTAUTH || outcome == ERR_DNS_REFUSED ||
	       outcome == ERR_DNS_SERVFAIL || outcome == ERR_DNS_RCODE;
}

static enum err
check_answer(const struct tsig_key *key, const struct tsig_mac *request,
    uint8_t *wire, size_t *len)
{
	if (key == NULL)
		return message_outcome(wire, *len, false);
	enum err err = tsig_verify(key, clock_calendar(), request, wire, len);
	if (err == ERR_OK)
		return message_outcome(wire, *len, true);
	if (err != ERR_DNS_UNSIGNED)
		return err;
	enum err outcome = message_outcome(wire, *len, false);
	return may_be_unsigned(outcome) ? outcome : err;
}

static enum err
read_answer(struct trip *trip, struct errand *errand, uint8_t *wire, size_t len)
{
	enum err err = check_answer(trip->zone->key, &errand->mac, wire, &len);

	trip->report.rcode = message_rcode_text(wire, len);
	if (err != ERR_OK || errand->name == NULL)
		return err;
	return message_read_rrset(
	    wire, len, errand->name, errand->family, &errand->rrset);
}

/* An exchange_judge. */
static enum err
judge(void *ctx, uint8_t *wire, size_t len, size_t *ret_index)
{
	struct trip *trip = ctx;
	struct commit *commit = trip->commit;

	if (len < WIRE_HEADER_LEN)
		return ERR_DNS_GARBAGE;
	for (size_t i = 0; i < commit->count; i++) {
		const struct exchange_message *message = &commit->messages[i];
		enum err err =
		    message_matches(message->wire, message->len, wire, len);
		if (err == ERR_DNS_FOREIGN)
			continue;
		*ret_index = i;
		if (err != ERR_OK)
			return err;
		return read_answer(trip, &commit->errands[i], wire, len);
	}
	return ERR_DNS_FOREIGN;
}

/* Sending */

static struct trip
trip_begin(struct commit *commit, const struct exchange_carrier *carrier,
    const struct site_zone *zone, struct clock_deadline deadline)
{
	return (struct trip){
	    .commit = commit,
	    .carrier = carrier,
	    .zone = zone,
	    .deadline = deadline,
	    .report = {.server = -1, .rcode = "-"},
	};
}

/* Empties the bag. */
static void
pack_nothing(struct commit *commit)
{
	commit->count = 0;
	commit->used = 0;
}

/* Signs the message of len bytes that was built behind the others, and takes
 * it along. */
static enum err
pack(struct trip *trip, const struct errand *errand, size_t len)
{
	struct commit *commit = trip->commit;
	struct errand *packed = &commit->errands[commit->count];
	uint8_t *wire = commit->wire + commit->used;

	*packed = *errand;
	if (trip->zone->key != NULL) {
		enum err err = tsig_sign(trip->zone->key, clock_calendar(),
		    wire, sizeof(commit->wire) - commit->used, &len,
		    &packed->mac);
		if (err != ERR_OK)
			return err;
	}
	commit->messages[commit->count++] =
	    (struct exchange_message){wire, len, .outcome = ERR_DNS_SILENT};
	commit->used += len;
	return ERR_OK;
}

/* A query has the number of its place in its ID, so that no two of those that
 * travel together are alike. */
static enum err
pack_query(struct trip *trip, uint16_t id, const char *name,
    enum ipaddr_family family, struct change *change)
{
	struct commit *commit = trip->commit;
	const struct errand errand = {name, family, change, .mac = {.len = 0}};
	size_t len;

	enum err err = message_query((uint16_t)(id ^ commit->count), name,
	    family, commit->wire + commit->used,
	    sizeof(commit->wire) - commit->used, &len);
	return err == ERR_OK ? pack(trip, &errand, len) : err;
}

static enum err
pack_update(struct trip *trip, struct change *const changes[], size_t count)
{
	struct commit *commit = trip->commit;
	const struct errand errand = {.name = NULL};
	uint16_t id;
	size_t len;

	pack_nothing(commit);
	enum err err = secret_random(&id, sizeof(id));
	if (err != ERR_OK)
		return err;
	err = message_update(id, trip->zone->name, changes, count, commit->wire,
	    MESSAGE_MAX, &len);
	return err == ERR_OK ? pack(trip, &errand, len) : err;
}

/* Carries what is packed, to the server given first; -1: any. */
static enum err
carry(struct trip *trip, enum exchange_kind kind, int server)
{
	struct exchange_batch batch = {
	    .kind = kind,
	    .messages = trip->commit->messages,
	    .count = trip->commit->count,
	    .judge = judge,
	    .ctx = trip,
	    .server = server,
	};

	enum err err = trip->carrier->carry(
	    trip->carrier->ctx, trip->zone, &batch, trip->deadline);
	if (batch.server >= 0)
		trip->report.server = batch.server;
	return err;
}

/* Comparing */

/* Makes an address of the prefix and the host's own low bits, or those of the
 * one address that it has. */
static enum err
resolve_prefix(struct change *change, enum ipaddr_family family,
    const struct message_rrset *rrset)
{
	struct change_want *want = &change->want[family];
	const struct site_host *host = change->host;
	struct ipaddr low = {.family = family};

	if (host->has_interface_id)
		memcpy(
		    low.bytes + sizeof(low.bytes) - sizeof(host->interface_id),
		    host->interface_id, sizeof(host->interface_id));
	else if (rrset->count == 1)
		low = rrset->addrs[0];
	else
		return ERR_ADDR_PREFIX;
	low = ipaddr_combine(&want->addr, want->prefix_len, &low);
	if (!policy_publishes(&low, change->allow_private))
		return ERR_ADDR_KIND;
	*want = (struct change_want){.action = CHANGE_SET, .addr = low};
	return ERR_OK;
}

/* What DNS has against what is wanted. */
static enum err
compare(const struct errand *errand)
{
	const struct message_rrset *rrset = &errand->rrset;
	enum ipaddr_family family = errand->family;
	struct change *change = errand->change;
	struct change_want *want = &change->want[family];

	if (rrset->cname)
		return ERR_DNS_CNAME;
	change->had_count[family] = rrset->count;
	if (rrset->count > 0)
		change->had[family] = rrset->addrs[0];
	if (want->action == CHANGE_PREFIX) {
		enum err err = resolve_prefix(change, family, rrset);
		if (err != ERR_OK)
			return err;
	}
	change->differs[family] =
	    want->action == CHANGE_REMOVE
		? rrset->count > 0
		: !message_rrset_is(rrset, &want->addr, change->host->ttl);
	return ERR_OK;
}

static enum err
compare_all(const struct commit *commit)
{
	enum err first = ERR_OK;

	for (size_t i = 0; i < commit->count; i++) {
		const struct errand *errand = &commit->errands[i];
		enum err err = commit->messages[i].outcome;
		if (err == ERR_OK)
			err = compare(errand);
		if (errand->change->outcome == ERR_OK)
			errand->change->outcome = err;
		if (first == ERR_OK)
			first = err;
	}
	return first;
}

/* The steps of commit_changes */

static void
begin(struct change *const changes[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		memset(changes[i]->had, 0, sizeof(changes[i]->had));
		memset(changes[i]->had_count, 0, sizeof(changes[i]->had_count));
		memset(changes[i]->differs, 0, sizeof(changes[i]->differs));
		changes[i]->outcome = ERR_OK;
	}
}

/* All or nothing: who has no failure of his own shares this one. */
static enum err
fail(struct change *const changes[], size_t count, enum err err)
{
	for (size_t i = 0; i < count; i++) {
		if (changes[i]->outcome == ERR_OK)
			changes[i]->outcome = err;
	}
	return err;
}

static enum err
pack_queries(struct trip *trip, struct change *const changes[], size_t count)
{
	uint16_t id;

	pack_nothing(trip->commit);
	enum err err = secret_random(&id, sizeof(id));
	for (size_t i = 0; i < count * IPADDR_FAMILIES && err == ERR_OK; i++) {
		struct change *change = changes[i / IPADDR_FAMILIES];
		enum ipaddr_family family =
		    (enum ipaddr_family)(i % IPADDR_FAMILIES);
		if (change->want[family].action != CHANGE_KEEP)
			err = pack_query(
			    trip, id, change->host->name, family, change);
	}
	return err;
}

/* Asks for all that is wanted; sets differs. */
static enum err
ask(struct trip *trip, struct change *const changes[], size_t count)
{
	enum err err = pack_queries(trip, changes, count);

	if (err != ERR_OK || trip->commit->count == 0)
		return err;
	carry(trip, EXCHANGE_QUERY, -1); /* each message says how it went */
	return compare_all(trip->commit);
}

static void
pause_at_random(struct clock_deadline deadline)
{
	uint16_t random = 0; /* and so it stays if there is none */
	int span = COMMIT_SERVFAIL_PAUSE_MAX_MS - COMMIT_SERVFAIL_PAUSE_MIN_MS;

	secret_random(&random, sizeof(random));
	clock_sleep_ms(
	    COMMIT_SERVFAIL_PAUSE_MIN_MS + random % (span + 1), deadline);
}

static enum err
send_once(
    struct trip *trip, struct change *const changes[], size_t count, int server)
{
	enum err err = pack_update(trip, changes, count);

	return err == ERR_OK ? carry(trip, EXCHANGE_UPDATE, server) : err;
}

/*
 * One UPDATE for these changes, whosever they are, to the server that was
 * asked.  After SERVFAIL it is sent there again; the last time to the next
 * one, as the failure may be more than a bad moment.
 */
static enum err
send_update(struct trip *trip, struct change *const changes[], size_t count)
{
	enum err err = send_once(trip, changes, count, trip->report.server);

	for (int left = COMMIT_SERVFAIL_RETRIES;
	     err == ERR_DNS_SERVFAIL && left > 0; left--) {
		int server = trip->report.server;
		if (left == 1)
			server = (server + 1) % (int)trip->zone->server_count;
		pause_at_random(trip->deadline);
		if (clock_passed(trip->deadline))
			break;
		enum err again = send_once(trip, changes, count, server);
		/* These say less than SERVFAIL does. */
		if (again == ERR_DNS_SILENT || again == ERR_DNS_UNREACHABLE)
			break;
		err = again;
	}
	return err;
}

static enum err
bring(struct trip *trip, struct change *const changes[], size_t count)
{
	struct change **differing = trip->commit->differing;
	size_t differing_count = 0;

	enum err err = ask(trip, changes, count);
	if (err != ERR_OK)
		return fail(changes, count, err);
	for (size_t i = 0; i < count; i++) {
		if (change_differs(changes[i]))
			differing[differing_count++] = changes[i];
	}
	if (differing_count == 0)
		return ERR_OK;
	err = send_update(trip, differing, differing_count);
	return err == ERR_OK ? err : fail(differing, differing_count, err);
}

enum err
commit_changes(struct commit *commit, const struct exchange_carrier *carrier,
    const struct site_zone *zone, struct change *const changes[], size_t count,
    struct clock_deadline deadline, struct commit_report *ret_report)
{
	struct trip trip = trip_begin(commit, carrier, zone, deadline);
	enum err err = ERR_RANGE;

	begin(changes, count);
	if (count <= COMMIT_CHANGES_MAX)
		err = bring(&trip, changes, count);
	else
		fail(changes, count, err);
	*ret_report = trip.report;
	return err;
}

enum err
commit_look(struct commit *commit, const struct exchange_carrier *carrier,
    const struct site_zone *zone, const char *name, enum ipaddr_family family,
    struct clock_deadline deadline, struct message_rrset *ret,
    struct commit_report *ret_report)
{
	struct trip trip = trip_begin(commit, carrier, zone, deadline);
	uint16_t id;

	pack_nothing(commit);
	enum err err = secret_random(&id, sizeof(id));
	if (err == ERR_OK)
		err = pack_query(&trip, id, name, family, NULL);
	if (err == ERR_OK)
		err = carry(&trip, EXCHANGE_QUERY, -1);
	if (err == ERR_OK)
		*ret = commit->errands[0].rrset;
	*ret_report = trip.report;
	return err;
}

/* The UPDATE goes alone. */
static enum err
pack_probe(struct trip *trip, const struct site_host *host)
{
	struct commit *commit = trip->commit;
	const struct errand errand = {.name = NULL};
	uint16_t id;
	size_t len;

	pack_nothing(commit);
	enum err err = secret_random(&id, sizeof(id));
	if (err == ERR_OK)
		err = message_probe(id, trip->zone->name, host, commit->wire,
		    MESSAGE_MAX, &len);
	return err == ERR_OK ? pack(trip, &errand, len) : err;
}

enum err
commit_probe(struct commit *commit, const struct exchange_carrier *carrier,
    const struct site_zone *zone, int server, const struct site_host *host,
    struct clock_deadline deadline, struct commit_report *ret_report)
{
	struct site_zone alone = *zone;
	struct trip trip = trip_begin(commit, carrier, &alone, deadline);

	alone.servers[0] = zone->servers[server];
	alone.server_count = 1;
	enum err err = pack_probe(&trip, host);
	if (err == ERR_OK)
		err = carry(&trip, EXCHANGE_UPDATE, 0);
	if (trip.report.server >= 0)
		trip.report.server = server;
	*ret_report = trip.report;
	if (err == ERR_OK) /* it did not look at the prerequisite */
		return ERR_DNS_RCODE;
	return err == ERR_DNS_YXDOMAIN ? ERR_OK : err;
}
