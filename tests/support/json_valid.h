#ifndef DDNSGATE_TESTS_JSON_VALID_H
#define DDNSGATE_TESTS_JSON_VALID_H

/*
 * Is a text one JSON value (RFC 8259) of printable ASCII, as whoever reads a
 * log or an event takes it?  It shares no code with what writes them.
 */

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define JSON_VALID_DEPTH 8

struct json_valid {
	const char *at, *end;
};

static inline bool
json_valid_skip(struct json_valid *json, char c)
{
	if (json->at == json->end || *json->at != c)
		return false;
	json->at++;
	return true;
}

static inline size_t
json_valid_run(struct json_valid *json, const char *chars, size_t max)
{
	size_t count = 0;

	while (count < max && json->at < json->end && *json->at != '\0' &&
	       strchr(chars, *json->at) != NULL) {
		json->at++;
		count++;
	}
	return count;
}

static inline bool
json_valid_escape(struct json_valid *json)
{
	if (json_valid_skip(json, 'u'))
		return json_valid_run(json, "0123456789abcdefABCDEF", 4) == 4;
	return json_valid_run(json, "\"\\/bfnrt", 1) == 1;
}

static inline bool
json_valid_string(struct json_valid *json)
{
	if (!json_valid_skip(json, '"'))
		return false;
	while (json->at < json->end && *json->at >= ' ' && *json->at <= '~') {
		char c = *json->at++;
		if (c == '"')
			return true;
		if (c == '\\' && !json_valid_escape(json))
			return false;
	}
	return false;
}

/* Without fraction and exponent, which are never written. */
static inline bool
json_valid_number(struct json_valid *json)
{
	json_valid_skip(json, '-');
	if (json_valid_skip(json, '0'))
		return true;
	return json_valid_run(json, "0123456789", (size_t)-1) > 0;
}

static inline bool
json_valid_word(struct json_valid *json, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(json->end - json->at) < len ||
	    memcmp(json->at, word, len) != 0)
		return false;
	json->at += len;
	return true;
}

static inline bool
json_valid_value(struct json_valid *json, unsigned depth);

/* The rest of an object or an array. */
static inline bool
json_valid_items(
    struct json_valid *json, bool names, char close, unsigned depth)
{
	if (json_valid_skip(json, close))
		return true;
	do {
		if (names &&
		    (!json_valid_string(json) || !json_valid_skip(json, ':')))
			return false;
		if (!json_valid_value(json, depth))
			return false;
	} while (json_valid_skip(json, ','));
	return json_valid_skip(json, close);
}

/* Blanks between values, which are never written, are not known. */
static inline bool
json_valid_value(struct json_valid *json, unsigned depth)
{
	if (depth == 0 || json->at == json->end)
		return false;
	if (*json->at == '"')
		return json_valid_string(json);
	if (json_valid_skip(json, '{'))
		return json_valid_items(json, true, '}', depth - 1);
	if (json_valid_skip(json, '['))
		return json_valid_items(json, false, ']', depth - 1);
	return json_valid_word(json, "null") || json_valid_word(json, "true") ||
	       json_valid_word(json, "false") || json_valid_number(json);
}

static inline bool
json_valid(const char *text, size_t len)
{
	struct json_valid json = {text, text + len};

	return json_valid_value(&json, JSON_VALID_DEPTH) && json.at == json.end;
}

#endif
