/*
 * A whole request, from the CGI variables to DNS and back, and what has to hold
 * whoever asks and however the DNS server behaves.
 *
 * An input is eight bytes that choose the scene, then one variable a line, then
 * the body.  Secrets stand in it as one byte each, so that a fuzzer that knows
 * none can use all, and who spells one out has not got it from us.
 *
 * Linked with --wrap for log_line and clock_sleep_ms: the line is read here,
 * and the pauses after SERVFAIL are left out.
 */

#include <ctype.h>
#include <ldns/ldns.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <string.h>

#include "ddnsgate/answer.h"
#include "ddnsgate/handler.h"
#include "ddnsgate/log.h"

#include "../make_site.h"
#include "../scripted_dns.h"
#include "../web.h"
#include "fuzz.h"

#define INPUT_MAX 4096
#define SPELT_MAX 20 /* a mark becomes no more than this */
#define LINES_MAX (SPELT_MAX * INPUT_MAX)
#define LEAK_LEN 8 /* so much of a secret is too much */

#define DYN ".dyn.example.org"
#define LAB ".lab.example.org"
#define SIG ".sig.example.org"

/* The scene: the first bytes of an input. */
enum {
	QUERY_WAYS = 0, /* for each zone, see enum way */
	UPDATE_WAYS = QUERY_WAYS + SCRIPTED_ZONES,
	RECORDS = UPDATE_WAYS + SCRIPTED_ZONES, /* a bit for each */
	CALLER,
	SCENE_LEN,
};
#define RECOVERING 'k' /* SERVFAIL to the first UPDATE only */

// clang-format off
static const char *const records[] = {
	"h1" DYN " 192.0.2.7", "h1" DYN " 192.0.2.8", "h1" DYN " 2001:db8::7",
	"h2" DYN " 2001:db8::22", "l1" LAB " 192.0.2.7", "s1" SIG " 192.0.2.7",
	"a1" DYN " 192.0.2.7",
};

static const char *const callers[] = {
	"192.0.2.7", "2001:db8::7", "192.0.2.9", "127.0.0.1",
	"::ffff:192.0.2.9", "198.51.100.1", "10.0.0.1", "unix:",
};

/* A client's secrets, as an input and as the handler has them. */
enum { PASSWORD = 4 };
static const struct credential {
	char mark;
	const char *client; /* NULL: nobody's */
	const char *secret;
} credentials[] = {
	{ 1,        "lars", "Wq7Kz2Lm9Xv4Rt6P" },
	{ 2,        "anna", "jU3nB8yH5gT1cD0e" },
	{ 3,        "pete", "Fo4_sA9-iE6wQ2uN" },
	{ PASSWORD, "pete", "Tr0ub4dor&3 Horse" }, /* after Basic only */
	{ 5,        NULL,   "pZ5xM8kV1bC3nJ7l" },
};
#define PASSWORD_HASH "$5$rounds=1000$abcdefgh" \
	"$jnF2molC5swFqku3M/GxVyEQmrozgnTXU4db6/cVU4C"

static const struct host {
	const char *name;
	const char *client;
} hosts[] = {
	{ "h1" DYN, "lars" }, { "h2" DYN, "lars" }, { "l1" LAB, "lars" },
	{ "a1" DYN, "anna" }, { "s1" SIG, "pete" },
};
// clang-format on
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What went over the carrier about a host and family. */
struct traffic {
	bool shown;     /* a verified answer told what there is */
	bool attempted; /* an UPDATE was sent ... */
	bool confirmed; /* ... and the last one has a verified NOERROR */
	bool has_addr;
	struct ipaddr addr; /* of the last one; none: a removal */
};

static struct scene {
	char ways[EXCHANGE_KINDS][SCRIPTED_ZONES + 1];
	struct scripted_dns dns;
	struct scripted_dns before;
	struct traffic traffic[COUNT(hosts)][IPADDR_FAMILIES];
	bool marked[COUNT(credentials)]; /* in the input */
} scene;

/* The Authorization value of Basic, when it was encoded here. */
static char basic[2 * LINES_MAX];
static char said[ANSWER_SIZE];
static char logged[LOG_LINE_MAX];
static unsigned logged_lines;

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
	logged_lines++;
	va_start(args, format);
	int len = vsnprintf(logged, sizeof(logged), format, args);
	va_end(args);
	FUZZ_CHECK(len > 0 && (size_t)len < sizeof(logged));
}

void
__wrap_clock_sleep_ms(int64_t ms, struct clock_deadline deadline)
{
	(void)ms;
	(void)deadline;
}

/* The carrier: the scripted server, watched */

/* Does the server do and sign what it is asked? */
static bool
is_honest(char way, enum exchange_kind kind, bool keyed)
{
	switch (way) {
	case SILENT:
	case REFUSING:
	case OURS:
	case FOREIGN:
		return false;
	case REFUSING_UPDATES:
	case FAILING:
		return kind == EXCHANGE_QUERY;
	case UNSIGNED:
	case FORGED:
	case STALE:
		return !keyed;
	default:
		return true;
	}
}

static struct traffic *
traffic_of(const ldns_rr *rr, const char *zone)
{
	char *text = ldns_rdf2str(ldns_rr_owner(rr));
	size_t i = 0;

	FUZZ_CHECK(text != NULL && text[0] != '\0');
	text[strlen(text) - 1] = '\0';
	while (i < COUNT(hosts) && strcmp(hosts[i].name, text) != 0)
		i++;
	/* Nothing is ever said of a name that is nobody's. */
	FUZZ_CHECK(i < COUNT(hosts));
	FUZZ_CHECK(strcmp(strchr(text, '.') + 1, zone) == 0);
	free(text);
	return scene.traffic[i];
}

static enum ipaddr_family
family_of(const ldns_rr *rr)
{
	ldns_rr_type type = ldns_rr_get_type(rr);

	FUZZ_CHECK(type == LDNS_RR_TYPE_A || type == LDNS_RR_TYPE_AAAA);
	return type == LDNS_RR_TYPE_A ? IPADDR_V4 : IPADDR_V6;
}

/* An RRset is deleted first, and then gets one record at most. */
static void
note_update(const ldns_rr_list *changes, const char *zone, bool confirmed)
{
	FUZZ_CHECK(ldns_rr_list_rr_count(changes) > 0);
	for (size_t i = 0; i < ldns_rr_list_rr_count(changes); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(changes, i);
		enum ipaddr_family family = family_of(rr);
		struct traffic *traffic = traffic_of(rr, zone) + family;
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
note(const char *zone, enum exchange_kind kind, bool honest,
    const struct exchange_message *message)
{
	ldns_pkt *request;

	FUZZ_CHECK(ldns_wire2pkt(&request, message->wire, message->len) ==
		   LDNS_STATUS_OK);
	bool is_update = ldns_pkt_get_opcode(request) == LDNS_PACKET_UPDATE;
	FUZZ_CHECK(is_update == (kind == EXCHANGE_UPDATE));
	if (is_update) {
		const ldns_rr_list *needs = ldns_pkt_answer(request);
		for (size_t i = 0; i < ldns_rr_list_rr_count(needs); i++)
			traffic_of(ldns_rr_list_rr(needs, i), zone);
		note_update(ldns_pkt_authority(request), zone, honest);
	} else {
		const ldns_rr *asked =
		    ldns_rr_list_rr(ldns_pkt_question(request), 0);
		traffic_of(asked, zone)[family_of(asked)].shown = honest;
	}
	ldns_pkt_free(request);
}

/* An exchange_carrier's carry. */
static enum err
carry(void *ctx, const struct site_zone *zone, struct exchange_batch *batch,
    struct clock_deadline deadline)
{
	char ways[SCRIPTED_ZONES + 1];
	size_t z = 0;

	(void)ctx;
	while (strcmp(zone->name, scripted_zones[z]) != 0)
		z++;
	memcpy(ways, scene.ways[batch->kind], sizeof(ways));
	if (ways[z] == RECOVERING) {
		ways[z] = batch->kind == EXCHANGE_UPDATE ? FAILING : WELL;
		scene.ways[EXCHANGE_UPDATE][z] = WELL;
	}
	scene.dns.ways = ways;
	enum err err = scripted_dns_carry(&scene.dns, zone, batch, deadline);
	bool honest = is_honest(ways[z], batch->kind, zone->key != NULL);
	for (size_t i = 0; i < batch->count; i++)
		note(zone->name, batch->kind, honest, &batch->messages[i]);
	return err;
}

/* The world */

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

/* As handler_test has it, but that the first zone is signed too. */
static struct site *
make_world(void)
{
	static const struct ipaddr_net proxy = {
	    {IPADDR_V4, {127, 0, 0, 1}}, 32};
	static const struct ipaddr_net home = {{IPADDR_V4, {192, 0, 2}}, 24};
	const struct site_rules rules = {.allow_offline = true};
	const struct site_rules strict = {.from = &home,
	    .from_count = 1,
	    .source_only = true,
	    .unchanged_good = true};
	struct site *site = make_site();
	struct site_settings *settings = site_settings_edit(site);
	struct tsig_key *key;

	settings->trusted_proxies = &proxy;
	settings->trusted_proxy_count = 1;
	FUZZ_CHECK(tsig_key_new("ddnsgate", TSIG_HMAC_SHA256,
		       (const uint8_t *)SCRIPTED_KEY_SECRET,
		       strlen(SCRIPTED_KEY_SECRET), &key) == ERR_OK);
	FUZZ_CHECK(site_add_key(site, key) == ERR_OK);
	sign_zone(site, scripted_zones[0]);
	make_zone(site, scripted_zones[1], 5300);
	sign_zone(site, scripted_zones[2]);
	make_client(site, "lars", credentials[0].secret, &rules);
	make_host(site, "h1" DYN, MAKE_BOTH, 0);
	make_host(site, "h2" DYN, MAKE_BOTH, 0x22);
	make_host(site, "l1" LAB, MAKE_BOTH, 0);
	make_client(site, "anna", credentials[1].secret, &strict);
	make_host(site, "a1" DYN, 1U << IPADDR_V4, 0);
	make_client(site, "pete", credentials[2].secret, &rules);
	FUZZ_CHECK(site_add_crypt(site, span_of(PASSWORD_HASH)) == ERR_OK);
	make_host(site, "s1" SIG, MAKE_BOTH, 0);
	return site;
}

/* The input */

/* Puts the secrets where their marks are; gives the text's end. */
static char *
spell_out(struct span input, bool is_header, char *out)
{
	for (size_t i = 0; i < input.len; i++) {
		const char *secret = NULL;
		for (size_t c = 0; c < COUNT(credentials); c++) {
			if (credentials[c].mark != input.ptr[i] ||
			    (input.ptr[i] == PASSWORD && !is_header))
				continue;
			secret = credentials[c].secret;
			scene.marked[c] = true;
		}
		if (secret != NULL)
			out = stpcpy(out, secret);
		else
			*out++ = input.ptr[i];
	}
	*out = '\0';
	return out;
}

/* "Basic USER:PASSWORD" is encoded here, as no fuzzer would hit upon it. */
static const char *
authorization_of(const char *line)
{
	static char header[sizeof("Basic ") + sizeof(basic)];
	const char *clear;

	basic[0] = '\0';
	if (line == NULL || strncmp(line, "Basic ", 6) != 0 ||
	    strchr(line, ':') == NULL)
		return line;
	clear = line + strlen("Basic ");
	EVP_EncodeBlock((unsigned char *)basic, (const unsigned char *)clear,
	    (int)strlen(clear));
	snprintf(header, sizeof(header), "Basic %s", basic);
	return header;
}

static void
set_scene(const uint8_t *data)
{
	memset(&scene, 0, sizeof(scene));
	for (size_t z = 0; z < SCRIPTED_ZONES; z++) {
		scene.ways[EXCHANGE_QUERY][z] = (char)data[QUERY_WAYS + z];
		scene.ways[EXCHANGE_UPDATE][z] = (char)data[UPDATE_WAYS + z];
	}
	for (size_t i = 0; i < COUNT(records); i++) {
		if ((data[RECORDS] & 1U << i) != 0)
			scripted_dns_load(&scene.dns, records[i]);
	}
	scene.before = scene.dns;
}

static struct web
read_web(struct span input, const char *caller)
{
	static char lines[LINES_MAX];
	static char length[24];
	struct web web = {.remote_addr = caller};
	const char **variables[] = {&web.method, &web.path_info, &web.query,
	    &web.content_type, &web.content_length, &web.authorization,
	    &web.accept, &web.forwarded_for};
	struct span line;
	char *out = lines;

	for (size_t i = 0;
	     i < COUNT(variables) && span_next(&input, '\n', &line); i++) {
		if (line.len > 0)
			*variables[i] = out;
		out = spell_out(line, variables[i] == &web.authorization, out) +
		      1;
	}
	web.body.ptr = out;
	web.body.len = (size_t)(spell_out(input, false, out) - out);
	snprintf(length, sizeof(length), "%zu", web.body.len);
	if (web.content_length == NULL && web.body.len > 0)
		web.content_length = length;
	if (web.method == NULL)
		web.method = "GET";
	web.authorization = authorization_of(web.authorization);
	return web;
}

/* No secrets in what is told */

/* The pairs of letters in what is told: a part with another is not in it. */
static bool pairs[1 << 16];

static size_t
pair_at(const char *text)
{
	return (size_t)tolower((unsigned char)text[0]) << 8 |
	       (size_t)tolower((unsigned char)text[1]);
}

static void
add_pairs(const char *text)
{
	for (; text[0] != '\0' && text[1] != '\0'; text++)
		pairs[pair_at(text)] = true;
}

/* Not memmem, from which libFuzzer would learn the secrets. */
static bool
contains(struct span text, const char *part)
{
	for (size_t at = 0; at + LEAK_LEN <= text.len; at++) {
		size_t i = 0;
		while (
		    i < LEAK_LEN && tolower((unsigned char)text.ptr[at + i]) ==
					tolower((unsigned char)part[i]))
			i++;
		if (i == LEAK_LEN)
			return true;
	}
	return false;
}

static bool
is_told(const char *part)
{
	for (size_t i = 0; i + 1 < LEAK_LEN; i++) {
		if (!pairs[pair_at(part + i)])
			return false;
	}
	return contains(span_of(said), part) || contains(span_of(logged), part);
}

/* No part of it may be told, unless whoever asks has spelt it out. */
static void
expect_untold(struct span input, const char *secret)
{
	size_t len = strlen(secret);

	for (size_t at = 0; at + LEAK_LEN <= len; at++)
		FUZZ_CHECK(
		    !is_told(secret + at) || contains(input, secret + at));
}

static void
check_discretion(struct span input)
{
	char digits[SECRET_STORED_SIZE];

	memset(pairs, 0, sizeof(pairs));
	add_pairs(said);
	add_pairs(logged);
	for (size_t i = 0; i < COUNT(credentials); i++) {
		const char *secret = credentials[i].secret;
		struct secret_digest digest = secret_digest(span_of(secret));
		secret_stored_format(&digest, digits);
		expect_untold(input, secret);
		expect_untold(input, digits);
	}
	expect_untold(input, SCRIPTED_KEY_SECRET);
	expect_untold(input, "MDEyMzQ1Njc4OWFiY2RlZg=="); /* in Base64 */
	expect_untold(input, PASSWORD_HASH);
	expect_untold(input, basic);
}

/* The form of what is told */

static void
check_header(struct span line, size_t body_len, bool *ret_sized)
{
	static const char *const names[] = {"Content-Type: ",
	    "Cache-Control: no-store", "WWW-Authenticate: Basic realm=\"",
	    "Allow: GET, POST", "Retry-After: ", "X-DDNS-Reason: "};
	char length[48];
	bool known = false;

	snprintf(length, sizeof(length), "Content-Length: %zu", body_len);
	if (span_is(line, length)) {
		FUZZ_CHECK(!*ret_sized);
		*ret_sized = true;
		return;
	}
	for (size_t i = 0; i < COUNT(names); i++)
		known = known || span_starts(line, span_of(names[i]));
	FUZZ_CHECK(known);
}

/* Gives the body and the status. */
static const char *
check_form(unsigned *ret_status)
{
	const char *const gap = strstr(said, "\r\n\r\n");
	struct span head, line;
	bool sized = false;

	FUZZ_CHECK(gap != NULL);
	const char *body = gap + 4;
	head = (struct span){said, (size_t)(gap - said) + 1};
	for (const char *at = body; *at != '\0'; at++)
		FUZZ_CHECK(*at == '\n' || (*at >= ' ' && *at <= '~'));
	FUZZ_CHECK(span_next(&head, '\n', &line));
	FUZZ_CHECK(sscanf(line.ptr, "Status: %3u ", ret_status) == 1);
	while (span_next(&head, '\n', &line)) {
		FUZZ_CHECK(line.len > 0 && line.ptr[line.len - 1] == '\r');
		line.len--;
		for (size_t i = 0; i < line.len; i++)
			FUZZ_CHECK(line.ptr[i] >= ' ' && line.ptr[i] <= '~');
		check_header(line, strlen(body), &sized);
	}
	FUZZ_CHECK(sized);
	return body;
}

static void
check_log_form(void)
{
	FUZZ_CHECK(logged_lines == 1);
	for (const char *at = logged; *at != '\0'; at++)
		FUZZ_CHECK(*at >= ' ' && *at <= '~');
	FUZZ_CHECK(strncmp(logged, "client=", 7) == 0);
	FUZZ_CHECK(strstr(logged, " reason=") != NULL);
	FUZZ_CHECK(strstr(logged, " ms=") != NULL);
}

static void
check_failure(unsigned status)
{
	static const char *const success_words[] = {
	    "ok", "good", "true", "updated", "success", "nochg"};
	bool early = status != 400 && status != 503;

	FUZZ_CHECK(status >= 400 && status < 600);
	for (size_t i = 0; i < COUNT(success_words); i++)
		FUZZ_CHECK(strcasestr(said, success_words[i]) == NULL);
	FUZZ_CHECK(!early || scene.dns.updates + scene.dns.queries == 0);
}

/* Who asks, and whose hosts are spoken of */

/* What is behind " KEY=", to be read where the line has no strange names. */
static struct span
field(const char *key)
{
	const char *at = strstr(logged, key);
	struct span rest, value = {NULL, 0};

	FUZZ_CHECK(at != NULL);
	rest = span_of(at + strlen(key));
	span_next(&rest, ' ', &value);
	return value;
}

static void
check_client(struct span client)
{
	bool marked = false;

	for (size_t i = 0; i < COUNT(credentials); i++) {
		const struct credential *credential = &credentials[i];
		if (credential->client != NULL &&
		    span_is(client, credential->client))
			marked = marked || scene.marked[i];
	}
	FUZZ_CHECK(marked || span_is(client, "-"));
}

/* The records of a host and family: how many, and the first. */
static size_t
records_of(const struct scripted_dns *dns, const char *name,
    enum ipaddr_family family, const struct ipaddr **ret)
{
	size_t count = 0;

	for (size_t i = 0; i < dns->record_count; i++) {
		const struct scripted_record *record = &dns->records[i];
		if (strcmp(record->name, name) != 0 ||
		    record->addr.family != family)
			continue;
		if (count++ == 0)
			*ret = &record->addr;
	}
	return count;
}

/* "anna" may only call from her network, and set her own address. */
static void
check_strict(const struct traffic *traffic)
{
	static const uint8_t home[] = {192, 0, 2};
	struct ipaddr from;

	if (!traffic->shown && !traffic->attempted)
		return;
	FUZZ_CHECK(ipaddr_parse(field(" from="), &from) == ERR_OK);
	FUZZ_CHECK(memcmp(from.bytes, home, sizeof(home)) == 0);
	if (traffic->attempted)
		FUZZ_CHECK(
		    traffic->has_addr && ipaddr_equal(&traffic->addr, &from));
}

/* Nobody's addresses are removed who does not ask for it, in whatever words. */
static bool
may_remove(struct span input)
{
	for (size_t i = 0; i < input.len; i++) {
		if (strchr("-%", input.ptr[i]) != NULL)
			return true;
	}
	return contains(input, "offline=") || contains(input, "clear=tr") ||
	       contains(input, "clear=ye") || contains(input, "&clear=1");
}

/* What was sent about a host is by its client, and nothing else has changed. */
static void
check_traffic(
    size_t h, enum ipaddr_family family, struct span client, struct span input)
{
	const struct traffic *traffic = &scene.traffic[h][family];
	const struct ipaddr *old = NULL, *now = NULL;
	size_t had = records_of(&scene.before, hosts[h].name, family, &old);
	size_t has = records_of(&scene.dns, hosts[h].name, family, &now);

	if (traffic->shown || traffic->attempted)
		FUZZ_CHECK(span_is(client, hosts[h].client));
	if (span_is(client, "anna"))
		check_strict(traffic);
	if (traffic->attempted) {
		FUZZ_CHECK(traffic->shown); /* asked before */
		FUZZ_CHECK(traffic->has_addr || may_remove(input));
	} else {
		FUZZ_CHECK(had == has);
		FUZZ_CHECK(had == 0 || ipaddr_equal(old, now));
	}
}

/* What success claims */

/* Is this address all that the host has of its family, and is that known? */
static void
check_claim(size_t h, struct span text)
{
	const struct ipaddr *now = NULL;
	struct ipaddr addr;

	FUZZ_CHECK(ipaddr_parse(text, &addr) == ERR_OK);
	const struct traffic *traffic = &scene.traffic[h][addr.family];
	if (traffic->attempted)
		FUZZ_CHECK(traffic->confirmed && traffic->has_addr &&
			   ipaddr_equal(&traffic->addr, &addr));
	FUZZ_CHECK(traffic->shown);
	FUZZ_CHECK(
	    records_of(&scene.dns, hosts[h].name, addr.family, &now) == 1);
	FUZZ_CHECK(ipaddr_equal(now, &addr));
}

static void
check_word(size_t h, struct span word)
{
	bool changed = false;

	for (int f = 0; f < IPADDR_FAMILIES; f++) {
		const struct traffic *traffic = &scene.traffic[h][f];
		FUZZ_CHECK(traffic->attempted == traffic->confirmed);
		changed = changed || traffic->confirmed;
	}
	if (strcmp(hosts[h].client, "anna") == 0)
		FUZZ_CHECK(span_is(word, "good"));
	else
		FUZZ_CHECK(span_is(word, changed ? "good" : "nochg"));
}

/* A host's words and addresses in the log, checked; puts them as the reply
 * should have them. */
static void
check_host(struct text *words, struct text *json, struct span name,
    struct span word, struct span new)
{
	struct span addr;
	size_t h = 0;
	const char *between = "";

	while (h < COUNT(hosts) && !span_is(name, hosts[h].name))
		h++;
	FUZZ_CHECK(h < COUNT(hosts));
	check_word(h, word);
	text_printf(words, "%s%.*s", words->len > 0 ? "\n" : "", (int)word.len,
	    word.ptr);
	text_printf(json,
	    "%s{\"host\":\"%s\",\"result\":\"%.*s\","
	    "\"addresses\":[",
	    json->len > 0 ? "," : "{\"hosts\":[", hosts[h].name, (int)word.len,
	    word.ptr);
	while (new.len > 0 && span_next(&new, '+', &addr)) {
		if (span_is(addr, "-"))
			continue;
		check_claim(h, addr);
		text_printf(words, "%s%.*s", *between == '\0' ? " " : ",",
		    (int)addr.len, addr.ptr);
		text_printf(
		    json, "%s\"%.*s\"", between, (int)addr.len, addr.ptr);
		between = ",";
	}
	text_puts(json, "]}");
}

/* DuckDNS's reply. */
static void
check_ok(const char *body)
{
	bool changed = scene.dns.updates > 0;

	FUZZ_CHECK(body[0] == 'O' && body[1] == 'K');
	if (body[2] == '\0')
		return;
	const char *last = strrchr(body, '\n');
	FUZZ_CHECK(last != NULL);
	FUZZ_CHECK(strcmp(last + 1, changed ? "UPDATED" : "NOCHANGE") == 0);
}

/* The log says what was done; DNS has it, and the reply says the same. */
static void
check_success(const char *body)
{
	struct span names = field(" hosts="), words = field(" word=");
	struct span news = field(" new="), name, word, new;
	char said_buf[1024], json_buf[1024];
	struct text as_words, as_json;

	TEXT_INIT(&as_words, said_buf);
	TEXT_INIT(&as_json, json_buf);
	while (names.len > 0 && span_next(&names, ',', &name)) {
		FUZZ_CHECK(span_next(&words, ',', &word));
		FUZZ_CHECK(span_next(&news, ',', &new));
		check_host(&as_words, &as_json, name, word, new);
	}
	text_puts(&as_json, "]}");
	FUZZ_CHECK(!as_words.overflow && !as_json.overflow);
	if (span_is(field(" dialect="), "duckdns") && body[0] == 'O')
		check_ok(body);
	else if (body[0] == '{')
		FUZZ_CHECK(strcmp(body, json_buf) == 0);
	else
		FUZZ_CHECK(strcmp(body, said_buf) == 0);
}

static void
serve(struct handler *handler, const struct site *site, struct web web)
{
	struct request_source source = web_source(&web);
	struct text out;

	TEXT_INIT(&out, said);
	logged_lines = 0;
	handler_serve(handler, site, &source, &out);
	FUZZ_CHECK(!out.overflow && strlen(said) == out.len);
}

/* Those without a client are told their address, or that we are well. */
static void
check_anonymous(const char *body)
{
	char from[IPADDR_TEXT_SIZE];
	struct span caller = field(" from=");

	FUZZ_CHECK(scene.dns.updates + scene.dns.queries == 0);
	if (strcmp(body, "OK") == 0)
		return;
	FUZZ_CHECK(caller.len < sizeof(from));
	snprintf(from, sizeof(from), "%.*s", (int)caller.len, caller.ptr);
	FUZZ_CHECK(strstr(body, from) != NULL);
	FUZZ_CHECK(strcasestr(body, "good") == NULL);
}

/* Gives whether an update was said to be done. */
static bool
check(struct span input)
{
	unsigned status;

	check_discretion(input);
	check_log_form();
	const char *body = check_form(&status);
	struct span rest = span_of(logged + strlen("client=")), client;
	span_next(&rest, ' ', &client);
	check_client(client);
	for (size_t h = 0; h < COUNT(hosts); h++) {
		check_traffic(h, IPADDR_V4, client, input);
		check_traffic(h, IPADDR_V6, client, input);
	}
	if (status != 200) {
		check_failure(status);
		return false;
	}
	if (span_is(client, "-")) {
		check_anonymous(body);
		return false;
	}
	check_success(body);
	return true;
}

/* Who asks again for what is done is told so, and nothing is sent. */
static void
check_again(struct handler *handler, const struct site *site, struct web web)
{
	unsigned updates = scene.dns.updates, status;

	serve(handler, site, web);
	check_form(&status);
	FUZZ_CHECK(status == 200 && scene.dns.updates == updates);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct exchange_carrier carrier = {carry, NULL};
	static struct handler *handler;
	static struct site *site;

	if (handler == NULL) {
		log_open(LOG_TARGET_STDERR, LOG_LEVEL_DEBUG);
		FUZZ_CHECK(handler_new(&carrier, &handler) == ERR_OK);
		site = make_world();
	}
	if (size < SCENE_LEN || size >= INPUT_MAX)
		return 0;
	struct span input = {(const char *)data + SCENE_LEN, size - SCENE_LEN};
	set_scene(data);
	struct web web =
	    read_web(input, callers[data[CALLER] % COUNT(callers)]);
	serve(handler, site, web);
	if (check(input))
		check_again(handler, site, web);
	return 0;
}
