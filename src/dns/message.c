#include "ddnsgate/dns/message.h"

#include <assert.h>
#include <ldns/ldns.h>
#include <string.h>

#include "ddnsgate/dns/wire.h"

/* Type, class, TTL and the length of the RDATA. */
#define RECORD_FIXED_LEN 10
#define QUESTION_FIXED_LEN 4
/* Holds most UPDATEs for one host. */
#define ENCODED_SIZE 512

static const struct {
	ldns_rr_type type;
	ldns_rdf_type rdata;
} families[IPADDR_FAMILIES] = {
    [IPADDR_V4] = {LDNS_RR_TYPE_A, LDNS_RDF_TYPE_A},
    [IPADDR_V6] = {LDNS_RR_TYPE_AAAA, LDNS_RDF_TYPE_AAAA},
};

static const ldns_rr_type types[] = {
    [MESSAGE_A] = LDNS_RR_TYPE_A,
    [MESSAGE_AAAA] = LDNS_RR_TYPE_AAAA,
    [MESSAGE_SOA] = LDNS_RR_TYPE_SOA,
};

/* RCODEs by number (RFC 1035, 2136, 8490), and what they mean to whom. */
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

/* A record to be sent. */
struct record {
	const char *owner;
	ldns_rr_type type;
	ldns_rr_class class;
	uint32_t ttl;
	const struct ipaddr *addr; /* NULL: without RDATA */
};

/* Building */

enum message_type
message_type_of(enum ipaddr_family family)
{
	return family == IPADDR_V4 ? MESSAGE_A : MESSAGE_AAAA;
}

/* Without ldns, which allocates a dozen times for what each request needs. */
enum err
message_query(uint16_t id, const char *name, enum message_type type,
    uint8_t *wire, size_t size, size_t *ret_len)
{
	struct wire_name owner;
	uint8_t *at = wire;

	enum err err = wire_name_parse(span_of(name), &owner);
	if (err != ERR_OK)
		return err;
	if (size < WIRE_HEADER_LEN + owner.len + QUESTION_FIXED_LEN)
		return ERR_RANGE;
	wire_put_header(&at, &(struct wire_header){.id = id, .qdcount = 1});
	wire_put(&at, owner.bytes, owner.len);
	wire_put_u16(&at, (uint16_t)types[type]);
	wire_put_u16(&at, LDNS_RR_CLASS_IN);
	*ret_len = (size_t)(at - wire);
	return ERR_OK;
}

static bool
push_addr(ldns_rr *rr, const struct ipaddr *addr)
{
	ldns_rdf *rdf = ldns_rdf_new_frm_data(
	    families[addr->family].rdata, ipaddr_len(addr), addr->bytes);

	if (rdf != NULL && ldns_rr_push_rdf(rr, rdf))
		return true;
	ldns_rdf_deep_free(rdf);
	return false;
}

/* ldns writes a record without an owner as if it were whole: hence checked. */
static bool
push_record(
    ldns_pkt *packet, ldns_pkt_section section, const struct record *record)
{
	ldns_rr *rr = ldns_rr_new();

	if (rr == NULL)
		return false;
	ldns_rr_set_owner(rr, ldns_dname_new_frm_str(record->owner));
	ldns_rr_set_type(rr, record->type);
	ldns_rr_set_class(rr, record->class);
	ldns_rr_set_ttl(rr, record->ttl);
	if (ldns_rr_owner(rr) != NULL &&
	    (record->addr == NULL || push_addr(rr, record->addr)) &&
	    ldns_pkt_push_rr(packet, section, rr))
		return true;
	ldns_rr_free(rr);
	return false;
}

static ldns_pkt *
packet_new(
    uint16_t id, ldns_pkt_opcode opcode, const char *name, ldns_rr_type type)
{
	ldns_rdf *owner = ldns_dname_new_frm_str(name);

	if (owner == NULL)
		return NULL;
	ldns_pkt *packet = ldns_pkt_query_new(owner, type, LDNS_RR_CLASS_IN, 0);
	if (packet == NULL) { /* else the owner is the packet's */
		ldns_rdf_deep_free(owner);
		return NULL;
	}
	ldns_pkt_set_id(packet, id);
	ldns_pkt_set_opcode(packet, opcode);
	return packet;
}

/*
 * Into a buffer that begins small: ldns_pkt2wire takes one of 64 KiB, which
 * malloc overwrites when it is freed.
 */
static enum err
encode(const ldns_pkt *packet, uint8_t *wire, size_t size, size_t *ret_len)
{
	ldns_buffer *buffer = ldns_buffer_new(ENCODED_SIZE);
	enum err err = ERR_MEMORY;

	if (buffer != NULL &&
	    ldns_pkt2buffer_wire(buffer, packet) == LDNS_STATUS_OK) {
		size_t len = ldns_buffer_position(buffer);
		err = len <= size && len <= MESSAGE_MAX ? ERR_OK : ERR_RANGE;
		if (err == ERR_OK) {
			memcpy(wire, ldns_buffer_begin(buffer), len);
			*ret_len = len;
		}
	}
	ldns_buffer_free(buffer);
	return err;
}

size_t
message_update_len(const char *zone)
{
	return WIRE_HEADER_LEN + strlen(zone) + 2 + QUESTION_FIXED_LEN;
}

/* A name ends in a pointer to the zone's, which is the first of all; what is
 * before that is written again where pointers do not reach. */
size_t
message_change_len(const char *zone, const struct message_change *change)
{
	size_t record =
	    strlen(change->name) - strlen(zone) + 2 + RECORD_FIXED_LEN;
	size_t len = record; /* the prerequisite */

	for (size_t i = 0; i < IPADDR_FAMILIES; i++) {
		const struct message_family *family = &change->families[i];
		if (family->action != MESSAGE_KEEP)
			len += record;
		if (family->action == MESSAGE_SET)
			len += record + ipaddr_len(&family->addr);
	}
	return len;
}

static bool
push_prerequisite(ldns_pkt *packet, const char *name)
{
	/* RRset does not exist: RFC 2136, section 2.4.3 */
	struct record no_cname = {
	    name, LDNS_RR_TYPE_CNAME, LDNS_RR_CLASS_NONE, 0, NULL};

	return push_record(packet, LDNS_SECTION_ANSWER, &no_cname);
}

static bool
push_family(ldns_pkt *packet, const struct message_change *change, size_t index)
{
	const struct message_family *family = &change->families[index];
	ldns_rr_type type = families[index].type;
	/* RFC 2136, sections 2.5.2 and 2.5.1 */
	struct record delete = {change->name, type, LDNS_RR_CLASS_ANY, 0, NULL};
	struct record add = {
	    change->name, type, LDNS_RR_CLASS_IN, change->ttl, &family->addr};

	if (family->action == MESSAGE_KEEP)
		return true;
	if (!push_record(packet, LDNS_SECTION_AUTHORITY, &delete))
		return false;
	if (family->action == MESSAGE_REMOVE)
		return true;
	assert(family->addr.family == (enum ipaddr_family)index);
	return push_record(packet, LDNS_SECTION_AUTHORITY, &add);
}

static bool
sets_any(const struct message_change *change)
{
	return change->families[IPADDR_V4].action == MESSAGE_SET ||
	       change->families[IPADDR_V6].action == MESSAGE_SET;
}

/* In an UPDATE the answer section holds the prerequisites, the authority
 * section the updates. */
static bool
push_change(ldns_pkt *packet, const struct message_change *change)
{
	if (sets_any(change) && !push_prerequisite(packet, change->name))
		return false;
	for (size_t family = 0; family < IPADDR_FAMILIES; family++) {
		if (!push_family(packet, change, family))
			return false;
	}
	return true;
}

static bool
push_changes(
    ldns_pkt *packet, const struct message_change changes[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!push_change(packet, &changes[i]))
			return false;
	}
	return true;
}

enum err
message_update(uint16_t id, const char *zone,
    const struct message_change changes[], size_t count, uint8_t *wire,
    size_t size, size_t *ret_len)
{
	size_t bound = message_update_len(zone);

	/* ldns does not bound what it encodes. */
	for (size_t i = 0; i < count && bound <= MESSAGE_MAX; i++)
		bound += message_change_len(zone, &changes[i]);
	if (bound > MESSAGE_MAX)
		return ERR_RANGE;
	ldns_pkt *packet =
	    packet_new(id, LDNS_PACKET_UPDATE, zone, LDNS_RR_TYPE_SOA);
	if (packet == NULL)
		return ERR_MEMORY;
	enum err err = ERR_MEMORY;
	if (push_changes(packet, changes, count))
		err = encode(packet, wire, size, ret_len);
	ldns_pkt_free(packet);
	return err;
}

static bool
push_probe(ldns_pkt *packet, const char *zone, const char *name, uint8_t asked)
{
	/* Name is not in use: RFC 2136, section 2.4.5 */
	struct record unused = {
	    zone, LDNS_RR_TYPE_ANY, LDNS_RR_CLASS_NONE, 0, NULL};

	if (!push_record(packet, LDNS_SECTION_ANSWER, &unused))
		return false;
	for (unsigned family = 0; family < IPADDR_FAMILIES; family++) {
		const struct ipaddr nobodys = {.family = family};
		/* Section 2.5.4 */
		struct record delete = {name, families[family].type,
		    LDNS_RR_CLASS_NONE, 0, &nobodys};
		if ((asked & 1U << family) != 0 &&
		    !push_record(packet, LDNS_SECTION_AUTHORITY, &delete))
			return false;
	}
	return true;
}

enum err
message_probe(uint16_t id, const char *zone, const char *name, uint8_t asked,
    uint8_t *wire, size_t size, size_t *ret_len)
{
	ldns_pkt *packet =
	    packet_new(id, LDNS_PACKET_UPDATE, zone, LDNS_RR_TYPE_SOA);

	if (packet == NULL)
		return ERR_MEMORY;
	enum err err = ERR_MEMORY;
	if (push_probe(packet, zone, name, asked))
		err = encode(packet, wire, size, ret_len);
	ldns_pkt_free(packet);
	return err;
}

/* Reading */

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
	enum err err = opcode_of(header) == LDNS_PACKET_UPDATE
			   ? rcodes[rcode].to_update
			   : rcodes[rcode].to_query;

	if (err == ERR_DNS_NOTAUTH && is_signed)
		return ERR_DNS_NOTZONE;
	return err;
}

/*
 * The question that a request asks must stand in the answer as it does there:
 * the first name of a message has nothing that it could be compressed with.
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
message_matches(const uint8_t *request, size_t request_len,
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
message_outcome(const uint8_t *answer, size_t len, bool is_signed)
{
	struct wire_header header;
	enum err err = read_header(answer, len, &header);

	return err == ERR_OK ? outcome_of(&header, is_signed) : err;
}

const char *
message_rcode_text(const uint8_t *answer, size_t len)
{
	struct wire_header header;

	if (read_header(answer, len, &header) != ERR_OK)
		return "-";
	return rcodes[rcode_of(&header)].name;
}

/* Adds an address to the RRset, whose TTL is the lowest of its records'. */
static enum err
add_addr(struct message_rrset *rrset, enum ipaddr_family family,
    const uint8_t *answer, const struct wire_record *record)
{
	struct ipaddr addr = {.family = family};

	if (record->rdata_len != ipaddr_len(&addr))
		return ERR_DNS_GARBAGE;
	memcpy(addr.bytes, answer + record->rdata_at, record->rdata_len);
	if (rrset->count == 0 || record->ttl < rrset->ttl)
		rrset->ttl = record->ttl;
	if (rrset->count < MESSAGE_ADDRS_MAX)
		rrset->addrs[rrset->count] = addr;
	rrset->count++;
	return ERR_OK;
}

/* Takes notice of the next record if it is of the owner's. */
static enum err
read_record(struct wire_cursor *cursor, const struct wire_name *owner,
    enum ipaddr_family family, struct message_rrset *rrset)
{
	struct wire_cursor at_owner = *cursor;
	struct wire_record record;
	struct wire_name found;

	wire_take_name(&at_owner, &found);
	wire_take_record(cursor, &record);
	if (at_owner.failed || cursor->failed)
		return ERR_DNS_GARBAGE;
	if (record.class != LDNS_RR_CLASS_IN || !wire_name_equal(&found, owner))
		return ERR_OK;
	if (record.type == families[family].type)
		return add_addr(rrset, family, cursor->bytes, &record);
	rrset->cname |= record.type == LDNS_RR_TYPE_CNAME;
	return ERR_OK;
}

enum err
message_read_rrset(const uint8_t *answer, size_t len, const char *name,
    enum ipaddr_family family, struct message_rrset *ret)
{
	struct wire_cursor cursor = wire_over(answer, len);
	struct message_rrset rrset = {.count = 0};
	struct wire_header header;
	struct wire_name owner;

	wire_take_header(&cursor, &header);
	wire_skip_questions(&cursor, header.qdcount);
	if (cursor.failed || len > MESSAGE_ANSWER_MAX)
		return ERR_DNS_GARBAGE;
	if ((header.flags & WIRE_AA) == 0)
		return ERR_DNS_LAME;
	enum err err = wire_name_parse(span_of(name), &owner);
	for (unsigned i = 0; i < header.ancount && err == ERR_OK; i++)
		err = read_record(&cursor, &owner, family, &rrset);
	if (err == ERR_OK)
		*ret = rrset;
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

/* MNAME and RNAME come before it (RFC 1035, section 3.3.13). */
static uint32_t
read_serial(struct wire_cursor cursor, const struct wire_record *record)
{
	struct wire_name skipped;

	cursor.pos = record->rdata_at;
	wire_take_name(&cursor, &skipped);
	wire_take_name(&cursor, &skipped);
	return wire_take_u32(&cursor);
}

/* Does this NS record lead to servers of a zone below ours? */
static bool
is_referral(const struct owned_record *owned, const char *zone)
{
	struct wire_name ours;

	return owned->record.type == LDNS_RR_TYPE_NS &&
	       wire_name_parse(span_of(zone), &ours) == ERR_OK &&
	       wire_name_is_within(&owned->owner, &ours) &&
	       !wire_name_equal(&owned->owner, &ours);
}

/* Is this the SOA record of the zone that the name is in? */
static bool
is_soa_of(const struct owned_record *owned, const char *name)
{
	struct wire_name asked;

	return owned->record.type == LDNS_RR_TYPE_SOA &&
	       wire_name_parse(span_of(name), &asked) == ERR_OK &&
	       wire_name_is_within(&asked, &owned->owner);
}

enum err
message_read_soa(const uint8_t *answer, size_t len, const char *name,
    const char *zone, struct message_soa *ret)
{
	struct wire_cursor cursor = wire_over(answer, len);
	struct message_soa soa = {.zone = ""};
	struct wire_header header;
	bool referral = false;

	wire_take_header(&cursor, &header);
	wire_skip_questions(&cursor, header.qdcount);
	for (unsigned i = 0;
	     i < (unsigned)header.ancount + header.nscount && !cursor.failed;
	     i++) {
		struct owned_record owned = take_owned(&cursor);
		if (is_soa_of(&owned, name)) {
			wire_name_format(&owned.owner, soa.zone);
			soa.serial = read_serial(cursor, &owned.record);
		}
		referral |= i >= header.ancount && is_referral(&owned, zone);
	}
	if (cursor.failed || len > MESSAGE_ANSWER_MAX)
		return ERR_DNS_GARBAGE;
	if ((header.flags & WIRE_AA) == 0)
		return referral ? ERR_DNS_DELEGATED : ERR_DNS_LAME;
	*ret = soa;
	return ERR_OK;
}

bool
message_rrset_is(
    const struct message_rrset *rrset, const struct ipaddr *addr, uint32_t ttl)
{
	return rrset->count == 1 && !rrset->cname && rrset->ttl == ttl &&
	       ipaddr_equal(&rrset->addrs[0], addr);
}
