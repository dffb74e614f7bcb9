#include "ddnsgate/dns/tsig.h"

#include <assert.h>

#include "ddnsgate/dns/wire.h"

#define TYPE_TSIG 250
#define CLASS_ANY 255

/* TSIG errors, RFC 8945, section 3. */
#define BADSIG 16
#define BADKEY 17
#define BADTIME 18
/* With BADTIME the server sends its own time. */
#define BADTIME_OTHER_LEN 6

/* What a TSIG RR holds (RFC 8945, section 4.2); borrows from the message. */
struct rdata {
	struct wire_name algorithm;
	uint64_t time;
	uint16_t fudge;
	const uint8_t *mac;
	uint16_t mac_len;
	uint16_t original_id;
	uint16_t error;
	const uint8_t *other;
	uint16_t other_len;
};

/*
 * What a MAC covers, in parts (RFC 8945, section 4.3): for an answer the
 * request's MAC, then the message without its TSIG RR, then the TSIG
 * variables.  The parts lie in the buffers here or are borrowed.
 */
struct mac_input {
	uint8_t request_len[2];
	uint8_t header[WIRE_HEADER_LEN];
	uint8_t variables[2 * WIRE_NAME_MAX + 18];
	struct span parts[6];
	size_t count;
};

static void
add_part(struct mac_input *input, const uint8_t *bytes, size_t len)
{
	input->parts[input->count++] = (struct span){(const char *)bytes, len};
}

static void
add_request_mac(struct mac_input *input, const struct tsig_mac *request)
{
	uint8_t *at = input->request_len;

	wire_put_u16(&at, (uint16_t)request->len);
	add_part(input, input->request_len, sizeof(input->request_len));
	add_part(input, request->bytes, request->len);
}

/* The message as it is without its TSIG RR. */
static void
add_message(struct mac_input *input, const uint8_t *wire, size_t len,
    uint16_t id, uint16_t arcount)
{
	uint8_t *at = input->header;

	wire_put_u16(&at, id);
	wire_put(&at, wire + 2, WIRE_ARCOUNT_AT - 2);
	wire_put_u16(&at, arcount);
	add_part(input, input->header, sizeof(input->header));
	add_part(input, wire + WIRE_HEADER_LEN, len - WIRE_HEADER_LEN);
}

static void
put_name(uint8_t **at, const struct wire_name *name)
{
	wire_put(at, name->bytes, name->len);
}

static void
add_variables(struct mac_input *input, const struct tsig_key *key,
    const struct rdata *rdata)
{
	uint8_t *at = input->variables;

	put_name(&at, tsig_key_wire_name(key));
	wire_put_u16(&at, CLASS_ANY);
	wire_put_u32(&at, 0); /* TTL */
	put_name(&at, tsig_key_wire_algorithm(key));
	wire_put_u48(&at, rdata->time);
	wire_put_u16(&at, rdata->fudge);
	wire_put_u16(&at, rdata->error);
	wire_put_u16(&at, rdata->other_len);
	add_part(input, input->variables, (size_t)(at - input->variables));
	add_part(input, rdata->other, rdata->other_len);
}

/*
 * For len bytes of a message that has arcount additional records beside its
 * TSIG RR; request is NULL when the message is a request itself.
 */
static void
mac_input_init(struct mac_input *input, const struct tsig_key *key,
    const struct tsig_mac *request, const uint8_t *wire, size_t len,
    uint16_t arcount, const struct rdata *rdata)
{
	input->count = 0;
	if (request != NULL)
		add_request_mac(input, request);
	add_message(input, wire, len, rdata->original_id, arcount);
	add_variables(input, key, rdata);
}

/* The length of the RDATA without error data: fixed fields, name, MAC. */
static size_t
rdata_len(const struct tsig_key *key)
{
	return tsig_key_wire_algorithm(key)->len + 16 + tsig_key_mac_len(key);
}

static size_t
record_len(const struct tsig_key *key)
{
	return tsig_key_wire_name(key)->len + 10 + rdata_len(key);
}

static void
put_record(uint8_t *at, const struct tsig_key *key, const struct rdata *rdata)
{
	put_name(&at, tsig_key_wire_name(key));
	wire_put_u16(&at, TYPE_TSIG);
	wire_put_u16(&at, CLASS_ANY);
	wire_put_u32(&at, 0); /* TTL */
	wire_put_u16(&at, (uint16_t)rdata_len(key));
	put_name(&at, tsig_key_wire_algorithm(key));
	wire_put_u48(&at, rdata->time);
	wire_put_u16(&at, rdata->fudge);
	wire_put_u16(&at, rdata->mac_len);
	wire_put(&at, rdata->mac, rdata->mac_len);
	wire_put_u16(&at, rdata->original_id);
	wire_put_u16(&at, rdata->error);
	wire_put_u16(&at, rdata->other_len);
}

static struct wire_header
header_of(const uint8_t *wire, size_t len)
{
	struct wire_cursor cursor = wire_over(wire, len);
	struct wire_header header;

	wire_take_header(&cursor, &header);
	return header;
}

static void
set_arcount(uint8_t *wire, uint16_t arcount)
{
	uint8_t *at = wire + WIRE_ARCOUNT_AT;

	wire_put_u16(&at, arcount);
}

enum err
tsig_sign(const struct tsig_key *key, uint64_t now, uint8_t *wire, size_t size,
    size_t *len, struct tsig_mac *ret_mac)
{
	assert(*len >= WIRE_HEADER_LEN && *len <= size);
	struct wire_header header = header_of(wire, *len);
	struct rdata rdata = {
	    .time = now,
	    .fudge = TSIG_FUDGE,
	    .original_id = header.id,
	};
	struct mac_input input;
	struct tsig_mac mac;

	if (size - *len < record_len(key) || header.arcount == UINT16_MAX)
		return ERR_RANGE;
	mac_input_init(&input, key, NULL, wire, *len, header.arcount, &rdata);
	enum err err = tsig_key_mac(key, input.parts, input.count, &mac);
	if (err != ERR_OK)
		return err;
	rdata.mac = mac.bytes;
	rdata.mac_len = (uint16_t)mac.len;
	put_record(wire + *len, key, &rdata);
	*len += record_len(key);
	set_arcount(wire, (uint16_t)(header.arcount + 1));
	*ret_mac = mac;
	return ERR_OK;
}

/*
 * Reads the whole message.  A TSIG RR is its last record, in the additional
 * section, and the only one (RFC 8945, section 5.2).
 */
static enum err
find_record(const uint8_t *wire, size_t len, struct wire_record *ret)
{
	struct wire_cursor cursor = wire_over(wire, len);
	struct wire_record record = {.type = 0};
	struct wire_header header;

	wire_take_header(&cursor, &header);
	wire_skip_questions(&cursor, header.qdcount);
	unsigned left = header.ancount;
	left += header.nscount;
	left += header.arcount;
	for (; left > 0 && !cursor.failed; left--) {
		wire_take_record(&cursor, &record);
		if (record.type == TYPE_TSIG &&
		    (left > 1 || header.arcount == 0))
			return ERR_DNS_GARBAGE;
	}
	if (cursor.failed || cursor.pos != len)
		return ERR_DNS_GARBAGE;
	if (record.type != TYPE_TSIG)
		return ERR_DNS_UNSIGNED;
	*ret = record;
	return ERR_OK;
}

static enum err
read_rdata(
    const uint8_t *wire, const struct wire_record *record, struct rdata *ret)
{
	size_t end = record->rdata_at + record->rdata_len;
	struct wire_cursor cursor = wire_over(wire, end);

	cursor.pos = record->rdata_at;
	wire_take_name(&cursor, &ret->algorithm);
	/* It must not be compressed (RFC 8945, section 4.2). */
	if (cursor.pos - record->rdata_at != ret->algorithm.len)
		return ERR_DNS_GARBAGE;
	ret->time = wire_take_u48(&cursor);
	ret->fudge = wire_take_u16(&cursor);
	ret->mac_len = wire_take_u16(&cursor);
	ret->mac = wire_take(&cursor, ret->mac_len);
	ret->original_id = wire_take_u16(&cursor);
	ret->error = wire_take_u16(&cursor);
	ret->other_len = wire_take_u16(&cursor);
	ret->other = wire_take(&cursor, ret->other_len);
	if (cursor.failed || cursor.pos != end)
		return ERR_DNS_GARBAGE;
	return ERR_OK;
}

/* Does the record name this key and its algorithm? */
static enum err
check_key(const struct tsig_key *key, const uint8_t *wire,
    const struct wire_record *record, const struct rdata *rdata)
{
	struct wire_cursor cursor = wire_over(wire, record->rdata_at);
	struct wire_name owner;

	if (record->class != CLASS_ANY || record->ttl != 0)
		return ERR_DNS_GARBAGE;
	cursor.pos = record->at;
	wire_take_name(&cursor, &owner);
	if (cursor.failed)
		return ERR_DNS_GARBAGE;
	if (!wire_name_equal(&owner, tsig_key_wire_name(key)) ||
	    !wire_name_equal(&rdata->algorithm, tsig_key_wire_algorithm(key)))
		return ERR_DNS_MAC;
	return ERR_OK;
}

/* A server that does not have the key cannot sign its error about it. */
static enum err
unsigned_error(const struct rdata *rdata)
{
	if (rdata->error == BADKEY)
		return ERR_DNS_BADKEY;
	return rdata->error == BADSIG ? ERR_DNS_BADSIG : ERR_DNS_MAC;
}

static enum err
check_mac(const struct tsig_key *key, const struct tsig_mac *request,
    const uint8_t *wire, const struct wire_record *record,
    const struct rdata *rdata)
{
	uint16_t arcount = header_of(wire, record->at).arcount;
	struct mac_input input;

	if (rdata->mac_len == 0)
		return unsigned_error(rdata);
	mac_input_init(&input, key, request, wire, record->at,
	    (uint16_t)(arcount - 1), rdata);
	return tsig_key_check_mac(
	    key, input.parts, input.count, rdata->mac, rdata->mac_len);
}

/* The answer's own fudge counts up to ours. */
static enum err
check_time(uint64_t now, const struct rdata *rdata)
{
	uint64_t apart =
	    now > rdata->time ? now - rdata->time : rdata->time - now;

	if (apart > rdata->fudge || apart > TSIG_FUDGE)
		return ERR_DNS_STALE;
	return ERR_OK;
}

/* The server's error about our signature, in an answer that is signed. */
static enum err
signed_error(const struct rdata *rdata)
{
	if (rdata->error == 0)
		return ERR_OK;
	if (rdata->error != BADTIME)
		return ERR_DNS_RCODE;
	return rdata->other_len == BADTIME_OTHER_LEN ? ERR_DNS_BADTIME
						     : ERR_DNS_GARBAGE;
}

enum err
tsig_verify(const struct tsig_key *key, uint64_t now,
    const struct tsig_mac *request, uint8_t *wire, size_t *len)
{
	struct wire_record record;
	struct rdata rdata;
	enum err err;

	if ((err = find_record(wire, *len, &record)) != ERR_OK ||
	    (err = read_rdata(wire, &record, &rdata)) != ERR_OK ||
	    (err = check_key(key, wire, &record, &rdata)) != ERR_OK ||
	    (err = check_mac(key, request, wire, &record, &rdata)) != ERR_OK ||
	    (err = check_time(now, &rdata)) != ERR_OK ||
	    (err = signed_error(&rdata)) != ERR_OK)
		return err;
	uint16_t arcount = header_of(wire, *len).arcount;
	set_arcount(wire, (uint16_t)(arcount - 1));
	*len = record.at;
	return ERR_OK;
}
