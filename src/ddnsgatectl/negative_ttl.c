#include "negative_ttl.h"

#include "ddnsgate/dns/message.h"
#include "ddnsgate/dns/wire.h"

/* SERIAL, REFRESH, RETRY and EXPIRE (RFC 1035, section 3.3.13). */
#define BEFORE_MINIMUM 16
#define QUERY_ID 1

/* The question, and the answer to it. */
struct question {
	uint8_t wire[WIRE_HEADER_LEN + WIRE_NAME_MAX + 4];
	size_t len;
	uint32_t ttl;
};

static uint32_t
read_minimum(struct wire_cursor *cursor)
{
	struct wire_name skipped;

	wire_take_name(cursor, &skipped);
	wire_take_name(cursor, &skipped);
	wire_take(cursor, BEFORE_MINIMUM);
	return wire_take_u32(cursor);
}

/* A dns_request_on_response */
static enum err
on_response(void *ctx, uint8_t *wire, size_t len, size_t *ret_index)
{
	struct question *question = ctx;
	struct wire_cursor cursor = wire_over(wire, len);
	struct wire_header header;
	struct wire_record record;

	enum err err =
	    response_matches(question->wire, question->len, wire, len);
	if (err != ERR_OK)
		return err;
	*ret_index = 0;
	wire_take_header(&cursor, &header);
	wire_skip_questions(&cursor, header.qdcount);
	wire_take_record(&cursor, &record);
	if (header.ancount == 0 || record.type != WIRE_TYPE_SOA)
		return ERR_DNS_LAME;
	cursor.pos = record.rdata_at;
	uint32_t minimum = read_minimum(&cursor);
	if (cursor.failed)
		return ERR_DNS_GARBAGE;
	question->ttl = minimum < record.ttl ? minimum : record.ttl;
	return ERR_OK;
}

enum err
negative_ttl_ask(const struct dns *dns, const struct site_zone *zone,
    struct clock_deadline deadline, uint32_t *ret)
{
	struct question question = {.len = 0};
	enum err err = message_query(QUERY_ID, zone->name, MESSAGE_SOA,
	    question.wire, sizeof(question.wire), &question.len);
	struct dns_request request = {
	    .wire = question.wire, .len = question.len};
	struct dns_request_set set = {
	    .kind = DNS_REQUEST_QUERY,
	    .requests = &request,
	    .count = 1,
	    .on_response = on_response,
	    .ctx = &question,
	    .server = -1,
	};

	if (err == ERR_OK)
		err = dns->transport.send(
		    dns->transport.ctx, zone, &set, deadline);
	if (err == ERR_OK)
		*ret = question.ttl;
	return err;
}
