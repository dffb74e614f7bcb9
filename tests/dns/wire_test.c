#include <string.h>

#include "ddnsgate/dns/wire.h"

#include "hex.h"
#include "table.h"

/* Names from text */

#define LABEL_63                                                        \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aa"
#define LABEL_61 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

// clang-format off
static const struct parse_row {
	const char *name;
	const char *text;
	enum err want;
	size_t len;
	const char *start; /* of the wire form */
} parse_rows[] = {
	{ "two labels",      "a.bc",   ERR_OK, 6, "01 61 02 62 63 00" },
	{ "a final dot",     "a.bc.",  ERR_OK, 6, "01 61 02 62 63 00" },
	{ "upper case",      "A.bC",   ERR_OK, 6, "01 61 02 62 63 00" },
	{ "a wildcard",      "*.a",    ERR_OK, 5, "01 2a 01 61 00" },
	{ "a label of 63",   LABEL_63, ERR_OK, 65, "3f 61" },
	{ "a label of 64",   LABEL_63 "a", ERR_SYNTAX, 0, "" },
	{ "a name of 255",   LABEL_63 "." LABEL_63 "." LABEL_63 "." LABEL_61,
	  ERR_OK, 255, "3f 61" },
	{ "a name of 256",   LABEL_63 "." LABEL_63 "." LABEL_63 "." LABEL_61 "a",
	  ERR_SYNTAX, 0, "" },
	{ "a name of 257",   LABEL_63 "." LABEL_63 "." LABEL_63 "." LABEL_63,
	  ERR_SYNTAX, 0, "" },
	{ "an empty label",  "a..b",   ERR_SYNTAX, 0, "" },
	{ "a dot in front",  ".a",     ERR_SYNTAX, 0, "" },
	{ "the root",        ".",      ERR_SYNTAX, 0, "" },
	{ "empty",           "",       ERR_SYNTAX, 0, "" },
};
// clang-format on

static void
parses(void **state)
{
	const struct parse_row *row = *state;
	struct wire_name name = {.len = 0};
	uint8_t start[16];

	assert_int_equal(wire_name_parse(span_of(row->text), &name), row->want);
	assert_int_equal(name.len, row->len);
	size_t len = hex_bytes(row->start, start, sizeof(start));
	assert_memory_equal(name.bytes, start, len);
}

/* Names in messages: each behind a header of 12 zeros */

// clang-format off
static const struct name_row {
	const char *name;
	const char *body;
	size_t at; /* in the body */
	const char *want; /* NULL: must fail */
	size_t end;
} name_rows[] = {
	{ "plain",              "01 61 01 62 00",       0, "01610162 00", 5 },
	{ "the root",           "00",                   0, "00",          1 },
	{ "upper case",         "02 41 5a 00",          0, "02 61 7a 00", 4 },
	{ "not letters",        "02 40 5b 00",          0, "02 40 5b 00", 4 },
	{ "a pointer",          "01 61 00 c00c 77",     3, "01 61 00",    5 },
	{ "a label, a pointer", "01 61 00 01 62 c00c",  3, "01620161 00", 7 },
	{ "two pointers",       "01 61 00 01 62 c00c 01 63 c00f", 7,
	  "01630162 0161 00", 11 },
	{ "pointer to pointer", "01 61 00 c00c c00f",   5, "01 61 00",    7 },
	{ "a label's middle",   "02 01 61 00 c00d",     4, "01 61 00",    6 },
	{ "to itself",          "c00c",                 0, NULL, 0 },
	{ "to its own part",    "01 61 c00c",           0, NULL, 0 },
	{ "forward",            "c00e 01 61 00",        0, NULL, 0 },
	{ "to each other",      "c00e c00c",            2, NULL, 0 },
	{ "into the header",    "01 61 c00b",           0, NULL, 0 },
	{ "to the beginning",   "c000",                 0, NULL, 0 },
	{ "beyond the end",     "c0ff",                 0, NULL, 0 },
	{ "half a pointer",     "01 61 c0",             0, NULL, 0 },
	{ "no end",             "01 61",                0, NULL, 0 },
	{ "half a label",       "02 61",                0, NULL, 0 },
	{ "nothing",            "",                     0, NULL, 0 },
	{ "a label of type 01", "41 61 00",             0, NULL, 0 },
	{ "a label of type 10", "81 61 00",             0, NULL, 0 },
};
// clang-format on

static void
takes_name(void **state)
{
	const struct name_row *row = *state;
	uint8_t wire[64] = {0};
	uint8_t want[64];
	struct wire_name name;
	size_t len = WIRE_HEADER_LEN;

	len += hex_bytes(row->body, wire + len, sizeof(wire) - len);
	struct wire_cursor cursor = wire_over(wire, len);
	cursor.pos = WIRE_HEADER_LEN + row->at;
	wire_take_name(&cursor, &name);
	assert_int_equal(cursor.failed, row->want == NULL);
	if (row->want == NULL) {
		assert_int_equal(name.len, 0);
		return;
	}
	len = hex_bytes(row->want, want, sizeof(want));
	assert_int_equal(name.len, len);
	assert_memory_equal(name.bytes, want, len);
	assert_int_equal(cursor.pos, WIRE_HEADER_LEN + row->end);
}

static bool
takes_name_at(const uint8_t *wire, size_t len, size_t at)
{
	struct wire_cursor cursor = wire_over(wire, len);
	struct wire_name name;

	cursor.pos = at;
	wire_take_name(&cursor, &name);
	return !cursor.failed;
}

/* A root and then pointers, each to the one before. */
static bool
takes_pointers(unsigned count)
{
	uint8_t wire[WIRE_HEADER_LEN + 1 + 2 * (WIRE_POINTERS_MAX + 1)] = {0};
	uint8_t *at = wire + WIRE_HEADER_LEN + 1;
	size_t target = WIRE_HEADER_LEN;

	for (unsigned i = 0; i < count; i++) {
		size_t here = (size_t)(at - wire);
		wire_put_u16(&at, (uint16_t)(0xc000 | target));
		target = here;
	}
	return takes_name_at(wire, (size_t)(at - wire), target);
}

static void
pointers_are_bounded(void **state)
{
	(void)state;
	assert_true(takes_pointers(WIRE_POINTERS_MAX));
	assert_false(takes_pointers(WIRE_POINTERS_MAX + 1));
}

/* Four labels of 62 and one of the given length, with the root. */
static bool
takes_name_of(uint8_t last)
{
	uint8_t wire[WIRE_HEADER_LEN + 300] = {0};

	for (size_t i = 0; i < 4; i++)
		wire[WIRE_HEADER_LEN + 63 * i] = 62;
	wire[WIRE_HEADER_LEN + (size_t)63 * 4] = last;
	return takes_name_at(wire, sizeof(wire), WIRE_HEADER_LEN);
}

static void
names_are_bounded(void **state)
{
	(void)state;
	assert_true(takes_name_of(1)); /* 4 * 63 + 2 + 1 = 255 */
	assert_false(takes_name_of(2));
}

static bool
takes_record_at(const uint8_t *wire, size_t len, size_t at)
{
	struct wire_cursor cursor = wire_over(wire, len);
	struct wire_record record;

	cursor.pos = at;
	wire_take_record(&cursor, &record);
	return !cursor.failed;
}

/*
 * A label's length has six bits.  With more it is none, however much follows,
 * whether it is read, passed over or pointed at.
 */
static void
labels_are_bounded(void **state)
{
	uint8_t wire[WIRE_HEADER_LEN + 200] = {0};
	uint8_t *pointer = wire + sizeof(wire) - 2;

	(void)state;
	wire_put_u16(&pointer, 0xc000 | WIRE_HEADER_LEN);
	for (uint8_t len = 62; len < 66; len++) {
		bool legal = len <= WIRE_LABEL_MAX;
		size_t at = WIRE_HEADER_LEN;
		wire[at] = len;
		assert_int_equal(takes_name_at(wire, sizeof(wire), at), legal);
		assert_int_equal(
		    takes_record_at(wire, sizeof(wire), at), legal);
		at = sizeof(wire) - 2;
		assert_int_equal(takes_name_at(wire, sizeof(wire), at), legal);
	}
}

/* Records and numbers */

static void
record_is_read(void **state)
{
	uint8_t wire[64];
	struct wire_header header;
	struct wire_record record;
	struct wire_name owner;
	size_t len = hex_bytes("1234 8580 0001 0002 0003 0004"
			       "01 61 00 0001 0001"
			       "c00c 001c 00ff 01020304 0003 616263",
	    wire, sizeof(wire));
	struct wire_cursor cursor = wire_over(wire, len);

	(void)state;
	wire_take_header(&cursor, &header);
	assert_int_equal(header.id, 0x1234);
	assert_int_equal(header.flags, 0x8580);
	assert_int_equal(header.qdcount, 1);
	assert_int_equal(header.ancount, 2);
	assert_int_equal(header.nscount, 3);
	assert_int_equal(header.arcount, 4);
	wire_skip_questions(&cursor, header.qdcount);
	wire_take_record(&cursor, &record);
	assert_int_equal(record.at, 19);
	assert_int_equal(record.type, 28);
	assert_int_equal(record.class, 255);
	assert_int_equal(record.ttl, 0x01020304);
	assert_int_equal(record.rdata_at, 31);
	assert_int_equal(record.rdata_len, 3);
	assert_int_equal(cursor.pos, len);
	assert_false(cursor.failed);
	cursor.pos = record.at;
	wire_take_name(&cursor, &owner);
	assert_int_equal(owner.len, 3);
}

static void
failure_is_remembered(void **state)
{
	const uint8_t wire[] = {1, 2, 3, 4, 5, 6, 7};
	struct wire_cursor cursor = wire_over(wire, sizeof(wire));

	(void)state;
	assert_int_equal(wire_take_u48(&cursor), 0x010203040506);
	assert_int_equal(wire_take_u16(&cursor), 0);
	assert_true(cursor.failed);
	assert_null(wire_take(&cursor, 1));
	assert_null(wire_take(&cursor, 0));
	assert_int_equal(cursor.pos, 6);
}

static void
numbers_are_written(void **state)
{
	const uint8_t want[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 'x'};
	uint8_t wire[sizeof(want)];
	uint8_t *at = wire;

	(void)state;
	wire_put_u16(&at, 0x0102);
	wire_put_u32(&at, 0x03040506);
	wire_put_u48(&at, 0x0708090a0b0c);
	wire_put(&at, (const uint8_t *)"x", 1);
	wire_put(&at, NULL, 0);
	assert_ptr_equal(at, wire + sizeof(wire));
	assert_memory_equal(wire, want, sizeof(want));
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(pointers_are_bounded),
	    cmocka_unit_test(names_are_bounded),
	    cmocka_unit_test(labels_are_bounded),
	    cmocka_unit_test(record_is_read),
	    cmocka_unit_test(failure_is_remembered),
	    cmocka_unit_test(numbers_are_written),
	};
	int failures = 0;

	failures += TABLE_RUN("wire: names from text", parse_rows, parses);
	failures += TABLE_RUN("wire: names", name_rows, takes_name);
	failures +=
	    cmocka_run_group_tests_name("wire: singles", singles, NULL, NULL);
	return failures;
}
