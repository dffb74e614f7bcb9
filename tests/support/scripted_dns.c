#include "scripted_dns.h"

#include <ldns/ldns.h>
#include <stdio.h>
#include <string.h>

#include "ddnsgate/dns/response.h"

#include "sign_answer.h"
#include "table.h"

const char *const scripted_zones[SCRIPTED_ZONES] = {
    "dyn.example.org", "lab.example.org", "sig.example.org"};

static enum ipaddr_family
family_of(ldns_rr_type type)
{
	return type == LDNS_RR_TYPE_A ? IPADDR_V4 : IPADDR_V6;
}

/* The owner as text without the final dot. */
static void
owner_text(const ldns_rr *rr, char *buf, size_t size)
{
	char *text = ldns_rdf2str(ldns_rr_owner(rr));

	assert_non_null(text);
	snprintf(buf, size, "%.*s", (int)strlen(text) - 1, text);
	free(text);
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
		assert_int_equal(ipaddr_parse(line, &record->addr), ERR_OK);
	}
}

void
scripted_dns_dump(const struct scripted_dns *dns, char *buf, size_t size)
{
	struct text out;

	text_init(&out, buf, size);
	for (size_t i = 0; i < dns->record_count; i++) {
		char addr[IPADDR_TEXT_SIZE];
		ipaddr_format(&dns->records[i].addr, addr);
		text_printf(&out, "%s%s %s", i > 0 ? "\n" : "",
		    dns->records[i].name, addr);
	}
	assert_false(out.overflow);
}

static void
delete_rrset(
    struct scripted_dns *dns, const char *name, enum ipaddr_family family)
{
	size_t count = 0;

	for (size_t i = 0; i < dns->record_count; i++) {
		struct scripted_record record = dns->records[i];
		if (strcmp(record.name, name) != 0 ||
		    record.addr.family != family)
			dns->records[count++] = record;
	}
	dns->record_count = count;
}

static ldns_pkt_rcode
apply_update(struct scripted_dns *dns, const ldns_pkt *update)
{
	ldns_rr_list *updates = ldns_pkt_authority(update);

	dns->updates++;
	for (size_t i = 0; i < ldns_rr_list_rr_count(updates); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(updates, i);
		enum ipaddr_family family = family_of(ldns_rr_get_type(rr));
		struct scripted_record record = {.addr = {.family = family}};
		owner_text(rr, record.name, sizeof(record.name));
		if (ldns_rr_get_class(rr) == LDNS_RR_CLASS_ANY) {
			delete_rrset(dns, record.name, family);
			continue;
		}
		assert_int_equal(ldns_rr_ttl(rr), 60);
		memcpy(record.addr.bytes, ldns_rdf_data(ldns_rr_rdf(rr, 0)),
		    ldns_rdf_size(ldns_rr_rdf(rr, 0)));
		assert_true(dns->record_count < SCRIPTED_RECORDS_MAX);
		dns->records[dns->record_count++] = record;
	}
	return LDNS_RCODE_NOERROR;
}

static void
answer_record(
    ldns_pkt *answer, const ldns_rr *question, const struct ipaddr *addr)
{
	ldns_rr *rr = ldns_rr_new();

	ldns_rr_set_owner(rr, ldns_rdf_clone(ldns_rr_owner(question)));
	ldns_rr_set_type(rr, ldns_rr_get_type(question));
	ldns_rr_set_class(rr, LDNS_RR_CLASS_IN);
	ldns_rr_set_ttl(rr, 60);
	ldns_rr_push_rdf(rr, ldns_rdf_new_frm_data(addr->family == IPADDR_V4
						       ? LDNS_RDF_TYPE_A
						       : LDNS_RDF_TYPE_AAAA,
				 ipaddr_len(addr), addr->bytes));
	ldns_pkt_push_rr(answer, LDNS_SECTION_ANSWER, rr);
}

/* What an answer without records has (RFC 2308, section 3). */
static void
add_soa(ldns_pkt *answer, const char *name)
{
	char line[512];
	ldns_rr *rr;
	size_t z = 0;

	while (
	    z + 1 < SCRIPTED_ZONES && strstr(name, scripted_zones[z]) == NULL)
		z++;
	snprintf(line, sizeof(line), "%s. 60 SOA ns.%s. root.%s. 1 2 3 4 60",
	    scripted_zones[z], scripted_zones[z], scripted_zones[z]);
	assert_int_equal(
	    ldns_rr_new_frm_str(&rr, line, 0, NULL, NULL), LDNS_STATUS_OK);
	ldns_pkt_push_rr(answer, LDNS_SECTION_AUTHORITY, rr);
}

/* Not counted are questions about wildcards and zones. */
static void
answer_query(
    struct scripted_dns *dns, const ldns_rr *question, ldns_pkt *answer)
{
	enum ipaddr_family family = family_of(ldns_rr_get_type(question));
	bool is_soa = ldns_rr_get_type(question) == LDNS_RR_TYPE_SOA;
	char name[256];

	ldns_pkt_set_aa(answer, true);
	owner_text(question, name, sizeof(name));
	dns->queries += !is_soa && name[0] != '*';
	for (size_t i = 0; i < dns->record_count; i++) {
		const struct scripted_record *record = &dns->records[i];
		if (strcmp(record->name, name) == 0 && !is_soa &&
		    record->addr.family == family)
			answer_record(answer, question, &record->addr);
	}
	if (ldns_rr_list_rr_count(ldns_pkt_answer(answer)) == 0)
		add_soa(answer, name);
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
		return letter == IGNORING ? LDNS_RCODE_NOERROR
					  : apply_update(dns, request);
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
