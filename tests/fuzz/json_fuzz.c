/*
 * A flat JSON object.  What was read is written again, as others would write
 * it, and has to be read as the same.
 */

#include <string.h>

#include "ddnsgate/base/json.h"

#include "fuzz.h"

#define INPUT_MAX 4096
/* Each byte of a string as "\u00XX", and a member's marks. */
#define WRITTEN_MAX (6 * INPUT_MAX + 8 * JSON_MEMBERS_MAX + 8)

static bool
lies_in(struct span part, const char *block, size_t size)
{
	return part.len == 0 ||
	       (part.ptr >= block && part.ptr + part.len <= block + size);
}

static void
check_members(const struct json_object *object, const char *block, size_t size)
{
	FUZZ_CHECK(object->count <= JSON_MEMBERS_MAX);
	for (size_t i = 0; i < object->count; i++) {
		const struct json_member *member = &object->members[i];
		FUZZ_CHECK(lies_in(member->name, block, size));
		FUZZ_CHECK(lies_in(member->value, block, size));
		FUZZ_CHECK(member->kind <= JSON_NULL);
		FUZZ_CHECK(member->kind == JSON_STRING || member->value.len);
	}
}

/* ASCII as escapes; what is above stays as it is. */
static void
put_string(struct text *out, struct span string)
{
	text_puts(out, "\"");
	for (size_t i = 0; i < string.len; i++) {
		if ((unsigned char)string.ptr[i] < 0x80)
			text_printf(out, "\\u%04x", (unsigned)string.ptr[i]);
		else
			text_put(out, (struct span){&string.ptr[i], 1});
	}
	text_puts(out, "\"");
}

static void
check_again(const struct json_object *object)
{
	static char buf[WRITTEN_MAX];
	struct json_object again;
	struct text out;

	TEXT_INIT(&out, buf);
	for (size_t i = 0; i < object->count; i++) {
		const struct json_member *member = &object->members[i];
		text_puts(&out, i == 0 ? "{" : ",");
		put_string(&out, member->name);
		text_puts(&out, ":");
		if (member->kind == JSON_STRING)
			put_string(&out, member->value);
		else
			text_put(&out, member->value);
	}
	text_puts(&out, object->count == 0 ? "{}" : "}");
	FUZZ_CHECK(!out.overflow);
	FUZZ_CHECK(json_read_object(buf, out.len, &again) == ERR_OK);
	FUZZ_CHECK(again.count == object->count);
	for (size_t i = 0; i < object->count; i++) {
		const struct json_member *a = &object->members[i];
		const struct json_member *b = &again.members[i];
		FUZZ_CHECK(a->kind == b->kind);
		FUZZ_CHECK(span_equal(a->name, b->name));
		FUZZ_CHECK(span_equal(a->value, b->value));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_object object;
	char *block = malloc(size + (size == 0));

	FUZZ_CHECK(block != NULL);
	if (size > 0 && size <= INPUT_MAX) {
		memcpy(block, data, size);
		enum err err = json_read_object(block, size, &object);
		FUZZ_CHECK(
		    err == ERR_OK || err == ERR_SYNTAX || err == ERR_RANGE);
		check_members(&object, block, size);
		if (err == ERR_OK)
			check_again(&object);
	}
	free(block);
	return 0;
}
