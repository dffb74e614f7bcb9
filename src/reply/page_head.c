#include "ddnsgate/reply/page_head.h"

#include <string.h>

#include "ddnsgate/base/secret.h"
#include "ddnsgate/request/browser.h"

#define STYLE_START "<style>"
#define STYLE_END "</style>"

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
page_head_put(struct text *out)
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
