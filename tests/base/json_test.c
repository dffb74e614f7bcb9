#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ddnsgate/base/json.h"

#include "table.h"

/* Each member as NAME=VALUE, with a letter for what is no string. */

// clang-format off
static const struct row {
	const char *name;
	const char *text;
	enum err want;
	const char *members; /* joined with "|" */
} rows[] = {
	{ "empty",             "{}",                  ERR_OK, "" },
	{ "empty, blanks",     " \t\r\n{ \t\r\n} \t\r\n", ERR_OK, "" },
	{ "a string",          "{\"a\":\"b\"}",       ERR_OK, "a=b" },
	{ "two",               "{\"a\":\"b\",\"c\":\"d\"}", ERR_OK, "a=b|c=d" },
	{ "blanks",            "{ \"a\" : \"b\" ,\n\t\"c\":\r\"d\" }", ERR_OK,
	  "a=b|c=d" },
	{ "twice",             "{\"a\":\"b\",\"a\":\"c\"}", ERR_OK, "a=b|a=c" },
	{ "empty strings",     "{\"\":\"\"}",         ERR_OK, "=" },
	{ "other kinds",       "{\"a\":true,\"b\":false,\"c\":null,\"d\":0}",
	  ERR_OK, "a=t:true|b=f:false|c=n:null|d=#:0" },
	{ "a string of a word", "{\"a\":\"true\"}",   ERR_OK, "a=true" },
	/* Numbers */
	{ "numbers",           "{\"a\":-1,\"b\":10.50,\"c\":1e9,\"d\":0E+1,"
	  "\"e\":-0.1e-2}", ERR_OK,
	  "a=#:-1|b=#:10.50|c=#:1e9|d=#:0E+1|e=#:-0.1e-2" },
	{ "+1",                "{\"a\":+1}",          ERR_SYNTAX, "" },
	{ "01",                "{\"a\":01}",          ERR_SYNTAX, "" },
	{ ".5",                "{\"a\":.5}",          ERR_SYNTAX, "" },
	{ "1.",                "{\"a\":1.}",          ERR_SYNTAX, "" },
	{ "-",                 "{\"a\":-}",           ERR_SYNTAX, "" },
	{ "1e",                "{\"a\":1e}",          ERR_SYNTAX, "" },
	{ "1e+",               "{\"a\":1e+}",         ERR_SYNTAX, "" },
	{ "an address",        "{\"a\":192.0.2.7}",   ERR_SYNTAX, "" },
	{ "0x1",               "{\"a\":0x1}",         ERR_SYNTAX, "" },
	{ "NaN",               "{\"a\":NaN}",         ERR_SYNTAX, "" },
	/* Words */
	{ "True",              "{\"a\":True}",        ERR_SYNTAX, "" },
	{ "truer",             "{\"a\":truer}",       ERR_SYNTAX, "" },
	{ "tru",               "{\"a\":tru",          ERR_SYNTAX, "" },
	{ "truefalse",         "{\"a\":truefalse}",   ERR_SYNTAX, "" },
	{ "no quotation marks", "{\"a\":b}",          ERR_SYNTAX, "" },
	/* Strings */
	{ "escapes",           "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}", ERR_OK,
	  "a=\"\\/\b\f\n\r\t" },
	{ "escapes in a name", "{\"m\\u0079ip\":\"x\"}", ERR_OK, "myip=x" },
	{ "one byte",          "{\"a\":\"\\u0041\\u007f\"}", ERR_OK,
	  "a=A\x7f" },
	{ "two bytes",         "{\"a\":\"\\u0080\\u00E4\\u07ff\"}", ERR_OK,
	  "a=\xc2\x80\xc3\xa4\xdf\xbf" },
	{ "three bytes",       "{\"a\":\"\\u0800\\u20ac\\uFFFF\"}", ERR_OK,
	  "a=\xe0\xa0\x80\xe2\x82\xac\xef\xbf\xbf" },
	{ "around surrogates", "{\"a\":\"\\ud7ff\\ue000\"}", ERR_OK,
	  "a=\xed\x9f\xbf\xee\x80\x80" },
	{ "four bytes",        "{\"a\":\"\\ud800\\udc00\\uD83D\\uDE00"
	  "\\udbff\\udfff\"}", ERR_OK,
	  "a=\xf0\x90\x80\x80\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf" },
	{ "a NUL",             "{\"a\":\"b\\u0000c\"}", ERR_OK, "a=b0c" },
	{ "UTF-8 as it is",    "{\"a\":\"\xc3\xa4\"}", ERR_OK, "a=\xc3\xa4" },
	{ "Latin-1 as it is",  "{\"a\":\"\xe4\"}",    ERR_OK, "a=\xe4" },
	{ "a slash as it is",  "{\"a\":\"b/c\"}",     ERR_OK, "a=b/c" },
	{ "a high surrogate alone", "{\"a\":\"\\ud800\"}", ERR_SYNTAX, "" },
	{ "a high one, then another", "{\"a\":\"\\ud800\\ud800\"}",
	  ERR_SYNTAX, "" },
	{ "a high one, then a letter", "{\"a\":\"\\ud800\\u0041\"}",
	  ERR_SYNTAX, "" },
	{ "a low surrogate alone", "{\"a\":\"\\udc00\"}", ERR_SYNTAX, "" },
	{ "a high one, then another escape", "{\"a\":\"\\ud800\\n\"}",
	  ERR_SYNTAX, "" },
	{ "three digits",      "{\"a\":\"\\u041\"}",  ERR_SYNTAX, "" },
	{ "no digit",          "{\"a\":\"\\u004g\"}", ERR_SYNTAX, "" },
	{ "digits are cut off", "{\"a\":\"\\u00",     ERR_SYNTAX, "" },
	{ "another escape",    "{\"a\":\"\\x41\"}",   ERR_SYNTAX, "" },
	{ "an escaped mark",   "{\"a\":\"\\'\"}",     ERR_SYNTAX, "" },
	{ "U",                 "{\"a\":\"\\U0041\"}", ERR_SYNTAX, "" },
	{ "a backslash last",  "{\"a\":\"\\",         ERR_SYNTAX, "" },
	{ "a line end",        "{\"a\":\"b\nc\"}",    ERR_SYNTAX, "" },
	{ "a tab",             "{\"a\":\"b\tc\"}",    ERR_SYNTAX, "" },
	{ "open",              "{\"a\":\"b",          ERR_SYNTAX, "" },
	{ "other marks",       "{'a':'b'}",           ERR_SYNTAX, "" },
	/* Objects */
	{ "a name without marks", "{a:\"b\"}",        ERR_SYNTAX, "" },
	{ "a number as a name", "{1:\"b\"}",          ERR_SYNTAX, "" },
	{ "no colon",          "{\"a\" \"b\"}",       ERR_SYNTAX, "" },
	{ "=",                 "{\"a\"=\"b\"}",       ERR_SYNTAX, "" },
	{ "no value",          "{\"a\":}",            ERR_SYNTAX, "" },
	{ "only a name",       "{\"a\"}",             ERR_SYNTAX, "" },
	{ "no comma",          "{\"a\":1 \"b\":2}",   ERR_SYNTAX, "" },
	{ "two commas",        "{\"a\":1,,\"b\":2}",  ERR_SYNTAX, "" },
	{ "a comma last",      "{\"a\":1,}",          ERR_SYNTAX, "" },
	{ "a comma first",     "{,\"a\":1}",          ERR_SYNTAX, "" },
	{ "not closed",        "{\"a\":1",            ERR_SYNTAX, "" },
	{ "closed by another", "{\"a\":1]",           ERR_SYNTAX, "" },
	{ "only opened",       "{",                   ERR_SYNTAX, "" },
	{ "more behind",       "{}x",                 ERR_SYNTAX, "" },
	{ "two objects",       "{}{}",                ERR_SYNTAX, "" },
	{ "a comment",         "{/**/}",              ERR_SYNTAX, "" },
	{ "an object inside",  "{\"a\":{}}",          ERR_SYNTAX, "" },
	{ "an array inside",   "{\"a\":[]}",          ERR_SYNTAX, "" },
	/* Others */
	{ "nothing",           "",                    ERR_SYNTAX, "" },
	{ "blanks only",       "  ",                  ERR_SYNTAX, "" },
	{ "an array",          "[]",                  ERR_SYNTAX, "" },
	{ "only a string",     "\"a\"",               ERR_SYNTAX, "" },
	{ "only null",         "null",                ERR_SYNTAX, "" },
	{ "a form",            "a=b",                 ERR_SYNTAX, "" },
	{ "a byte order mark", "\xef\xbb\xbf{}",      ERR_SYNTAX, "" },
};
// clang-format on

/* A NUL is shown as "0". */
static void
put_value(struct text *out, struct span value)
{
	for (size_t i = 0; i < value.len; i++) {
		char c = value.ptr[i] == '\0' ? '0' : value.ptr[i];
		text_put(out, (struct span){&c, 1});
	}
}

static const char *
members_text(const struct json_object *object)
{
	static const char *const kinds[] = {"", "#:", "t:", "f:", "n:"};
	static char buf[512];
	struct text out;

	TEXT_INIT(&out, buf);
	for (size_t i = 0; i < object->count; i++) {
		const struct json_member *member = &object->members[i];
		text_puts(&out, i > 0 ? "|" : "");
		put_value(&out, member->name);
		text_printf(&out, "=%s", kinds[member->kind]);
		put_value(&out, member->value);
	}
	return buf;
}

static void
reads(void **state)
{
	const struct row *row = *state;
	struct json_object object;
	size_t len = strlen(row->text);
	char *text = malloc(len + 1);

	/* Of its own size, so that sanitizers see what is read beyond. */
	assert_non_null(text);
	memcpy(text, row->text, len);
	assert_int_equal(json_read_object(text, len, &object), row->want);
	if (row->want == ERR_OK)
		assert_string_equal(members_text(&object), row->members);
	free(text);
}

static void
counts_members(void **state)
{
	struct json_object object;
	char buf[512];
	struct text text;

	(void)state;
	for (int more = 0; more < 2; more++) {
		TEXT_INIT(&text, buf);
		text_puts(&text, "{\"a\":1");
		for (int i = 1; i < JSON_MEMBERS_MAX + more; i++)
			text_puts(&text, ",\"a\":1");
		text_puts(&text, "}");
		assert_int_equal(json_read_object(buf, text.len, &object),
		    more == 0 ? ERR_OK : ERR_RANGE);
		assert_int_equal(object.count, JSON_MEMBERS_MAX);
	}
}

static void
tells_objects(void **state)
{
	(void)state;
	assert_true(json_begins_object(span_of("{")));
	assert_true(json_begins_object(span_of(" \r\n\t{}")));
	assert_false(json_begins_object(span_of("")));
	assert_false(json_begins_object(span_of("[{}]")));
	assert_false(json_begins_object(span_of("a={}")));
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(counts_members),
	    cmocka_unit_test(tells_objects),
	};

	return TABLE_RUN("json: reads", rows, reads) +
	       cmocka_run_group_tests_name(
		   "json: singles", singles, NULL, NULL);
}
