#include "ddnsgate/server/transaction.h"

#include <assert.h>

#include "ddnsgate/base/page_buffer.h"
#include "ddnsgate/dns/tsig.h"
#include "ddnsgate/dns/wire.h"
#include "ddnsgate/server/message_id.h"

/* What is needed of a request to check its response. */
struct pending_request {
	const char *name; /* of the question; NULL: an UPDATE */
	bool has_changes; /* an UPDATE that is not of prerequisites alone */
	enum message_type type;
	struct tsig_mac mac;         /* of the request */
	struct response_rrset rrset; /* from the answer to a query */
	struct response_soa soa;     /* from the same */
};

struct transaction {
	struct exchange_transport transport;

	/* Set by transaction_begin */
	const struct site_zone *zone;
	struct clock_deadline deadline;
	struct transaction_report report;

	/* The requests: queries, or one UPDATE.  Large fields come last. */
	size_t count;
	uint16_t first_id;
	size_t used; /* bytes of wire */
	struct dns_request requests[TRANSACTION_REQUESTS_MAX];
	struct pending_request pending[TRANSACTION_REQUESTS_MAX];
	struct response_txt txt;                 /* from the last answer */
	uint8_t wire[MESSAGE_MAX + TSIG_RR_MAX]; /* of all of them */
};

enum err
transaction_new(
    const struct exchange_transport *transport, struct transaction **ret)
{
	struct transaction *transaction = page_buffer_new(sizeof(*transaction));

	if (transaction == NULL)
		return ERR_MEMORY;
	transaction->transport = *transport;
	*ret = transaction;
	return ERR_OK;
}

void
transaction_free(struct transaction *transaction)
{
	page_buffer_free(transaction, sizeof(*transaction));
}

/* Checking responses */

/*
 * A server that refuses may not have the key to sign its response with (RFC
 * 8945, section 5.2).  Success has to be signed, and so have outcomes that
 * would keep the next server from being tried.
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
		return response_outcome(wire, *len, false);
	enum err err = tsig_verify(key, clock_calendar(), request, wire, len);
	if (err == ERR_OK)
		return response_outcome(wire, *len, true);
	if (err != ERR_DNS_UNSIGNED)
		return err;
	enum err outcome = response_outcome(wire, *len, false);
	return may_be_unsigned(outcome) ? outcome : err;
}

static enum err
read_answer(struct transaction *transaction, struct pending_request *request,
    uint8_t *wire, size_t len)
{
	enum err err =
	    check_answer(transaction->zone->key, &request->mac, wire, &len);

	transaction->report.rcode = response_rcode_text(wire, len);
	if (err != ERR_OK || request->name == NULL)
		return err;
	err = response_read_soa(
	    wire, len, request->name, transaction->zone->name, &request->soa);
	if (err != ERR_OK || request->type == MESSAGE_SOA)
		return err;
	if (request->type == MESSAGE_TXT)
		return response_read_txt(
		    wire, len, request->name, &transaction->txt);
	return response_read_rrset(wire, len, request->name,
	    request->type == MESSAGE_A ? IPADDR_V4 : IPADDR_V6,
	    &request->rrset);
}

/* A dns_request_on_response. */
static enum err
on_response(void *ctx, uint8_t *wire, size_t len, size_t *ret_index)
{
	struct transaction *transaction = ctx;

	if (len < WIRE_HEADER_LEN)
		return ERR_DNS_GARBAGE;
	for (size_t i = 0; i < transaction->count; i++) {
		const struct dns_request *sent = &transaction->requests[i];
		enum err err =
		    response_matches(sent->wire, sent->len, wire, len);
		if (err == ERR_DNS_FOREIGN)
			continue;
		*ret_index = i;
		if (err != ERR_OK)
			return err;
		return read_answer(
		    transaction, &transaction->pending[i], wire, len);
	}
	return ERR_DNS_FOREIGN;
}

/* Sending */

void
transaction_begin(struct transaction *transaction, const struct site_zone *zone,
    struct clock_deadline deadline)
{
	transaction->zone = zone;
	transaction->deadline = deadline;
	transaction->report =
	    (struct transaction_report){.server = -1, .rcode = "-"};
	transaction_reset(transaction);
}

void
transaction_reset(struct transaction *transaction)
{
	if (transaction->used > DELIVERY_UDP_MAX)
		page_buffer_discard(
		    transaction->wire, sizeof(transaction->wire));
	transaction->count = 0;
	transaction->used = 0;
}

/* Signs the message of len bytes that was written behind the others, and adds
 * it to the requests. */
static enum err
add(struct transaction *transaction, const struct pending_request *request,
    size_t len)
{
	struct pending_request *pending =
	    &transaction->pending[transaction->count];
	uint8_t *wire = transaction->wire + transaction->used;

	pending->name = request->name;
	pending->type = request->type;
	pending->has_changes = request->has_changes;
	if (transaction->zone->key != NULL) {
		enum err err =
		    tsig_sign(transaction->zone->key, clock_calendar(), wire,
			sizeof(transaction->wire) - transaction->used, &len,
			&pending->mac);
		if (err != ERR_OK)
			return err;
	}
	transaction->requests[transaction->count++] =
	    (struct dns_request){wire, len, .outcome = ERR_DNS_SILENT};
	transaction->used += len;
	return ERR_OK;
}

/* The ID of a query contains its index, so that those of a set differ. */
enum err
transaction_add_query(
    struct transaction *transaction, const char *name, enum message_type type)
{
	const struct pending_request request = {.name = name, .type = type};
	enum err err = ERR_OK;
	size_t len;

	if (transaction->count == TRANSACTION_REQUESTS_MAX)
		return ERR_RANGE;
	if (transaction->count == 0)
		err = message_id_next(&transaction->first_id);
	if (err == ERR_OK)
		err = message_query(
		    (uint16_t)(transaction->first_id ^ transaction->count),
		    name, type, transaction->wire + transaction->used,
		    sizeof(transaction->wire) - transaction->used, &len);
	return err == ERR_OK ? add(transaction, &request, len) : err;
}

enum err
transaction_add_update(struct transaction *transaction,
    const struct message_change changes[], size_t count)
{
	const struct pending_request update = {.has_changes = true};
	uint16_t id;
	size_t len;

	transaction_reset(transaction);
	enum err err = message_id_next(&id);
	if (err == ERR_OK)
		err = message_update(id, transaction->zone->name, changes,
		    count, transaction->wire, MESSAGE_MAX, &len);
	return err == ERR_OK ? add(transaction, &update, len) : err;
}

enum err
transaction_add_update_txt(
    struct transaction *transaction, const struct message_txt *change)
{
	const struct pending_request update = {.has_changes = true};
	uint16_t id;
	size_t len;

	transaction_reset(transaction);
	enum err err = message_id_next(&id);
	if (err == ERR_OK)
		err = message_update_txt(id, transaction->zone->name, change,
		    transaction->wire, MESSAGE_MAX, &len);
	return err == ERR_OK ? add(transaction, &update, len) : err;
}

enum err
transaction_add_probe(
    struct transaction *transaction, const char *name, uint8_t families)
{
	const struct pending_request update = {.name = NULL};
	uint16_t id;
	size_t len;

	transaction_reset(transaction);
	enum err err = message_id_next(&id);
	if (err == ERR_OK)
		err = message_probe(id, transaction->zone->name, name, families,
		    transaction->wire, MESSAGE_MAX, &len);
	return err == ERR_OK ? add(transaction, &update, len) : err;
}

enum err
transaction_add_absence(struct transaction *transaction, const char *name,
    enum message_type type, uint8_t families)
{
	const struct pending_request update = {.name = NULL};
	uint16_t id;
	size_t len;

	transaction_reset(transaction);
	enum err err = message_id_next(&id);
	if (err == ERR_OK)
		err = message_absence(id, transaction->zone->name, name, type,
		    families, transaction->wire, MESSAGE_MAX, &len);
	return err == ERR_OK ? add(transaction, &update, len) : err;
}

/* Whatever comes of later attempts, what was done stays done. */
static void
note_changes(struct transaction *transaction)
{
	for (size_t i = 0; i < transaction->count; i++) {
		const struct dns_request *request = &transaction->requests[i];
		if (transaction->pending[i].has_changes &&
		    (request->outcome == ERR_OK || request->unanswered))
			transaction->report.may_have_changed = true;
	}
}

enum err
transaction_send(
    struct transaction *transaction, enum dns_request_kind kind, int server)
{
	struct dns_request_set set = {
	    .kind = kind,
	    .requests = transaction->requests,
	    .count = transaction->count,
	    .on_response = on_response,
	    .ctx = transaction,
	    .server = server,
	};

	enum err err = transaction->transport.send(transaction->transport.ctx,
	    transaction->zone, &set, transaction->deadline);
	if (set.server >= 0)
		transaction->report.server = set.server;
	note_changes(transaction);
	return err;
}

enum err
transaction_query(
    struct transaction *transaction, const char *name, enum message_type type)
{
	transaction_reset(transaction);
	enum err err = transaction_add_query(transaction, name, type);
	return err == ERR_OK
		   ? transaction_send(transaction, DNS_REQUEST_QUERY, -1)
		   : err;
}

enum err
transaction_outcome(const struct transaction *transaction, size_t index)
{
	assert(index < transaction->count);
	return transaction->requests[index].outcome;
}

const struct response_rrset *
transaction_rrset(const struct transaction *transaction, size_t index)
{
	assert(index < transaction->count);
	return &transaction->pending[index].rrset;
}

const struct response_txt *
transaction_txt(const struct transaction *transaction)
{
	return &transaction->txt;
}

const struct response_soa *
transaction_soa(const struct transaction *transaction, size_t index)
{
	assert(index < transaction->count);
	return &transaction->pending[index].soa;
}

struct transaction_report
transaction_report(const struct transaction *transaction)
{
	return transaction->report;
}

struct counters *
transaction_counters(const struct transaction *transaction)
{
	return transaction->transport.counters;
}
