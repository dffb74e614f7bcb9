#ifndef DDNSGATE_TESTS_TABLE_H
#define DDNSGATE_TESTS_TABLE_H

/*
 * Tables of test cases for cmocka: each row becomes a test of its own with the
 * row's name, so a failure names its row.
 *
 *	static const struct row { const char *name; ... } rows[] = {...};
 *	static void one_row(void **state) { const struct row *row = *state; }
 *	...
 *	failures += TABLE_RUN("module: what", rows, one_row);
 *
 * The name is the first member of a row.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static inline int
table_run(const char *group, const void *rows, size_t row_size, size_t count,
    CMUnitTestFunction one_row)
{
	struct CMUnitTest *tests = calloc(count, sizeof(*tests));
	if (tests == NULL)
		return 1;
	for (size_t i = 0; i < count; i++) {
		const char *row = (const char *)rows + i * row_size;
		tests[i].name = *(const char *const *)(const void *)row;
		tests[i].test_func = one_row;
		tests[i].initial_state = (void *)(uintptr_t)row;
	}
	int failures = _cmocka_run_group_tests(group, tests, count, NULL, NULL);
	free(tests);
	return failures;
}

#define TABLE_RUN(group, rows, one_row)               \
	table_run((group), (rows), sizeof((rows)[0]), \
	    sizeof(rows) / sizeof((rows)[0]), (one_row))

#endif
