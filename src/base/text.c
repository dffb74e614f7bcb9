#include "ddnsgate/base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static char
to_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool
span_equal(struct span a, struct span b)
{
	return a.len == b.len &&
	       (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool
span_equal_nocase(struct span a, struct span b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		if (to_lower(a.ptr[i]) != to_lower(b.ptr[i]))
			return false;
	}
	return true;
}

bool
span_is(struct span span, const char *word)
{
	return span_equal(span, span_of(word));
}

bool
span_starts(struct span span, struct span start)
{
	if (span.len < start.len)
		return false;
	return span_equal((struct span){span.ptr, start.len}, start);
}

bool
span_ends_nocase(struct span span, struct span end)
{
	if (span.len < end.len)
		return false;
	struct span tail = {span.ptr + (span.len - end.len), end.len};
	return span_equal_nocase(tail, end);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct span
span_trim(struct span span)
{
	while (span.len > 0 && is_blank(span.ptr[0])) {
		span.ptr++;
		span.len--;
	}
	while (span.len > 0 && is_blank(span.ptr[span.len - 1]))
		span.len--;
	return span;
}

struct span
span_without_mark(struct span span)
{
	struct span mark = span_of("\xef\xbb\xbf");

	if (!span_starts(span, mark))
		return span;
	return (struct span){span.ptr + mark.len, span.len - mark.len};
}

bool
span_next(struct span *rest, char sep, struct span *ret)
{
	if (rest->ptr == NULL)
		return false;
	const char *end = memchr(rest->ptr, sep, rest->len);
	if (end == NULL) {
		*ret = *rest;
		*rest = (struct span){NULL, 0};
		return true;
	}
	*ret = (struct span){rest->ptr, (size_t)(end - rest->ptr)};
	rest->len -= ret->len + 1;
	rest->ptr = end + 1;
	return true;
}

enum err
span_number(struct span span, uint64_t max, uint64_t *ret)
{
	uint64_t number = 0;

	if (span.len == 0)
		return ERR_SYNTAX;
	for (size_t i = 0; i < span.len; i++) {
		if (span.ptr[i] < '0' || span.ptr[i] > '9')
			return ERR_SYNTAX;
	}
	for (size_t i = 0; i < span.len; i++) {
		uint64_t digit = (uint64_t)(span.ptr[i] - '0');
		if (digit > max || number > (max - digit) / 10)
			return ERR_RANGE;
		number = number * 10 + digit;
	}
	*ret = number;
	return ERR_OK;
}

void
text_init(struct text *text, char *buf, size_t size)
{
	*text = (struct text){.buf = buf, .size = size};
	buf[0] = '\0';
}

void
text_put(struct text *text, struct span span)
{
	if (span.len >= text->size - text->len) {
		text->overflow = true;
		return;
	}
	if (span.len > 0)
		memmove(text->buf + text->len, span.ptr, span.len);
	text->len += span.len;
	text->buf[text->len] = '\0';
}

void
text_puts(struct text *text, const char *string)
{
	text_put(text, span_of(string));
}

void
text_put_number(struct text *text, uint64_t number)
{
	char digits[sizeof("18446744073709551615")];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	text_put(text, (struct span){digits + at, sizeof(digits) - at});
}

void
text_printf(struct text *text, const char *format, ...)
{
	size_t left = text->size - text->len;
	va_list args;

	va_start(args, format);
	int len = vsnprintf(text->buf + text->len, left, format, args);
	va_end(args);
	if (len < 0 || (size_t)len >= left) {
		text->buf[text->len] = '\0';
		text->overflow = true;
		return;
	}
	text->len += (size_t)len;
}

static bool
is_plain(struct span span)
{
	for (size_t i = 0; i < span.len; i++) {
		char c = span.ptr[i];
		if (c <= ' ' || c > '~' || c == '"' || c == '\\')
			return false;
	}
	return span.len > 0;
}

void
text_put_quoted(struct text *text, struct span span)
{
	bool cut = span.len > TEXT_QUOTED_MAX;

	if (cut)
		span.len = TEXT_QUOTED_MAX;
	if (!cut && is_plain(span)) {
		text_put(text, span);
		return;
	}
	text_puts(text, "\"");
	for (size_t i = 0; i < span.len; i++) {
		struct span c = {span.ptr + i, 1};
		if (*c.ptr == ' ' || is_plain(c))
			text_put(text, c);
		else
			text_printf(text, "\\x%02x", (unsigned char)*c.ptr);
	}
	text_puts(text, cut ? "...\"" : "\"");
}

void
text_put_json(struct text *text, struct span span)
{
	text_puts(text, "\"");
	for (size_t i = 0; i < span.len; i++) {
		unsigned char c = (unsigned char)span.ptr[i];
		if (c == '"' || c == '\\')
			text_printf(text, "\\%c", c);
		else if (c < ' ')
			text_printf(text, "\\u%04x", c);
		else if (c > '~')
			text_puts(text, "\\ufffd");
		else
			text_printf(text, "%c", c);
	}
	text_puts(text, "\"");
}

/* Without jumps, as hex_value. */
static char
hex_digit(int value)
{
	int is_letter = (9 - value) >> 8; /* -1, else 0 */

	return (char)(value + '0' + (is_letter & ('a' - '0' - 10)));
}

void
text_put_hex(struct text *text, const uint8_t *bytes, size_t len)
{
	char *at = text->buf + text->len;

	if (2 * len >= text->size - text->len) {
		text->overflow = true;
		return;
	}
	for (size_t i = 0; i < len; i++) {
		*at++ = hex_digit(bytes[i] >> 4);
		*at++ = hex_digit(bytes[i] & 15);
	}
	*at = '\0';
	text->len += 2 * len;
}

struct span
text_span(const struct text *text)
{
	return (struct span){text->buf, text->len};
}

/* The value of a hexadecimal digit, or -1; compiles without jumps. */
static int
hex_value(char c)
{
	unsigned digit = (unsigned char)c - (unsigned)'0';
	unsigned letter = ((unsigned char)c | 0x20u) - (unsigned)'a';
	int value = letter < 6 ? (int)letter + 10 : -1;

	return digit < 10 ? (int)digit : value;
}

size_t
text_percent_decode(struct span in, bool plus, char *out)
{
	size_t len = 0;

	for (size_t i = 0; i < in.len; i++) {
		char c = in.ptr[i];
		if (c == '%' && in.len - i > 2 &&
		    hex_value(in.ptr[i + 1]) >= 0 &&
		    hex_value(in.ptr[i + 2]) >= 0) {
			c = (char)(hex_value(in.ptr[i + 1]) << 4 |
				   hex_value(in.ptr[i + 2]));
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		out[len++] = c;
	}
	return len;
}

enum err
text_hex_decode(struct span in, uint8_t *out, size_t size, size_t *ret_len)
{
	const size_t len = in.len / 2;
	int values = 0; /* negative once one is */

	if (in.len % 2 != 0)
		return ERR_SYNTAX;
	for (size_t i = 0; i < len; i++) {
		int high = hex_value(in.ptr[2 * i]);
		int low = hex_value(in.ptr[2 * i + 1]);
		values |= high | low;
		if (i < size)
			out[i] = (uint8_t)((unsigned)high << 4 | (unsigned)low);
	}
	if (values < 0)
		return ERR_SYNTAX;
	if (len > size)
		return ERR_RANGE;
	*ret_len = len;
	return ERR_OK;
}

/* The value of a base64 digit, or -1. */
static int
base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/* Removes the next four digits from in; gives the bytes they stand for. */
static enum err
base64_group(struct span *in, uint32_t *ret_bits, size_t *ret_bytes)
{
	uint32_t bits = 0;
	size_t pads = 0;

	if (in->len < 4)
		return ERR_SYNTAX;
	for (size_t i = 0; i < 4; i++) {
		int value = base64_value(in->ptr[i]);
		if (value < 0 || pads > 0) {
			if (in->ptr[i] != '=' || i < 2)
				return ERR_SYNTAX;
			pads++;
			value = 0;
		}
		bits = bits << 6 | (uint32_t)value;
	}
	in->ptr += 4;
	in->len -= 4;
	*ret_bits = bits;
	*ret_bytes = 3 - pads;
	return ERR_OK;
}

enum err
text_base64_decode(struct span in, uint8_t *out, size_t size, size_t *ret_len)
{
	size_t len = 0;
	size_t bytes = 3;

	for (in = span_trim(in); in.len > 0; in = span_trim(in)) {
		uint32_t bits;
		if (bytes != 3) /* padding comes last */
			return ERR_SYNTAX;
		enum err err = base64_group(&in, &bits, &bytes);
		if (err != ERR_OK)
			return err;
		if (bytes > size - len)
			return ERR_RANGE;
		for (size_t i = 0; i < bytes; i++)
			out[len++] = (uint8_t)(bits >> (16 - 8 * i));
	}
	*ret_len = len;
	return ERR_OK;
}
