#include <stdio.h>
#include <string.h>

#include "ddnsgate/request/variable.h"

#include "table.h"

#define STRINGS_MAX 6

// clang-format off
static const struct row {
	const char *name;
	const char *strings[STRINGS_MAX];
	const char *asked;
	const char *value;
} rows[] = {
	{ "none at all",       { NULL }, "HTTP_A", NULL },
	{ "one",               { "A=1" }, "A", "1" },
	{ "another",           { "A=1" }, "B", NULL },
	{ "empty",             { "A=" }, "A", "" },
	{ "without =",         { "A" }, "A", NULL },
	{ "begins alike",      { "AB=1", "A=2" }, "A", "2" },
	{ "is longer",         { "A=1" }, "AB", NULL },
	{ "= in the value",    { "A=b=c" }, "A", "b=c" },
	{ "case matters",      { "a=1" }, "A", NULL },
	/* Of no header the last counts */
	{ "twice",             { "A=1", "A=2" }, "A", "2" },
	{ "twice, another between", { "A=1", "B=3", "A=2" }, "A", "2" },
	{ "last is empty",     { "A=1", "A=" }, "A", "" },
	{ "no header by its name", { "HTTPS=on", "HTTPS=off" }, "HTTPS",
	  "off" },
	/* A header is one list */
	{ "header once",       { "HTTP_A=1" }, "HTTP_A", "1" },
	{ "header twice",      { "HTTP_A=1", "HTTP_A=2" }, "HTTP_A", "1, 2" },
	{ "header three times", { "HTTP_A=1", "X=0", "HTTP_A=2", "HTTP_A=3" },
	  "HTTP_A", "1, 2, 3" },
	{ "a list in it",      { "HTTP_A=1, 2", "HTTP_A=3" }, "HTTP_A",
	  "1, 2, 3" },
	{ "first is empty",    { "HTTP_A=", "HTTP_A=2" }, "HTTP_A", ", 2" },
	{ "header begins alike", { "HTTP_A=1", "HTTP_AB=2", "HTTP_A=3" },
	  "HTTP_A", "1, 3" },
};
// clang-format on

static void
finds(void **state)
{
	const struct row *row = *state;
	char *strings[STRINGS_MAX + 1] = {NULL};
	struct variable_list list;

	memcpy(strings, row->strings, sizeof(row->strings));
	variable_list_init(&list, strings);
	for (int again = 0; again < 2; again++) {
		const char *value = variable_value(&list, row->asked);
		if (row->value == NULL)
			assert_null(value);
		else
			assert_string_equal(value, row->value);
	}
	variable_list_done(&list);
}

/* A value that was given lives on while others are asked for. */
static void
several_headers_are_joined(void **state)
{
	char *strings[] = {
	    "HTTP_A=1", "HTTP_B=3", "HTTP_A=2", "HTTP_B=4", NULL};
	struct variable_list list;

	(void)state;
	variable_list_init(&list, strings);
	const char *a = variable_value(&list, "HTTP_A");
	assert_string_equal(variable_value(&list, "HTTP_B"), "3, 4");
	assert_string_equal(a, "1, 2");
	assert_ptr_equal(variable_value(&list, "HTTP_A"), a);
	variable_list_done(&list);
	for (size_t i = 0; i < strlen("HTTP_A=1, 2"); i++)
		assert_int_equal(list.joined[i], 0);
}

/* Writes HTTP_A= and so many bytes. */
static void
fill(char *string, size_t len, char byte)
{
	size_t at = (size_t)sprintf(string, "HTTP_A=");

	memset(string + at, byte, len);
	string[at + len] = '\0';
}

static void
the_last_lines_count_beyond_the_limit(void **state)
{
	static char first[VARIABLE_JOINED_SIZE + 16];
	static char second[VARIABLE_JOINED_SIZE + 16];
	char *strings[] = {first, second, "HTTP_A=last", NULL};
	struct variable_list list;
	/* Each has a separator's room. */
	size_t fits = VARIABLE_JOINED_SIZE - strlen("HTTP_A=last") - 1 - 4;

	(void)state;
	fill(first, 1, 'x');
	fill(second, fits, 'y');
	variable_list_init(&list, strings);
	const char *value = variable_value(&list, "HTTP_A");
	assert_int_equal(value[0], 'y');
	assert_int_equal(strlen(value), fits + strlen(", last"));
	variable_list_done(&list);
	fill(second, fits + 1, 'y');
	assert_string_equal(variable_value(&list, "HTTP_A"), "last");
	variable_list_done(&list);
}

static void
the_last_line_counts_however_long(void **state)
{
	static char last[VARIABLE_JOINED_SIZE + 16];
	char *strings[] = {"HTTP_A=forged", last, NULL};
	struct variable_list list;

	(void)state;
	fill(last, VARIABLE_JOINED_SIZE, 'z');
	variable_list_init(&list, strings);
	assert_ptr_equal(
	    variable_value(&list, "HTTP_A"), last + strlen("HTTP_A="));
	variable_list_done(&list);
}

/* On both sides of the last that is indexed. */
static void
more_than_are_indexed(void **state)
{
	char *strings[VARIABLE_INDEXED_MAX + 3];
	struct variable_list list;

	(void)state;
	for (size_t i = 0; i < VARIABLE_INDEXED_MAX + 2; i++)
		strings[i] = "HTTP_X=0";
	strings[VARIABLE_INDEXED_MAX - 1] = "HTTP_A=1";
	strings[VARIABLE_INDEXED_MAX] = "HTTP_A=2";
	strings[VARIABLE_INDEXED_MAX + 1] = "B=3";
	strings[VARIABLE_INDEXED_MAX + 2] = NULL;
	variable_list_init(&list, strings);
	assert_string_equal(variable_value(&list, "HTTP_A"), "1, 2");
	assert_string_equal(variable_value(&list, "B"), "3");
	assert_null(variable_value(&list, "HTTP_B"));
	variable_list_done(&list);
}

/* Names of which the index does not know how long they are. */
static void
long_names(void **state)
{
	char first[300], second[300], name[300];
	char *strings[] = {first, second, NULL};
	struct variable_list list;

	(void)state;
	snprintf(first, sizeof(first), "%0255d=1", 0);
	snprintf(second, sizeof(second), "%0256d=2", 0);
	variable_list_init(&list, strings);
	for (int len = 254; len <= 257; len++) {
		snprintf(name, sizeof(name), "%0*d", len, 0);
		const char *value = variable_value(&list, name);
		if (len == 255 || len == 256)
			assert_string_equal(value, len == 255 ? "1" : "2");
		else
			assert_null(value);
	}
	variable_list_done(&list);
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(several_headers_are_joined),
	    cmocka_unit_test(the_last_lines_count_beyond_the_limit),
	    cmocka_unit_test(the_last_line_counts_however_long),
	    cmocka_unit_test(more_than_are_indexed),
	    cmocka_unit_test(long_names),
	};

	return TABLE_RUN("variable: finds", rows, finds) +
	       cmocka_run_group_tests_name(
		   "variable: singles", singles, NULL, NULL);
}
