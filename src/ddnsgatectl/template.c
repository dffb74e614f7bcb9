#include "template.h"

#include <string.h>

#define NAME_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
#define BLOCK_START "@for "
#define BLOCK_END "@end"

static struct span
without_front(struct span span, size_t len)
{
	return (struct span){span.ptr + len, span.len - len};
}

static void
print(FILE *out, struct span text)
{
	fwrite(text.ptr, 1, text.len, out);
}

/* The value of the "@NAME@" at the front, and its length with both "@". */
static const char *
value_at_front(
    struct span text, const struct template_filler *filler, size_t *ret_len)
{
	struct span name = {text.ptr + 1, 0};

	while (name.len + 1 < text.len &&
	       strchr(NAME_LETTERS, name.ptr[name.len]) != NULL)
		name.len++;
	if (name.len + 1 == text.len || name.ptr[name.len] != '@')
		return NULL;
	*ret_len = name.len + 2;
	return filler->value(filler->data, name);
}

static void
print_line(FILE *out, struct span line, const struct template_filler *filler)
{
	while (line.len > 0) {
		size_t len = 1;
		const char *value = line.ptr[0] == '@'
					? value_at_front(line, filler, &len)
					: NULL;
		if (value == NULL)
			len = 1;
		print(out, value != NULL ? span_of(value)
					 : (struct span){line.ptr, 1});
		line = without_front(line, len);
	}
	fputc('\n', out);
}

/* Takes the lines of a block and its end off the front of *text. */
static struct span
take_block(struct span *text)
{
	struct span block = *text;
	struct span line;

	while (span_next(text, '\n', &line) && !span_is(line, BLOCK_END))
		block.len = (size_t)(line.ptr + line.len + 1 - block.ptr);
	return block;
}

static void
print_block(FILE *out, struct span block, const struct template_filler *filler)
{
	struct span line;

	while (block.len > 0 && span_next(&block, '\n', &line))
		print_line(out, line, filler);
}

void
template_print(
    FILE *out, struct span text, const struct template_filler *filler)
{
	struct span start = span_of(BLOCK_START);
	struct span line;

	while (text.len > 0 && span_next(&text, '\n', &line)) {
		if (!span_starts(line, start)) {
			print_line(out, line, filler);
			continue;
		}
		struct span word = without_front(line, start.len);
		struct span block = take_block(&text);
		for (size_t i = 0; filler->repeat(filler->data, word, i); i++)
			print_block(out, block, filler);
	}
}
