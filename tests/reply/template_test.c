#include <stdio.h>
#include <string.h>

#include "ddnsgate/reply/template.h"

#include "table.h"

#define OUT_SIZE 256

static const char *
value(void *data, struct span name)
{
	(void)data;
	if (span_is(name, "NAME"))
		return "<&>";
	return span_is(name, "EMPTY") ? "" : NULL;
}

static const char *
sentence(void *data, struct span name)
{
	(void)data;
	if (span_is(name, "hello"))
		return "'hi' @NAME@ @hello@ @NONE@";
	return span_is(name, "twice") ? "@NAME@@NAME@" : NULL;
}

/* "two" is there twice, "one" once, anything else not at all. */
static bool
repeat(void *data, struct span word, size_t index)
{
	(void)data;
	return (span_is(word, "one") && index == 0) ||
	       (span_is(word, "two") && index < 2) || span_is(word, "endless");
}

// clang-format off
static const struct row {
	const char *name;
	const char *text;
	const char *raw, *html;
} rows[] = {
	{ "plain",           "a <b>\n",      "a <b>\n", "a <b>\n" },
	{ "no end",          "a",            "a\n",     "a\n" },
	{ "nothing",         "",             "",        "" },
	{ "a value",         "a @NAME@ b\n", "a <&> b\n",
	  "a &lt;&amp;&gt; b\n" },
	{ "an empty one",    "@EMPTY@\n",    "\n",      "\n" },
	{ "an unknown one",  "@OTHER@\n",    "@OTHER@\n", "@OTHER@\n" },
	{ "one @",           "a@b\n",        "a@b\n",   "a@b\n" },
	{ "@ at the end",    "a@\n",         "a@\n",    "a@\n" },
	{ "two @",           "@@NAME@@\n",   "@<&>@\n", "@&lt;&amp;&gt;@\n" },
	{ "no end of a name", "@NAME\n",     "@NAME\n", "@NAME\n" },
	{ "a sentence",      "@hello@\n",    "'hi' <&> @hello@ @NONE@\n",
	  "&#39;hi&#39; &lt;&amp;&gt; @hello@ @NONE@\n" },
	{ "values alone",    "@twice@\n",    "<&><&>\n",
	  "&lt;&amp;&gt;&lt;&amp;&gt;\n" },
	{ "an unknown sentence", "@other@\n", "@other@\n", "@other@\n" },
	{ "mixed case",      "@Name@\n",     "@Name@\n", "@Name@\n" },
	{ "a block",         "@for two\na\n@end\nb\n", "a\na\nb\n",
	  "a\na\nb\n" },
	{ "no block",        "@for none\na\n@end\nb\n", "b\n", "b\n" },
	{ "a block in one",  "@for two\na\n@for two\nb\n@end\n@end\nc\n",
	  "a\nb\nb\na\nb\nb\nc\n", "a\nb\nb\na\nb\nb\nc\n" },
	{ "one that is not there in one", "@for one\n@for none\nb\n@end\na\n"
	  "@end\n", "a\n", "a\n" },
	{ "one in one that is not there", "@for none\n@for one\nb\n@end\na\n"
	  "@end\nc\n", "c\n", "c\n" },
	{ "two behind one another", "@for one\na\n@end\n@for one\nb\n@end\n",
	  "a\nb\n", "a\nb\n" },
	{ "no end of a block", "@for two\na\n", "a\na\n", "a\na\n" },
	{ "an end alone",    "@end\n",       "@end\n",  "@end\n" },
};
// clang-format on

static void
fill(const char *text, bool html, char *buf)
{
	const struct template_filler filler = {.value = value,
	    .sentence = sentence,
	    .repeat = repeat,
	    .put = html ? template_put_html : text_put};
	struct text out;

	text_init(&out, buf, OUT_SIZE);
	template_put(&out, span_of(text), &filler);
	assert_false(out.overflow);
}

static void
fills(void **state)
{
	const struct row *row = *state;
	char buf[OUT_SIZE];

	fill(row->text, false, buf);
	assert_string_equal(buf, row->raw);
	fill(row->text, true, buf);
	assert_string_equal(buf, row->html);
}

/* Sentences are only for those that have some. */
static void
needs_no_sentences(void **state)
{
	const struct template_filler filler = {
	    .value = value, .repeat = repeat, .put = text_put};
	char buf[OUT_SIZE];
	struct text out;

	(void)state;
	TEXT_INIT(&out, buf);
	template_put(&out, span_of("@hello@ @NAME@\n"), &filler);
	assert_string_equal(buf, "@hello@ <&>\n");
}

static void
ends_when_full(void **state)
{
	const struct template_filler filler = {
	    .value = value, .repeat = repeat, .put = text_put};
	char buf[16];
	struct text out;

	(void)state;
	TEXT_INIT(&out, buf);
	template_put(&out, span_of("@for endless\nabc\n@end\n"), &filler);
	assert_true(out.overflow);
}

/* No byte, alone or between others, is left as what it means in HTML. */
static void
escapes_each_byte(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		const char text[] = {'a', (char)c, 'b'};
		char buf[OUT_SIZE];
		struct text out;
		TEXT_INIT(&out, buf);
		template_put_html(&out, (struct span){text, sizeof(text)});
		assert_false(out.overflow);
		assert_null(strpbrk(buf, "<>\"'"));
		const char *and = strchr(buf, '&');
		assert_true(
		    (and != NULL) == (c != 0 && strchr("<>\"'&", c) != NULL));
		assert_true(buf[0] == 'a' && buf[out.len - 1] == 'b');
		for (size_t i = 0; i < out.len; i++)
			assert_true((buf[i] >= ' ' && buf[i] <= '~') ||
				    buf[i] == '\n' || buf[i] == '\t');
	}
}

// clang-format off
static const struct character_row {
	const char *name, *text, *html;
} character_rows[] = {
	{ "two bytes",       "\xc3\xa4",         "\xc3\xa4" },
	{ "three",           "\xe2\x9c\x93",     "\xe2\x9c\x93" },
	{ "four",            "\xf0\x9f\x8c\x8d", "\xf0\x9f\x8c\x8d" },
	{ "cut off",         "a\xe2\x9c",        "a" },
	{ "that swallows",   "\xe2<b>",          "&lt;b&gt;" },
	{ "overlong",        "\xc0\xbc",         "" },
	{ "overlong, three", "\xe0\x80\xbc",     "" },
	{ "overlong, four",  "\xf0\x80\x80\xbc", "" },
	{ "a surrogate",     "\xed\xa0\x80",     "" },
	{ "beyond",          "\xf4\x90\x80\x80", "" },
	{ "Latin-1",         "\xe4<",            "&lt;" },
};
// clang-format on

static void
escapes_characters(void **state)
{
	const struct character_row *row = *state;
	char buf[OUT_SIZE];
	struct text out;

	TEXT_INIT(&out, buf);
	template_put_html(&out, span_of(row->text));
	assert_string_equal(buf, row->html);
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(needs_no_sentences),
	    cmocka_unit_test(ends_when_full),
	    cmocka_unit_test(escapes_each_byte),
	};

	return TABLE_RUN("template: fills in", rows, fills) +
	       TABLE_RUN(
		   "template: characters", character_rows, escapes_characters) +
	       cmocka_run_group_tests_name(
		   "template: singles", singles, NULL, NULL);
}
