#include "ddnsgate/dns/response.h"

#include <stdlib.h>
#include <string.h>

#include "ddnsgate/dns/wire.h"

#include "hex.h"
#include "message_vectors.h"
#include "table.h"

static struct ipaddr
addr_of(const char *text)
{
	struct ipaddr addr;

	assert_int_equal(ipaddr_parse(span_of(text), &addr), ERR_OK);
	return addr;
}

/* Which answers belong to a request */

#define QUESTION "02 6831 03 64796e 07 6578616d706c65 03 6f7267 00 0001 0001"
#define IN_CAPITALS "02 4831 03 44594e 07 4558414d504c45 03 4f5247 00 0001 0001"
#define ZONE_ASKED "03 64796e 07 6578616d706c65 03 6f7267 00 0006 0001"

// clang-format off
static const struct match_row {
	const char *name;
	const char *request;
	const char *answer;
	enum err want;
} match_rows[] = {
	{ "an answer", VECTOR_QUERY_V4,
	  "1234 8400 0001 0000 0000 0000" QUESTION, ERR_OK },
	{ "with records", VECTOR_QUERY_V4,
	  "1234 8400 0001 0001 0000 0000" QUESTION "c00c", ERR_OK },
	{ "in capitals", VECTOR_QUERY_V4,
	  "1234 8400 0001 0000 0000 0000" IN_CAPITALS, ERR_OK },
	{ "an error", VECTOR_QUERY_V4,
	  "1234 8405 0001 0000 0000 0000" QUESTION, ERR_OK },
	{ "an error without question", VECTOR_QUERY_V4,
	  "1234 8005 0000 0000 0000 0000", ERR_OK },
	{ "no error, no question", VECTOR_QUERY_V4,
	  "1234 8400 0000 0000 0000 0000", ERR_DNS_FOREIGN },
	{ "NXDOMAIN, no question", VECTOR_QUERY_V4,
	  "1234 8403 0000 0000 0000 0000", ERR_DNS_FOREIGN },
	{ "truncated", VECTOR_QUERY_V4,
	  "1234 8600 0001 0000 0000 0000" QUESTION, ERR_DNS_TRUNCATED },
	{ "truncated, foreign", VECTOR_QUERY_V4,
	  "1235 8600 0001 0000 0000 0000" QUESTION, ERR_DNS_FOREIGN },
	{ "other ID", VECTOR_QUERY_V4,
	  "1235 8400 0001 0000 0000 0000" QUESTION, ERR_DNS_FOREIGN },
	{ "a query itself", VECTOR_QUERY_V4,
	  "1234 0400 0001 0000 0000 0000" QUESTION, ERR_DNS_FOREIGN },
	{ "other opcode", VECTOR_QUERY_V4,
	  "1234 ac00 0001 0000 0000 0000" QUESTION, ERR_DNS_FOREIGN },
	{ "two questions", VECTOR_QUERY_V4,
	  "1234 8400 0002 0000 0000 0000" QUESTION QUESTION, ERR_DNS_FOREIGN },
	{ "other name", VECTOR_QUERY_V4,
	  "1234 8400 0001 0000 0000 0000"
	  "02 6832 03 64796e 07 6578616d706c65 03 6f7267 00 0001 0001",
	  ERR_DNS_FOREIGN },
	{ "other type", VECTOR_QUERY_V4,
	  "1234 8400 0001 0000 0000 0000"
	  "02 6831 03 64796e 07 6578616d706c65 03 6f7267 00 001c 0001",
	  ERR_DNS_FOREIGN },
	{ "other class", VECTOR_QUERY_V4,
	  "1234 8400 0001 0000 0000 0000"
	  "02 6831 03 64796e 07 6578616d706c65 03 6f7267 00 0001 0003",
	  ERR_DNS_FOREIGN },
	{ "question cut", VECTOR_QUERY_V4,
	  "1234 8400 0001 0000 0000 0000 02 6831 03 6479", ERR_DNS_GARBAGE },
	{ "question cut by a byte", VECTOR_QUERY_V4,
	  "1234 8400 0001 0000 0000 0000"
	  "02 6831 03 64796e 07 6578616d706c65 03 6f7267 00 0001 00",
	  ERR_DNS_GARBAGE },
	{ "header cut", VECTOR_QUERY_V4,
	  "1234 8400 0001 0000 0000 00", ERR_DNS_GARBAGE },
	{ "nothing", VECTOR_QUERY_V4, "", ERR_DNS_GARBAGE },
	{ "to an UPDATE", VECTOR_UPDATE_SET_V4,
	  "1234 a800 0001 0000 0000 0000" ZONE_ASKED, ERR_OK },
	{ "to an UPDATE, all sections", VECTOR_UPDATE_PROBE_BOTH,
	  "1234 a807 0001 0001 0000 0000" ZONE_ASKED, ERR_OK },
	{ "to a query, not the UPDATE", VECTOR_UPDATE_SET_V4,
	  "1234 8400 0001 0000 0000 0000" ZONE_ASKED, ERR_DNS_FOREIGN },
	{ "NXDOMAIN to an UPDATE, no zone", VECTOR_UPDATE_SET_V4,
	  "1234 a803 0000 0000 0000 0000", ERR_OK },
	{ "no error to an UPDATE, no zone", VECTOR_UPDATE_SET_V4,
	  "1234 a800 0000 0000 0000 0000", ERR_DNS_FOREIGN },
};
// clang-format on

static void
answer_matches(void **state)
{
	const struct match_row *row = *state;
	uint8_t request[512];
	uint8_t answer[512] = {0};

	size_t request_len = hex_bytes(row->request, request, sizeof(request));
	size_t answer_len = hex_bytes(row->answer, answer, sizeof(answer));
	assert_int_equal(
	    response_matches(request, request_len, answer, answer_len),
	    row->want);
}

/* What an RCODE means */

// clang-format off
static const struct outcome_row {
	const char *name;
	const char *header;
	bool is_signed;
	enum err want;
	const char *text;
} outcome_rows[] = {
	{ "query: NOERROR",   "1234 8400", true,  ERR_OK,           "NOERROR" },
	{ "query: NXDOMAIN",  "1234 8403", true,  ERR_OK,           "NXDOMAIN" },
	{ "query: SERVFAIL",  "1234 8402", true,  ERR_DNS_SERVFAIL, "SERVFAIL" },
	{ "query: REFUSED",   "1234 8405", true,  ERR_DNS_REFUSED,  "REFUSED" },
	{ "query: unsigned",  "1234 8409", false, ERR_DNS_NOTAUTH,  "NOTAUTH" },
	{ "query: YXRRSET",   "1234 8407", true,  ERR_DNS_RCODE,    "YXRRSET" },
	{ "NOERROR",          "1234 a800", true,  ERR_OK,           "NOERROR" },
	{ "FORMERR",          "1234 a801", true,  ERR_DNS_RCODE,    "FORMERR" },
	{ "SERVFAIL",         "1234 a802", true,  ERR_DNS_SERVFAIL, "SERVFAIL" },
	{ "NXDOMAIN",         "1234 a803", true,  ERR_DNS_RCODE,    "NXDOMAIN" },
	{ "NOTIMP",           "1234 a804", true,  ERR_DNS_RCODE,    "NOTIMP" },
	{ "REFUSED",          "1234 a805", true,  ERR_DNS_REFUSED,  "REFUSED" },
	{ "REFUSED unsigned", "1234 a805", false, ERR_DNS_REFUSED,  "REFUSED" },
	{ "YXDOMAIN",         "1234 a806", true,  ERR_DNS_YXDOMAIN, "YXDOMAIN" },
	{ "YXRRSET",          "1234 a807", true,  ERR_DNS_CNAME,    "YXRRSET" },
	{ "NXRRSET",          "1234 a808", true,  ERR_DNS_RCODE,    "NXRRSET" },
	{ "NOTAUTH",          "1234 a809", true,  ERR_DNS_NOTZONE,  "NOTAUTH" },
	{ "NOTAUTH unsigned", "1234 a809", false, ERR_DNS_NOTAUTH,  "NOTAUTH" },
	{ "NOTZONE",          "1234 a80a", true,  ERR_DNS_NOTZONE,  "NOTZONE" },
	{ "the last one",     "1234 a80f", true,  ERR_DNS_RCODE,    "RCODE15" },
	{ "half a header",    "1234 a8",   true,  ERR_DNS_GARBAGE,  "-" },
};
// clang-format on

static void
rcode_gives_outcome(void **state)
{
	const struct outcome_row *row = *state;
	uint8_t wire[WIRE_HEADER_LEN] = {0};
	size_t len = hex_bytes(row->header, wire, sizeof(wire));

	if (len == 4) /* the rest are counts */
		len = sizeof(wire);
	assert_int_equal(
	    response_outcome(wire, len, row->is_signed), row->want);
	assert_string_equal(response_rcode_text(wire, len), row->text);
}

/* RRsets */

static void
rrset_is_read(void **state)
{
	const struct rrset_row *row = *state;
	const char *name = "h1.dyn.example.org";
	struct response_rrset untouched;
	struct response_rrset rrset;
	uint8_t *wire = calloc(1, row->len + 1);

	assert_non_null(wire);
	hex_bytes(row->answer, wire, row->len);
	memset(&untouched, 0x55, sizeof(untouched));
	rrset = untouched;
	assert_int_equal(
	    response_read_rrset(wire, row->len, name, row->family, &rrset),
	    row->want);
	free(wire);
	if (row->want != ERR_OK) {
		assert_memory_equal(&rrset, &untouched, sizeof(rrset));
		return;
	}
	assert_int_equal(rrset.count, row->count);
	assert_int_equal(rrset.ttl, row->ttl);
	assert_int_equal(rrset.cname, row->cname);
	if (row->count == 0)
		return;
	struct ipaddr want = addr_of(row->first); /* the others follow on */
	for (size_t i = 0; i < row->count && i < RESPONSE_ADDRS_MAX; i++) {
		assert_true(ipaddr_equal(&rrset.addrs[i], &want));
		want.bytes[3]++;
	}
}

/* TXT records */

static void
txt_is_read(void **state)
{
	const struct txt_row *row = *state;
	struct response_txt untouched, txt;
	char buf[2048];
	struct text values;

	size_t len = strlen(row->answer) / 2;
	uint8_t *wire = malloc(len); /* so that what reads on is noticed */
	assert_non_null(wire);
	hex_bytes(row->answer, wire, len);
	memset(&untouched, 0x55, sizeof(untouched));
	txt = untouched;
	assert_int_equal(
	    response_read_txt(wire, len, "h1.dyn.example.org", &txt),
	    row->want);
	free(wire);
	if (row->want != ERR_OK) {
		assert_memory_equal(&txt, &untouched, sizeof(txt));
		return;
	}
	assert_int_equal(txt.count, row->count);
	TEXT_INIT(&values, buf);
	for (size_t i = 0; i < txt.count && i < RESPONSE_TXT_MAX; i++)
		text_printf(&values, "%s|", txt.values[i]);
	assert_string_equal(buf, row->values);
}

/* The zone that answers */

#define NUMBERS "00000007 00000002 00000003 00000004 0000003c"
/* An SOA record: owner, MNAME and RNAME both the root. */
#define SOA(owner) owner "0006 0001 0000003c 0016 00 00" NUMBERS
#define NS(owner) owner "0002 0001 0000003c 0001 00"
#define A(owner) owner "0001 0001 0000003c 0004 c0000201"

// clang-format off
static const struct soa_row {
	const char *name;
	const char *answer;
	enum err want;
	const char *zone;
	uint32_t serial;
	uint32_t negative_ttl;
} soa_rows[] = {
	{ "negative", "1234 8400 0001 0000 0001 0000" QUESTION SOA("c00f"),
	  ERR_OK, "dyn.example.org", 7, 60 },
	{ "no such name", "1234 8403 0001 0000 0001 0000" QUESTION SOA("c00f"),
	  ERR_OK, "dyn.example.org", 7, 60 },
	{ "the name's own zone", "1234 8400 0001 0000 0001 0000" QUESTION
	  SOA("c00c"), ERR_OK, "h1.dyn.example.org", 7, 60 },
	{ "as the answer", "1234 8400 0001 0001 0000 0000" QUESTION
	  SOA("c00c"), ERR_OK, "h1.dyn.example.org", 7, 60 },
	{ "a zone above", "1234 8400 0001 0000 0001 0000" QUESTION
	  SOA("c013"), ERR_OK, "example.org", 7, 60 },
	{ "the root", "1234 8400 0001 0000 0001 0000" QUESTION SOA("00"),
	  ERR_OK, ".", 7, 60 },
	{ "a smaller minimum", "1234 8400 0001 0000 0001 0000" QUESTION
	  "c00f 0006 0001 0000003c 0016 00 00 00000007 00000002 00000003 "
	  "00000004 0000001e", ERR_OK, "dyn.example.org", 7, 30 },
	{ "a smaller TTL", "1234 8400 0001 0000 0001 0000" QUESTION
	  "c00f 0006 0001 00000014 0016 00 00" NUMBERS,
	  ERR_OK, "dyn.example.org", 7, 20 },
	{ "a zone beside", "1234 8400 0001 0000 0001 0000" QUESTION
	  SOA("03 737562 c00f"), ERR_OK, "", 0, 0 },
	{ "positive", "1234 8400 0001 0001 0000 0000" QUESTION A("c00c"),
	  ERR_OK, "", 0, 0 },
	{ "positive, with NS", "1234 8400 0001 0001 0001 0000" QUESTION
	  A("c00c") NS("c00f"), ERR_OK, "dyn.example.org", 0, 0 },
	{ "positive, with NS of the name", "1234 8400 0001 0001 0001 0000"
	  QUESTION A("c00c") NS("c00c"), ERR_OK, "h1.dyn.example.org", 0, 0 },
	{ "positive, with NS beside", "1234 8400 0001 0001 0001 0000" QUESTION
	  A("c00c") NS("03 737562 c00f"), ERR_OK, "", 0, 0 },
	{ "positive, NS among the answers", "1234 8400 0001 0002 0000 0000"
	  QUESTION A("c00c") NS("c00f"), ERR_OK, "", 0, 0 },
	{ "NS where a CNAME leads", "1234 8400 0001 0001 0001 0000" QUESTION
	  "c00c 0005 0001 0000003c 0002 c013" NS("c013"), ERR_OK, "", 0, 0 },
	{ "negative, with NS only", "1234 8400 0001 0000 0001 0000" QUESTION
	  NS("c00f"), ERR_OK, "", 0, 0 },
	{ "NS and SOA", "1234 8400 0001 0001 0002 0000" QUESTION A("c00c")
	  NS("c013") SOA("c00f"), ERR_OK, "dyn.example.org", 7, 60 },
	{ "a referral", "1234 8000 0001 0000 0001 0000" QUESTION NS("c00c"),
	  ERR_DNS_DELEGATED, "", 0, 0 },
	{ "a referral upwards", "1234 8000 0001 0000 0001 0000" QUESTION
	  NS("c013"), ERR_DNS_LAME, "", 0, 0 },
	{ "NS of the zone itself", "1234 8000 0001 0000 0001 0000" QUESTION
	  NS("c00f"), ERR_DNS_LAME, "", 0, 0 },
	{ "no authority", "1234 8000 0001 0000 0000 0000" QUESTION,
	  ERR_DNS_LAME, "", 0, 0 },
	{ "cut in the SOA", "1234 8400 0001 0000 0001 0000" QUESTION
	  "c00f 0006 0001 0000003c 0004 00 00 0000", ERR_OK,
	  "dyn.example.org", 0, 0 },
	{ "cut", "1234 8400 0001 0000 0001 0000" QUESTION "c00f 0006",
	  ERR_DNS_GARBAGE, "", 0, 0 },
};
// clang-format on

static void
soa_is_read(void **state)
{
	const struct soa_row *row = *state;
	struct response_soa soa = {
	    .zone = "untouched", .serial = 99, .negative_ttl = 99};
	uint8_t wire[512];

	size_t len = hex_bytes(row->answer, wire, sizeof(wire));
	assert_int_equal(response_read_soa(wire, len, "h1.dyn.example.org",
			     "dyn.example.org", &soa),
	    row->want);
	bool is_read = row->want == ERR_OK;
	assert_string_equal(soa.zone, is_read ? row->zone : "untouched");
	assert_int_equal(soa.serial, is_read ? row->serial : 99);
	assert_int_equal(soa.negative_ttl, is_read ? row->negative_ttl : 99);
}

/* The RRset in place */

// clang-format off
static const struct same_row {
	const char *name;
	const char *addr;
	uint32_t ttl;
	size_t count;
	bool cname;
	bool want;
} same_rows[] = {
	{ "the same",         "192.0.2.1",   60, 1, false, true },
	{ "other address",    "192.0.2.2",   60, 1, false, false },
	{ "other TTL",        "192.0.2.1",   61, 1, false, false },
	{ "one more",         "192.0.2.1",   60, 2, false, false },
	{ "none",             "192.0.2.1",   60, 0, false, false },
	{ "a CNAME as well",  "192.0.2.1",   60, 1, true,  false },
	{ "the other family", "2001:db8::1", 60, 1, false, false },
};
// clang-format on

static void
rrset_is_same(void **state)
{
	const struct same_row *row = *state;
	struct ipaddr addr = addr_of(row->addr);
	struct response_rrset rrset = {
	    .addrs = {addr_of("192.0.2.1")},
	    .count = row->count,
	    .ttl = 60,
	    .cname = row->cname,
	};

	assert_int_equal(response_rrset_is(&rrset, &addr, row->ttl), row->want);
}

int
main(void)
{
	int failures = 0;

	failures += TABLE_RUN("response: matches", match_rows, answer_matches);
	failures +=
	    TABLE_RUN("response: RCODEs", outcome_rows, rcode_gives_outcome);
	failures += TABLE_RUN("response: RRsets", rrset_rows, rrset_is_read);
	failures += TABLE_RUN("response: TXT records", txt_rows, txt_is_read);
	failures += TABLE_RUN("response: SOAs", soa_rows, soa_is_read);
	failures += TABLE_RUN("response: same", same_rows, rrset_is_same);
	return failures;
}
