#include <stdio.h>
#include <string.h>

#include "ddnsgate/syntax/diagnostic.h"

#include "table.h"

// clang-format off
static const struct row {
	const char *name;
	struct diagnostic_location location;
	const char *text;
} rows[] = {
	{ "all",        { "a.conf", 3, "ttl" }, "a.conf:3: ttl: is 0" },
	{ "no setting", { "a.conf", 3, NULL },  "a.conf:3: is 0" },
	{ "no line",    { "a.conf", 0, "ttl" }, "a.conf: ttl: is 0" },
	{ "file alone", { "a.conf", 0, NULL },  "a.conf: is 0" },
	{ "no file",    { NULL, 3, "ttl" },     "ttl: is 0" },
	{ "nothing",    { NULL, 0, NULL },      "is 0" },
};
// clang-format on

static void
locations(void **state)
{
	const struct row *row = *state;
	struct diagnostic_list list = {0};

	diagnostic_add(&list, DIAGNOSTIC_ERROR, row->location, "is %d", 0);
	assert_int_equal(list.count, 1);
	assert_string_equal(list.items[0].text, row->text);
	diagnostic_done(&list);
}

static void
add(struct diagnostic_list *list, enum diagnostic_severity severity,
    const char *file, unsigned line, const char *text)
{
	const struct diagnostic_location location = {file, line, NULL};

	diagnostic_add(list, severity, location, "%s", text);
}

static void
warnings_leave_room_for_errors(void **state)
{
	struct diagnostic_list list = {0};

	(void)state;
	for (int i = 0; i < 2 * DIAGNOSTIC_MAX; i++)
		add(&list, DIAGNOSTIC_WARNING, "f", 0, "w");
	assert_int_equal(list.count, DIAGNOSTIC_WARNINGS_MAX);
	for (int i = 0; i < 2 * DIAGNOSTIC_MAX; i++)
		add(&list, DIAGNOSTIC_ERROR, "f", 0, "e");
	assert_int_equal(list.count, DIAGNOSTIC_MAX);
	assert_int_equal(
	    list.items[DIAGNOSTIC_MAX - 1].severity, DIAGNOSTIC_ERROR);
	assert_int_equal(list.errors, 2 * DIAGNOSTIC_MAX);
	assert_int_equal(diagnostic_warnings(&list), 2 * DIAGNOSTIC_MAX);
	diagnostic_done(&list);
	assert_int_equal(list.count, 0);
}

static void
sorting_goes_by_file_and_line(void **state)
{
	static const char *const sorted[] = {"z:9: before", "b:2: one",
	    "b:2: two", "b:10: three", "a: four", "a:1: five", "c:1: six"};
	char *files[] = {"b", "a"};
	struct diagnostic_list list = {0};

	(void)state;
	add(&list, DIAGNOSTIC_ERROR, "z", 9, "before");
	add(&list, DIAGNOSTIC_ERROR, "c", 1, "six");
	add(&list, DIAGNOSTIC_WARNING, "a", 1, "five");
	add(&list, DIAGNOSTIC_ERROR, "b", 10, "three");
	add(&list, DIAGNOSTIC_ERROR, "b", 2, "one");
	add(&list, DIAGNOSTIC_ERROR, "a", 0, "four");
	add(&list, DIAGNOSTIC_WARNING, "b", 2, "two");
	diagnostic_sort(&list, 1, files, 2);
	for (size_t i = 0; i < list.count; i++)
		assert_string_equal(list.items[i].text, sorted[i]);
	diagnostic_done(&list);
}

static void
values_are_quoted_and_cut(void **state)
{
	char long_value[1000];

	(void)state;
	memset(long_value, '\n', sizeof(long_value));
	struct diagnostic_value cut =
	    diagnostic_quote((struct span){long_value, sizeof(long_value)});
	assert_int_equal(strlen(cut.text), 4 * TEXT_QUOTED_MAX + 5);
	assert_string_equal(diagnostic_quote(span_of("a b")).text, "\"a b\"");
	assert_string_equal(diagnostic_quote(span_of("ab")).text, "ab");
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(warnings_leave_room_for_errors),
	    cmocka_unit_test(sorting_goes_by_file_and_line),
	    cmocka_unit_test(values_are_quoted_and_cut),
	};
	int failures = 0;

	failures += TABLE_RUN("diagnostic: locations", rows, locations);
	failures += cmocka_run_group_tests_name(
	    "diagnostic: singles", singles, NULL, NULL);
	return failures;
}
