#include "ddnsgate/base/page_buffer.h"

#include <sys/mman.h>
#include <unistd.h>

#include "table.h"

#define PAGES 64

static size_t
count_there(char *pages, size_t page)
{
	unsigned char there[PAGES];
	size_t count = 0;

	assert_int_equal(mincore(pages, PAGES * page, there), 0);
	for (size_t i = 0; i < PAGES; i++)
		count += there[i] & 1;
	return count;
}

/* Only what is touched is there. */
static void
cost_what_is_touched(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *pages = pages_new(PAGES * page);

	(void)state;
	assert_non_null(pages);
	pages[5 * page] = 'x';
	assert_int_equal(count_there(pages, page), 1);
	assert_int_equal(pages[5 * page + 1], 0);
	assert_int_equal(pages[PAGES * page - 1], 0);
	pages_free(pages, PAGES * page);
}

/* Nothing outside of what is given back is lost. */
static void
gives_back_whole_pages(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *pages = pages_new(PAGES * page);

	(void)state;
	assert_non_null(pages);
	for (size_t i = 0; i < PAGES; i++)
		pages[i * page] = pages[(i + 1) * page - 1] = 'x';
	pages_give_back(pages + 1, page);
	pages_give_back(pages + 1, 0);
	assert_int_equal(count_there(pages, page), PAGES);
	pages_give_back(pages + 1, 3 * page - 1);
	assert_int_equal(count_there(pages, page), PAGES - 2);
	for (size_t i = 0; i < PAGES; i++)
		assert_int_equal(pages[i * page], i == 1 || i == 2 ? 0 : 'x');
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
	    cmocka_unit_test(gives_back_whole_pages),
	    cmocka_unit_test(too_many),
	};
	return cmocka_run_group_tests_name("pages", tests, NULL, NULL);
}
