#include "ddnsgate/dns/response.h"

#include <string.h>

#include "ddnsgate/dns/wire.h"

/* Type and class of a question. */
#define QUESTION_FIXED_LEN 4

/* RCODEs by number (RFC 1035, 2136, 8490), and what they mean in the answer to
 * a query and to an UPDATE. */
static const struct {
	const char *name;
	enum err to_query;
	enum err to_update;
} rcodes[16] = {
    // clang-format off
	{ "NOERROR",   ERR_OK,           ERR_OK },
	{ "FORMERR",   ERR_DNS_RCODE,    ERR_DNS_RCODE },
	{ "SERVFAIL",  ERR_DNS_SERVFAIL, ERR_DNS_SERVFAIL },
	{ "NXDOMAIN",  ERR_OK,           ERR_DNS_RCODE },
	{ "NOTIMP",    ERR_DNS_RCODE,    ERR_DNS_RCODE },
	{ "REFUSED",   ERR_DNS_REFUSED,  ERR_DNS_REFUSED },
	{ "YXDOMAIN",  ERR_DNS_RCODE,    ERR_DNS_YXDOMAIN },
	{ "YXRRSET",   ERR_DNS_RCODE,    ERR_DNS_CNAME },
	{ "NXRRSET",   ERR_DNS_RCODE,    ERR_DNS_RCODE },
	{ "NOTAUTH",   ERR_DNS_NOTAUTH,  ERR_DNS_NOTAUTH },
	{ "NOTZONE",   ERR_DNS_NOTZONE,  ERR_DNS_NOTZONE },
	{ "DSOTYPENI", ERR_DNS_RCODE,    ERR_DNS_RCODE },
	{ "RCODE12",   ERR_DNS_RCODE,    ERR_DNS_RCODE },
	{ "RCODE13",   ERR_DNS_RCODE,    ERR_DNS_RCODE },
	{ "RCODE14",   ERR_DNS_RCODE,    ERR_DNS_RCODE },
	{ "RCODE15",   ERR_DNS_RCODE,    ERR_DNS_RCODE },
    // clang-format on
};

static uint16_t
type_of(enum ipaddr_family family)
{
	return family == IPADDR_V4 ? WIRE_TYPE_A : WIRE_TYPE_AAAA;
}

static unsigned
opcode_of(const struct wire_header *header)
{
	return header->flags >> 11 & 0xf;
}

static unsigned
rcode_of(const struct wire_header *header)
{
	return header->flags & 0xf;
}

static enum err
read_header(const uint8_t *answer, size_t len, struct wire_header *ret)
{
	struct wire_cursor cursor = wire_over(answer, len);

	wire_take_header(&cursor, ret);
	return cursor.failed ? ERR_DNS_GARBAGE : ERR_OK;
}

static enum err
outcome_of(const struct wire_header *header, bool is_signed)
{
	unsigned rcode = rcode_of(header);
	enum err err = opcode_of(header) == WIRE_OPCODE_UPDATE
			   ? rcodes[rcode].to_update
			   : rcodes[rcode].to_query;

	if (err == ERR_DNS_NOTAUTH && is_signed)
		return ERR_DNS_NOTZONE;
	return err;
}

/*
 * The question must be in the answer byte for byte, but for upper and lower
 * case: the first name of a message cannot be compressed.
 */
static enum err
match_question(const uint8_t *request, size_t request_len,
    const uint8_t *answer, size_t answer_len)
{
	struct wire_cursor cursor = wire_over(request, request_len);
	const char *asked = (const char *)request + WIRE_HEADER_LEN;
	const char *answered = (const char *)answer + WIRE_HEADER_LEN;

	wire_take(&cursor, WIRE_HEADER_LEN);
	wire_skip_questions(&cursor, 1);
	if (cursor.failed || answer_len < cursor.pos)
		return ERR_DNS_GARBAGE;
	size_t name_len = cursor.pos - WIRE_HEADER_LEN - QUESTION_FIXED_LEN;
	if (!span_equal_nocase((struct span){asked, name_len},
		(struct span){answered, name_len}))
		return ERR_DNS_FOREIGN;
	return memcmp(asked + name_len, answered + name_len,
		   QUESTION_FIXED_LEN) == 0
		   ? ERR_OK
		   : ERR_DNS_FOREIGN;
}

enum err
response_matches(const uint8_t *request, size_t request_len,
    const uint8_t *answer, size_t answer_len)
{
	struct wire_header asked, answered;

	if (read_header(answer, answer_len, &answered) != ERR_OK ||
	    read_header(request, request_len, &asked) != ERR_OK)
		return ERR_DNS_GARBAGE;
	if (answered.id != asked.id || (answered.flags & WIRE_QR) == 0 ||
	    opcode_of(&answered) != opcode_of(&asked) || answered.qdcount > 1)
		return ERR_DNS_FOREIGN;
	if (answered.qdcount == 0 && outcome_of(&answered, false) == ERR_OK)
		return ERR_DNS_FOREIGN;
	if (answered.qdcount == 1) {
		enum err err =
		    match_question(request, request_len, answer, answer_len);
		if (err != ERR_OK)
			return err;
	}
	return answered.flags & WIRE_TC ? ERR_DNS_TRUNCATED : ERR_OK;
}

enum err
response_outcome(const uint8_t *answer, size_t len, bool is_signed)
{
	struct wire_header header;
	enum err err = read_header(answer, len, &header);

	return err == ERR_OK ? outcome_of(&header, is_signed) : err;
}

const char *
response_rcode_text(const uint8_t *answer, size_t len)
{
	struct wire_header header;

	if (read_header(answer, len, &header) != ERR_OK)
		return "-";
	return rcodes[rcode_of(&header)].name;
}

/* Adds an address to the RRset.  Its TTL is the lowest of its records. */
static enum err
add_addr(struct response_rrset *rrset, enum ipaddr_family family,
    const uint8_t *answer, const struct wire_record *record)
{
	struct ipaddr addr = {.family = family};

	if (record->rdata_len != ipaddr_len(&addr))
		return ERR_DNS_GARBAGE;
	memcpy(addr.bytes, answer + record->rdata_at, record->rdata_len);
	if (rrset->count == 0 || record->ttl < rrset->ttl)
		rrset->ttl = record->ttl;
	if (rrset->count < RESPONSE_ADDRS_MAX)
		rrset->addrs[rrset->count] = addr;
	rrset->count++;
	return ERR_OK;
}

/* What becomes of a record of the name that was asked for. */
typedef enum err
add_record(void *ctx, const uint8_t *answer, const struct wire_record *record);

/* Reads the next record, and adds it if it is the owner's. */
static enum err
read_record(struct wire_cursor *cursor, const struct wire_name *owner,
    add_record *add, void *ctx)
{
	struct wire_cursor at_owner = *cursor;
	struct wire_record record;
	struct wire_name found;

	wire_take_name(&at_owner, &found);
	wire_take_record(cursor, &record);
	if (at_owner.failed || cursor->failed)
		return ERR_DNS_GARBAGE;
	if (record.class != WIRE_CLASS_IN || !wire_name_equal(&found, owner))
		return ERR_OK;
	return add(ctx, cursor->bytes, &record);
}

static enum err
read_records(const uint8_t *answer, size_t len, const char *name,
    add_record *add, void *ctx)
{
	struct wire_cursor cursor = wire_over(answer, len);
	struct wire_header header;
	struct wire_name owner;

	wire_take_header(&cursor, &header);
	wire_skip_questions(&cursor, header.qdcount);
	if (cursor.failed || len > RESPONSE_SIZE_MAX)
		return ERR_DNS_GARBAGE;
	if ((header.flags & WIRE_AA) == 0)
		return ERR_DNS_LAME;
	enum err err = wire_name_parse(span_of(name), &owner);
	for (unsigned i = 0; i < header.ancount && err == ERR_OK; i++)
		err = read_record(&cursor, &owner, add, ctx);
	return err;
}

struct addrs {
	struct response_rrset rrset;
	enum ipaddr_family family;
};

/* An add_record. */
static enum err
add_addr_or_cname(
    void *ctx, const uint8_t *answer, const struct wire_record *record)
{
	struct addrs *addrs = ctx;

	if (record->type == type_of(addrs->family))
		return add_addr(&addrs->rrset, addrs->family, answer, record);
	addrs->rrset.cname |= record->type == WIRE_TYPE_CNAME;
	return ERR_OK;
}

enum err
response_read_rrset(const uint8_t *answer, size_t len, const char *name,
    enum ipaddr_family family, struct response_rrset *ret)
{
	struct addrs addrs = {.family = family};

	enum err err =
	    read_records(answer, len, name, add_addr_or_cname, &addrs);
	if (err == ERR_OK)
		*ret = addrs.rrset;
	return err;
}

/* An add_record.  A value is a single character string (RFC 1035, section
 * 3.3.14), with its length in front. */
static enum err
add_txt(void *ctx, const uint8_t *answer, const struct wire_record *record)
{
	const uint8_t *rdata = answer + record->rdata_at;
	struct response_txt *txt = ctx;

	if (record->type != WIRE_TYPE_TXT)
		return ERR_OK;
	if (record->rdata_len == 0)
		return ERR_DNS_GARBAGE;
	struct span string = {(const char *)rdata + 1, rdata[0]};
	if (txt->count < RESPONSE_TXT_MAX &&
	    string.len + 1 == record->rdata_len && acme_is_value(string))
		memcpy(txt->values[txt->count], string.ptr, string.len);
	txt->count++;
	return ERR_OK;
}

enum err
response_read_txt(const uint8_t *answer, size_t len, const char *name,
    struct response_txt *ret)
{
	struct response_txt txt = {.count = 0};

	enum err err = read_records(answer, len, name, add_txt, &txt);
	if (err == ERR_OK)
		*ret = txt;
	return err;
}

/* A record whose owner name has been read as well. */
struct owned_record {
	struct wire_name owner;
	struct wire_record record;
};

static struct owned_record
take_owned(struct wire_cursor *cursor)
{
	struct owned_record owned = {.owner.len = 0};
	struct wire_cursor at_owner = *cursor;

	wire_take_name(&at_owner, &owned.owner);
	wire_take_record(cursor, &owned.record);
	cursor->failed |= at_owner.failed;
	return owned;
}

/* MNAME and RNAME come first, and between the two numbers REFRESH, RETRY and
 * EXPIRE (RFC 1035, section 3.3.13). */
static void
read_numbers(struct wire_cursor cursor, const struct wire_record *record,
    struct response_soa *ret)
{
	struct wire_name skipped;

	cursor.pos = record->rdata_at;
	wire_take_name(&cursor, &skipped);
	wire_take_name(&cursor, &skipped);
	ret->serial = wire_take_u32(&cursor);
	wire_take(&cursor, 3 * sizeof(uint32_t));
	uint32_t minimum = wire_take_u32(&cursor);
	ret->negative_ttl = minimum < record->ttl ? minimum : record->ttl;
}

/* Does this NS record delegate to servers of a zone below the given one? */
static bool
is_referral(const struct owned_record *owned, const char *zone)
{
	struct wire_name ours;

	return owned->record.type == WIRE_TYPE_NS &&
	       wire_name_parse(span_of(zone), &ours) == ERR_OK &&
	       wire_name_is_within(&owned->owner, &ours) &&
	       !wire_name_equal(&owned->owner, &ours);
}

/* Is this a record of that type, of a zone that the name is in? */
static bool
is_of_zone(const struct owned_record *owned, unsigned type, const char *name)
{
	struct wire_name asked;

	return owned->record.type == type &&
	       wire_name_parse(span_of(name), &asked) == ERR_OK &&
	       wire_name_is_within(&asked, &owned->owner);
}

/* What an answer has of zones. */
struct zone_records {
	struct response_soa soa;
	struct wire_name ns; /* whose NS records stand beside the answer */
	bool referral;
	bool cname; /* then they stand beside what it leads to */
};

static void
note_answer(struct zone_records *ret, const struct owned_record *owned)
{
	ret->cname |= owned->record.type == WIRE_TYPE_CNAME;
}

static void
note_authority(struct zone_records *ret, const struct owned_record *owned,
    const char *name, const char *zone)
{
	ret->referral |= is_referral(owned, zone);
	if (is_of_zone(owned, WIRE_TYPE_NS, name))
		ret->ns = owned->owner;
}

static enum err
read_zone_records(const uint8_t *answer, size_t len, const char *name,
    const char *zone, struct zone_records *ret)
{
	struct wire_cursor cursor = wire_over(answer, len);
	struct wire_header header;

	wire_take_header(&cursor, &header);
	wire_skip_questions(&cursor, header.qdcount);
	for (unsigned i = 0;
	     i < (unsigned)header.ancount + header.nscount && !cursor.failed;
	     i++) {
		struct owned_record owned = take_owned(&cursor);
		if (is_of_zone(&owned, WIRE_TYPE_SOA, name)) {
			wire_name_format(&owned.owner, ret->soa.zone);
			read_numbers(cursor, &owned.record, &ret->soa);
		}
		if (i < header.ancount)
			note_answer(ret, &owned);
		else
			note_authority(ret, &owned, name, zone);
	}
	if (cursor.failed || len > RESPONSE_SIZE_MAX)
		return ERR_DNS_GARBAGE;
	if ((header.flags & WIRE_AA) == 0)
		return ret->referral ? ERR_DNS_DELEGATED : ERR_DNS_LAME;
	if (header.ancount == 0 || ret->cname)
		ret->ns.len = 0;
	return ERR_OK;
}

enum err
response_read_soa(const uint8_t *answer, size_t len, const char *name,
    const char *zone, struct response_soa *ret)
{
	struct zone_records found = {.soa.zone = "", .ns.len = 0};

	enum err err = read_zone_records(answer, len, name, zone, &found);
	if (err != ERR_OK)
		return err;
	if (found.soa.zone[0] == '\0' && found.ns.len > 0)
		wire_name_format(&found.ns, found.soa.zone);
	*ret = found.soa;
	return ERR_OK;
}

bool
response_rrset_is(
    const struct response_rrset *rrset, const struct ipaddr *addr, uint32_t ttl)
{
	return rrset->count == 1 && !rrset->cname && rrset->ttl == ttl &&
	       ipaddr_equal(&rrset->addrs[0], addr);
}
