/*
 * A whole request, from the CGI variables to DNS and back, and what has to hold
 * for every request and DNS server.  Inputs: see fixture.h.
 */

#include <ctype.h>
#include <string.h>

#include "ddnsgate/base/secret.h"
#include "ddnsgate/handler/handler.h"
#include "ddnsgate/reply/reply.h"

#include "fixture.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define LEAK_LEN 8 /* so many characters of a secret are a leak */

static char response[REPLY_SIZE];
static bool is_head; /* no body, though its length may be told */

/* No secrets in the output, which is response and log line */

/* Which pairs of characters it has, to rule out most parts of a secret fast. */
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

/* Not memmem, as libFuzzer would learn the secrets from its arguments. */
static bool
contains(struct span text, const char *part, size_t len)
{
	for (size_t at = 0; at + len <= text.len; at++) {
		size_t i = 0;
		while (i < len && tolower((unsigned char)text.ptr[at + i]) ==
				      tolower((unsigned char)part[i]))
			i++;
		if (i == len)
			return true;
	}
	return false;
}

static bool
is_in_output(const char *part)
{
	for (size_t i = 0; i + 1 < LEAK_LEN; i++) {
		if (!pairs[pair_at(part + i)])
			return false;
	}
	return contains(span_of(response), part, LEAK_LEN) ||
	       contains(span_of(fixture.log), part, LEAK_LEN);
}

/* No part of it may be in the output, unless the input has it spelled out. */
static void
expect_absent(struct span input, const char *secret)
{
	size_t len = strlen(secret);

	for (size_t at = 0; at + LEAK_LEN <= len; at++)
		FUZZ_CHECK(!is_in_output(secret + at) ||
			   contains(input, secret + at, LEAK_LEN));
}

static void
check_no_secrets(struct span input)
{
	char digits[SECRET_STORED_SIZE];

	memset(pairs, 0, sizeof(pairs));
	add_pairs(response);
	add_pairs(fixture.log);
	for (size_t i = 0; i < FIXTURE_CREDENTIALS; i++) {
		const char *secret = fixture_credentials[i].secret;
		struct secret_digest digest = secret_digest(span_of(secret));
		secret_stored_format(&digest, digits);
		expect_absent(input, secret);
		expect_absent(input, digits);
	}
	expect_absent(input, SCRIPTED_KEY_SECRET);
	expect_absent(input, "MDEyMzQ1Njc4OWFiY2RlZg=="); /* in Base64 */
	expect_absent(input, FIXTURE_PASSWORD_HASH);
	expect_absent(input, fixture_basic);
}

/* The form of the output */

static void
check_header(struct span line, size_t body_len, bool *ret_sized)
{
	static const char *const names[] = {"Content-Type: ",
	    "Cache-Control: no-store", "WWW-Authenticate: Basic realm=\"",
	    "Allow: GET, ", "Allow: POST", "Retry-After: ", "X-DDNS-Reason: "};
	char length[48];
	bool known = false;

	snprintf(length, sizeof(length), "Content-Length: %zu", body_len);
	if (span_is(line, length) ||
	    (is_head && span_starts(line, span_of("Content-Length: ")))) {
		FUZZ_CHECK(!*ret_sized);
		*ret_sized = true;
		return;
	}
	for (size_t i = 0; i < COUNT(names); i++)
		known = known || span_starts(line, span_of(names[i]));
	FUZZ_CHECK(known);
}

/* Gives the body and the status of the response. */
static const char *
check_form(unsigned *ret_status)
{
	const char *const gap = strstr(response, "\r\n\r\n");
	struct span head, line;
	bool sized = false;

	FUZZ_CHECK(gap != NULL);
	const char *body = gap + 4;
	head = (struct span){response, (size_t)(gap - response) + 1};
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
	FUZZ_CHECK(is_head ? *body == '\0' : sized);
	return body;
}

static void
check_log_form(void)
{
	FUZZ_CHECK(fixture.log_lines == 1);
	for (const char *at = fixture.log; *at != '\0'; at++)
		FUZZ_CHECK(*at >= ' ' && *at <= '~');
	FUZZ_CHECK(strncmp(fixture.log, "client=", 7) == 0);
	FUZZ_CHECK(strstr(fixture.log, " reason=") != NULL);
	FUZZ_CHECK(strstr(fixture.log, " ms=") != NULL);
}

static void
check_failure(unsigned status)
{
	static const char *const success_words[] = {
	    "ok", "good", "true", "updated", "success", "nochg"};
	bool early = status != 400 && status != 503;

	FUZZ_CHECK(status >= 400 && status < 600);
	for (size_t i = 0; i < COUNT(success_words); i++)
		FUZZ_CHECK(strcasestr(response, success_words[i]) == NULL);
	FUZZ_CHECK(!early || fixture.dns.updates + fixture.dns.queries == 0);
}

/* The client, and traffic about its hosts only */

/* The value of " KEY=" in a log line without quoted values. */
static struct span
field(const char *key)
{
	const char *at = strstr(fixture.log, key);
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

	for (size_t i = 0; i < FIXTURE_CREDENTIALS; i++) {
		const struct fixture_credential *credential =
		    &fixture_credentials[i];
		if (credential->client != NULL &&
		    span_is(client, credential->client))
			marked = marked || fixture.marked[i];
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
		    record->type !=
			(family == IPADDR_V4 ? SCRIPTED_A : SCRIPTED_AAAA))
			continue;
		if (count++ == 0)
			*ret = &record->addr;
	}
	return count;
}

/* "anna" may only call from her network, and set her own address. */
static void
check_strict(const struct fixture_traffic *traffic)
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

/* Addresses are only removed if the request asks for it, in some word. */
static bool
may_remove(struct span input)
{
	static const char *const words[] = {"offline", "clear", "-", "%"};

	for (size_t i = 0; i < COUNT(words); i++) {
		if (contains(input, words[i], strlen(words[i])))
			return true;
	}
	return false;
}

/* How many TXT records a name has of this value; NULL: of any. */
static size_t
count_txt(const struct scripted_dns *dns, size_t h, const char *value)
{
	size_t count = 0;

	for (size_t i = 0; i < dns->record_count; i++) {
		const struct scripted_record *record = &dns->records[i];
		const char *name = record->name + strlen(ACME_LABEL ".");
		if (record->type == SCRIPTED_TXT &&
		    strcmp(name, fixture_hosts[h].name) == 0)
			count +=
			    value == NULL || strcmp(record->text, value) == 0;
	}
	return count;
}

static bool
is_about_txt(void)
{
	return strstr(fixture.log, " txt=") != NULL;
}

/* Does the query have the parameter txt, unencoded? */
static bool
has_txt(const char *query)
{
	return query != NULL && (strncasecmp(query, "txt=", 4) == 0 ||
				    strcasestr(query, "&txt=") != NULL ||
				    strcasestr(query, "?txt=") != NULL);
}

/* TXT records are of their client, too, and what is about them is never about
 * addresses. */
static void
check_txt(size_t h, struct span client, const char *query)
{
	const struct fixture_txt *txt = &fixture.txt[h];
	bool touched = txt->shown || txt->attempted || txt->named;

	if (touched) {
		FUZZ_CHECK(span_is(client, fixture_hosts[h].client));
		FUZZ_CHECK(is_about_txt());
	}
	if (txt->attempted)
		FUZZ_CHECK(txt->shown);
	else
		FUZZ_CHECK(count_txt(&fixture.dns, h, NULL) ==
			   count_txt(&fixture.before, h, NULL));
	for (int f = 0; f < IPADDR_FAMILIES; f++) {
		const struct fixture_traffic *traffic = &fixture.traffic[h][f];
		if (has_txt(query) || is_about_txt())
			FUZZ_CHECK(!traffic->attempted && !traffic->named &&
				   !traffic->shown);
	}
}

/* Only its client has messages sent about a host, and no other host changed. */
static void
check_traffic(
    size_t h, enum ipaddr_family family, struct span client, struct span input)
{
	const struct fixture_traffic *traffic = &fixture.traffic[h][family];
	const struct ipaddr *old = NULL, *now = NULL;
	size_t had =
	    records_of(&fixture.before, fixture_hosts[h].name, family, &old);
	size_t has =
	    records_of(&fixture.dns, fixture_hosts[h].name, family, &now);

	if (traffic->shown || traffic->attempted || traffic->named)
		FUZZ_CHECK(span_is(client, fixture_hosts[h].client));
	if (span_is(client, "anna"))
		check_strict(traffic);
	if (traffic->attempted) {
		FUZZ_CHECK(traffic->shown); /* looked up before */
		FUZZ_CHECK(traffic->has_addr || may_remove(input));
	} else {
		FUZZ_CHECK(had == has);
		FUZZ_CHECK(had == 0 || ipaddr_equal(old, now));
	}
}

/* What success claims */

/* Is this the host's only address of its family, as verified answers say? */
static void
check_claim(size_t h, struct span text)
{
	const struct ipaddr *now = NULL;
	struct ipaddr addr;

	FUZZ_CHECK(ipaddr_parse(text, &addr) == ERR_OK);
	const struct fixture_traffic *traffic =
	    &fixture.traffic[h][addr.family];
	if (traffic->attempted)
		FUZZ_CHECK(traffic->confirmed && traffic->has_addr &&
			   ipaddr_equal(&traffic->addr, &addr));
	FUZZ_CHECK(traffic->shown);
	FUZZ_CHECK(records_of(&fixture.dns, fixture_hosts[h].name, addr.family,
		       &now) == 1);
	FUZZ_CHECK(ipaddr_equal(now, &addr));
}

static void
check_word(size_t h, struct span word)
{
	bool changed = false;

	for (int f = 0; f < IPADDR_FAMILIES; f++) {
		const struct fixture_traffic *traffic = &fixture.traffic[h][f];
		FUZZ_CHECK(traffic->attempted == traffic->confirmed);
		changed = changed || traffic->confirmed;
	}
	if (strcmp(fixture_hosts[h].client, "anna") == 0)
		FUZZ_CHECK(span_is(word, "good"));
	else
		FUZZ_CHECK(span_is(word, changed ? "good" : "nochg"));
}

/* DNS has the value, or has it no more, as verified answers say. */
static void
check_txt_claim(size_t h, struct span word)
{
	const struct fixture_txt *txt = &fixture.txt[h];
	struct span action = field(" txt=");

	FUZZ_CHECK(fixture_hosts[h].acme && txt->shown);
	FUZZ_CHECK(txt->attempted == txt->confirmed);
	FUZZ_CHECK(span_is(word, txt->attempted ? "good" : "nochg"));
	if (span_is(action, "remove_all"))
		FUZZ_CHECK(count_txt(&fixture.dns, h, NULL) == 0);
	else if (span_is(action, "add"))
		FUZZ_CHECK(txt->attempted
			       ? count_txt(&fixture.dns, h, txt->value) == 1
			       : count_txt(&fixture.dns, h, NULL) > 0);
	else
		FUZZ_CHECK(span_is(action, "remove") && txt->value[0] == '\0');
}

/* Checks a host's return code and addresses in the log, and appends what the
 * reply has to have for them. */
static void
check_host(struct text *words, struct text *json, struct span name,
    struct span word, struct span new)
{
	struct span addr;
	size_t h = 0;
	const char *between = "";

	while (h < FIXTURE_HOSTS && !span_is(name, fixture_hosts[h].name))
		h++;
	FUZZ_CHECK(h < FIXTURE_HOSTS);
	if (is_about_txt())
		check_txt_claim(h, word);
	else
		check_word(h, word);
	text_printf(words, "%s%.*s", words->len > 0 ? "\n" : "", (int)word.len,
	    word.ptr);
	text_printf(json,
	    "%s{\"host\":\"%s\",\"result\":\"%.*s\","
	    "\"addresses\":[",
	    json->len > 0 ? "," : "{\"hosts\":[", fixture_hosts[h].name,
	    (int)word.len, word.ptr);
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

/* The reply of DuckDNS. */
static void
check_ok(const char *body)
{
	bool changed = fixture.dns.updates > 0;

	FUZZ_CHECK(body[0] == 'O' && body[1] == 'K');
	if (body[2] == '\0')
		return;
	const char *last = strrchr(body, '\n');
	FUZZ_CHECK(last != NULL);
	FUZZ_CHECK(strcmp(last + 1, changed ? "UPDATED" : "NOCHANGE") == 0);
}

/* Is the reply so, with its addresses in the canonical form?  They are there
 * as they were sent. */
static bool
is_alike(const char *body, const char *expected)
{
	static const char separators[] = " ,\n";
	char buf[1024], addr_buf[IPADDR_TEXT_SIZE];
	struct text text;
	struct ipaddr addr;

	TEXT_INIT(&text, buf);
	while (*body != '\0') {
		struct span part = {body, strcspn(body, separators)};
		if (part.len > 0 && ipaddr_parse(part, &addr) == ERR_OK) {
			ipaddr_format(&addr, addr_buf);
			text_puts(&text, addr_buf);
		} else {
			text_put(&text, part);
		}
		body += part.len;
		size_t len = strspn(body, separators);
		text_put(&text, (struct span){body, len});
		body += len;
	}
	return !text.overflow && strcmp(buf, expected) == 0;
}

/* The replies of acme-dns and httpreq have the value. */
static void
check_acme_reply(const char *body, const char *before)
{
	const char *at = strstr(body, before);

	FUZZ_CHECK(body[0] == '{' && at != NULL);
	struct span value = {at + strlen(before), ACME_VALUE_LEN};
	FUZZ_CHECK(strlen(value.ptr) == ACME_VALUE_LEN + strlen("\"}"));
	FUZZ_CHECK(acme_is_value(value));
	FUZZ_CHECK(strcmp(value.ptr + value.len, "\"}") == 0);
}

/* Log and reply say the same, and DNS has it. */
static void
check_success(const char *body)
{
	struct span names = field(" hosts="), words = field(" word=");
	struct span news = field(" new="), name, word, new;
	char words_buf[1024], json_buf[1024];
	struct text as_words, as_json;

	TEXT_INIT(&as_words, words_buf);
	TEXT_INIT(&as_json, json_buf);
	while (names.len > 0 && span_next(&names, ',', &name)) {
		FUZZ_CHECK(span_next(&words, ',', &word));
		FUZZ_CHECK(span_next(&news, ',', &new));
		check_host(&as_words, &as_json, name, word, new);
	}
	text_puts(&as_json, "]}");
	FUZZ_CHECK(!as_words.overflow && !as_json.overflow);
	if (span_is(field(" dialect="), "acme-dns"))
		check_acme_reply(body, "{\"txt\": \"");
	else if (span_is(field(" dialect="), "httpreq"))
		check_acme_reply(body, ",\"value\":\"");
	else if (span_is(field(" dialect="), "duckdns") && body[0] == 'O')
		check_ok(body);
	else if (body[0] == '{')
		FUZZ_CHECK(strcmp(body, json_buf) == 0);
	else
		FUZZ_CHECK(is_alike(body, words_buf));
}

static void
serve(struct handler *handler, const struct site *site, struct web web)
{
	struct request_source source = web_source(&web);
	struct text out;

	TEXT_INIT(&out, response);
	fixture.log_lines = 0;
	is_head = strcmp(web.method, "HEAD") == 0;
	handler_serve(handler, site, &source, &out);
	FUZZ_CHECK(!out.overflow && strlen(response) == out.len);
}

/* Without a client there is only the caller's address, or "OK". */
static void
check_anonymous(const char *body)
{
	char from[IPADDR_TEXT_SIZE];
	struct span caller = field(" from=");

	FUZZ_CHECK(fixture.dns.updates + fixture.dns.queries == 0);
	if (is_head || strcmp(body, "OK") == 0)
		return;
	FUZZ_CHECK(caller.len < sizeof(from));
	snprintf(from, sizeof(from), "%.*s", (int)caller.len, caller.ptr);
	FUZZ_CHECK(strstr(body, from) != NULL);
	FUZZ_CHECK(strcasestr(body, "good") == NULL);
}

/* Beyond all limits nothing is changed, and the reply hides what was wrong. */
static void
check_limits(void)
{
	static const enum err hidden[] = {ERR_SECRET, ERR_CREDENTIALS};

	FUZZ_CHECK(fixture.dns.updates == 0 ||
		   strstr(fixture.log, " txt=remove") != NULL);
	for (size_t i = 0; i < COUNT(hidden) && fixture.caller_known; i++)
		FUZZ_CHECK(strstr(response, err_text(hidden[i])) == NULL);
}

/* Was an update reported as done? */
static bool
check(struct span input, const char *query)
{
	unsigned status;

	check_no_secrets(input);
	check_log_form();
	const char *body = check_form(&status);
	if (fixture.limited)
		check_limits();
	struct span rest = span_of(fixture.log + strlen("client=")), client;
	span_next(&rest, ' ', &client);
	check_client(client);
	for (size_t h = 0; h < FIXTURE_HOSTS; h++) {
		check_traffic(h, IPADDR_V4, client, input);
		check_traffic(h, IPADDR_V6, client, input);
		check_txt(h, client, query);
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

/* The same request again succeeds, and nothing is sent. */
static void
check_again(struct handler *handler, const struct site *site, struct web web)
{
	unsigned updates = fixture.dns.updates, status;

	serve(handler, site, web);
	check_form(&status);
	FUZZ_CHECK(status == 200 && fixture.dns.updates == updates);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct handler *handlers[2]; /* without limits, and with */
	static struct site *site;

	if (site == NULL) {
		log_open(LOG_TARGET_STDERR, LOG_LEVEL_DEBUG);
		handlers[false] = fixture_handler(false);
		handlers[true] = fixture_handler(true);
		site = fixture_site();
	}
	if (size < FIXTURE_LEN || size >= FIXTURE_INPUT_MAX)
		return 0;
	struct span input = {
	    (const char *)data + FIXTURE_LEN, size - FIXTURE_LEN};
	fixture_set(data);
	struct web web = fixture_web(data, size);
	struct handler *handler = handlers[fixture.limited];
	if (fixture.limited)
		fixture_exhaust(site, &web);
	serve(handler, site, web);
	if (check(input, web.query))
		check_again(handler, site, web);
	return 0;
}
