/*
 * A browser's request, from the CGI variables to the page, and what has to hold
 * for each: that what others choose is never more than text on it, that looking
 * changes nothing, and that nobody sees another's secrets.  Inputs: see
 * fixture.h; the bits of the caller's byte say what else the browser sends, and
 * the line for Accept is also the Host.
 */

#include <string.h>

#include "ddnsgate/handler/handler.h"
#include "ddnsgate/reply/page.h"
#include "ddnsgate/reply/reply.h"

#include "fixture.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define LEAK_LEN 8 /* so many characters of a secret are a leak */

/* Of the caller's byte; the lowest three choose the address. */
enum { CROSS_SITE = 1 << 3, HTTPS = 1 << 4, PREVIEW = 1 << 5 };

static char response[REPLY_SIZE + PAGE_SIZE_MAX + 1];

/* Not memmem, as libFuzzer would learn the secrets from its arguments. */
static bool
contains(struct span text, const char *part, size_t len)
{
	for (size_t at = 0; at + len <= text.len; at++) {
		size_t i = 0;
		while (i < len && text.ptr[at + i] == part[i])
			i++;
		if (i == len)
			return true;
	}
	return false;
}

static void
expect_absent(struct span input, struct span output, const char *secret)
{
	for (size_t at = 0; at + LEAK_LEN <= strlen(secret); at++)
		FUZZ_CHECK(!contains(output, secret + at, LEAK_LEN) ||
			   contains(input, secret + at, LEAK_LEN));
}

/* The page has the secret that came, and the log none. */
static void
check_secrets(struct span input, struct span client)
{
	for (size_t i = 0; i < FIXTURE_CREDENTIALS; i++) {
		const struct fixture_credential *credential =
		    &fixture_credentials[i];
		bool is_own = credential->client != NULL &&
			      span_is(client, credential->client) &&
			      fixture.marked[i];
		expect_absent(input, span_of(fixture.log), credential->secret);
		if (!is_own)
			expect_absent(
			    input, span_of(response), credential->secret);
	}
	expect_absent(input, span_of(response), SCRIPTED_KEY_SECRET);
	expect_absent(input, span_of(response), FIXTURE_PASSWORD_HASH);
}

static bool
is_known_tag(struct span tag)
{
	static const char *const names[] = {"html", "head", "meta", "title",
	    "style", "body", "main", "h1", "h2", "p", "b", "div", "section",
	    "form", "input", "label", "button", "select", "option", "optgroup",
	    "details", "summary", "pre", "code", "br", "a", "!DOCTYPE"};

	if (tag.len > 0 && tag.ptr[0] == '/')
		tag = (struct span){tag.ptr + 1, tag.len - 1};
	for (size_t i = 0; i < COUNT(names); i++) {
		size_t len = strlen(names[i]);
		if (span_starts(tag, span_of(names[i])) &&
		    (tag.len == len || tag.ptr[len] == ' '))
			return true;
	}
	return false;
}

/* Between quotes there is anything but quotes, and outside of them are names
 * and "=" only. */
static void
check_tag(struct span tag)
{
	bool quoted = false;

	FUZZ_CHECK(is_known_tag(tag));
	for (size_t i = 0; i < tag.len; i++) {
		char c = tag.ptr[i];
		FUZZ_CHECK(c != '<' && c != '\'');
		if (c == '"')
			quoted = !quoted;
	}
	FUZZ_CHECK(!quoted);
}

/* Behind the style: tags that are known, and text. */
static void
check_html(const char *body)
{
	const char *at = strstr(body, "</style>");

	FUZZ_CHECK(strlen(body) <= PAGE_SIZE_MAX && at != NULL);
	while (*at != '\0') {
		if (*at == '<') {
			struct span tag = {at + 1, strcspn(at + 1, ">")};
			check_tag(tag);
			at += tag.len + 1;
			FUZZ_CHECK(*at == '>');
		} else {
			FUZZ_CHECK(*at != '>' && *at != '"' && *at != '\'');
		}
		at++;
	}
	FUZZ_CHECK(strcmp(at - strlen("</html>\n"), "</html>\n") == 0);
}

static void
check_head(struct span head)
{
	struct span line;

	while (span_next(&head, '\n', &line)) {
		FUZZ_CHECK(line.len > 0 && line.ptr[line.len - 1] == '\r');
		for (size_t i = 0; i + 1 < line.len; i++)
			FUZZ_CHECK(line.ptr[i] >= ' ' && line.ptr[i] <= '~');
	}
}

static void
check_form(bool is_head)
{
	const char *gap = strstr(response, "\r\n\r\n");

	FUZZ_CHECK(gap != NULL);
	check_head((struct span){response, (size_t)(gap - response) + 1});
	bool is_page =
	    strstr(response, "\r\nContent-Type: text/html; ") != NULL;
	if (is_head)
		FUZZ_CHECK(gap[4] == '\0');
	else if (is_page)
		check_html(gap + 4);
	if (is_page)
		FUZZ_CHECK(
		    strstr(response, "Content-Security-Policy: ") != NULL);
}

/* Only its client changes a host. */
static void
check_traffic(struct span client, bool may_change)
{
	for (size_t h = 0; h < FIXTURE_HOSTS; h++) {
		for (int f = 0; f < IPADDR_FAMILIES; f++) {
			const struct fixture_traffic *traffic =
			    &fixture.traffic[h][f];
			if (traffic->shown || traffic->attempted)
				FUZZ_CHECK(
				    span_is(client, fixture_hosts[h].client));
			FUZZ_CHECK(may_change || !traffic->attempted);
		}
	}
	FUZZ_CHECK(may_change || fixture.dns.updates == 0);
}

static void
serve(struct handler *handler, const struct site *site, struct web web)
{
	struct request_source source = web_source(&web);
	static char buf[REPLY_SIZE];
	struct text out;

	TEXT_INIT(&out, buf);
	fixture.log_lines = 0;
	handler_serve(handler, site, &source, &out);
	FUZZ_CHECK(!out.overflow && out.len < sizeof(response));
	FUZZ_CHECK(strlen(out.buf) == out.len);
	memcpy(response, out.buf, out.len + 1);
	FUZZ_CHECK(fixture.log_lines == 1);
}

static void
make_browser(struct web *web, uint8_t bits)
{
	web->upgrade = "1";
	web->fetch_mode = "navigate";
	web->fetch_site =
	    (bits & CROSS_SITE) != 0 ? "cross-site" : "same-origin";
	web->origin = "null";
	web->https = (bits & HTTPS) != 0 ? "on" : NULL;
	web->user_agent = (bits & PREVIEW) != 0 ? "Slackbot" : "Mozilla/5.0";
	web->host = web->accept;
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
	uint8_t bits = data[FIXTURE_CALLER];
	fixture_set(data);
	struct web web = fixture_web(data, size);
	make_browser(&web, bits);
	bool is_head = strcmp(web.method, "HEAD") == 0;
	bool may_change = !is_head && strcmp(web.method, "GET") != 0 &&
			  (bits & (CROSS_SITE | PREVIEW)) == 0 &&
			  !fixture.limited;
	if (fixture.limited)
		fixture_exhaust(site, &web);
	serve(handlers[fixture.limited], site, web);
	struct span rest = span_of(fixture.log + strlen("client=")), client;
	span_next(&rest, ' ', &client);
	check_form(is_head);
	check_secrets(input, client);
	check_traffic(client, may_change);
	return 0;
}
