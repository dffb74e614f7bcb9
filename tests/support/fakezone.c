#include "fakezone.h"

#include <ldns/ldns.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "sign_answer.h"

enum signing { RIGHT, NONE, OTHER_SECRET, OTHER_NAME, NO_MAC };
enum flaw { CLEAN, OTHER_ID, OTHER_NAME_ASKED, NO_QR, NO_AA, TC, SHORT, CUT };

#define BADSIG 16
#define BADKEY 17
#define LONG_AGO (-1000)

// clang-format off
static const struct kind {
	char letter;
	uint8_t rcode;
	enum signing signing;
	enum flaw flaw;
	uint16_t tsig_error;
	int seconds_off;
} kinds[] = {
	{ '.', LDNS_RCODE_NOERROR,  RIGHT,        CLEAN,    0, 0 },
	{ 'u', LDNS_RCODE_NOERROR,  NONE,         CLEAN,    0, 0 },
	{ 'o', LDNS_RCODE_NOERROR,  OTHER_SECRET, CLEAN,    0, 0 },
	{ 'k', LDNS_RCODE_NOERROR,  OTHER_NAME,   CLEAN,    0, 0 },
	{ 'p', LDNS_RCODE_NOERROR,  RIGHT,        CLEAN,    0, LONG_AGO },
	{ 'i', LDNS_RCODE_NOERROR,  RIGHT,        OTHER_ID, 0, 0 },
	{ 'q', LDNS_RCODE_NOERROR,  RIGHT,        OTHER_NAME_ASKED, 0, 0 },
	{ 'r', LDNS_RCODE_NOERROR,  RIGHT,        NO_QR,    0, 0 },
	{ 'a', LDNS_RCODE_NOERROR,  RIGHT,        NO_AA,    0, 0 },
	{ 't', LDNS_RCODE_NOERROR,  RIGHT,        TC,       0, 0 },
	{ 'g', LDNS_RCODE_NOERROR,  RIGHT,        SHORT,    0, 0 },
	{ 'C', LDNS_RCODE_NOERROR,  RIGHT,        CUT,      0, 0 },
	{ 'S', LDNS_RCODE_SERVFAIL, RIGHT,        CLEAN,    0, 0 },
	{ 'R', LDNS_RCODE_REFUSED,  RIGHT,        CLEAN,    0, 0 },
	{ 'N', LDNS_RCODE_NOTAUTH,  RIGHT,        CLEAN,    0, 0 },
	{ 'Y', LDNS_RCODE_YXRRSET,  RIGHT,        CLEAN,    0, 0 },
	{ 'D', LDNS_RCODE_YXDOMAIN, RIGHT,        CLEAN,    0, 0 },
	{ 'd', LDNS_RCODE_YXDOMAIN, NONE,         CLEAN,    0, 0 },
	{ 'F', LDNS_RCODE_FORMERR,  RIGHT,        CLEAN,    0, 0 },
	{ 'v', LDNS_RCODE_SERVFAIL, NONE,         CLEAN,    0, 0 },
	{ 'x', LDNS_RCODE_REFUSED,  NONE,         CLEAN,    0, 0 },
	{ 'n', LDNS_RCODE_NOTAUTH,  NONE,         CLEAN,    0, 0 },
	{ 'y', LDNS_RCODE_YXRRSET,  NONE,         CLEAN,    0, 0 },
	{ 'e', LDNS_RCODE_FORMERR,  NONE,         CLEAN,    0, 0 },
	{ 'm', LDNS_RCODE_NOTIMPL,  NONE,         CLEAN,    0, 0 },
	{ 'z', LDNS_RCODE_NOTZONE,  NONE,         CLEAN,    0, 0 },
	{ 'K', LDNS_RCODE_NOTAUTH,  NO_MAC,       CLEAN,    BADKEY, 0 },
	{ 'B', LDNS_RCODE_NOTAUTH,  NO_MAC,       CLEAN,    BADSIG, 0 },
};

static const struct sign_answer_key keys[] = {
	[RIGHT]        = { FAKEZONE_KEY, FAKEZONE_SECRET },
	[OTHER_SECRET] = { FAKEZONE_KEY, "another secret" },
	[OTHER_NAME]   = { "another",    FAKEZONE_SECRET },
	[NO_MAC]       = { FAKEZONE_KEY, FAKEZONE_SECRET },
};
// clang-format on

static const struct kind *
find_kind(char letter)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].letter == letter)
			return &kinds[i];
	}
	return &kinds[0];
}

void
fakezone_init(struct fakezone *zone, const char *has)
{
	*zone = (struct fakezone){.has = has};
	TEXT_INIT(&zone->sent, zone->sent_buf);
}

/* Queries */

static ldns_rr *
rr_of(struct span text)
{
	ldns_rdf *origin = ldns_dname_new_frm_str(FAKEZONE_NAME);
	ldns_rr *rr = NULL;
	char line[512];
	struct text copy;

	TEXT_INIT(&copy, line);
	text_put(&copy, span_trim(text));
	if (ldns_rr_new_frm_str(&rr, line, 0, origin, NULL) != LDNS_STATUS_OK)
		abort(); /* the test is wrong */
	ldns_rdf_deep_free(origin);
	return rr;
}

static bool
answers(const ldns_rr *rr, const ldns_rr *question)
{
	return ldns_dname_compare(ldns_rr_owner(rr), ldns_rr_owner(question)) ==
		   0 &&
	       (ldns_rr_get_type(rr) == ldns_rr_get_type(question) ||
		   ldns_rr_get_type(rr) == LDNS_RR_TYPE_CNAME);
}

static void
answer_query(struct fakezone *zone, const ldns_rr *question, ldns_pkt *answer)
{
	struct span rest = span_of(zone->has);
	struct span part;

	zone->queries += ldns_rr_get_type(question) != LDNS_RR_TYPE_SOA &&
			 !ldns_dname_is_wildcard(ldns_rr_owner(question));
	while (rest.len > 0 && span_next(&rest, ';', &part)) {
		ldns_rr *rr = rr_of(part);
		if (answers(rr, question))
			ldns_pkt_push_rr(answer, LDNS_SECTION_ANSWER, rr);
		else
			ldns_rr_free(rr);
	}
	if (ldns_rr_list_rr_count(ldns_pkt_answer(answer)) == 0)
		ldns_pkt_push_rr(answer, LDNS_SECTION_AUTHORITY,
		    rr_of(span_of("@ 60 SOA ns root 1 2 3 4 60")));
}

/* UPDATEs */

static void
write_owner(struct text *text, const ldns_rr *rr)
{
	char *owner = ldns_rdf2str(ldns_rr_owner(rr));
	struct span span = span_of(owner);
	struct span zone = span_of("." FAKEZONE_NAME ".");

	if (span_ends_nocase(span, zone))
		span.len -= zone.len;
	text_put(text, span);
	free(owner);
}

static void
write_record(struct text *text, const ldns_rr *rr)
{
	char *type = ldns_rr_type2str(ldns_rr_get_type(rr));
	ldns_rr_class class = ldns_rr_get_class(rr);

	if (text->len > 0)
		text_puts(text, "; ");
	text_puts(text, class == LDNS_RR_CLASS_NONE  ? "!"
			: class == LDNS_RR_CLASS_ANY ? "-"
						     : "+");
	write_owner(text, rr);
	if (class == LDNS_RR_CLASS_IN)
		text_printf(text, " %u", ldns_rr_ttl(rr));
	text_printf(text, " %s", type);
	free(type);
	if (ldns_rr_rd_count(rr) > 0) {
		char *data = ldns_rdf2str(ldns_rr_rdf(rr, 0));
		text_printf(text, " %s", data);
		free(data);
	}
}

static void
write_update(struct fakezone *zone, const ldns_pkt *request)
{
	/* RFC 2136 calls them prerequisite and update section. */
	const ldns_rr_list *sections[] = {
	    ldns_pkt_answer(request), ldns_pkt_authority(request)};

	zone->updates++;
	TEXT_INIT(&zone->sent, zone->sent_buf);
	for (size_t s = 0; s < 2; s++) {
		for (size_t i = 0; i < ldns_rr_list_rr_count(sections[s]); i++)
			write_record(
			    &zone->sent, ldns_rr_list_rr(sections[s], i));
	}
}

/* Answers */

static ldns_rr *
echo_question(const ldns_pkt *request, enum flaw flaw)
{
	ldns_rr *question =
	    ldns_rr_clone(ldns_rr_list_rr(ldns_pkt_question(request), 0));

	if (flaw == OTHER_NAME_ASKED) {
		ldns_rdf_deep_free(ldns_rr_owner(question));
		ldns_rr_set_owner(
		    question, ldns_dname_new_frm_str("other." FAKEZONE_NAME));
	}
	return question;
}

static ldns_pkt *
build(struct fakezone *zone, const struct kind *kind, const ldns_pkt *request)
{
	ldns_pkt *answer = ldns_pkt_new();
	ldns_rr *question = echo_question(request, kind->flaw);

	ldns_pkt_set_id(answer,
	    (uint16_t)(ldns_pkt_id(request) ^ (kind->flaw == OTHER_ID)));
	ldns_pkt_set_opcode(answer, ldns_pkt_get_opcode(request));
	ldns_pkt_set_qr(answer, kind->flaw != NO_QR);
	ldns_pkt_set_aa(answer, kind->flaw != NO_AA);
	ldns_pkt_set_tc(answer, kind->flaw == TC);
	ldns_pkt_set_rcode(answer, kind->rcode);
	ldns_pkt_push_rr(answer, LDNS_SECTION_QUESTION, question);
	if (ldns_pkt_get_opcode(request) == LDNS_PACKET_UPDATE)
		write_update(zone, request);
	else if (kind->rcode == LDNS_RCODE_NOERROR)
		answer_query(zone, question, answer);
	else
		zone->queries++;
	return answer;
}

/* The MAC of a request, 0 long when it has none. */
static struct tsig_mac
mac_of(const ldns_pkt *request)
{
	struct tsig_mac mac = {.len = 0};

	if (ldns_pkt_tsig(request) == NULL)
		return mac;
	/* Two bytes of length come first. */
	const ldns_rdf *rdf = ldns_rr_rdf(ldns_pkt_tsig(request), 3);
	mac.len = ldns_rdf_size(rdf) - 2;
	memcpy(mac.bytes, ldns_rdf_data(rdf) + 2, mac.len);
	return mac;
}

/* Takes the MAC out of the TSIG RR that ends a message. */
static size_t
drop_mac(uint8_t *wire, size_t len)
{
	const size_t tail = 6; /* original ID, error, length of other data */
	uint8_t *mac = wire + len - tail - SIGN_ANSWER_MAC_LEN;
	struct wire_name algorithm;

	if (wire_name_parse(span_of("hmac-sha256"), &algorithm) != ERR_OK)
		abort();
	/* Before the MAC: its length, fudge, time, algorithm, RDLENGTH. */
	uint8_t *at = mac - 2;
	wire_put_u16(&at, 0);
	at = mac - 2 - 2 - 6 - algorithm.len - 2;
	wire_put_u16(&at, (uint16_t)(algorithm.len + 16));
	memmove(mac, mac + SIGN_ANSWER_MAC_LEN, tail);
	return len - SIGN_ANSWER_MAC_LEN;
}

static size_t
sign(
    const struct kind *kind, const ldns_pkt *request, uint8_t *wire, size_t len)
{
	struct tsig_mac mac = mac_of(request);
	uint64_t now = (uint64_t)(time(NULL) + kind->seconds_off);

	if (kind->signing == NONE || mac.len == 0)
		return len;
	len = sign_answer(
	    &keys[kind->signing], &mac, now, kind->tsig_error, wire, len);
	return kind->signing == NO_MAC ? drop_mac(wire, len) : len;
}

size_t
fakezone_reply(
    void *ctx, char letter, const uint8_t *request, size_t len, uint8_t *answer)
{
	const struct kind *kind = find_kind(letter);
	ldns_pkt *query, *answered;
	uint8_t *wire;

	if (ldns_wire2pkt(&query, request, len) != LDNS_STATUS_OK)
		return 0;
	answered = build(ctx, kind, query);
	if (ldns_pkt2wire(&wire, answered, &len) != LDNS_STATUS_OK)
		abort();
	memcpy(answer, wire, len);
	free(wire);
	len = sign(kind, query, answer, len);
	ldns_pkt_free(answered);
	ldns_pkt_free(query);
	if (kind->flaw == CUT)
		return len - 3;
	return kind->flaw == SHORT ? 5 : len;
}
