#include "ddnsgate/base/page_buffer.h"

#include <sys/mman.h>
#include <unistd.h>

#include "table.h"

#define PAGES 64

static size_t
count_resident(char *buffer, size_t page)
{
	unsigned char resident[PAGES];
	size_t count = 0;

	assert_int_equal(mincore(buffer, PAGES * page, resident), 0);
	for (size_t i = 0; i < PAGES; i++)
		count += resident[i] & 1;
	return count;
}

/* Only pages that were written to are in memory. */
static void
written_pages_are_resident(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *buffer = page_buffer_new(PAGES * page);

	(void)state;
	assert_non_null(buffer);
	buffer[5 * page] = 'x';
	assert_int_equal(count_resident(buffer, page), 1);
	assert_int_equal(buffer[5 * page + 1], 0);
	assert_int_equal(buffer[PAGES * page - 1], 0);
	page_buffer_free(buffer, PAGES * page);
}

/* What lies outside of the given bytes is kept. */
static void
whole_pages_are_discarded(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *buffer = page_buffer_new(PAGES * page);

	(void)state;
	assert_non_null(buffer);
	for (size_t i = 0; i < PAGES; i++)
		buffer[i * page] = buffer[(i + 1) * page - 1] = 'x';
	page_buffer_discard(buffer + 1, page);
	page_buffer_discard(buffer + 1, 0);
	assert_int_equal(count_resident(buffer, page), PAGES);
	page_buffer_discard(buffer + 1, 3 * page - 1);
	assert_int_equal(count_resident(buffer, page), PAGES - 2);
	for (size_t i = 0; i < PAGES; i++)
		assert_int_equal(buffer[i * page], i == 1 || i == 2 ? 0 : 'x');
	page_buffer_free(buffer, PAGES * page);
}

static void
too_large_is_refused(void **state)
{
	(void)state;
	assert_null(page_buffer_new(SIZE_MAX / 2));
	page_buffer_free(NULL, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(written_pages_are_resident),
	    cmocka_unit_test(whole_pages_are_discarded),
	    cmocka_unit_test(too_large_is_refused),
	};
	return cmocka_run_group_tests_name("page_buffer", tests, NULL, NULL);
}
