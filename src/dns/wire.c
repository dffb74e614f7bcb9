#include "ddnsgate/dns/wire.h"

#include <string.h>

/* The two high bits of a length byte that make it a pointer. */
#define POINTER 0xc0

struct wire_cursor
wire_over(const uint8_t *bytes, size_t len)
{
	return (struct wire_cursor){.bytes = bytes, .len = len};
}

const uint8_t *
wire_take(struct wire_cursor *cursor, size_t len)
{
	if (cursor->failed || len > cursor->len - cursor->pos) {
		cursor->failed = true;
		return NULL;
	}
	const uint8_t *bytes = cursor->bytes + cursor->pos;
	cursor->pos += len;
	return bytes;
}

static inline uint64_t
take_number(struct wire_cursor *cursor, size_t len)
{
	const uint8_t *bytes = wire_take(cursor, len);
	uint64_t number = 0;

	for (size_t i = 0; bytes != NULL && i < len; i++)
		number = number << 8 | bytes[i];
	return number;
}

uint16_t
wire_take_u16(struct wire_cursor *cursor)
{
	return (uint16_t)take_number(cursor, 2);
}

uint32_t
wire_take_u32(struct wire_cursor *cursor)
{
	return (uint32_t)take_number(cursor, 4);
}

uint64_t
wire_take_u48(struct wire_cursor *cursor)
{
	return take_number(cursor, 6);
}

void
wire_take_header(struct wire_cursor *cursor, struct wire_header *ret)
{
	ret->id = wire_take_u16(cursor);
	ret->flags = wire_take_u16(cursor);
	ret->qdcount = wire_take_u16(cursor);
	ret->ancount = wire_take_u16(cursor);
	ret->nscount = wire_take_u16(cursor);
	ret->arcount = wire_take_u16(cursor);
}

/* Skips a name: its labels up to the root or the first pointer. */
static void
skip_name(struct wire_cursor *cursor)
{
	uint64_t label;

	do {
		label = take_number(cursor, 1);
		if (label >= POINTER) {
			wire_take(cursor, 1);
			return;
		}
		if (label > WIRE_LABEL_MAX)
			cursor->failed = true;
		wire_take(cursor, label);
	} while (label > 0 && !cursor->failed);
}

/* Appends a label with its length byte; false when the name gets too long. */
static bool
append_label(struct wire_name *name, const uint8_t *label)
{
	size_t len = (size_t)label[0] + 1;

	if (len > WIRE_NAME_MAX - name->len)
		return false;
	for (size_t i = 0; i < len; i++) {
		uint8_t c = label[i];
		bool upper = c >= 'A' && c <= 'Z';
		name->bytes[name->len++] = upper ? (uint8_t)(c | 0x20) : c;
	}
	return true;
}

/* The target of the pointer at the cursor; 0, where no name is, unless it is a
 * position after the header and below limit. */
static size_t
take_pointer(struct wire_cursor *cursor, size_t limit)
{
	size_t target = wire_take_u16(cursor) & 0x3fff;

	if (target < WIRE_HEADER_LEN || target >= limit)
		return 0;
	return target;
}

/* Copies labels up to the root.  The cursor is a copy, the caller's stays. */
static bool
copy_name(struct wire_cursor cursor, struct wire_name *ret)
{
	size_t part = cursor.pos;
	unsigned pointers = 0;

	ret->len = 0;
	while (cursor.pos < cursor.len) {
		const uint8_t *label = cursor.bytes + cursor.pos;
		if (*label >= POINTER) {
			part = take_pointer(&cursor, part);
			if (part == 0 || ++pointers > WIRE_POINTERS_MAX)
				return false;
			cursor.pos = part;
			continue;
		}
		if (*label > WIRE_LABEL_MAX ||
		    wire_take(&cursor, (size_t)*label + 1) == NULL ||
		    !append_label(ret, label))
			return false;
		if (*label == 0)
			return true;
	}
	return false;
}

void
wire_take_name(struct wire_cursor *cursor, struct wire_name *ret)
{
	if (cursor->failed || !copy_name(*cursor, ret)) {
		cursor->failed = true;
		ret->len = 0;
		return;
	}
	skip_name(cursor);
}

void
wire_skip_questions(struct wire_cursor *cursor, uint16_t count)
{
	for (; count > 0 && !cursor->failed; count--) {
		skip_name(cursor);
		wire_take(cursor, 4); /* type and class */
	}
}

void
wire_take_record(struct wire_cursor *cursor, struct wire_record *ret)
{
	ret->at = cursor->pos;
	skip_name(cursor);
	ret->type = wire_take_u16(cursor);
	ret->class = wire_take_u16(cursor);
	ret->ttl = wire_take_u32(cursor);
	ret->rdata_len = wire_take_u16(cursor);
	ret->rdata_at = cursor->pos;
	wire_take(cursor, ret->rdata_len);
}

bool
wire_name_equal(const struct wire_name *a, const struct wire_name *b)
{
	return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

enum err
wire_name_parse(struct span text, struct wire_name *ret)
{
	struct wire_name name = {.len = 0};
	uint8_t wire[1 + WIRE_LABEL_MAX];
	struct span label;

	if (text.len > 0 && text.ptr[text.len - 1] == '.')
		text.len--;
	while (span_next(&text, '.', &label)) {
		if (label.len == 0 || label.len > WIRE_LABEL_MAX)
			return ERR_SYNTAX;
		wire[0] = (uint8_t)label.len;
		memcpy(wire + 1, label.ptr, label.len);
		if (!append_label(&name, wire))
			return ERR_SYNTAX;
	}
	if (name.len == 0 || !append_label(&name, (const uint8_t *)""))
		return ERR_SYNTAX;
	*ret = name;
	return ERR_OK;
}

void
wire_name_format(const struct wire_name *name, char *buf)
{
	size_t at = 0;
	char *out = buf;

	while (at < name->len && name->bytes[at] != 0) {
		size_t end = at + 1 + name->bytes[at];
		if (out != buf)
			*out++ = '.';
		for (at++; at < end; at++)
			*out++ = name->bytes[at] > ' ' && name->bytes[at] <= '~'
				     ? (char)name->bytes[at]
				     : '?';
	}
	if (out == buf)
		*out++ = '.';
	*out = '\0';
}

bool
wire_name_is_within(
    const struct wire_name *name, const struct wire_name *ancestor)
{
	size_t at = 0;

	while (name->len - at > ancestor->len)
		at += 1U + name->bytes[at];
	return name->len - at == ancestor->len &&
	       memcmp(name->bytes + at, ancestor->bytes, ancestor->len) == 0;
}

void
wire_put(uint8_t **at, const uint8_t *bytes, size_t len)
{
	if (len > 0)
		memcpy(*at, bytes, len);
	*at += len;
}

static void
put_number(uint8_t **at, uint64_t number, unsigned len)
{
	while (len-- > 0)
		*(*at)++ = (uint8_t)(number >> 8 * len);
}

void
wire_put_u16(uint8_t **at, uint16_t number)
{
	put_number(at, number, 2);
}

void
wire_put_u32(uint8_t **at, uint32_t number)
{
	put_number(at, number, 4);
}

void
wire_put_u48(uint8_t **at, uint64_t number)
{
	put_number(at, number, 6);
}

void
wire_put_header(uint8_t **at, const struct wire_header *header)
{
	wire_put_u16(at, header->id);
	wire_put_u16(at, header->flags);
	wire_put_u16(at, header->qdcount);
	wire_put_u16(at, header->ancount);
	wire_put_u16(at, header->nscount);
	wire_put_u16(at, header->arcount);
}
