#include "ddnsgate/pages.h"

#include <sys/mman.h>
#include <unistd.h>

#include "table.h"

#define PAGES 64

/* Only what is touched is there. */
static void
cost_what_is_touched(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	unsigned char there[PAGES];
	size_t count = 0;
	char *pages = pages_new(PAGES * page);

	(void)state;
	assert_non_null(pages);
	pages[5 * page] = 'x';
	assert_int_equal(mincore(pages, PAGES * page, there), 0);
	for (size_t i = 0; i < PAGES; i++)
		count += there[i] & 1;
	assert_int_equal(count, 1);
	assert_int_equal(pages[5 * page + 1], 0);
	assert_int_equal(pages[PAGES * page - 1], 0);
	pages_free(pages, PAGES * page);
}

static void
too_many(void **state)
{
	(void)state;
	assert_null(pages_new(SIZE_MAX / 2));
	pages_free(NULL, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(cost_what_is_touched),
	    cmocka_unit_test(too_many),
	};
	return cmocka_run_group_tests_name("pages", tests, NULL, NULL);
}
