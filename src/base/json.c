#include "ddnsgate/base/json.h"

#include <stdint.h>
#include <string.h>

/* What is still to be read. */
struct reader {
	char *at;
	char *end;
};

static void
skip_blanks(struct reader *reader)
{
	while (reader->at < reader->end && *reader->at != '\0' &&
	       strchr(" \t\r\n", *reader->at) != NULL)
		reader->at++;
}

/* Takes one character, if it is this one. */
static bool
take(struct reader *reader, char c)
{
	if (reader->at == reader->end || *reader->at != c)
		return false;
	reader->at++;
	return true;
}

/* Takes a character that punctuates, with the blanks around it. */
static bool
take_mark(struct reader *reader, char c)
{
	skip_blanks(reader);
	if (!take(reader, c))
		return false;
	skip_blanks(reader);
	return true;
}

static bool
take_word(struct reader *reader, const char *word)
{
	struct span rest = {reader->at, (size_t)(reader->end - reader->at)};

	if (!span_starts(rest, span_of(word)))
		return false;
	reader->at += strlen(word);
	return true;
}

/* Strings */

/* Takes the four digits of "\uXXXX". */
static bool
take_unit(struct reader *reader, uint32_t *ret)
{
	uint8_t bytes[2];
	size_t len;

	if (reader->end - reader->at < 4 ||
	    text_hex_decode((struct span){reader->at, 4}, bytes, sizeof(bytes),
		&len) != ERR_OK)
		return false;
	reader->at += 4;
	*ret = (uint32_t)bytes[0] << 8 | bytes[1];
	return true;
}

/* Takes a character above U+FFFF, too, which is two such escapes: a high
 * surrogate and a low one.  Neither stands alone. */
static bool
take_code_point(struct reader *reader, uint32_t *ret)
{
	uint32_t unit, low;

	if (!take_unit(reader, &unit))
		return false;
	if (unit < 0xd800 || unit > 0xdfff) {
		*ret = unit;
		return true;
	}
	if (unit > 0xdbff || !take_word(reader, "\\u") ||
	    !take_unit(reader, &low) || low < 0xdc00 || low > 0xdfff)
		return false;
	*ret = 0x10000 + ((unit - 0xd800) << 10 | (low - 0xdc00));
	return true;
}

/* Writes a character in UTF-8, never longer than its escape; gives its end. */
static char *
put_utf8(char *out, uint32_t c)
{
	if (c < 0x80) {
		*out++ = (char)c;
		return out;
	}
	if (c < 0x800) {
		*out++ = (char)(0xc0 | c >> 6);
	} else if (c < 0x10000) {
		*out++ = (char)(0xe0 | c >> 12);
		*out++ = (char)(0x80 | (c >> 6 & 0x3f));
	} else {
		*out++ = (char)(0xf0 | c >> 18);
		*out++ = (char)(0x80 | (c >> 12 & 0x3f));
		*out++ = (char)(0x80 | (c >> 6 & 0x3f));
	}
	*out++ = (char)(0x80 | (c & 0x3f));
	return out;
}

/* Takes what is behind a backslash; gives the end of what it means, or NULL. */
static char *
take_escape(struct reader *reader, char *out)
{
	static const char escapes[] = "\"\\/bfnrt";
	static const char meanings[] = "\"\\/\b\f\n\r\t";
	uint32_t c;

	if (take(reader, 'u'))
		return take_code_point(reader, &c) ? put_utf8(out, c) : NULL;
	if (reader->at == reader->end || *reader->at == '\0')
		return NULL;
	const char *found = strchr(escapes, *reader->at);
	if (found == NULL)
		return NULL;
	reader->at++;
	*out++ = meanings[found - escapes];
	return out;
}

/* Takes a string, which is decoded to where it stands. */
static bool
take_string(struct reader *reader, struct span *ret)
{
	if (!take(reader, '"'))
		return false;
	char *start = reader->at;
	char *out = start;
	while (reader->at < reader->end && (unsigned char)*reader->at >= ' ') {
		if (take(reader, '"')) {
			*ret = (struct span){start, (size_t)(out - start)};
			return true;
		}
		if (!take(reader, '\\'))
			*out++ = *reader->at++;
		else if ((out = take_escape(reader, out)) == NULL)
			return false;
	}
	return false;
}

/* Other values */

static bool
take_digits(struct reader *reader)
{
	char *start = reader->at;

	while (reader->at < reader->end && *reader->at >= '0' &&
	       *reader->at <= '9')
		reader->at++;
	return reader->at > start;
}

/* Section 6: no "+1", "01", ".5" or "1.". */
static bool
take_number(struct reader *reader)
{
	take(reader, '-');
	if (!take(reader, '0') && !take_digits(reader))
		return false;
	if (take(reader, '.') && !take_digits(reader))
		return false;
	if (!take(reader, 'e') && !take(reader, 'E'))
		return true;
	if (!take(reader, '+'))
		take(reader, '-');
	return take_digits(reader);
}

static bool
take_value(struct reader *reader, struct json_member *ret)
{
	static const struct {
		const char *word;
		enum json_kind kind;
	} words[] = {
	    {"true", JSON_TRUE},
	    {"false", JSON_FALSE},
	    {"null", JSON_NULL},
	};
	char *start = reader->at;

	ret->kind = JSON_STRING;
	if (take_string(reader, &ret->value))
		return true;
	reader->at = start;
	ret->kind = JSON_NUMBER;
	bool found = false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!found && take_word(reader, words[i].word)) {
			ret->kind = words[i].kind;
			found = true;
		}
	}
	if (!found && !take_number(reader))
		return false;
	ret->value = (struct span){start, (size_t)(reader->at - start)};
	return true;
}

static enum err
take_member(struct reader *reader, struct json_object *object)
{
	struct json_member member;

	if (!take_string(reader, &member.name) || !take_mark(reader, ':') ||
	    !take_value(reader, &member))
		return ERR_SYNTAX;
	if (object->count == JSON_MEMBERS_MAX)
		return ERR_RANGE;
	object->members[object->count++] = member;
	return ERR_OK;
}

bool
json_begins_object(struct span text)
{
	text = span_trim(text);
	return text.len > 0 && text.ptr[0] == '{';
}

enum err
json_read_object(char *text, size_t len, struct json_object *ret)
{
	struct reader reader = {text, text + len};

	ret->count = 0;
	if (!take_mark(&reader, '{'))
		return ERR_SYNTAX;
	if (!take_mark(&reader, '}')) {
		do {
			enum err err = take_member(&reader, ret);
			if (err != ERR_OK)
				return err;
		} while (take_mark(&reader, ','));
		if (!take_mark(&reader, '}'))
			return ERR_SYNTAX;
	}
	return reader.at == reader.end ? ERR_OK : ERR_SYNTAX;
}
