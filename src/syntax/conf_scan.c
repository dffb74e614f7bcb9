#include "ddnsgate/syntax/conf_scan.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

struct scan {
	const struct conf_scan_reader *reader;
	struct span rest;
	unsigned line;
};

static void
skip(struct scan *scan, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (scan->rest.ptr[i] == '\0')
			scan->reader->nul(scan->reader->ctx, scan->line);
		scan->line += scan->rest.ptr[i] == '\n';
	}
	scan->rest.ptr += len;
	scan->rest.len -= len;
}

static bool
starts(const struct scan *scan, const char *start)
{
	/* The first character is compared first: this is called often. */
	return scan->rest.len > 0 && *scan->rest.ptr == *start &&
	       span_starts(scan->rest, span_of(start));
}

/* Skips the rest of a string or comment, with its end. */
static void
skip_past(struct scan *scan, const char *end, const char *what)
{
	unsigned line = scan->line;

	while (scan->rest.len > 0 && !starts(scan, end)) {
		bool escapes = *end == '"' && starts(scan, "\\");
		if (escapes && (starts(scan, "\\x00") || starts(scan, "\\X00")))
			scan->reader->nul(scan->reader->ctx, scan->line);
		skip(scan, escapes && scan->rest.len > 1 ? 2 : 1);
	}
	if (scan->rest.len > 0)
		skip(scan, strlen(end));
	else
		scan->reader->unterminated(scan->reader->ctx, line, what);
}

/* Skips a string; returns what is between its quotes. */
static struct span
skip_string(struct scan *scan)
{
	const char *start = scan->rest.ptr + 1;

	skip(scan, 1);
	skip_past(scan, "\"", "a text");
	size_t len = (size_t)(scan->rest.ptr - start);
	if (len > 0 && start[len - 1] == '"')
		len--; /* else there is no end, which was reported */
	return (struct span){start, len};
}

static void
scan_string(struct scan *scan)
{
	unsigned line = scan->line;
	struct span quoted = skip_string(scan);

	scan->reader->string(scan->reader->ctx, line, quoted);
}

static void
scan_comment(struct scan *scan)
{
	const char *start = scan->rest.ptr;

	if (starts(scan, "/*")) {
		skip(scan, 2);
		skip_past(scan, "*/", "a comment");
	} else {
		while (scan->rest.len > 0 && !starts(scan, "\n"))
			skip(scan, 1);
	}
	scan->reader->comment(scan->reader->ctx,
	    (struct span){start, (size_t)(scan->rest.ptr - start)});
}

/* Takes the longest prefix of these characters. */
static struct span
take(struct scan *scan, const char *chars)
{
	struct span taken = {scan->rest.ptr, 0};

	while (taken.len < scan->rest.len && taken.ptr[taken.len] != '\0' &&
	       strchr(chars, taken.ptr[taken.len]) != NULL)
		taken.len++;
	skip(scan, taken.len);
	return taken;
}

static bool
starts_with_any(const struct scan *scan, const char *chars)
{
	return scan->rest.len > 0 && *scan->rest.ptr != '\0' &&
	       strchr(chars, *scan->rest.ptr) != NULL;
}

/* Is this an integer that 32 bits cannot hold? */
static bool
is_large(struct span literal)
{
	char number[24]; /* 64 bits, the sign and NUL fit */
	bool is_hex = span_starts(literal, span_of("0x")) ||
		      span_starts(literal, span_of("0X"));
	const char *digits = is_hex ? DIGITS "abcdefABCDEF" : DIGITS;
	size_t start = is_hex ? 2 : strchr("+-", literal.ptr[0]) != NULL;
	char *end;

	for (size_t i = start; i < literal.len; i++) {
		if (strchr(digits, literal.ptr[i]) == NULL)
			return false;
	}
	if (literal.len >= sizeof(number))
		return true;
	memcpy(number, literal.ptr, literal.len);
	number[literal.len] = '\0';
	errno = 0;
	long long value = strtoll(number, &end, is_hex ? 16 : 10);
	return errno != 0 || value < INT_MIN || value > INT_MAX;
}

static void
scan_number(struct scan *scan)
{
	struct span literal = take(scan, LETTERS DIGITS "+-.");

	if (is_large(literal))
		scan->reader->large(scan->reader->ctx, scan->line, literal);
	else
		scan->reader->plain(scan->reader->ctx, scan->line, literal);
}

/* libconfig knows @include only at the start of a line. */
static void
scan_include(struct scan *scan)
{
	struct scan ahead = *scan;

	take(&ahead, " \t");
	if (!starts(&ahead, "@include"))
		return;
	skip(&ahead, strlen("@include"));
	if (take(&ahead, " \t").len == 0 || !starts(&ahead, "\""))
		return;
	*scan = ahead;
	struct span name = skip_string(scan);
	scan->reader->include(scan->reader->ctx, scan->line, name);
}

static void
scan_token(struct scan *scan)
{
	const struct conf_scan_reader *reader = scan->reader;
	unsigned line = scan->line;

	if (starts(scan, "#") || starts(scan, "//") || starts(scan, "/*")) {
		scan_comment(scan);
	} else if (starts(scan, "\"")) {
		scan_string(scan);
	} else if (starts_with_any(scan, LETTERS "*")) {
		reader->plain(
		    reader->ctx, line, take(scan, LETTERS DIGITS "-_*"));
	} else if (starts_with_any(scan, DIGITS "+-.")) {
		scan_number(scan);
	} else {
		struct span byte = {scan->rest.ptr, 1};
		skip(scan, 1);
		reader->plain(reader->ctx, line, byte);
		if (*byte.ptr == '\n')
			scan_include(scan);
	}
}

void
conf_scan(struct span text, const struct conf_scan_reader *reader)
{
	struct scan scan = {.reader = reader, .rest = text, .line = 1};

	scan_include(&scan);
	while (scan.rest.len > 0)
		scan_token(&scan);
}
