#include "ddnsgate/state/hash_file.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "table.h"
#include "temp_dir.h"

#define LAYOUT "test 1"
/* Of a record, and of a bucket with eight of them. */
#define RECORD_SIZE 64
#define BUCKET_SIZE 512

static struct hash_file *file;

static void
open_it(size_t records, bool renewed)
{
	const char *why = NULL;
	bool is_renewed = !renewed;

	assert_int_equal(
	    hash_file_open("f", LAYOUT, records, &file, &is_renewed, &why),
	    ERR_OK);
	assert_int_equal(is_renewed, renewed);
}

static void
close_it(void)
{
	hash_file_close(file);
	file = NULL;
}

static struct span
name_of(unsigned number)
{
	static char buf[16];

	snprintf(buf, sizeof(buf), "%u", number);
	return span_of(buf);
}

static void
put(unsigned name, uint8_t value)
{
	struct hash_file_place place;

	hash_file_find(file, name_of(name), &place);
	memset(place.record.value, value, sizeof(place.record.value));
	assert_int_equal(hash_file_put(file, &place), 0);
}

/* The value of a name, or -1. */
static int
get(unsigned name)
{
	struct hash_file_place place;

	if (!hash_file_find(file, name_of(name), &place))
		return -1;
	for (size_t i = 1; i < sizeof(place.record.value); i++)
		assert_int_equal(place.record.value[i], place.record.value[0]);
	return place.record.value[0];
}

static off_t
file_size(void)
{
	struct stat about;

	assert_int_equal(stat("f", &about), 0);
	return about.st_size;
}

/* Overwrites bytes of the file. */
static void
spoil(off_t offset, uint8_t byte, size_t len)
{
	int fd = open("f", O_WRONLY);

	for (size_t i = 0; i < len; i++)
		assert_int_equal(pwrite(fd, &byte, 1, offset + (off_t)i), 1);
	close(fd);
}

static int
set_up(void **state)
{
	(void)state;
	temp_dir_enter();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	close_it();
	temp_dir_leave();
	return 0;
}

static void
records_are_found_again(void **state)
{
	(void)state;
	open_it(0, false);
	assert_int_equal(get(1), -1);
	put(1, 11);
	put(2, 22);
	assert_int_equal(get(1), 11);
	assert_int_equal(get(2), 22);
	put(1, 12);
	assert_int_equal(get(1), 12);
	close_it();
	open_it(1000000, false);
	assert_int_equal(get(1), 12);
	assert_int_equal(get(2), 22);
	assert_int_equal(get(3), -1);
}

/* It has room for 128 at first. */
static void
the_file_grows(void **state)
{
	off_t size;

	(void)state;
	open_it(0, false);
	size = file_size();
	for (unsigned i = 0; i < 5000; i++)
		put(i, (uint8_t)i);
	assert_true(file_size() > size);
	for (unsigned i = 0; i < 5000; i++)
		assert_int_equal(get(i), (uint8_t)i);
	close_it();
	open_it(0, false);
	for (unsigned i = 0; i < 5000; i++)
		assert_int_equal(get(i), (uint8_t)i);
}

/* A file that is made for many does not grow with them. */
static void
the_file_is_large_enough(void **state)
{
	(void)state;
	open_it(2000, false);
	off_t size = file_size();
	for (unsigned i = 0; i < 1000; i++)
		put(i, 1);
	assert_int_equal(file_size(), size);
}

static void
other_processes_see_all(void **state)
{
	(void)state;
	open_it(0, false);
	put(9999, 11);
	for (unsigned child = 0; child < 4; child++) {
		if (fork() > 0)
			continue;
		/* Its own, as after exec(2). */
		close_it();
		open_it(0, false);
		for (unsigned i = 0; i < 200; i++)
			put(1000 * child + i, (uint8_t)child);
		bool is_seen = get(9999) == 11;
		close_it();
		_exit(is_seen ? 0 : 1);
	}
	for (unsigned child = 0; child < 4; child++) {
		int status;
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	for (unsigned child = 0; child < 4; child++) {
		for (unsigned i = 0; i < 200; i++)
			assert_int_equal(get(1000 * child + i), (uint8_t)child);
	}
}

static void
a_spoilt_record_does_not_count(void **state)
{
	(void)state;
	open_it(0, false);
	for (unsigned i = 0; i < 100; i++)
		put(i, 7);
	/* One byte of each record's value. */
	for (off_t at = BUCKET_SIZE; at < file_size(); at += RECORD_SIZE)
		spoil(at + 20, 8, 1);
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(get(i), -1);
	/* Their places are used again. */
	off_t size = file_size();
	for (unsigned i = 0; i < 100; i++)
		put(i, 9);
	assert_int_equal(file_size(), size);
	assert_int_equal(get(50), 9);
}

/* What is no file of this layout is begun anew. */

static void
write_text(void)
{
	temp_dir_write("f", "something else", 0600);
}

static void
cut_first_segment(void)
{
	assert_int_equal(truncate("f", 3 * BUCKET_SIZE), 0);
}

static void
cut_header(void)
{
	assert_int_equal(truncate("f", 10), 0);
}

static void
spoil_layout(void)
{
	spoil(5, '2', 1);
}

/* There are 16 buckets, and room for these. */
static void
spoil_size(void)
{
	spoil(16, 24, 1);
	assert_int_equal(truncate("f", 25 * BUCKET_SIZE), 0);
}

static void
spoil_size_to_few(void)
{
	spoil(16, 8, 1);
}

static void
spoil_size_to_many(void)
{
	spoil(16, 0xff, 8);
}

/* A power of two, and by the rules of unsigned numbers it has room. */
static void
spoil_size_hugely(void)
{
	spoil(16, 0, 8);
	spoil(23, 0x80, 1);
}

static void
zero_all(void)
{
	spoil(0, 0, (size_t)file_size());
}

static void
fill_all(void)
{
	spoil(0, 0xff, (size_t)file_size());
}

static void
empty_it(void)
{
	assert_int_equal(truncate("f", 0), 0);
}

// clang-format off
static const struct row {
	const char *name;
	void (*change)(void);
	bool renewed;
} rows[] = {
	{ "another file",        write_text,         true },
	{ "half a segment",      cut_first_segment,  true },
	{ "half a header",       cut_header,         true },
	{ "another layout",      spoil_layout,       true },
	{ "no power of two",     spoil_size,         true },
	{ "too few buckets",     spoil_size_to_few,  true },
	{ "too many buckets",    spoil_size_to_many, true },
	{ "far too many",        spoil_size_hugely,  true },
	{ "zeros",               zero_all,           true },
	{ "ones",                fill_all,           true },
	{ "empty",               empty_it,           false },
};
// clang-format on

static void
another_file_is_begun_anew(void **state)
{
	const struct row *row = *state;
	void *none = NULL;

	set_up(&none);
	open_it(0, false);
	put(1, 11);
	close_it();
	row->change();
	open_it(0, row->renewed);
	assert_int_equal(get(1), -1);
	put(1, 12);
	assert_int_equal(get(1), 12);
	tear_down(&none);
}

/* Under a process that has it open. */
static void
a_file_that_is_cut_while_open(void **state)
{
	(void)state;
	open_it(0, false);
	put(1, 11);
	empty_it();
	assert_int_equal(get(1), -1);
	put(1, 12);
	assert_int_equal(get(1), 12);
	cut_first_segment();
	(void)get(1);
	put(1, 13);
	assert_int_equal(get(1), 13);
}

static void
what_is_no_file_is_refused(void **state)
{
	const char *why = NULL;
	bool renewed = false;

	(void)state;
	assert_int_equal(mkfifo("f", 0600), 0);
	assert_int_equal(
	    hash_file_open("f", LAYOUT, 0, &file, &renewed, &why), ERR_IO);
	assert_int_equal(
	    hash_file_open("none/f", LAYOUT, 0, &file, &renewed, &why), ERR_IO);
	assert_string_equal(why, "No such file or directory");
	temp_dir_write("other", "x", 0600);
	assert_int_equal(symlink("other", "l"), 0);
	assert_int_equal(
	    hash_file_open("l", LAYOUT, 0, &file, &renewed, &why), ERR_IO);
	assert_int_equal(
	    hash_file_open_reading("absent", LAYOUT, &file, &why), ERR_ABSENT);
	assert_int_equal(
	    hash_file_open_reading("other", LAYOUT, &file, &why), ERR_ABSENT);
	assert_null(file);
}

/* As with a full disk: the file cannot grow. */
static void
no_room_is_an_error(void **state)
{
	struct hash_file_place place;
	unsigned failed = 0;

	(void)state;
	open_it(0, false);
	struct rlimit old, limit;
	getrlimit(RLIMIT_FSIZE, &old);
	signal(SIGXFSZ, SIG_IGN);
	limit = old;
	limit.rlim_cur = (rlim_t)file_size();
	setrlimit(RLIMIT_FSIZE, &limit);
	for (unsigned i = 0; i < 1000; i++) {
		hash_file_find(file, name_of(i), &place);
		int reason = hash_file_put(file, &place);
		assert_true(reason == 0 || reason == EFBIG);
		failed += reason != 0;
	}
	setrlimit(RLIMIT_FSIZE, &old);
	assert_true(failed > 800);
	put(1, 1);
	assert_int_equal(get(1), 1);
}

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_DIR(records_are_found_again),
	    IN_DIR(the_file_grows),
	    IN_DIR(the_file_is_large_enough),
	    IN_DIR(other_processes_see_all),
	    IN_DIR(a_spoilt_record_does_not_count),
	    IN_DIR(a_file_that_is_cut_while_open),
	    IN_DIR(what_is_no_file_is_refused),
	    IN_DIR(no_room_is_an_error),
	};
	int failures = 0;

	failures +=
	    TABLE_RUN("hash_file: files", rows, another_file_is_begun_anew);
	failures += cmocka_run_group_tests_name(
	    "hash_file: singles", tests, NULL, NULL);
	return failures;
}
