#include "ddnsgate/dns/message.h"

#include <assert.h>
#include <ldns/ldns.h>
#include <string.h>

#include "ddnsgate/dns/wire.h"

/* Type, class, TTL and the length of the RDATA. */
#define RECORD_FIXED_LEN 10
#define QUESTION_FIXED_LEN 4
/* In bytes; enough for most UPDATEs of one host. */
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
    [MESSAGE_CNAME] = LDNS_RR_TYPE_CNAME,
    [MESSAGE_TXT] = LDNS_RR_TYPE_TXT,
};

/* A record to be sent. */
struct record {
	const char *owner;
	ldns_rr_type type;
	ldns_rr_class class;
	uint32_t ttl;
	/* RDATA, one of these; both NULL: there is none */
	const struct ipaddr *addr;
	const char *txt;
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

/* A character string has its length in front (RFC 1035, section 3.3). */
static ldns_rdf *
make_txt(const char *txt)
{
	uint8_t bytes[1 + ACME_VALUE_SIZE];
	size_t len = strlen(txt);

	assert(len <= ACME_VALUE_LEN);
	bytes[0] = (uint8_t)len;
	memcpy(bytes + 1, txt, len + 1); /* and NUL, which is not sent */
	return ldns_rdf_new_frm_data(LDNS_RDF_TYPE_STR, len + 1, bytes);
}

static bool
push_rdata(ldns_rr *rr, const struct record *record)
{
	const struct ipaddr *addr = record->addr;
	ldns_rdf *rdf = NULL;

	if (addr == NULL && record->txt == NULL)
		return true;
	if (addr != NULL)
		rdf = ldns_rdf_new_frm_data(families[addr->family].rdata,
		    ipaddr_len(addr), addr->bytes);
	else
		rdf = make_txt(record->txt);
	if (rdf != NULL && ldns_rr_push_rdf(rr, rdf))
		return true;
	ldns_rdf_deep_free(rdf);
	return false;
}

/* Checks the owner, since ldns would encode a record that has none. */
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
	if (ldns_rr_owner(rr) != NULL && push_rdata(rr, record) &&
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
 * Encodes into a buffer that starts small.  ldns_pkt2wire allocates 64 KiB,
 * all of which is overwritten when it is freed (wiped_memory.h).
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

/* The names end in a pointer to the zone's name, which comes first.  The labels
 * before it count for each record: pointers cannot point beyond 16 KiB. */
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
		if (family->action == MESSAGE_SET && change->only_new)
			len += record; /* one more prerequisite */
	}
	return len;
}

/* RRset does not exist: RFC 2136, section 2.4.3 */
static bool
push_prerequisite(ldns_pkt *packet, const char *name, ldns_rr_type type)
{
	struct record none = {name, type, LDNS_RR_CLASS_NONE, 0, NULL, NULL};

	return push_record(packet, LDNS_SECTION_ANSWER, &none);
}

/* No CNAME, and none of what must not be there yet. */
static bool
push_prerequisites(ldns_pkt *packet, const struct message_change *change)
{
	if (!push_prerequisite(packet, change->name, LDNS_RR_TYPE_CNAME))
		return false;
	for (size_t i = 0; i < IPADDR_FAMILIES; i++) {
		if (change->only_new &&
		    change->families[i].action == MESSAGE_SET &&
		    !push_prerequisite(packet, change->name, families[i].type))
			return false;
	}
	return true;
}

static bool
push_family(ldns_pkt *packet, const struct message_change *change, size_t index)
{
	const struct message_family *family = &change->families[index];
	ldns_rr_type type = families[index].type;
	/* RFC 2136, sections 2.5.2 and 2.5.1 */
	struct record delete = {
	    change->name, type, LDNS_RR_CLASS_ANY, 0, NULL, NULL};
	struct record add = {change->name, type, LDNS_RR_CLASS_IN, change->ttl,
	    &family->addr, NULL};

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
	if (sets_any(change) && !push_prerequisites(packet, change))
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

	/* ldns itself has no bound but abort(3). */
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

/* RFC 2136, sections 2.5.4, 2.5.2 and 2.5.1 */
static bool
push_txt(ldns_pkt *packet, const struct message_txt *change)
{
	struct record record = {
	    .owner = change->name, .type = LDNS_RR_TYPE_TXT};

	if (change->add != NULL &&
	    !push_prerequisite(packet, change->name, LDNS_RR_TYPE_CNAME))
		return false;
	record.class = LDNS_RR_CLASS_NONE;
	for (size_t i = 0; i < change->remove_count; i++) {
		record.txt = change->remove[i];
		if (!push_record(packet, LDNS_SECTION_AUTHORITY, &record))
			return false;
	}
	record.class = LDNS_RR_CLASS_ANY;
	record.txt = NULL;
	if (change->remove_all &&
	    !push_record(packet, LDNS_SECTION_AUTHORITY, &record))
		return false;
	record.class = LDNS_RR_CLASS_IN;
	record.ttl = change->ttl;
	record.txt = change->add;
	return change->add == NULL ||
	       push_record(packet, LDNS_SECTION_AUTHORITY, &record);
}

enum err
message_update_txt(uint16_t id, const char *zone,
    const struct message_txt *change, uint8_t *wire, size_t size,
    size_t *ret_len)
{
	assert(change->remove_count <= MESSAGE_TXT_REMOVED_MAX);
	ldns_pkt *packet =
	    packet_new(id, LDNS_PACKET_UPDATE, zone, LDNS_RR_TYPE_SOA);
	if (packet == NULL)
		return ERR_MEMORY;
	enum err err = ERR_MEMORY;
	if (push_txt(packet, change))
		err = encode(packet, wire, size, ret_len);
	ldns_pkt_free(packet);
	return err;
}

/* Behind a prerequisite, the deletion of addresses that nobody has (RFC 2136,
 * section 2.5.4). */
static bool
push_probe(ldns_pkt *packet, const struct record *prerequisite,
    const char *name, uint8_t family_bits)
{
	const struct record empty = {
	    name, LDNS_RR_TYPE_TXT, LDNS_RR_CLASS_NONE, 0, NULL, ""};

	if (!push_record(packet, LDNS_SECTION_ANSWER, prerequisite))
		return false;
	if ((family_bits & MESSAGE_TXT_BIT) != 0 &&
	    !push_record(packet, LDNS_SECTION_AUTHORITY, &empty))
		return false;
	for (unsigned family = 0; family < IPADDR_FAMILIES; family++) {
		const struct ipaddr unspecified = {.family = family};
		struct record delete = {name, families[family].type,
		    LDNS_RR_CLASS_NONE, 0, &unspecified, NULL};
		if ((family_bits & 1U << family) != 0 &&
		    !push_record(packet, LDNS_SECTION_AUTHORITY, &delete))
			return false;
	}
	return true;
}

static enum err
probe(uint16_t id, const char *zone, const struct record *prerequisite,
    const char *name, uint8_t family_bits, uint8_t *wire, size_t size,
    size_t *ret_len)
{
	ldns_pkt *packet =
	    packet_new(id, LDNS_PACKET_UPDATE, zone, LDNS_RR_TYPE_SOA);

	if (packet == NULL)
		return ERR_MEMORY;
	enum err err = ERR_MEMORY;
	if (push_probe(packet, prerequisite, name, family_bits))
		err = encode(packet, wire, size, ret_len);
	ldns_pkt_free(packet);
	return err;
}

enum err
message_probe(uint16_t id, const char *zone, const char *name,
    uint8_t family_bits, uint8_t *wire, size_t size, size_t *ret_len)
{
	/* Name is not in use: RFC 2136, section 2.4.5 */
	const struct record unused = {
	    zone, LDNS_RR_TYPE_ANY, LDNS_RR_CLASS_NONE, 0, NULL, NULL};

	return probe(id, zone, &unused, name, family_bits, wire, size, ret_len);
}

enum err
message_absence(uint16_t id, const char *zone, const char *name,
    enum message_type type, uint8_t family_bits, uint8_t *wire, size_t size,
    size_t *ret_len)
{
	/* RRset does not exist: RFC 2136, section 2.4.3 */
	const struct record none = {
	    name, types[type], LDNS_RR_CLASS_NONE, 0, NULL, NULL};

	return probe(id, zone, &none, name, family_bits, wire, size, ret_len);
}
