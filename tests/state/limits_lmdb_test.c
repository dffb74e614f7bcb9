#include "ddnsgate/state/limits_lmdb.h"

#include <signal.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "ddnsgate/state/limits.h"

#include "at_run_slot.h"
#include "table.h"
#include "temp_dir.h"

#define FILE_NAME "state/data.mdb"
#define FLOOD 4000
/* All that the flood has would take three times as much. */
#define FLOOD_SIZE_MAX (96 << 10)

static const uint64_t start_ms = 1000000;

static struct limits_lmdb *
open_lmdb(void)
{
	struct limits_lmdb *lmdb;
	const char *why;

	assert_int_equal(limits_lmdb_open("state", &lmdb, &why), ERR_OK);
	return lmdb;
}

static void
set(void *ctx, bucket_record *record)
{
	*record = *(const bucket_record *)ctx;
}

static void
get(void *ctx, bucket_record *record)
{
	*(bucket_record *)ctx = *record;
}

static struct limits_key
key_of(uint32_t number)
{
	struct ipaddr addr = {.family = IPADDR_V4};

	memcpy(addr.bytes, &number, sizeof(number));
	return limits_key_source(&addr);
}

static enum err
set_record(struct limits_lmdb *lmdb, uint32_t number, uint64_t now_ms,
    uint64_t until_ms)
{
	struct limits_key key = key_of(number);
	bucket_record record = 2 * until_ms;
	const char *why;

	return limits_lmdb_change(lmdb, &key, now_ms, set, &record, &why);
}

static bucket_record
get_record(struct limits_lmdb *lmdb, uint32_t number)
{
	struct limits_key key = key_of(number);
	bucket_record record = 99;
	const char *why;

	assert_int_equal(
	    limits_lmdb_change(lmdb, &key, start_ms, get, &record, &why),
	    ERR_OK);
	return record;
}

static off_t
file_size(void)
{
	struct stat status;

	assert_int_equal(stat(FILE_NAME, &status), 0);
	return status.st_size;
}

/* Sources that fail once each and never again do not fill the file, and the
 * records of those that are not idle stay. */
static void
flood_leaves_little(void **state)
{
	(void)state;
	temp_dir_enter();
	temp_dir_make("state");
	struct limits_lmdb *lmdb = open_lmdb();
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(
		    set_record(lmdb, i, start_ms, start_ms + FLOOD), ERR_OK);
	for (uint32_t i = 100; i < FLOOD; i++)
		assert_int_equal(
		    set_record(lmdb, i, start_ms + i, start_ms + i + 1),
		    ERR_OK);
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(get_record(lmdb, i), 2 * (start_ms + FLOOD));
	assert_in_range(file_size(), 1, FLOOD_SIZE_MAX);
	limits_lmdb_close(lmdb);
	temp_dir_leave();
}

/* What has been lost at the end of the file is an error, not a signal. */
static void
short_file(void **state)
{
	struct limits_lmdb *lmdb;
	struct at_run_slot at_run_slot;
	const char *why = NULL;

	(void)state;
	temp_dir_enter();
	temp_dir_make("state");
	lmdb = open_lmdb();
	at_run_slot_begin(&at_run_slot);
	assert_int_equal(
	    set_record(lmdb, 1, start_ms, start_ms + 1000), ERR_OK);
	assert_true(at_run_slot_end(&at_run_slot));
	limits_lmdb_close(lmdb);
	off_t page = sysconf(_SC_PAGESIZE);
	assert_true(file_size() > 2 * page);
	assert_int_equal(truncate(FILE_NAME, 2 * page), 0);
	enum err err = limits_lmdb_open("state", &lmdb, &why);
	if (err == ERR_OK) {
		err = set_record(lmdb, 2, start_ms, start_ms + 1000);
		limits_lmdb_close(lmdb);
	}
	assert_int_equal(err, ERR_IO);
	temp_dir_leave();
}

/* Reading writes nothing, even where idle records could be deleted. */
static void
reading_writes_nothing(void **state)
{
	struct rlimit unlimited;

	(void)state;
	temp_dir_enter();
	temp_dir_make("state");
	struct limits_lmdb *lmdb = open_lmdb();
	assert_int_equal(
	    set_record(lmdb, 1, start_ms - 2, start_ms - 1), ERR_OK);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &unlimited), 0);
	const struct rlimit tight = {0, unlimited.rlim_max};
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
	for (uint32_t i = 2; i < 100; i++)
		assert_int_equal(get_record(lmdb, i), 0);
	assert_int_equal(get_record(lmdb, 1), 2 * (start_ms - 1));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &unlimited), 0);
	limits_lmdb_close(lmdb);
	temp_dir_leave();
}

/* A small file system that only this process sees; false if not allowed. */
static bool
mount_small(void)
{
	if (unshare(CLONE_NEWNS) != 0 &&
	    unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
		return false;
	return mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("none", "state", "tmpfs", 0, "size=64k") == 0;
}

/* Leaves so many bytes free. */
static void
fill_disk(off_t left)
{
	static const char page[4096];
	struct stat status;

	int fd = open("state/filler", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	while (write(fd, page, sizeof(page)) == sizeof(page))
		;
	if (fstat(fd, &status) != 0 ||
	    ftruncate(fd, status.st_size - left) != 0)
		_exit(1);
	close(fd);
}

enum { OPENED = 10, REFUSED, NO_MOUNT };

static int
open_on_full_disk(off_t left)
{
	struct limits_lmdb *lmdb;
	const char *why;

	if (!mount_small())
		return NO_MOUNT;
	fill_disk(left);
	if (limits_lmdb_open("state", &lmdb, &why) != ERR_OK)
		return REFUSED;
	(void)set_record(lmdb, 1, start_ms, start_ms + 1000);
	limits_lmdb_close(lmdb);
	return OPENED;
}

/* However little space there is for the files: an error, not a signal. */
static void
full_disk(void **state)
{
	(void)state;
	temp_dir_enter();
	temp_dir_make("state");
	for (off_t pages = 0; pages <= 6; pages++) {
		int status;
		pid_t pid = fork();
		if (pid == 0)
			_exit(open_on_full_disk(pages * 4096));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		if (WEXITSTATUS(status) != NO_MOUNT)
			assert_int_equal(
			    WEXITSTATUS(status), pages < 4 ? REFUSED : OPENED);
	}
	temp_dir_leave();
}

static void
close_takes_null(void **state)
{
	(void)state;
	limits_lmdb_close(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(flood_leaves_little),
	    cmocka_unit_test(short_file),
	    cmocka_unit_test(reading_writes_nothing),
	    cmocka_unit_test(full_disk),
	    cmocka_unit_test(close_takes_null),
	};
	return cmocka_run_group_tests_name("limits_lmdb", tests, NULL, NULL);
}
