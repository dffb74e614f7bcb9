#include "scripted_dns.h"

#include <ldns/ldns.h>
#include <stdio.h>
#include <string.h>

#include "ddnsgate/dns/response.h"

#include "sign_answer.h"
#include "table.h"

const char *const scripted_zones[SCRIPTED_ZONES] = {
    "dyn.example.org", "lab.example.org", "sig.example.org"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* How lines name the types. */
static const struct {
	const char *word;
	ldns_rr_type type;
} types[] = {
    {"TXT ", LDNS_RR_TYPE_TXT},
    {"CNAME ", LDNS_RR_TYPE_CNAME},
    {"SOA ", LDNS_RR_TYPE_SOA},
    {"NS ", LDNS_RR_TYPE_NS},
};

/* The owner as text without the final dot. */
static void
owner_text(const ldns_rr *rr, char *buf, size_t size)
{
	char *text = ldns_rdf2str(ldns_rr_owner(rr));

	assert_non_null(text);
	snprintf(buf, size, "%.*s", (int)strlen(text) - 1, text);
	free(text);
}

/* Reads what follows the name. */
static void
read_data(struct span data, struct scripted_record *record)
{
	for (size_t i = 0; i < COUNT(types); i++) {
		struct span word = span_of(types[i].word);
		if (!span_starts(data, word))
			continue;
		record->type = types[i].type;
		snprintf(record->text, sizeof(record->text), "%.*s",
		    (int)(data.len - word.len), data.ptr + word.len);
		return;
	}
	assert_int_equal(ipaddr_parse(data, &record->addr), ERR_OK);
	record->type = record->addr.family == IPADDR_V4 ? LDNS_RR_TYPE_A
							: LDNS_RR_TYPE_AAAA;
}

void
scripted_dns_load(struct scripted_dns *dns, const char *lines)
{
	struct span rest = span_of(lines);
	struct span line, name;

	while (rest.len > 0 && span_next(&rest, '\n', &line)) {
		struct scripted_record *record =
		    &dns->records[dns->record_count++];
		assert_true(dns->record_count <= SCRIPTED_RECORDS_MAX);
		assert_true(span_next(&line, ' ', &name));
		snprintf(record->name, sizeof(record->name), "%.*s",
		    (int)name.len, name.ptr);
		read_data(line, record);
	}
}

static void
put_data(struct text *out, const struct scripted_record *record)
{
	char addr[IPADDR_TEXT_SIZE];

	for (size_t i = 0; i < COUNT(types); i++) {
		if (record->type == types[i].type) {
			text_printf(out, "%s%s", types[i].word, record->text);
			return;
		}
	}
	ipaddr_format(&record->addr, addr);
	text_puts(out, addr);
}

void
scripted_dns_dump(const struct scripted_dns *dns, char *buf, size_t size)
{
	struct text out;

	text_init(&out, buf, size);
	for (size_t i = 0; i < dns->record_count; i++) {
		text_printf(
		    &out, "%s%s ", i > 0 ? "\n" : "", dns->records[i].name);
		put_data(&out, &dns->records[i]);
	}
	assert_false(out.overflow);
}

/* UPDATEs */

/* The record of an UPDATE; without data it stands for its whole RRset. */
static struct scripted_record
record_of(const ldns_rr *rr)
{
	struct scripted_record record = {.type = ldns_rr_get_type(rr)};
	const ldns_rdf *data =
	    ldns_rr_rd_count(rr) > 0 ? ldns_rr_rdf(rr, 0) : NULL;

	owner_text(rr, record.name, sizeof(record.name));
	record.addr.family =
	    record.type == LDNS_RR_TYPE_AAAA ? IPADDR_V6 : IPADDR_V4;
	if (data == NULL)
		return record;
	if (record.type == LDNS_RR_TYPE_TXT) /* its length comes first */
		snprintf(record.text, sizeof(record.text), "%.*s",
		    (int)ldns_rdf_size(data) - 1,
		    (const char *)ldns_rdf_data(data) + 1);
	else
		memcpy(record.addr.bytes, ldns_rdf_data(data),
		    ldns_rdf_size(data));
	return record;
}

static bool
is_rrset_of(
    const struct scripted_record *record, const struct scripted_record *other)
{
	return strcmp(record->name, other->name) == 0 &&
	       record->type == other->type;
}

static bool
is_same(
    const struct scripted_record *record, const struct scripted_record *other)
{
	return is_rrset_of(record, other) &&
	       ipaddr_equal(&record->addr, &other->addr) &&
	       strcmp(record->text, other->text) == 0;
}

static void
delete_records(struct scripted_dns *dns, const struct scripted_record *which,
    bool (*matches)(
	const struct scripted_record *, const struct scripted_record *))
{
	size_t count = 0;

	for (size_t i = 0; i < dns->record_count; i++) {
		if (!matches(&dns->records[i], which))
			dns->records[count++] = dns->records[i];
	}
	dns->record_count = count;
}

static void
add_record(struct scripted_dns *dns, const struct scripted_record *record,
    uint32_t ttl)
{
	assert_int_equal(ttl, 60);
	if (record->type == LDNS_RR_TYPE_TXT)
		dns->txt_ttl = ttl;
	for (size_t i = 0; i < dns->record_count; i++) {
		if (is_same(&dns->records[i], record))
			return; /* RFC 2136, section 3.4.2.2 */
	}
	assert_true(dns->record_count < SCRIPTED_RECORDS_MAX);
	dns->records[dns->record_count++] = *record;
}

/* RRset does not exist, name is not in use (RFC 2136, sections 2.4.3, 2.4.5);
 * the zone's own name always is. */
static ldns_pkt_rcode
check_prerequisite(const struct scripted_dns *dns, const ldns_rr *rr)
{
	struct scripted_record needed = record_of(rr);

	assert_int_equal(ldns_rr_get_class(rr), LDNS_RR_CLASS_NONE);
	if (needed.type == LDNS_RR_TYPE_ANY)
		return LDNS_RCODE_YXDOMAIN;
	for (size_t i = 0; i < dns->record_count; i++) {
		if (is_rrset_of(&dns->records[i], &needed))
			return LDNS_RCODE_YXRRSET;
	}
	return LDNS_RCODE_NOERROR;
}

/* What nobody has: such a deletion asks for nothing but the rights. */
static bool
is_nobodys(const struct scripted_record *record)
{
	static const struct ipaddr none[] = {
	    {.family = IPADDR_V4}, {.family = IPADDR_V6}};

	return record->text[0] == '\0' &&
	       ipaddr_equal(&record->addr, &none[record->addr.family]);
}

/* Gives whether it is more than a question. */
static bool
apply_record(struct scripted_dns *dns, const ldns_rr *rr)
{
	struct scripted_record record = record_of(rr);

	switch (ldns_rr_get_class(rr)) {
	case LDNS_RR_CLASS_ANY:
		delete_records(dns, &record, is_rrset_of);
		return true;
	case LDNS_RR_CLASS_NONE:
		delete_records(dns, &record, is_same);
		return !is_nobodys(&record);
	default:
		add_record(dns, &record, ldns_rr_ttl(rr));
		return true;
	}
}

static ldns_pkt_rcode
apply_update(struct scripted_dns *dns, const ldns_pkt *update, bool ignores)
{
	const ldns_rr_list *needs = ldns_pkt_answer(update);
	const ldns_rr_list *updates = ldns_pkt_authority(update);
	bool changes = false;

	for (size_t i = 0; i < ldns_rr_list_rr_count(needs); i++) {
		ldns_pkt_rcode rcode =
		    check_prerequisite(dns, ldns_rr_list_rr(needs, i));
		if (rcode != LDNS_RCODE_NOERROR)
			return rcode;
	}
	for (size_t i = 0; i < ldns_rr_list_rr_count(updates) && !ignores; i++)
		changes |= apply_record(dns, ldns_rr_list_rr(updates, i));
	dns->updates += changes;
	return LDNS_RCODE_NOERROR;
}

/* Queries */

static ldns_rdf *
data_of(const struct scripted_record *record)
{
	uint8_t bytes[sizeof(record->text) + 1];

	switch ((ldns_rr_type)record->type) {
	case LDNS_RR_TYPE_A:
		return ldns_rdf_new_frm_data(
		    LDNS_RDF_TYPE_A, 4, record->addr.bytes);
	case LDNS_RR_TYPE_AAAA:
		return ldns_rdf_new_frm_data(
		    LDNS_RDF_TYPE_AAAA, 16, record->addr.bytes);
	case LDNS_RR_TYPE_TXT:
		bytes[0] = (uint8_t)strlen(record->text);
		memcpy(bytes + 1, record->text, bytes[0]);
		return ldns_rdf_new_frm_data(
		    LDNS_RDF_TYPE_STR, 1U + bytes[0], bytes);
	default:
		return ldns_dname_new_frm_str(record->text);
	}
}

static void
push_record(ldns_pkt *answer, ldns_pkt_section section, const char *owner,
    const struct scripted_record *record)
{
	ldns_rr *rr = ldns_rr_new();

	ldns_rr_set_owner(rr, ldns_dname_new_frm_str(owner));
	ldns_rr_set_type(rr, (ldns_rr_type)record->type);
	ldns_rr_set_class(rr, LDNS_RR_CLASS_IN);
	ldns_rr_set_ttl(rr, 60);
	ldns_rr_push_rdf(rr, data_of(record));
	ldns_pkt_push_rr(answer, section, rr);
}

static bool
is_within(const char *name, const char *parent)
{
	size_t len = strlen(name), parent_len = strlen(parent);

	return len >= parent_len &&
	       strcmp(name + len - parent_len, parent) == 0 &&
	       (len == parent_len || name[len - parent_len - 1] == '.');
}

/* Is there such a name, or one below it? */
static bool
exists(const struct scripted_dns *dns, const char *name)
{
	for (size_t i = 0; i < dns->record_count; i++) {
		if (is_within(dns->records[i].name, name))
			return true;
	}
	return false;
}

/* Whose records are the answer: the name's own, or those of the wildcard of its
 * closest encloser (RFC 4592, section 3.3.1). */
static void
find_source(const struct scripted_dns *dns, const char *name, char *buf)
{
	strcpy(buf, name);
	if (exists(dns, name) || name[0] == '*')
		return;
	for (const char *dot = strchr(name, '.'); dot != NULL;
	     dot = strchr(dot + 1, '.')) {
		if (!exists(dns, dot + 1))
			continue;
		sprintf(buf, "*%s", dot);
		return;
	}
}

/* The lowest zone cut of this type above the name, or at it. */
static const struct scripted_record *
find_cut(const struct scripted_dns *dns, const char *name, ldns_rr_type type)
{
	const struct scripted_record *found = NULL;

	for (size_t i = 0; i < dns->record_count; i++) {
		const struct scripted_record *record = &dns->records[i];
		if (record->type == type && is_within(name, record->name) &&
		    (found == NULL ||
			strlen(record->name) > strlen(found->name)))
			found = record;
	}
	return found;
}

/* What an answer without records has (RFC 2308, section 3). */
static void
add_soa(const struct scripted_dns *dns, ldns_pkt *answer, const char *name)
{
	const struct scripted_record *child =
	    find_cut(dns, name, LDNS_RR_TYPE_SOA);
	char line[512];
	ldns_rr *rr;
	size_t z = 0;

	while (
	    z + 1 < SCRIPTED_ZONES && strstr(name, scripted_zones[z]) == NULL)
		z++;
	const char *zone = child != NULL ? child->name : scripted_zones[z];
	snprintf(line, sizeof(line), "%s. 60 SOA ns.%s. root.%s. 1 2 3 4 60",
	    zone, zone, zone);
	assert_int_equal(
	    ldns_rr_new_frm_str(&rr, line, 0, NULL, NULL), LDNS_STATUS_OK);
	ldns_pkt_push_rr(answer, LDNS_SECTION_AUTHORITY, rr);
}

static void
add_records(const struct scripted_dns *dns, ldns_pkt *answer, const char *name,
    ldns_rr_type type)
{
	char source[256];

	find_source(dns, name, source);
	for (size_t i = 0; i < dns->record_count; i++) {
		const struct scripted_record *record = &dns->records[i];
		if (strcmp(record->name, source) == 0 &&
		    type != LDNS_RR_TYPE_SOA &&
		    (record->type == type ||
			record->type == LDNS_RR_TYPE_CNAME))
			push_record(answer, LDNS_SECTION_ANSWER, name, record);
	}
}

/* Not counted are questions about wildcards and zones. */
static void
answer_query(
    struct scripted_dns *dns, const ldns_rr *question, ldns_pkt *answer)
{
	ldns_rr_type type = ldns_rr_get_type(question);
	char name[256];

	owner_text(question, name, sizeof(name));
	dns->queries += type != LDNS_RR_TYPE_SOA && name[0] != '*';
	const struct scripted_record *cut =
	    find_cut(dns, name, LDNS_RR_TYPE_NS);
	ldns_pkt_set_aa(answer, cut == NULL);
	if (cut != NULL) {
		push_record(answer, LDNS_SECTION_AUTHORITY, cut->name, cut);
		return;
	}
	add_records(dns, answer, name, type);
	if (ldns_rr_list_rr_count(ldns_pkt_answer(answer)) == 0)
		add_soa(dns, answer, name);
}

static ldns_pkt_rcode
respond(struct scripted_dns *dns, char letter, const ldns_pkt *request,
    ldns_pkt *answer)
{
	bool is_update = ldns_pkt_get_opcode(request) == LDNS_PACKET_UPDATE;

	if (letter == REFUSING || (letter == REFUSING_UPDATES && is_update))
		return LDNS_RCODE_REFUSED;
	if (letter == FAILING && is_update)
		return LDNS_RCODE_SERVFAIL;
	if (is_update)
		return apply_update(dns, request, letter == IGNORING);
	answer_query(
	    dns, ldns_rr_list_rr(ldns_pkt_question(request), 0), answer);
	return LDNS_RCODE_NOERROR;
}

/* Signs with the key, or with another secret under its name. */
static size_t
sign(char letter, const ldns_rr *tsig, uint8_t *wire, size_t len)
{
	bool forged = letter == FORGED || letter == FORGED_UPDATES;
	const struct sign_answer_key key = {
	    "ddnsgate", forged ? "another secret.." : SCRIPTED_KEY_SECRET};
	struct tsig_mac mac = {.len = 0};
	uint64_t now = clock_calendar() - (letter == STALE ? 3600 : 0);

	if (tsig == NULL || letter == UNSIGNED)
		return len;
	/* Behind the algorithm, time and fudge; the length comes first. */
	const ldns_rdf *data = ldns_rr_rdf(tsig, 3);
	mac.len = ldns_rdf_size(data) - 2;
	memcpy(mac.bytes, ldns_rdf_data(data) + 2, mac.len);
	return sign_answer(&key, &mac, now, 0, wire, len);
}

static enum err
answer_one(struct scripted_dns *dns, char letter, struct dns_request_set *set,
    const struct dns_request *sent)
{
	ldns_pkt *request;
	ldns_pkt *answer = ldns_pkt_new();
	uint8_t wire[RESPONSE_SIZE_MAX];
	uint8_t *encoded;
	size_t len, index;

	assert_int_equal(
	    ldns_wire2pkt(&request, sent->wire, sent->len), LDNS_STATUS_OK);
	ldns_pkt_set_id(answer,
	    (uint16_t)(ldns_pkt_id(request) ^ (letter == FOREIGN) << 15));
	ldns_pkt_set_qr(answer, true);
	ldns_pkt_set_opcode(answer, ldns_pkt_get_opcode(request));
	ldns_pkt_push_rr(answer, LDNS_SECTION_QUESTION,
	    ldns_rr_clone(ldns_rr_list_rr(ldns_pkt_question(request), 0)));
	ldns_pkt_set_rcode(
	    answer, (uint8_t)respond(dns, letter, request, answer));
	assert_int_equal(ldns_pkt2wire(&encoded, answer, &len), LDNS_STATUS_OK);
	memcpy(wire, encoded, len);
	if (letter == FORGED_UPDATES && set->kind == DNS_REQUEST_QUERY)
		letter = WELL;
	len = sign(letter, ldns_pkt_tsig(request), wire, len);
	enum err err = letter == LOSING && set->kind == DNS_REQUEST_UPDATE
			   ? ERR_DNS_SILENT
			   : set->on_response(set->ctx, wire, len, &index);
	LDNS_FREE(encoded);
	ldns_pkt_free(request);
	ldns_pkt_free(answer);
	return err;
}

enum err
scripted_dns_send(void *ctx, const struct site_zone *zone,
    struct dns_request_set *set, struct clock_deadline deadline)
{
	struct scripted_dns *dns = ctx;
	enum err first = ERR_OK;
	size_t z = 0;

	/* What is left of it, which a slow machine may have used up. */
	assert_true(deadline.at_us > 0 && clock_left_ms(deadline) <= 2500);
	while (strcmp(zone->name, scripted_zones[z]) != 0)
		z++;
	set->server = 0;
	for (size_t i = 0; i < set->count; i++) {
		struct dns_request *sent = &set->requests[i];
		sent->outcome = ERR_DNS_SILENT;
		if (dns->script[z] == OURS)
			sent->outcome = ERR_MEMORY;
		else if (dns->script[z] != SILENT)
			sent->outcome =
			    answer_one(dns, dns->script[z], set, sent);
		sent->unanswered = sent->outcome != ERR_MEMORY &&
				   !dns_request_got_reply(sent->outcome);
		if (first == ERR_OK)
			first = sent->outcome;
	}
	return first;
}
