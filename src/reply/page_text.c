#include "ddnsgate/reply/page_text.h"

#include <string.h>

#include "ddnsgate/base/secret.h"
#include "ddnsgate/request/browser.h"

#define STYLE_START "<style>"
#define STYLE_END "</style>"

// clang-format off
static const struct {
	const char *name, *text;
} texts[] = {
	{ "lang",            "en" },
	{ "title",           "Dynamic DNS" },
	{ "you_come_from",   "You come from @CALLER@." },
	{ "plain_http",
	  "This page came without encryption: whoever is on the way can read "
	  "the secret. Prefer https." },

	/* Who has not said who he is */
	{ "about",
	  "This service keeps the addresses of hosts up to date in DNS. "
	  "Routers call it by themselves; with the secret of yours you see "
	  "here what DNS has, change it, and learn how to set up a router." },
	{ "secret",          "Secret" },
	{ "enter",           "Show my hosts" },
	{ "device_title",    "This address is for devices" },
	{ "device",
	  "Routers and update programs call it. You opened it in a browser, "
	  "so nothing was changed." },
	{ "to_field",        "Look at your hosts with your secret" },

	/* What came of a button */
	{ "done",            "Done." },
	{ "done_before",     "Nothing to do." },
	{ "not_done",        "That did not work." },
	{ "change_set",      "@HOST@ now has @NEW@. It had @OLD@." },
	{ "change_new",      "@HOST@ now has @NEW@." },
	{ "change_none",     "@HOST@ already has @NEW@." },
	{ "change_removed",
	  "@HOST@ has no @FAMILY@ address any more. It had @OLD@." },
	{ "change_absent",   "@HOST@ has no @FAMILY@ address." },
	{ "change_left_out",
	  "@NEW@ was left out, as it may not be published." },
	{ "reason",          "Reason: @REASON@." },

	/* What to do about it */
	{ "error_secret",
	  "This secret is not known here. See whether all of it was copied; "
	  "else ask whoever gave it to you." },
	{ "error_failures",
	  "Too many wrong secrets came from your network. Wait "
	  "@RETRY@ seconds, then try again." },
	{ "error_from",
	  "This secret may not be used from where you are." },
	{ "error_changes",
	  "That were too many changes in a short time. Nothing was changed "
	  "now; try again in @RETRY@ seconds." },
	{ "error_address",
	  "That is no IP address. Write one such as 192.0.2.7 or "
	  "2001:db8::7." },
	{ "error_address_kind",
	  "This address cannot be reached from the Internet, so it is not "
	  "published." },
	{ "error_address_source",
	  "With this secret only the address you come from may be set." },
	{ "error_address_family",
	  "This host has no addresses of this kind. If it is for IPv4 only, "
	  "or for IPv6 only, come from an address of that kind or type one." },
	{ "error_offline",
	  "With this secret addresses may not be removed." },
	{ "error_host",
	  "This host does not belong to the secret, or not any more." },
	{ "error_origin",
	  "Your browser did not say that the form came from this page, so "
	  "nothing was changed. Open this page by https and try again." },
	{ "error_dns",
	  "The DNS server has not confirmed it. Try again in a minute; if it "
	  "stays so, tell whoever runs this service." },
	{ "error_request",
	  "This request could not be read. Open the page anew." },
	{ "error_service",
	  "This service is not in order. Try again in a minute; if it stays "
	  "so, tell whoever runs it." },

	/* A host */
	{ "dns_unknown",     "DNS could not be asked what it has." },
	{ "dns_empty",       "No address in DNS." },
	{ "mark_here",       "\u2713 where you are now" },
	{ "mark_other",      "\u2260 not where you are now" },
	{ "mark_more",       "and others" },
	{ "mark_none",       "" },
	{ "ttl",             "Valid for @TTL@ seconds." },
	{ "seen_hour",       "Last request within the last hour." },
	{ "seen_hour_ago",   "Last request an hour ago." },
	{ "seen_hours",      "Last request @SEEN@ hours ago." },
	{ "seen_day",        "Last request yesterday." },
	{ "seen_days",       "Last request @SEEN@ days ago." },
	{ "changed_hour",    "Changed within the last hour." },
	{ "changed_hour_ago", "Changed an hour ago." },
	{ "changed_hours",   "Changed @CHANGED@ hours ago." },
	{ "changed_day",     "Changed yesterday." },
	{ "changed_days",    "Changed @CHANGED@ days ago." },
	{ "nothing",         "" },
	{ "set_here",        "Set to @CALLER@" },
	{ "other_address",   "Another address" },
	{ "change_title",    "Change an address" },
	{ "host",            "Host" },
	{ "address",         "Address" },
	{ "set",             "Set" },
	{ "remove",          "Remove all addresses" },
	{ "which_hosts",     "Hosts @FIRST@ to @LAST@ of @TOTAL@." },
	{ "earlier_hosts",   "Those before" },
	{ "later_hosts",     "Those behind" },

	/* Setting up */
	{ "setup_title",     "How do I set up my router?" },
	{ "setup_kind",      "Device or program" },
	{ "setup_show",      "Show me" },
	{ "certificates",    "For certificates" },
	{ "setup_filled_in", "With your address, name and secret filled in:" },
	{ "setup_too_long",
	  "With all your hosts this is too long for a page. Ask whoever runs "
	  "this service for it: ddnsgatectl snippet @KIND@ @CLIENT@." },
	{ "back",            "Back to my hosts" },
	{ "by_hand",         "URL and secret" },
	{ "by_hand_url",     "For whatever can open a URL:" },
	{ "by_hand_parts",
	  "For whatever speaks dyndns2, server, user name and password:" },
};

static const struct {
	enum err outcome;
	const char *name;
} errors[] = {
	{ ERR_SECRET,      "error_secret" },
	{ ERR_FAILURES,    "error_failures" },
	{ ERR_FROM,        "error_from" },
	{ ERR_CHANGES,     "error_changes" },
	{ ERR_ADDR,        "error_address" },
	{ ERR_ADDR_KIND,   "error_address_kind" },
	{ ERR_ADDR_SOURCE, "error_address_source" },
	{ ERR_ADDR_FAMILY, "error_address_family" },
	{ ERR_OFFLINE,     "error_offline" },
	{ ERR_NAME,        "error_host" },
	{ ERR_NAMES,       "error_host" },
	{ ERR_NOHOST,      "error_host" },
	{ ERR_ORIGIN,      "error_origin" },
	{ ERR_METHOD,      "error_request" },
	{ ERR_TOO_LARGE,   "error_request" },
	{ ERR_MEDIA,       "error_request" },
	{ ERR_SYNTAX,      "error_request" },
};
// clang-format on

const char *
page_text_find(struct span name)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (span_is(name, texts[i].name))
			return texts[i].text;
	}
	return NULL;
}

const char *
page_text_error(enum err outcome)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		if (errors[i].outcome == outcome)
			return errors[i].name;
	}
	return err_is_dns(outcome) ? "error_dns" : "error_service";
}

/* Headers */

/* Base64 (RFC 4648, section 4). */
static void
put_base64(struct text *out, const uint8_t *bytes, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmno"
				     "pqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < len; i += 3) {
		uint32_t group = (uint32_t)bytes[i] << 16;
		group |= i + 1 < len ? (uint32_t)bytes[i + 1] << 8 : 0;
		group |= i + 2 < len ? bytes[i + 2] : 0;
		for (size_t d = 0; d < 4; d++) {
			bool is_padding = i + d > len;
			char digit = digits[group >> (18 - 6 * d) & 63];
			text_put(
			    out, (struct span){is_padding ? "=" : &digit, 1});
		}
	}
}

static struct span
style(void)
{
	const char *start =
	    strstr(page_template, STYLE_START) + strlen(STYLE_START);

	return (struct span){start, (size_t)(strstr(start, STYLE_END) - start)};
}

void
page_text_put_head(struct text *out)
{
	struct secret_digest digest = secret_digest(style());

	text_puts(out, "Content-Security-Policy: default-src 'none'; "
		       "style-src 'sha256-");
	put_base64(out, digest.bytes, sizeof(digest.bytes));
	text_puts(out,
	    "'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'\r\n"
	    "Referrer-Policy: no-referrer\r\n"
	    "X-Content-Type-Options: nosniff\r\n"
	    "Cross-Origin-Opener-Policy: same-origin\r\n"
	    "Cross-Origin-Resource-Policy: same-origin\r\n"
	    "X-Robots-Tag: noindex\r\n"
	    "Vary: " BROWSER_HEADERS "\r\n");
}
