#include "ddnsgate/syntax/file_id.h"

#include "table.h"
#include "temp_dir.h"

/* What is done to a file, and whether it has another identity afterwards;
 * reload_test.c has every kind of change. */

static void
the_same_file_has_the_same_identity(void **state)
{
	(void)state;
	temp_dir_write("a", "one", 0600);
	struct file_id first = file_id_of("a");
	struct file_id second = file_id_of("a");
	assert_true(file_id_equal(&first, &second));
	temp_dir_write("a", "two", 0600);
	second = file_id_of("a");
	assert_false(file_id_equal(&first, &second));
}

/* What is another file, or another content, differs in one of these at least,
 * whatever else was set back. */
static void
it_is_all_that_tells_a_change(void **state)
{
	struct stat about;

	(void)state;
	temp_dir_write("a", "three", 0600);
	struct file_id id = file_id_of("a");
	assert_int_equal(stat("a", &about), 0);
	const struct file_id want = {{about.st_dev, about.st_ino,
	    (uint64_t)about.st_size, (uint64_t)about.st_mtim.tv_sec,
	    (uint64_t)about.st_mtim.tv_nsec, (uint64_t)about.st_ctim.tv_sec,
	    (uint64_t)about.st_ctim.tv_nsec}};
	assert_memory_equal(&id, &want, sizeof(id));
	for (size_t i = 0; i < sizeof(id.fields) / sizeof(*id.fields); i++) {
		struct file_id other = id;
		other.fields[i]++;
		assert_false(file_id_equal(&id, &other));
	}
}

static void
no_file_is_all_zeros(void **state)
{
	static const struct file_id zeros;
	struct file_id id = file_id_of("none");

	(void)state;
	assert_true(file_id_equal(&id, &zeros));
}

static void
the_digest_is_that_of_all_in_order(void **state)
{
	const struct file_id ids[] = {{{1}}, {{2}}, {{3}}};
	const struct file_id turned[] = {{{2}}, {{1}}, {{3}}};
	struct secret_digest all = file_id_digest(ids, 3);
	struct secret_digest again = file_id_digest(ids, 3);
	struct secret_digest fewer = file_id_digest(ids, 2);
	struct secret_digest other = file_id_digest(turned, 3);

	(void)state;
	assert_true(secret_digest_equal(&all, &again));
	assert_false(secret_digest_equal(&all, &fewer));
	assert_false(secret_digest_equal(&all, &other));
}

static int
enter(void **state)
{
	(void)state;
	temp_dir_enter();
	return 0;
}

static int
leave(void **state)
{
	(void)state;
	temp_dir_leave();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_same_file_has_the_same_identity),
	    cmocka_unit_test(it_is_all_that_tells_a_change),
	    cmocka_unit_test(no_file_is_all_zeros),
	    cmocka_unit_test(the_digest_is_that_of_all_in_order),
	};

	return cmocka_run_group_tests_name("file_id", tests, enter, leave);
}
