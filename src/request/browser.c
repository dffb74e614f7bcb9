#include "ddnsgate/request/browser.h"

#include <string.h>

#include "ddnsgate/request/caller.h"

static const char *const browser_variables[] = {"HTTP_SEC_FETCH_MODE",
    "HTTP_SEC_PURPOSE", "HTTP_PURPOSE", "HTTP_X_MOZ",
    "HTTP_UPGRADE_INSECURE_REQUESTS"};

/* Words of a User-Agent.  Those that come to see what a link leads to send no
 * header of a browser. */
static const char *const preview_words[] = {"Slackbot", "TelegramBot",
    "Twitterbot", "facebookexternalhit", "WhatsApp", "Discordbot",
    "LinkedInBot", "SkypeUriPreview", "Googlebot", "bingbot", "Applebot",
    "YandexBot"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool
contains_nocase(struct span text, struct span word)
{
	for (size_t i = 0; i + word.len <= text.len; i++) {
		if (span_equal_nocase(
			(struct span){text.ptr + i, word.len}, word))
			return true;
	}
	return false;
}

enum browser_kind
browser_kind(const struct request_source *source)
{
	struct span agent = request_source_variable(source, "HTTP_USER_AGENT");

	if (agent.len > BROWSER_AGENT_MAX)
		agent.len = BROWSER_AGENT_MAX;
	for (size_t i = 0; i < COUNT(preview_words); i++) {
		if (contains_nocase(agent, span_of(preview_words[i])))
			return BROWSER_PREVIEW;
	}
	for (size_t i = 0; i < COUNT(browser_variables); i++) {
		if (source->variable(source->ctx, browser_variables[i]) != NULL)
			return BROWSER_PERSON;
	}
	return BROWSER_NONE;
}

bool
browser_is_secure(
    const struct request_source *source, const struct site_settings *settings)
{
	struct span https = request_source_variable(source, "HTTPS");
	struct span proto =
	    request_source_variable(source, "HTTP_X_FORWARDED_PROTO");

	if (span_equal_nocase(https, span_of("on")) || span_is(https, "1") ||
	    span_is(request_source_variable(source, "REQUEST_SCHEME"), "https"))
		return true;
	if (span_starts(span_of(settings->url), span_of("https://")))
		return true;
	return span_equal_nocase(span_trim(proto), span_of("https")) &&
	       caller_is_behind_proxy(source, settings);
}

/* Letters, digits and what else stands in a name, an address or a port. */
static bool
is_host(struct span host)
{
	if (host.len == 0 || host.len > BROWSER_HOST_MAX)
		return false;
	for (size_t i = 0; i < host.len; i++) {
		char c = host.ptr[i];
		bool is_alnum = (c >= 'a' && c <= 'z') ||
				(c >= 'A' && c <= 'Z') ||
				(c >= '0' && c <= '9');
		if (!is_alnum && (c == '\0' || strchr(".-_:[]", c) == NULL))
			return false;
	}
	return true;
}

/* Removes a text from the front, if it is there. */
static bool
take(struct span *rest, const char *front)
{
	struct span start = span_of(front);

	if (!span_starts(*rest, start))
		return false;
	rest->ptr += start.len;
	rest->len -= start.len;
	return true;
}

/* Browsers leave out the port that a scheme has anyway. */
static struct span
without_port(struct span host, bool secure)
{
	struct span port = span_of(secure ? ":443" : ":80");

	if (span_ends_nocase(host, port))
		host.len -= port.len;
	return host;
}

static bool
is_same_host(struct span a, struct span b, bool secure)
{
	return span_equal_nocase(
	    without_port(a, secure), without_port(b, secure));
}

/* nginx of some distributions leaves the port out of Host. */
static bool
is_at_own_port(
    struct span origin, struct span host, const struct request_source *source)
{
	struct span port = request_source_variable(source, "SERVER_PORT");
	size_t len = host.len + 1 + port.len;

	return port.len > 0 && origin.len == len &&
	       origin.ptr[host.len] == ':' &&
	       span_equal_nocase((struct span){origin.ptr, host.len}, host) &&
	       span_equal(
		   (struct span){origin.ptr + host.len + 1, port.len}, port);
}

/* Of a TLS proxy that tells us nothing of itself the scheme is not known; then
 * either is taken. */
static bool
is_own_origin(struct span origin, const struct request_source *source,
    const struct site_settings *settings)
{
	struct span url = span_of(settings->url), own;
	bool secure = take(&origin, "https://");

	if (!secure && !take(&origin, "http://"))
		return false;
	own = request_source_variable(source, "HTTP_HOST");
	if (url.len == 0)
		return (secure || !browser_is_secure(source, settings)) &&
		       own.len > 0 &&
		       (is_same_host(origin, own, secure) ||
			   is_at_own_port(origin, own, source));
	bool is_https = take(&url, "https://");
	if (is_https != secure || (!is_https && !take(&url, "http://")))
		return false;
	span_next(&url, '/', &own);
	return is_same_host(origin, own, secure);
}

bool
browser_is_ours(
    const struct request_source *source, const struct site_settings *settings)
{
	struct span site =
	    request_source_variable(source, "HTTP_SEC_FETCH_SITE");
	struct span origin = request_source_variable(source, "HTTP_ORIGIN");
	bool is_vouched_for =
	    span_is(site, "same-origin") || span_is(site, "none");

	if (site.len > 0 && !is_vouched_for)
		return false;
	if (span_is(origin, "null"))
		return is_vouched_for;
	return origin.len == 0 || is_own_origin(origin, source, settings);
}

enum browser_button
browser_button(const struct form *form)
{
	static const struct {
		const char *word;
		enum browser_button button;
	} buttons[] = {
	    {"setup", BROWSER_SETUP},
	    {"here", BROWSER_HERE},
	    {"set", BROWSER_SET},
	    {"remove", BROWSER_REMOVE},
	};
	struct span word;

	for (size_t i = 0; i < sizeof(buttons) / sizeof(buttons[0]); i++) {
		if (form_find(form, "do", &word) &&
		    span_is(word, buttons[i].word))
			return buttons[i].button;
	}
	return BROWSER_SHOW;
}

bool
browser_put_origin(struct text *out, const struct request_source *source,
    const struct site_settings *settings)
{
	struct span host = request_source_variable(source, "HTTP_HOST");

	if (!is_host(host))
		return false;
	text_puts(
	    out, browser_is_secure(source, settings) ? "https://" : "http://");
	text_put(out, host);
	return true;
}
