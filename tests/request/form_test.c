#include <string.h>

#include "ddnsgate/request/form.h"

#include "table.h"

#define SIXTEEN "a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&"

// clang-format off
static const struct row {
	const char *name;
	const char *first, *second; /* added one after the other */
	const char *asked;
	const char *value; /* NULL: there is none */
} rows[] = {
	{ "one",            "a=b",         "",      "a",  "b" },
	{ "the second",     "a=b&c=d",     "",      "c",  "d" },
	{ "none",           "",            "",      "a",  NULL },
	{ "another",        "ab=c",        "",      "a",  NULL },
	{ "no value",       "a&b=c",       "",      "a",  "" },
	{ "empty value",    "a=",          "",      "a",  "" },
	{ "the last",       "a=b&a=c",     "",      "a",  "c" },
	{ "the last, empty", "a=b&a",      "",      "a",  "" },
	{ "the second text", "a=b",        "a=c",   "a",  "c" },
	{ "the first text", "a=b",         "c=d",   "a",  "b" },
	{ "case of the name", "AbC=d",     "",      "aBc", "d" },
	{ "case of the value", "a=B",      "",      "a",  "B" },
	{ "two =",          "a=b=c",       "",      "a",  "b=c" },
	{ "no name",        "=b",          "",      "",   "b" },
	{ "empty parts",    "&&a=b&&",     "",      "a",  "b" },
	{ "no empty name",  "&&a=b&&",     "",      "",   NULL },
	{ "encoded &",      "a=b%26c=d",   "",      "a",  "b&c=d" },
	{ "encoded =",      "a%3Db=c",     "",      "a=b", "c" },
	{ "encoded name",   "%61=b",       "",      "a",  "b" },
	{ "plus",           "a=b+c%2B",    "",      "a",  "b c+" },
	{ "bad percent",    "a=%h%",       "",      "a",  "%h%" },
	{ "blanks",         "+a%20=+b%0D%0A", "",   "a",  "b" },
	{ "question marks", "a=b?c=d",     "",      "a",  "b?c=d" },
	{ "semicolons",     "a=b;c=d",     "",      "a",  "b;c=d" },
	{ "amp;",           "a=b&amp;c=d", "",      "c",  "d" },
	{ "amp; twice",     "a=b&amp;amp;c=d", "",  "c",  "d" },
	{ "amp; with case", "a=b&AMP;c=d", "",      "c",  "d" },
	{ "amp; encoded",   "a=b&amp%3Bc=d", "",    "c",  "d" },
	{ "amp; first",     "amp;a=b",     "",      "a",  "b" },
	{ "amp; counts last", "c=b&amp;c=d", "",    "c",  "d" },
	{ "amp; is a name",  "amp=b&amp;c=d", "",   "amp", "b" },
	{ "amp; inside",    "aamp;c=d",    "",      "c",  NULL },
	{ "amp; in a value", "a=&b=amp;c", "",      "b",  "amp;c" },
	{ "amp; alone",     "a=b&amp;",    "",      "amp;", NULL },
};
// clang-format on

static void
finds(void **state)
{
	const struct row *row = *state;
	struct form form = {.count = 0};
	struct span value = {NULL, 0};
	char first[64], second[64];

	strcpy(first, row->first);
	strcpy(second, row->second);
	assert_int_equal(form_add(&form, first, strlen(first)), ERR_OK);
	assert_int_equal(form_add(&form, second, strlen(second)), ERR_OK);
	assert_int_equal(
	    form_find(&form, row->asked, &value), row->value != NULL);
	if (row->value == NULL)
		assert_null(value.ptr);
	else
		assert_true(span_is(value, row->value));
}

// clang-format off
static const struct yes_row {
	const char *name;
	const char *text;
	bool yes;
} yes_rows[] = {
	{ "yes",        "clear=yes",            true },
	{ "no case",    "Clear=TRUE",           true },
	{ "1",          "clear=1",              true },
	{ "on",         "clear=on",             true },
	{ "blanks",     "clear=+yes+",          true },
	{ "no",         "clear=no",             false },
	{ "0",          "clear=0",              false },
	{ "goes on",    "clear=yess",           false },
	{ "empty",      "clear=",               false },
	{ "the last",   "clear=yes&clear=no",   false },
	{ "another",    "clears=yes",           false },
};
// clang-format on

static void
says_yes(void **state)
{
	const struct yes_row *row = *state;
	struct form form = {.count = 0};
	char text[64];

	strcpy(text, row->text);
	assert_int_equal(form_add(&form, text, strlen(text)), ERR_OK);
	assert_int_equal(form_says_yes(&form, "clear"), row->yes);
	assert_false(form_says_yes(&form, NULL));
}

static void
next_gives_all(void **state)
{
	struct form form = {.count = 0};
	char text[] = "a=1&b=2&A=3&amp;a=4&a";
	const char *const values[] = {"1", "3", "4", ""};
	struct span value;
	size_t index = 0;

	(void)state;
	assert_int_equal(form_add(&form, text, strlen(text)), ERR_OK);
	for (size_t i = 0; i < 4; i++) {
		assert_true(form_next(&form, "a", &index, &value));
		assert_true(span_is(value, values[i]));
	}
	assert_false(form_next(&form, "a", &index, &value));
	index = 0;
	assert_false(form_next(&form, "c", &index, &value));
}

static void
counts_together(void **state)
{
	struct form form = {.count = 0};
	char many[] = SIXTEEN SIXTEEN SIXTEEN SIXTEEN;
	char more[] = "b=c";

	(void)state;
	assert_int_equal(form_add(&form, many, strlen(many)), ERR_OK);
	assert_int_equal(form.count, FORM_PARAMETERS_MAX);
	assert_int_equal(form_add(&form, more, strlen(more)), ERR_TOO_LARGE);
	assert_int_equal(form.count, FORM_PARAMETERS_MAX);
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(next_gives_all),
	    cmocka_unit_test(counts_together),
	};

	return TABLE_RUN("form: finds", rows, finds) +
	       TABLE_RUN("form: says yes", yes_rows, says_yes) +
	       cmocka_run_group_tests_name(
		   "form: singles", singles, NULL, NULL);
}
