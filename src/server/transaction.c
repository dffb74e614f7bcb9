#include "ddnsgate/server/transaction.h"

#include <assert.h>

#include "ddnsgate/base/page_buffer.h"
#include "ddnsgate/base/secret.h"
#include "ddnsgate/dns/tsig.h"
#include "ddnsgate/dns/wire.h"

/* What a message on its way is about. */
struct errand {
	const char *name; /* that is asked for; NULL: an UPDATE */
	enum ipaddr_family family;
	struct tsig_mac mac;        /* of the request */
	struct message_rrset rrset; /* from the answer to a query */
};

struct courier {
	struct exchange_carrier carrier;

	/* The trip */
	const struct site_zone *zone;
	struct clock_deadline deadline;
	struct courier_report report;

	/* The bag: queries, or one UPDATE; what is large comes last. */
	size_t count;
	uint16_t first_id;
	size_t used; /* of wire */
	struct exchange_message messages[COURIER_MESSAGES_MAX];
	struct errand errands[COURIER_MESSAGES_MAX];
	uint8_t wire[MESSAGE_MAX + TSIG_RR_MAX]; /* of all of them */
};

enum err
courier_new(const struct exchange_carrier *carrier, struct courier **ret)
{
	struct courier *courier = page_buffer_new(sizeof(*courier));

	if (courier == NULL)
		return ERR_MEMORY;
	courier->carrier = *carrier;
	*ret = courier;
	return ERR_OK;
}

void
courier_free(struct courier *courier)
{
	page_buffer_free(courier, sizeof(*courier));
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
read_answer(
    struct courier *courier, struct errand *errand, uint8_t *wire, size_t len)
{
	enum err err =
	    check_answer(courier->zone->key, &errand->mac, wire, &len);

	courier->report.rcode = message_rcode_text(wire, len);
	if (err != ERR_OK || errand->name == NULL)
		return err;
	return message_read_rrset(
	    wire, len, errand->name, errand->family, &errand->rrset);
}

/* An exchange_judge. */
static enum err
judge(void *ctx, uint8_t *wire, size_t len, size_t *ret_index)
{
	struct courier *courier = ctx;

	if (len < WIRE_HEADER_LEN)
		return ERR_DNS_GARBAGE;
	for (size_t i = 0; i < courier->count; i++) {
		const struct exchange_message *message = &courier->messages[i];
		enum err err =
		    message_matches(message->wire, message->len, wire, len);
		if (err == ERR_DNS_FOREIGN)
			continue;
		*ret_index = i;
		if (err != ERR_OK)
			return err;
		return read_answer(courier, &courier->errands[i], wire, len);
	}
	return ERR_DNS_FOREIGN;
}

/* Sending */

void
courier_begin(struct courier *courier, const struct site_zone *zone,
    struct clock_deadline deadline)
{
	courier->zone = zone;
	courier->deadline = deadline;
	courier->report = (struct courier_report){.server = -1, .rcode = "-"};
	courier_unpack(courier);
}

void
courier_unpack(struct courier *courier)
{
	if (courier->used > EXCHANGE_UDP_MAX)
		page_buffer_discard(courier->wire, sizeof(courier->wire));
	courier->count = 0;
	courier->used = 0;
}

/* Signs the message of len bytes that was built behind the others, and takes
 * it along. */
static enum err
pack(struct courier *courier, const struct errand *errand, size_t len)
{
	struct errand *packed = &courier->errands[courier->count];
	uint8_t *wire = courier->wire + courier->used;

	packed->name = errand->name;
	packed->family = errand->family;
	if (courier->zone->key != NULL) {
		enum err err = tsig_sign(courier->zone->key, clock_calendar(),
		    wire, sizeof(courier->wire) - courier->used, &len,
		    &packed->mac);
		if (err != ERR_OK)
			return err;
	}
	courier->messages[courier->count++] =
	    (struct exchange_message){wire, len, .outcome = ERR_DNS_SILENT};
	courier->used += len;
	return ERR_OK;
}

/* A query has the number of its place in its ID, so that no two of those that
 * travel together are alike. */
enum err
courier_pack_query(
    struct courier *courier, const char *name, enum ipaddr_family family)
{
	const struct errand errand = {.name = name, .family = family};
	enum err err = ERR_OK;
	size_t len;

	if (courier->count == COURIER_MESSAGES_MAX)
		return ERR_RANGE;
	if (courier->count == 0)
		err = secret_random(
		    &courier->first_id, sizeof(courier->first_id));
	if (err == ERR_OK)
		err = message_query(
		    (uint16_t)(courier->first_id ^ courier->count), name,
		    family, courier->wire + courier->used,
		    sizeof(courier->wire) - courier->used, &len);
	return err == ERR_OK ? pack(courier, &errand, len) : err;
}

enum err
courier_pack_update(struct courier *courier,
    const struct message_change changes[], size_t count)
{
	const struct errand update = {.name = NULL};
	uint16_t id;
	size_t len;

	courier_unpack(courier);
	enum err err = secret_random(&id, sizeof(id));
	if (err == ERR_OK)
		err = message_update(id, courier->zone->name, changes, count,
		    courier->wire, MESSAGE_MAX, &len);
	return err == ERR_OK ? pack(courier, &update, len) : err;
}

enum err
courier_pack_probe(struct courier *courier, const char *name, uint8_t families)
{
	const struct errand update = {.name = NULL};
	uint16_t id;
	size_t len;

	courier_unpack(courier);
	enum err err = secret_random(&id, sizeof(id));
	if (err == ERR_OK)
		err = message_probe(id, courier->zone->name, name, families,
		    courier->wire, MESSAGE_MAX, &len);
	return err == ERR_OK ? pack(courier, &update, len) : err;
}

enum err
courier_carry(struct courier *courier, enum exchange_kind kind, int server)
{
	struct exchange_batch batch = {
	    .kind = kind,
	    .messages = courier->messages,
	    .count = courier->count,
	    .judge = judge,
	    .ctx = courier,
	    .server = server,
	};

	enum err err = courier->carrier.carry(
	    courier->carrier.ctx, courier->zone, &batch, courier->deadline);
	if (batch.server >= 0)
		courier->report.server = batch.server;
	return err;
}

enum err
courier_outcome(const struct courier *courier, size_t index)
{
	assert(index < courier->count);
	return courier->messages[index].outcome;
}

const struct message_rrset *
courier_rrset(const struct courier *courier, size_t index)
{
	assert(index < courier->count);
	return &courier->errands[index].rrset;
}

struct courier_report
courier_report(const struct courier *courier)
{
	return courier->report;
}
