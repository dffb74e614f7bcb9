#ifndef DDNSGATE_BASE_TEXT_H
#define DDNSGATE_BASE_TEXT_H

/*
 * Spans (borrowed pieces of text), a bounded writer that remembers overflow,
 * and decoders for percent-encoding, base64 and hexadecimal digits.
 *
 * A span does not own its bytes, need not end in NUL, and may hold any byte.
 * "nocase" concerns ASCII letters only, whatever the locale.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "ddnsgate/base/err.h"

struct span {
	const char *ptr;
	size_t len;
};

/* The whole of a NUL-terminated string; NULL gives the empty span.  Here, so
 * that the length of a constant is one, too. */
static inline struct span
span_of(const char *string)
{
	return (struct span){string, string != NULL ? strlen(string) : 0};
}

bool
span_equal(struct span a, struct span b);

bool
span_equal_nocase(struct span a, struct span b);

/* Is the span equal to the NUL-terminated word? */
bool
span_is(struct span span, const char *word);

bool
span_starts(struct span span, struct span start);

bool
span_ends_nocase(struct span span, struct span end);

/* The span without blanks (space, tab, CR, LF) at both ends. */
struct span
span_trim(struct span span);

/* The span without the byte order mark (U+FEFF in UTF-8) that some editors put
 * in front of a file. */
struct span
span_without_mark(struct span span);

/*
 * Splits: removes the next part and the separator after it from the front of
 * *rest, which begins as the whole text.  "a,,b" has three parts, "a," two, ""
 * one.  After the last part rest->ptr is NULL, and the next call gives false.
 */
bool
span_next(struct span *rest, char sep, struct span *ret);

/* Reads decimal digits; ERR_SYNTAX, or ERR_RANGE above max. */
enum err
span_number(struct span span, uint64_t max, uint64_t *ret);

/*
 * A writer into a buffer of the caller's.  A piece that does not fit is left
 * out whole and sets overflow, so the caller need check only once, at the end.
 * The text is always NUL-terminated.
 */
struct text {
	char *buf;
	size_t size; /* of buf, NUL included; at least 1 */
	size_t len;
	bool overflow;
};

void
text_init(struct text *text, char *buf, size_t size);

/* text_init for a char array, whose size it knows. */
#define TEXT_INIT(text, array) text_init((text), (array), sizeof(array))

/* The span may also lie in buf, behind the text. */
void
text_put(struct text *text, struct span span);

void
text_puts(struct text *text, const char *string);

/* In decimal digits; what each reply has is written without text_printf, of
 * which the C library's half is large. */
void
text_put_number(struct text *text, uint64_t number);

void
text_printf(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#define TEXT_QUOTED_MAX 128

/*
 * Appends a value for the log: unchanged if it is plain, else in double quotes
 * with \xHH for quotes, backslashes, control characters and bytes above 0x7e.
 * At most TEXT_QUOTED_MAX bytes of the value are shown, then "...".
 */
void
text_put_quoted(struct text *text, struct span span);

/* Appends a JSON string (RFC 8259, section 7); bytes beyond ASCII as U+FFFD. */
void
text_put_json(struct text *text, struct span span);

/* Appends bytes as lower-case hexadecimal digits. */
void
text_put_hex(struct text *text, const uint8_t *bytes, size_t len);

/* The text that has been written so far. */
struct span
text_span(const struct text *text);

/*
 * Decodes percent-encoding (RFC 3986, section 2.1) into out, of in.len bytes,
 * which may be in.ptr itself.  A "%" without two hexadecimal digits stands for
 * itself (routers send unresolved placeholders such as %h).  With plus, "+" is
 * a blank, as in forms.  Gives the decoded length.
 */
size_t
text_percent_decode(struct span in, bool plus, char *out);

/*
 * Decodes base64 (RFC 4648, section 4), padding required, blanks allowed
 * between groups.  ERR_SYNTAX, or ERR_RANGE when it does not fit.
 */
enum err
text_base64_decode(struct span in, uint8_t *out, size_t size, size_t *ret_len);

/* Decodes an even number of hexadecimal digits of either case; what is in out
 * after a failure is of no use. */
enum err
text_hex_decode(struct span in, uint8_t *out, size_t size, size_t *ret_len);

#endif
