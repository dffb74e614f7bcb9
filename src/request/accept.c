#include "ddnsgate/request/accept.h"

#include <string.h>

#define QUALITY_MAX 1000 /* qvalues have three decimals */

/* How well a media range fits a type. */
enum fit { FIT_NONE, FIT_ANY, FIT_TYPE, FIT_SUBTYPE };

/* The quality of a type, by the ranges that have been read. */
struct quality {
	enum fit fit;
	unsigned value; /* in thousandths */
};

struct range {
	struct span type;
	struct span subtype;
	unsigned quality;
};

/* A token's characters (RFC 9110, section 5.6.2). */
static bool
is_token_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') ||
	       (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static void
skip_blanks(struct span *rest)
{
	while (rest->len > 0 && (rest->ptr[0] == ' ' || rest->ptr[0] == '\t')) {
		rest->ptr++;
		rest->len--;
	}
}

/* Takes one character off the front, if it is this one. */
static bool
take(struct span *rest, char c)
{
	if (rest->len == 0 || rest->ptr[0] != c)
		return false;
	rest->ptr++;
	rest->len--;
	return true;
}

static bool
take_token(struct span *rest, struct span *ret)
{
	size_t len = 0;

	while (len < rest->len && is_token_char(rest->ptr[len]))
		len++;
	*ret = (struct span){rest->ptr, len};
	*rest = (struct span){rest->ptr + len, rest->len - len};
	return len > 0;
}

/* Behind the first quotation mark: up to the last, and that too. */
static bool
skip_quoted(struct span *rest)
{
	while (rest->len > 0) {
		if (take(rest, '"'))
			return true;
		take(rest, '\\');
		if (rest->len > 0) {
			rest->ptr++;
			rest->len--;
		}
	}
	return false;
}

/* Reads "0.5", with up to three decimals. */
static bool
read_quality(struct span text, unsigned *ret)
{
	unsigned value = 0, unit = QUALITY_MAX;

	if (text.len == 0 || text.len > strlen("0.000"))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (i == 1 && text.ptr[i] == '.')
			continue;
		if (i == 1 || text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
		value += (unsigned)(text.ptr[i] - '0') * unit;
		unit /= 10;
	}
	*ret = value;
	return value <= QUALITY_MAX;
}

/* Takes "NAME=VALUE", where only "q" matters. */
static bool
take_parameter(struct span *rest, struct range *range)
{
	struct span name, value;

	if (!take_token(rest, &name))
		return false;
	bool is_quality = span_equal_nocase(name, span_of("q"));
	if (!take(rest, '='))
		return !is_quality;
	if (take(rest, '"'))
		return !is_quality && skip_quoted(rest);
	if (!take_token(rest, &value))
		return false;
	return !is_quality || read_quality(value, &range->quality);
}

/* Takes "TYPE/SUBTYPE" with its parameters. */
static bool
take_range(struct span *rest, struct range *ret)
{
	struct range range = {.quality = QUALITY_MAX};

	if (!take_token(rest, &range.type) || !take(rest, '/') ||
	    !take_token(rest, &range.subtype))
		return false;
	if (span_is(range.type, "*") && !span_is(range.subtype, "*"))
		return false;
	for (skip_blanks(rest); take(rest, ';'); skip_blanks(rest)) {
		skip_blanks(rest);
		/* "a/b;" and "a/b; ;q=1" are allowed (section 5.6.6). */
		if (rest->len == 0 || rest->ptr[0] == ';' ||
		    rest->ptr[0] == ',')
			continue;
		if (!take_parameter(rest, &range))
			return false;
	}
	*ret = range;
	return true;
}

static enum fit
fit_of(const struct range *range, const char *type, const char *subtype)
{
	if (span_is(range->type, "*"))
		return FIT_ANY;
	if (!span_equal_nocase(range->type, span_of(type)))
		return FIT_NONE;
	if (span_is(range->subtype, "*"))
		return FIT_TYPE;
	return span_equal_nocase(range->subtype, span_of(subtype)) ? FIT_SUBTYPE
								   : FIT_NONE;
}

/* Of ranges that fit equally well the one with the highest quality counts. */
static void
consider(struct quality *quality, enum fit fit, unsigned value)
{
	if (fit == FIT_NONE || fit < quality->fit)
		return;
	if (fit > quality->fit || value > quality->value)
		*quality = (struct quality){fit, value};
}

bool
accept_prefers_json(struct span header)
{
	struct quality json = {FIT_NONE, 0};
	struct quality plain = {FIT_NONE, 0};
	struct range range;
	size_t count = 0;

	if (header.len > ACCEPT_LEN_MAX)
		return false;
	for (skip_blanks(&header); header.len > 0; skip_blanks(&header)) {
		if (take(&header, ','))
			continue;
		if (++count > ACCEPT_RANGES_MAX || !take_range(&header, &range))
			return false;
		if (header.len > 0 && !take(&header, ','))
			return false;
		consider(&json, fit_of(&range, "application", "json"),
		    range.quality);
		consider(
		    &plain, fit_of(&range, "text", "plain"), range.quality);
	}
	return json.value > plain.value;
}
