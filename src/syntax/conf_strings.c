#include "ddnsgate/syntax/conf_strings.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ddnsgate/base/secret.h"

/* Bytes of memory at first. */
#define FIRST_SIZE 4096

/* It starts where the one before it ends. */
struct item {
	size_t end;
	bool is_literal;
};

static const struct table_kind kind = {.size = sizeof(struct item)};

void
conf_strings_init(struct conf_strings *strings)
{
	*strings = (struct conf_strings){.decoded = NULL};
	table_init(&strings->items, &kind);
}

static void
wipe(struct conf_strings *strings)
{
	if (strings->len > 0)
		secret_wipe(strings->decoded, strings->len);
	free(strings->decoded);
}

void
conf_strings_done(struct conf_strings *strings)
{
	wipe(strings);
	table_done(&strings->items);
	conf_strings_init(strings);
}

/* Makes room for so many bytes; realloc(3) would not wipe the old ones. */
static bool
reserve(struct conf_strings *strings, size_t more)
{
	if (strings->size - strings->len >= more)
		return true;
	size_t size = strings->size > 0 ? 2 * strings->size : FIRST_SIZE;
	if (size - strings->len < more)
		size = strings->len + more;
	char *decoded = malloc(size);
	if (decoded == NULL)
		return false;
	if (strings->len > 0)
		memcpy(decoded, strings->decoded, strings->len);
	wipe(strings);
	strings->decoded = decoded;
	strings->size = size;
	return true;
}

static void
put(struct conf_strings *strings, char c)
{
	strings->decoded[strings->len++] = c;
}

/* Decodes what a backslash starts, if it is known; returns its length. */
static size_t
decode_escape(struct conf_strings *strings, struct span in)
{
	static const char codes[] = "nrtf\\\"";
	static const char meant[] = "\n\r\t\f\\\"";
	const char *code = memchr(codes, in.ptr[1], sizeof(codes) - 1);
	uint8_t byte;
	size_t len;

	if (code != NULL) {
		put(strings, meant[code - codes]);
		return 2;
	}
	if ((in.ptr[1] == 'x' || in.ptr[1] == 'X') && in.len >= 4 &&
	    text_hex_decode((struct span){in.ptr + 2, 2}, &byte, 1, &len) ==
		ERR_OK) {
		put(strings, (char)byte);
		return 4;
	}
	put(strings, '\\');
	return 1;
}

/* What is decoded is no longer than what is written. */
static void
decode(struct conf_strings *strings, struct span in)
{
	while (in.len > 0) {
		size_t len = 1;
		if (*in.ptr == '\\' && in.len > 1)
			len = decode_escape(strings, in);
		else
			put(strings, *in.ptr);
		in.ptr += len;
		in.len -= len;
	}
}

static enum err
end_item(struct conf_strings *strings, bool is_literal, size_t *ret)
{
	const struct item item = {strings->len, is_literal};

	enum err err = table_add(&strings->items, &item, false);
	if (err == ERR_OK)
		*ret = strings->items.count - 1;
	return err;
}

enum err
conf_strings_add(struct conf_strings *strings, struct span quoted, size_t *ret)
{
	if (!reserve(strings, quoted.len))
		return ERR_MEMORY;
	decode(strings, quoted);
	return end_item(strings, false, ret);
}

enum err
conf_strings_extend(struct conf_strings *strings, struct span quoted)
{
	struct item *last =
	    table_item(&strings->items, strings->items.count - 1);

	if (!reserve(strings, quoted.len))
		return ERR_MEMORY;
	decode(strings, quoted);
	last->end = strings->len;
	return ERR_OK;
}

enum err
conf_strings_add_literal(
    struct conf_strings *strings, struct span literal, size_t *ret)
{
	if (!reserve(strings, literal.len))
		return ERR_MEMORY;
	for (size_t i = 0; i < literal.len; i++)
		put(strings, literal.ptr[i]);
	return end_item(strings, true, ret);
}

struct span
conf_strings_get(const struct conf_strings *strings, size_t number)
{
	const struct item *item = table_item(&strings->items, number);
	size_t start = number > 0 ? item[-1].end : 0;

	if (start == item->end)
		return (struct span){"", 0};
	return (struct span){strings->decoded + start, item->end - start};
}

struct span
conf_strings_literal(const struct conf_strings *strings, size_t number)
{
	const struct item *items = strings->items.items;

	if (number >= strings->items.count || !items[number].is_literal)
		return (struct span){NULL, 0};
	return conf_strings_get(strings, number);
}
