#include "ddnsgate/reply/template.h"

#include <string.h>

#define VALUE_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
#define SENTENCE_LETTERS "abcdefghijklmnopqrstuvwxyz_"
#define BLOCK_START "@for "
#define BLOCK_END "@end"

static struct span
without_front(struct span span, size_t len)
{
	return (struct span){span.ptr + len, span.len - len};
}

/* The name of the "@NAME@" at the front, made of these letters; empty: there is
 * none. */
static struct span
name_at_front(struct span text, const char *letters)
{
	struct span name = {text.ptr + 1, 0};

	while (name.len + 1 < text.len && name.ptr[name.len] != '\0' &&
	       strchr(letters, name.ptr[name.len]) != NULL)
		name.len++;
	if (name.len + 1 == text.len || name.ptr[name.len] != '@')
		name.len = 0;
	return name;
}

/* Writes the value at the front, if there is one; gives its length with both
 * "@", else 0. */
static size_t
put_value(
    struct text *out, struct span text, const struct template_filler *filler)
{
	struct span name = name_at_front(text, VALUE_LETTERS);
	const char *value =
	    name.len > 0 ? filler->value(filler->data, name) : NULL;

	if (value == NULL)
		return 0;
	filler->put(out, span_of(value));
	return name.len + 2;
}

static void
put_sentence_text(
    struct text *out, struct span text, const struct template_filler *filler)
{
	while (text.len > 0) {
		size_t len =
		    text.ptr[0] == '@' ? put_value(out, text, filler) : 0;
		if (len == 0) {
			const char *next =
			    memchr(text.ptr + 1, '@', text.len - 1);
			len =
			    next != NULL ? (size_t)(next - text.ptr) : text.len;
			filler->put(out, (struct span){text.ptr, len});
		}
		text = without_front(text, len);
	}
}

/* As put_value. */
static size_t
put_sentence(
    struct text *out, struct span text, const struct template_filler *filler)
{
	if (filler->sentence == NULL)
		return 0;
	struct span name = name_at_front(text, SENTENCE_LETTERS);
	const char *sentence =
	    name.len > 0 ? filler->sentence(filler->data, name) : NULL;
	if (sentence == NULL)
		return 0;
	put_sentence_text(out, span_of(sentence), filler);
	return name.len + 2;
}

static void
put_line(
    struct text *out, struct span line, const struct template_filler *filler)
{
	while (line.len > 0) {
		size_t len = 0;
		if (line.ptr[0] == '@')
			len = put_value(out, line, filler);
		if (len == 0 && line.ptr[0] == '@')
			len = put_sentence(out, line, filler);
		if (len == 0) {
			len = 1;
			text_put(out, (struct span){line.ptr, len});
		}
		line = without_front(line, len);
	}
	text_puts(out, "\n");
}

/* Takes the lines of a block and its end off the front of *text. */
static struct span
take_block(struct span *text)
{
	struct span block = {text->ptr, 0};
	const char *end = text->ptr + text->len;
	size_t depth = 1;
	struct span line;

	while (span_next(text, '\n', &line)) {
		depth += span_starts(line, span_of(BLOCK_START));
		depth -= span_is(line, BLOCK_END);
		if (depth == 0)
			break;
		line.len += line.ptr + line.len < end;
		block.len = (size_t)(line.ptr + line.len - block.ptr);
	}
	return block;
}

void
template_put(
    struct text *out, struct span text, const struct template_filler *filler)
{
	struct span start = span_of(BLOCK_START);
	struct span line;

	while (text.len > 0 && span_next(&text, '\n', &line)) {
		if (!span_starts(line, start)) {
			put_line(out, line, filler);
			continue;
		}
		struct span word = without_front(line, start.len);
		struct span block = take_block(&text);
		for (size_t i = 0;
		     !out->overflow && filler->repeat(filler->data, word, i);
		     i++)
			template_put(out, block, filler);
	}
}

static const char *
entity_of(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

/* The bytes of the UTF-8 character at the front (RFC 3629); 0: it is none. */
static size_t
character_len(struct span text)
{
	unsigned char first = (unsigned char)text.ptr[0];
	size_t len = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;

	if (first < 0x80)
		return (first >= ' ' && first < 0x7f) || first == '\n' ||
		       first == '\t';
	if (first < 0xc2 || first > 0xf4 || text.len < len)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if (((unsigned char)text.ptr[i] & 0xc0) != 0x80)
			return 0;
	}
	unsigned char second = (unsigned char)text.ptr[1];
	bool is_valid = !(first == 0xe0 && second < 0xa0) &&
			!(first == 0xed && second > 0x9f) &&
			!(first == 0xf0 && second < 0x90) &&
			!(first == 0xf4 && second > 0x8f);
	return is_valid ? len : 0;
}

void
template_put_html(struct text *out, struct span text)
{
	while (text.len > 0) {
		const char *entity = entity_of(text.ptr[0]);
		size_t len = character_len(text);
		if (entity != NULL)
			text_puts(out, entity);
		else
			text_put(out, (struct span){text.ptr, len});
		text = without_front(text, len > 0 ? len : 1);
	}
}
