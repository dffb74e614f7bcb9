#include "ddnsgate/base/page_buffer.h"

#include <sys/mman.h>
#include <unistd.h>

#include "table.h"

#define PAGES 64

static size_t
count_there(char *buffer, size_t page)
{
	unsigned char there[PAGES];
	size_t count = 0;

	assert_int_equal(mincore(buffer, PAGES * page, there), 0);
	for (size_t i = 0; i < PAGES; i++)
		count += there[i] & 1;
	return count;
}

/* Only what is touched is there. */
static void
cost_what_is_touched(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *buffer = page_buffer_new(PAGES * page);

	(void)state;
	assert_non_null(buffer);
	buffer[5 * page] = 'x';
	assert_int_equal(count_there(buffer, page), 1);
	assert_int_equal(buffer[5 * page + 1], 0);
	assert_int_equal(buffer[PAGES * page - 1], 0);
	page_buffer_free(buffer, PAGES * page);
}

/* Nothing outside of what is given back is lost. */
static void
gives_back_whole_pages(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *buffer = page_buffer_new(PAGES * page);

	(void)state;
	assert_non_null(buffer);
	for (size_t i = 0; i < PAGES; i++)
		buffer[i * page] = buffer[(i + 1) * page - 1] = 'x';
	page_buffer_discard(buffer + 1, page);
	page_buffer_discard(buffer + 1, 0);
	assert_int_equal(count_there(buffer, page), PAGES);
	page_buffer_discard(buffer + 1, 3 * page - 1);
	assert_int_equal(count_there(buffer, page), PAGES - 2);
	for (size_t i = 0; i < PAGES; i++)
		assert_int_equal(buffer[i * page], i == 1 || i == 2 ? 0 : 'x');
	page_buffer_free(buffer, PAGES * page);
}

static void
too_many(void **state)
{
	(void)state;
	assert_null(page_buffer_new(SIZE_MAX / 2));
	page_buffer_free(NULL, 1);
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
