#include <stdio.h>
#include <string.h>

#include "ddnsgate/base/text.h"

#include "table.h"

/* Splits */

// clang-format off
static const struct split_row {
	const char *name;
	const char *text;
	const char *parts; /* joined with "|" */
} split_rows[] = {
	{ "one part",         "a",     "a" },
	{ "two parts",        "a,b",   "a|b" },
	{ "an empty part",    "a,,b",  "a||b" },
	{ "a final comma",    "a,",    "a|" },
	{ "only a comma",     ",",     "|" },
	{ "nothing",          "",      "" },
};
// clang-format on

static void
splits(void **state)
{
	const struct split_row *row = *state;
	struct span rest = span_of(row->text);
	struct span part;
	char buf[64];
	struct text joined;

	TEXT_INIT(&joined, buf);
	for (int i = 0; span_next(&rest, ',', &part); i++) {
		if (i > 0)
			text_puts(&joined, "|");
		text_put(&joined, part);
	}
	assert_string_equal(buf, row->parts);
}

/* Numbers */

// clang-format off
static const struct number_row {
	const char *name;
	const char *text;
	uint64_t max;
	enum err want;
	uint64_t number;
} number_rows[] = {
	{ "zero",            "0",     9,     ERR_OK,     0 },
	{ "the maximum",     "86400", 86400, ERR_OK,     86400 },
	{ "above",           "86401", 86400, ERR_RANGE,  0 },
	{ "leading zeros",   "0007",  9,     ERR_OK,     7 },
	{ "overflow",        "99999999999999999999999", UINT64_MAX, ERR_RANGE, 0 },
	{ "the largest",     "18446744073709551615", UINT64_MAX, ERR_OK,
	  UINT64_MAX },
	{ "a sign",          "-1",    9,     ERR_SYNTAX, 0 },
	{ "a blank",         " 1",    9,     ERR_SYNTAX, 0 },
	{ "empty",           "",      9,     ERR_SYNTAX, 0 },
	{ "hexadecimal",     "0x1",   9,     ERR_SYNTAX, 0 },
};
// clang-format on

static void
numbers(void **state)
{
	const struct number_row *row = *state;
	uint64_t number = 0;

	assert_int_equal(
	    span_number(span_of(row->text), row->max, &number), row->want);
	assert_int_equal(number, row->number);
}

/* Decoders */

enum decoder { PERCENT, PERCENT_PLUS, BASE64, HEX };

// clang-format off
static const struct decode_row {
	const char *name;
	enum decoder decoder;
	const char *text;
	enum err want;
	const char *plain;
} decode_rows[] = {
	{ "percent",              PERCENT,      "a%2Cb%3ac", ERR_OK, "a,b:c" },
	{ "plus in a path",       PERCENT,      "a+b",       ERR_OK, "a+b" },
	{ "plus in a form",       PERCENT_PLUS, "a+b%2b",    ERR_OK, "a b+" },
	{ "placeholder",          PERCENT,      "%h%i%",     ERR_OK, "%h%i%" },
	{ "half a percent",       PERCENT,      "a%2",       ERR_OK, "a%2" },
	{ "percent percent",      PERCENT,      "%%41",      ERR_OK, "%A" },
	{ "decoded only once",    PERCENT,      "%2541",     ERR_OK, "%41" },
	{ "base64",               BASE64, "aGVsbG8=",       ERR_OK, "hello" },
	{ "base64, two pads",     BASE64, "aGVsbA==",       ERR_OK, "hell" },
	{ "base64, no pads",      BASE64, "aGVs",           ERR_OK, "hel" },
	{ "base64, blanks",       BASE64, " aGVs bG8=\n",   ERR_OK, "hello" },
	{ "base64, empty",        BASE64, "",               ERR_OK, "" },
	{ "base64, pad missing",  BASE64, "aGVsbG8",        ERR_SYNTAX, "" },
	{ "base64, pad too many", BASE64, "aGVsbG8==",      ERR_SYNTAX, "" },
	{ "base64, three pads",   BASE64, "a===",           ERR_SYNTAX, "" },
	{ "base64, pad inside",   BASE64, "aG=sbG8=",       ERR_SYNTAX, "" },
	{ "base64, pad then more", BASE64, "aA==aGVs",      ERR_SYNTAX, "" },
	{ "base64, foreign",      BASE64, "aGV$",           ERR_SYNTAX, "" },
	{ "base64, too long",     BASE64, "MDEyMzQ1Njc4OWFiY2RlZmc=",
	  ERR_RANGE, "" },
	{ "hex",                  HEX,    "48656C6c6f",     ERR_OK, "Hello" },
	{ "hex, odd",             HEX,    "486",            ERR_SYNTAX, "" },
	{ "hex, foreign",         HEX,    "4g",             ERR_SYNTAX, "" },
	{ "hex, too long",        HEX,
	  "3031323334353637383930313233343536", ERR_RANGE, "" },
};
// clang-format on

static void
decodes(void **state)
{
	const struct decode_row *row = *state;
	struct span in = span_of(row->text);
	char out[16] = {0};
	size_t len = 0;
	enum err err = ERR_OK;

	if (row->decoder == BASE64)
		err = text_base64_decode(in, (uint8_t *)out, sizeof(out), &len);
	else if (row->decoder == HEX)
		err = text_hex_decode(in, (uint8_t *)out, sizeof(out), &len);
	else
		len =
		    text_percent_decode(in, row->decoder == PERCENT_PLUS, out);
	assert_int_equal(err, row->want);
	assert_int_equal(len, strlen(row->plain));
	assert_memory_equal(out, row->plain, len);
}

/* Log values */

// clang-format off
static const struct quoted_row {
	const char *name;
	const char *value;
	const char *shown;
} quoted_rows[] = {
	{ "plain",        "h1.example.org",  "h1.example.org" },
	{ "a blank",      "a b",             "\"a b\"" },
	{ "empty",        "",                "\"\"" },
	{ "a quote",      "a\"b",            "\"a\\x22b\"" },
	{ "a backslash",  "a\\b",            "\"a\\x5cb\"" },
	{ "a new line",   "a\nb=c",          "\"a\\x0ab=c\"" },
	{ "not ASCII",    "\xc3\xa4",        "\"\\xc3\\xa4\"" },
};
// clang-format on

static void
quotes(void **state)
{
	const struct quoted_row *row = *state;
	char buf[64];
	struct text text;

	TEXT_INIT(&text, buf);
	text_put_quoted(&text, span_of(row->value));
	assert_string_equal(buf, row->shown);
}

/* JSON strings */

// clang-format off
static const struct quoted_row json_rows[] = {
	{ "plain",        "h1.example.org",  "\"h1.example.org\"" },
	{ "empty",        "",                "\"\"" },
	{ "a blank",      "a b/c",           "\"a b/c\"" },
	{ "a quote",      "a\"b",            "\"a\\\"b\"" },
	{ "a backslash",  "a\\b",            "\"a\\\\b\"" },
	{ "a new line",   "a\nb",            "\"a\\u000ab\"" },
	{ "DEL",          "\x7f",            "\"\\ufffd\"" },
	{ "not ASCII",    "\xc3\xa4",        "\"\\ufffd\\ufffd\"" },
};
// clang-format on

static void
writes_json(void **state)
{
	const struct quoted_row *row = *state;
	char buf[64];
	struct text text;

	TEXT_INIT(&text, buf);
	text_put_json(&text, span_of(row->value));
	assert_string_equal(buf, row->shown);
}

static void
numbers_are_written(void **state)
{
	static const uint64_t numbers[] = {
	    0, 7, 10, 255, 1000, UINT32_MAX, UINT64_MAX};
	char want[32], buf[21]; /* for the longest and NUL */
	struct text text;

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		snprintf(
		    want, sizeof(want), "%llu", (unsigned long long)numbers[i]);
		TEXT_INIT(&text, buf);
		text_put_number(&text, numbers[i]);
		assert_false(text.overflow);
		assert_string_equal(buf, want);
	}
	text_put_number(&text, 1);
	assert_true(text.overflow);
	assert_string_equal(buf, want);
}

static void
quoted_value_is_cut(void **state)
{
	char value[TEXT_QUOTED_MAX + 2];
	char buf[512];
	struct text text;

	(void)state;
	memset(value, 'x', sizeof(value));
	value[sizeof(value) - 1] = '\0';
	TEXT_INIT(&text, buf);
	text_put_quoted(&text, span_of(value));
	assert_int_equal(text.len, TEXT_QUOTED_MAX + 5);
	assert_string_equal(buf + text.len - 4, "...\"");
}

/* The writer */

static void
writer_remembers_overflow(void **state)
{
	char buf[6];
	struct text text;

	(void)state;
	TEXT_INIT(&text, buf);
	text_puts(&text, "abc");
	text_printf(&text, "%d", 12);
	assert_false(text.overflow);
	text_puts(&text, "d");
	assert_true(text.overflow);
	assert_string_equal(buf, "abc12");
	text_printf(&text, "%s", "e");
	assert_string_equal(buf, "abc12");
	assert_int_equal(text.len, 5);
}

static void
hex_is_written_whole(void **state)
{
	const uint8_t bytes[] = {0x00, 0x9a, 0xff};
	char buf[10] = "";
	struct text text;

	(void)state;
	text_init(&text, buf, 8);
	text_puts(&text, "x");
	text_put_hex(&text, bytes, sizeof(bytes));
	assert_string_equal(buf, "x009aff");
	assert_int_equal(text.len, 7);
	assert_false(text.overflow);
	text_put_hex(&text, bytes, 1);
	assert_string_equal(buf, "x009aff");
	assert_true(text.overflow);
	text_init(&text, buf, 7);
	text_puts(&text, "x");
	text_put_hex(&text, bytes, sizeof(bytes));
	assert_string_equal(buf, "x");
	assert_true(text.overflow);
}

static void
spans_compare(void **state)
{
	(void)state;
	assert_true(span_equal_nocase(span_of("AbC"), span_of("aBc")));
	assert_false(span_equal(span_of("AbC"), span_of("aBc")));
	assert_false(span_equal(span_of("ab"), span_of("abc")));
	assert_true(span_starts(span_of("/dyn/x"), span_of("/dyn")));
	assert_false(span_starts(span_of("/d"), span_of("/dyn")));
	assert_true(span_ends_nocase(span_of("a.Org"), span_of(".org")));
	assert_true(span_is(span_trim(span_of(" \t a b \r\n")), "a b"));
	assert_true(span_is(span_trim(span_of("  ")), ""));
	assert_true(span_is(span_of(NULL), ""));
	assert_true(span_is(span_without_mark(span_of("\xef\xbb\xbf")), ""));
	assert_true(span_is(span_without_mark(span_of("\xef\xbb"
						      "x")),
	    "\xef\xbb"
	    "x"));
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(writer_remembers_overflow),
	    cmocka_unit_test(numbers_are_written),
	    cmocka_unit_test(quoted_value_is_cut),
	    cmocka_unit_test(hex_is_written_whole),
	    cmocka_unit_test(spans_compare),
	};
	int failures = 0;

	failures += TABLE_RUN("text: splits", split_rows, splits);
	failures += TABLE_RUN("text: numbers", number_rows, numbers);
	failures += TABLE_RUN("text: decodes", decode_rows, decodes);
	failures += TABLE_RUN("text: quotes", quoted_rows, quotes);
	failures += TABLE_RUN("text: JSON", json_rows, writes_json);
	failures +=
	    cmocka_run_group_tests_name("text: singles", singles, NULL, NULL);
	return failures;
}
