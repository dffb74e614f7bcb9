#include "fixture.h"

#include <ldns/ldns.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <string.h>

#include "ddnsgate/handler/challenges.h"
#include "ddnsgate/request/caller.h"

#include "make_site.h"

#define DYN ".dyn.example.org"
#define LAB ".lab.example.org"
#define SIG ".sig.example.org"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define RECOVERING 'k' /* SERVFAIL to the first UPDATE only */
#define LIMITED 0x80   /* of FIXTURE_RECORDS */

struct fixture fixture;
char fixture_basic[2 * FIXTURE_LINES_MAX];

static const struct bucket_rule limit = {1, 3600 * 1000};
static const struct bucket_rule txt_limit = {
    CHALLENGES_BURST, CHALLENGES_INTERVAL_MS};

// clang-format off
static const char *const records[] = {
	"h1" DYN " 192.0.2.7", "h1" DYN " 192.0.2.8", "h1" DYN " 2001:db8::7",
	"h2" DYN " 2001:db8::22", "l1" LAB " 192.0.2.7", "s1" SIG " 192.0.2.7",
	"a1" DYN " 192.0.2.7",
};

#define STEM "yp916vFsRVLp-XcKiBIe2vIoOehw0-fdRwSH07ITW"
#define TXT(number) ACME_LABEL ".h1" DYN " TXT " STEM number
static const struct {
	uint8_t bit; /* of FIXTURE_CALLER */
	const char *records;
} txt_records[] = {
	{ 0x40, TXT("-w") "\n" ACME_LABEL ".s1" SIG " TXT v=spf1" },
	{ 0x80, TXT("01") "\n" TXT("02") "\n" TXT("03") "\n" TXT("04") "\n"
		TXT("05") "\n" TXT("06") "\n" TXT("07") "\n" TXT("08") },
};

static const char *const callers[] = {
	"192.0.2.7", "2001:db8::7", "192.0.2.9", "127.0.0.1",
	"::ffff:192.0.2.9", "198.51.100.1", "10.0.0.1", "unix:",
};

enum { PASSWORD = 4 };
const struct fixture_credential fixture_credentials[FIXTURE_CREDENTIALS] = {
	{ 1,        "lars", "Wq7Kz2Lm9Xv4Rt6P" },
	{ 2,        "anna", "jU3nB8yH5gT1cD0e" },
	{ 3,        "pete", "Fo4_sA9-iE6wQ2uN" },
	{ PASSWORD, "pete", "Tr0ub4dor&3 Horse" }, /* after Basic only */
	{ 5,        NULL,   "pZ5xM8kV1bC3nJ7l" },
};

const struct fixture_host fixture_hosts[FIXTURE_HOSTS] = {
	{ "h1" DYN, "lars", true }, { "h2" DYN, "lars", false },
	{ "l1" LAB, "lars", false }, { "a1" DYN, "anna", false },
	{ "s1" SIG, "pete", true },
};
// clang-format on

/* In place of functions of the library */

void
__wrap_log_line(enum log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void
__wrap_clock_sleep_ms(int64_t ms, struct clock_deadline deadline);

void
__wrap_log_line(enum log_level level, const char *format, ...)
{
	va_list args;

	(void)level;
	fixture.log_lines++;
	va_start(args, format);
	int len = vsnprintf(fixture.log, sizeof(fixture.log), format, args);
	va_end(args);
	FUZZ_CHECK(len > 0 && (size_t)len < sizeof(fixture.log));
}

void
__wrap_clock_sleep_ms(int64_t ms, struct clock_deadline deadline)
{
	(void)ms;
	(void)deadline;
}

/* The transport */

/* Does the server carry out and sign what it is asked for? */
static bool
is_honest(char letter, enum dns_request_kind kind, bool keyed)
{
	switch (letter) {
	case SILENT:
	case REFUSING:
	case OURS:
	case FOREIGN:
		return false;
	case REFUSING_UPDATES:
	case FAILING:
		return kind == DNS_REQUEST_QUERY;
	case UNSIGNED:
	case FORGED:
	case STALE:
		return !keyed;
	default:
		return true;
	}
}

/* Is the owner that of a certificate's TXT records? */
static bool
is_of_txt(const ldns_rr *rr)
{
	char *text = ldns_rdf2str(ldns_rr_owner(rr));
	size_t len = strlen(ACME_LABEL ".");

	FUZZ_CHECK(text != NULL);
	bool is_one = strncmp(text, ACME_LABEL ".", len) == 0;
	free(text);
	return is_one;
}

/* The host of a name, or of its TXT records. */
static size_t
host_of(const ldns_rr *rr, const char *zone)
{
	char *text = ldns_rdf2str(ldns_rr_owner(rr));
	size_t skipped = is_of_txt(rr) ? strlen(ACME_LABEL ".") : 0;
	size_t i = 0;

	FUZZ_CHECK(text != NULL && text[0] != '\0');
	text[strlen(text) - 1] = '\0';
	while (i < FIXTURE_HOSTS &&
	       strcmp(fixture_hosts[i].name, text + skipped) != 0)
		i++;
	/* No message is about a name of no client. */
	FUZZ_CHECK(i < FIXTURE_HOSTS);
	FUZZ_CHECK(strcmp(strchr(text + skipped, '.') + 1, zone) == 0);
	FUZZ_CHECK(skipped == 0 || fixture_hosts[i].acme);
	free(text);
	return i;
}

static struct fixture_traffic *
traffic_of(const ldns_rr *rr, const char *zone)
{
	return fixture.traffic[host_of(rr, zone)];
}

static enum ipaddr_family
family_of(const ldns_rr *rr)
{
	ldns_rr_type type = ldns_rr_get_type(rr);

	FUZZ_CHECK(type == LDNS_RR_TYPE_A || type == LDNS_RR_TYPE_AAAA);
	return type == LDNS_RR_TYPE_A ? IPADDR_V4 : IPADDR_V6;
}

/* What is added comes last, and is a value. */
static void
record_txt(const ldns_rr_list *updates, const char *zone, bool confirmed)
{
	size_t count = ldns_rr_list_rr_count(updates);

	for (size_t i = 0; i < count; i++) {
		const ldns_rr *rr = ldns_rr_list_rr(updates, i);
		struct fixture_txt *txt = &fixture.txt[host_of(rr, zone)];
		const ldns_rdf *data =
		    ldns_rr_rd_count(rr) > 0 ? ldns_rr_rdf(rr, 0) : NULL;
		FUZZ_CHECK(is_of_txt(rr));
		FUZZ_CHECK(ldns_rr_get_type(rr) == LDNS_RR_TYPE_TXT);
		if (data != NULL && ldns_rdf_size(data) == 1) {
			FUZZ_CHECK(count == 1); /* asks only */
			continue;
		}
		txt->attempted = true;
		txt->confirmed = confirmed;
		txt->value[0] = '\0';
		if (data == NULL)
			continue;
		struct span value = {(const char *)ldns_rdf_data(data) + 1,
		    ldns_rdf_size(data) - 1};
		FUZZ_CHECK(acme_is_value(value));
		if (ldns_rr_get_class(rr) != LDNS_RR_CLASS_IN)
			continue;
		FUZZ_CHECK(i + 1 == count);
		memcpy(txt->value, value.ptr, value.len);
	}
}

/* An RRset is deleted first, and then gets one record at most. */
static void
record_update(const ldns_rr_list *updates, const char *zone, bool confirmed)
{
	FUZZ_CHECK(ldns_rr_list_rr_count(updates) > 0);
	for (size_t i = 0; i < ldns_rr_list_rr_count(updates); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(updates, i);
		enum ipaddr_family family = family_of(rr);
		struct fixture_traffic *traffic = traffic_of(rr, zone) + family;
		bool is_delete = ldns_rr_get_class(rr) == LDNS_RR_CLASS_ANY;
		bool added = traffic->has_addr;

		traffic->confirmed = confirmed;
		traffic->has_addr = !is_delete;
		if (is_delete) {
			traffic->attempted = true;
			continue;
		}
		FUZZ_CHECK(traffic->attempted && !added);
		traffic->addr = (struct ipaddr){.family = family};
		memcpy(traffic->addr.bytes, ldns_rdf_data(ldns_rr_rdf(rr, 0)),
		    ldns_rdf_size(ldns_rr_rdf(rr, 0)));
		FUZZ_CHECK(ipaddr_kind(&traffic->addr) == IPADDR_PUBLIC);
	}
}

static void
record_needs(const ldns_rr_list *needs, const char *zone)
{
	for (size_t i = 0; i < ldns_rr_list_rr_count(needs); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(needs, i);
		if (is_of_txt(rr))
			fixture.txt[host_of(rr, zone)].named = true;
		else
			traffic_of(rr, zone)->named = true;
	}
}

static void
record_query(const ldns_rr *asked, const char *zone, bool honest)
{
	if (is_of_txt(asked))
		fixture.txt[host_of(asked, zone)].shown = honest;
	else
		traffic_of(asked, zone)[family_of(asked)].shown = honest;
}

/* Not about its zone, nor about the wildcard beside it. */
static bool
is_about_host(const ldns_rr *question)
{
	return ldns_rr_get_type(question) != LDNS_RR_TYPE_SOA &&
	       !ldns_dname_is_wildcard(ldns_rr_owner(question));
}

static void
record(const char *zone, enum dns_request_kind kind, bool honest,
    const struct dns_request *sent)
{
	ldns_pkt *request;

	FUZZ_CHECK(
	    ldns_wire2pkt(&request, sent->wire, sent->len) == LDNS_STATUS_OK);
	bool is_update = ldns_pkt_get_opcode(request) == LDNS_PACKET_UPDATE;
	FUZZ_CHECK(is_update == (kind == DNS_REQUEST_UPDATE));
	if (is_update) {
		const ldns_rr_list *updates = ldns_pkt_authority(request);
		record_needs(ldns_pkt_answer(request), zone);
		if (is_of_txt(ldns_rr_list_rr(updates, 0)))
			record_txt(updates, zone, honest);
		else
			record_update(updates, zone, honest);
	} else {
		const ldns_rr *asked =
		    ldns_rr_list_rr(ldns_pkt_question(request), 0);
		if (is_about_host(asked))
			record_query(asked, zone, honest);
	}
	ldns_pkt_free(request);
}

enum err
fixture_send(void *ctx, const struct site_zone *zone,
    struct dns_request_set *set, struct clock_deadline deadline)
{
	char script[SCRIPTED_ZONES + 1];
	size_t z = 0;

	(void)ctx;
	while (strcmp(zone->name, scripted_zones[z]) != 0)
		z++;
	memcpy(script, fixture.scripts[set->kind], sizeof(script));
	if (script[z] == RECOVERING) {
		script[z] = set->kind == DNS_REQUEST_UPDATE ? FAILING : WELL;
		fixture.scripts[DNS_REQUEST_UPDATE][z] = WELL;
	}
	fixture.dns.script = script;
	enum err err = scripted_dns_send(&fixture.dns, zone, set, deadline);
	bool honest = is_honest(script[z], set->kind, zone->key != NULL);
	for (size_t i = 0; i < set->count; i++)
		record(zone->name, set->kind, honest, &set->requests[i]);
	return err;
}

/* The configuration */

static void
sign_zone(struct site *site, const char *name)
{
	const struct site_zone zone = {.name = name,
	    .key = site_find_key(site, span_of("ddnsgate")),
	    .servers = {{{IPADDR_V6, {[15] = 1}}, 5353}},
	    .server_count = 1,
	    .ttl = 60};

	FUZZ_CHECK(zone.key != NULL);
	FUZZ_CHECK(site_add_zone(site, &zone) == ERR_OK);
}

/* As in handler_test, but the first zone has a key, too. */
struct site *
fixture_site(void)
{
	static const struct ipaddr_net proxy = {
	    {IPADDR_V4, {127, 0, 0, 1}}, 32};
	static const struct ipaddr_net home = {{IPADDR_V4, {192, 0, 2}}, 24};
	const struct site_rules rules = {
	    .allow_offline = true, .changes = limit};
	const struct site_rules strict = {.from = &home,
	    .from_count = 1,
	    .changes = limit,
	    .source_only = true,
	    .unchanged_good = true};
	struct site *site = make_site();
	struct site_settings *settings = site_settings_edit(site);
	struct tsig_key *key;

	settings->trusted_proxies = &proxy;
	settings->trusted_proxy_count = 1;
	settings->failures = limit;
	FUZZ_CHECK(tsig_key_new("ddnsgate", TSIG_HMAC_SHA256,
		       (const uint8_t *)SCRIPTED_KEY_SECRET,
		       strlen(SCRIPTED_KEY_SECRET), &key) == ERR_OK);
	FUZZ_CHECK(site_add_key(site, key) == ERR_OK);
	sign_zone(site, scripted_zones[0]);
	make_zone(site, scripted_zones[1], 5300);
	sign_zone(site, scripted_zones[2]);
	make_client(site, "lars", fixture_credentials[0].secret, &rules);
	make_acme_host(site, "h1" DYN, MAKE_BOTH);
	make_host(site, "h2" DYN, MAKE_BOTH, 0x22);
	make_host(site, "l1" LAB, MAKE_BOTH, 0);
	make_client(site, "anna", fixture_credentials[1].secret, &strict);
	make_host(site, "a1" DYN, 1U << IPADDR_V4, 0);
	make_client(site, "pete", fixture_credentials[2].secret, &rules);
	FUZZ_CHECK(
	    site_add_crypt(site, span_of(FIXTURE_PASSWORD_HASH)) == ERR_OK);
	make_acme_host(site, "s1" SIG, MAKE_BOTH);
	return site;
}

/* The handlers, which share everything but the limits */

static struct limits *
limits(void)
{
	static struct limits *state;

	if (state == NULL)
		FUZZ_CHECK(limits_new(NULL, &state) == ERR_OK);
	return state;
}

/* Fixed, so that an input has the same result at any time. */
static size_t
one_batch(void)
{
	return 1;
}

struct handler *
fixture_handler(bool limited)
{
	static struct overdue *overdue;
	static struct group_commit *group;
	struct handler_dependencies dependencies = {
	    .transport = {.send = fixture_send, .ctx = NULL}};
	struct handler *handler;

	if (group == NULL) {
		FUZZ_CHECK(overdue_new(1, &overdue) == ERR_OK);
		FUZZ_CHECK(
		    group_commit_new(overdue, one_batch, &group) == ERR_OK);
	}
	dependencies.group = group;
	dependencies.limits = limited ? limits() : NULL;
	FUZZ_CHECK(handler_new(&dependencies, &handler) == ERR_OK);
	return handler;
}

static void
exhaust(struct limits_key key, const struct bucket_rule *rule)
{
	unsigned wait_s;

	while (limits_take(limits(), &key, rule, &wait_s) == BUCKET_TAKEN)
		continue;
}

void
fixture_exhaust(const struct site *site, struct web *web)
{
	struct request_source source = web_source(web);
	struct ipaddr caller;

	for (size_t i = 0; i < site_client_count(site); i++)
		exhaust(limits_key_client(span_of(site_client(site, i)->name)),
		    &limit);
	for (size_t i = 0; i < FIXTURE_HOSTS; i++)
		exhaust(limits_key_host(span_of(fixture_hosts[i].name)),
		    &txt_limit);
	fixture.caller_known =
	    caller_find(&source, site_settings(site), &caller) == ERR_OK;
	if (fixture.caller_known)
		exhaust(limits_key_source(&caller), &limit);
}

/* The input */

/* Copies the input with secrets in place of their bytes; gives the end. */
static char *
expand_secrets(struct span input, bool is_header, char *out)
{
	for (size_t i = 0; i < input.len; i++) {
		const char *secret = NULL;
		for (size_t c = 0; c < FIXTURE_CREDENTIALS; c++) {
			if (fixture_credentials[c].mark != input.ptr[i] ||
			    (input.ptr[i] == PASSWORD && !is_header))
				continue;
			secret = fixture_credentials[c].secret;
			fixture.marked[c] = true;
		}
		if (secret != NULL)
			out = stpcpy(out, secret);
		else
			*out++ = input.ptr[i];
	}
	*out = '\0';
	return out;
}

/* "Basic USER:PASSWORD" is encoded here, as no fuzzer would find base64. */
static const char *
authorization_of(const char *line)
{
	static char header[sizeof("Basic ") + sizeof(fixture_basic)];
	const char *clear;

	fixture_basic[0] = '\0';
	if (line == NULL || strncmp(line, "Basic ", 6) != 0 ||
	    strchr(line, ':') == NULL)
		return line;
	clear = line + strlen("Basic ");
	EVP_EncodeBlock((unsigned char *)fixture_basic,
	    (const unsigned char *)clear, (int)strlen(clear));
	snprintf(header, sizeof(header), "Basic %s", fixture_basic);
	return header;
}

/* "X-Api USER:KEY" is no such header, but two others. */
static void
split_api_headers(struct web *web)
{
	static char user[FIXTURE_LINES_MAX];
	struct span mark = span_of("X-Api "), name;
	struct span rest = span_of(web->authorization);

	if (!span_starts(rest, mark))
		return;
	rest = (struct span){rest.ptr + mark.len, rest.len - mark.len};
	web->authorization = NULL;
	span_next(&rest, ':', &name);
	snprintf(user, sizeof(user), "%.*s", (int)name.len, name.ptr);
	web->api_user = user;
	web->api_key = rest.ptr;
}

void
fixture_set(const uint8_t *data)
{
	memset(&fixture, 0, sizeof(fixture));
	for (size_t z = 0; z < SCRIPTED_ZONES; z++) {
		fixture.scripts[DNS_REQUEST_QUERY][z] =
		    (char)data[FIXTURE_QUERY_SCRIPT + z];
		fixture.scripts[DNS_REQUEST_UPDATE][z] =
		    (char)data[FIXTURE_UPDATE_SCRIPT + z];
	}
	for (size_t i = 0; i < COUNT(records); i++) {
		if ((data[FIXTURE_RECORDS] & 1U << i) != 0)
			scripted_dns_load(&fixture.dns, records[i]);
	}
	for (size_t i = 0; i < COUNT(txt_records); i++) {
		if ((data[FIXTURE_CALLER] & txt_records[i].bit) != 0)
			scripted_dns_load(&fixture.dns, txt_records[i].records);
	}
	fixture.before = fixture.dns;
	fixture.limited = (data[FIXTURE_RECORDS] & LIMITED) != 0;
}

struct web
fixture_web(const uint8_t *data, size_t size)
{
	static char lines[FIXTURE_LINES_MAX];
	static char length[24];
	const size_t caller = data[FIXTURE_CALLER] % COUNT(callers);
	struct web web = {.remote_addr = callers[caller]};
	struct span input = {
	    (const char *)data + FIXTURE_LEN, size - FIXTURE_LEN};
	const char **variables[] = {&web.method, &web.path_info, &web.query,
	    &web.content_type, &web.content_length, &web.authorization,
	    &web.accept, &web.forwarded_for};
	struct span line;
	char *out = lines;

	for (size_t i = 0;
	     i < COUNT(variables) && span_next(&input, '\n', &line); i++) {
		if (line.len > 0)
			*variables[i] = out;
		out = expand_secrets(
			  line, variables[i] == &web.authorization, out) +
		      1;
	}
	web.body.ptr = out;
	web.body.len = (size_t)(expand_secrets(input, false, out) - out);
	snprintf(length, sizeof(length), "%zu", web.body.len);
	if (web.content_length == NULL && web.body.len > 0)
		web.content_length = length;
	if (web.method == NULL)
		web.method = "GET";
	split_api_headers(&web);
	web.authorization = authorization_of(web.authorization);
	return web;
}
