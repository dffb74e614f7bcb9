#include "ddnsgate/state/drain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "table.h"

static void
goes_on_and_off(void **state)
{
	char dir[] = "/tmp/drain_test.XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_false(drain_is_on(dir));
	for (int again = 0; again < 2; again++) {
		assert_int_equal(drain_set(dir, true), ERR_OK);
		assert_true(drain_is_on(dir));
	}
	for (int again = 0; again < 2; again++) {
		assert_int_equal(drain_set(dir, false), ERR_OK);
		assert_false(drain_is_on(dir));
	}
	assert_int_equal(rmdir(dir), 0);
}

/* A link that leads elsewhere is on, and nothing is made where it leads. */
static void
follows_no_link(void **state)
{
	char dir[] = "/tmp/drain_test.XXXXXX";
	char link[64], target[64];

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(link, sizeof(link), "%s/drain", dir);
	snprintf(target, sizeof(target), "%s/target", dir);
	assert_int_equal(symlink(target, link), 0);
	assert_true(drain_is_on(dir));
	assert_int_equal(drain_set(dir, true), ERR_OK);
	assert_int_not_equal(access(target, F_OK), 0);
	assert_int_equal(drain_set(dir, false), ERR_OK);
	assert_int_equal(rmdir(dir), 0);
}

static void
tells_failures(void **state)
{
	char dir[5000];

	(void)state;
	assert_false(drain_is_on("/nowhere/at/all"));
	assert_int_equal(drain_set("/nowhere/at/all", true), ERR_IO);
	assert_int_equal(errno, ENOENT);
	memset(dir, 'd', sizeof(dir));
	dir[sizeof(dir) - 1] = '\0';
	assert_false(drain_is_on(dir));
	assert_int_equal(drain_set(dir, true), ERR_IO);
	assert_int_equal(errno, ENAMETOOLONG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(goes_on_and_off),
	    cmocka_unit_test(follows_no_link),
	    cmocka_unit_test(tells_failures),
	};

	return cmocka_run_group_tests_name("drain", tests, NULL, NULL);
}
