#include "ddnsgate/limits/limits_file.h"

#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "ddnsgate/limits/limits.h"

#include "at_run_slot.h"
#include "table.h"
#include "temp_dir.h"

#define PATH "state/" LIMITS_FILE_NAME
#define DAMAGED "state/" LIMITS_FILE_DAMAGED
#define RECORDS 50

static struct limits_file *
open_limits(void)
{
	struct limits_file *file;
	const char *why;

	assert_int_equal(limits_file_open("state", &file, &why), ERR_OK);
	return file;
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
set_record(struct limits_file *file, uint32_t number, bucket_record record)
{
	struct limits_key key = key_of(number);
	const char *why;

	return limits_file_change(file, &key, set, &record, &why);
}

static bucket_record
get_record(struct limits_file *file, uint32_t number)
{
	struct limits_key key = key_of(number);
	bucket_record record = 99;
	const char *why;

	assert_int_equal(
	    limits_file_change(file, &key, get, &record, &why), ERR_OK);
	return record;
}

/* A record that tells its number. */
static bucket_record
own(uint32_t number)
{
	return 1000000 + 2 * number;
}

static void
set_all(struct limits_file *file)
{
	for (uint32_t i = 0; i < RECORDS; i++)
		assert_int_equal(set_record(file, i, own(i)), ERR_OK);
}

/* How many are there; none is wrong. */
static size_t
count_kept(struct limits_file *file)
{
	size_t kept = 0;

	for (uint32_t i = 0; i < RECORDS; i++) {
		bucket_record record = get_record(file, i);
		assert_true(record == 0 || record == own(i));
		kept += record != 0;
	}
	return kept;
}

static off_t
file_size(void)
{
	struct stat status;

	assert_int_equal(stat(PATH, &status), 0);
	return status.st_size;
}

/* Damage */

static uint64_t random_state;

static uint64_t
next_random(void)
{
	random_state = random_state * UINT64_C(6364136223846793005) + 1;
	return random_state >> 20;
}

static void
put_at(int fd, off_t at, const void *bytes, size_t len)
{
	assert_int_equal(pwrite(fd, bytes, len, at), (ssize_t)len);
}

static void
flip_bit(int fd, off_t at)
{
	uint8_t byte = 0;

	assert_true(pread(fd, &byte, 1, at) >= 0);
	byte ^= (uint8_t)(1U << next_random() % 8);
	put_at(fd, at, &byte, 1);
}

static void
fill_page(int fd, off_t at, bool garble, uint8_t value)
{
	uint8_t page[4096];

	memset(page, value, sizeof(page));
	for (size_t i = 0; garble && i < sizeof(page); i++)
		page[i] = (uint8_t)next_random();
	put_at(fd, at - at % (off_t)sizeof(page), page, sizeof(page));
}

static void
flip(int fd, off_t at)
{
	for (int i = 0; i < 1000; i++)
		flip_bit(fd, at + (off_t)(next_random() % 4096));
}

static void
zero(int fd, off_t at)
{
	fill_page(fd, at, false, 0);
}

static void
garble(int fd, off_t at)
{
	fill_page(fd, at, true, 0);
}

static void
all_ones(int fd, off_t at)
{
	fill_page(fd, at, false, 0xff);
}

static void
cut(int fd, off_t at)
{
	assert_int_equal(ftruncate(fd, at), 0);
}

static void
extend(int fd, off_t at)
{
	off_t end = lseek(fd, 0, SEEK_END);

	put_at(fd, end + at, "garbage", 7);
}

static void
every_bit(int fd, off_t at)
{
	static uint8_t ones[1 << 20];

	(void)at;
	memset(ones, 0xff, sizeof(ones));
	put_at(fd, 0, ones, sizeof(ones));
}

/* In the head, or in a page that has records. */
enum where { HEAD, RECORD };

// clang-format off
static const struct damage_row {
	const char *name;
	void (*damage)(int fd, off_t at);
	enum where where;
	bool anew;   /* the head is lost, and with it all records */
	bool noticed; /* zeros are free entries */
} damage_rows[] = {
	{ "bits",                    flip,      RECORD,   false, true },
	{ "zeros",                   zero,      RECORD,   false, false },
	{ "garbage",                 garble,    RECORD,   false, true },
	{ "ones",                    all_ones,  RECORD,   false, true },
	{ "cut off",                 cut,       RECORD,   false, false },
	{ "too long",                extend,    RECORD,   false, false },
	{ "zeros in the head",       zero,      HEAD,     true, true },
	{ "garbage in the head",     garble,    HEAD,     true, true },
	{ "ones in the head",        all_ones,  HEAD,     true, true },
	{ "cut off in the head",     cut,       HEAD,     true, true },
	{ "ones far into it",        every_bit, HEAD,     true, true },
};
// clang-format on

#define ROUNDS 8

static off_t
choose_place(int fd, enum where where)
{
	if (where == HEAD)
		return 1 + (off_t)(next_random() % 15);
	off_t at = 4096 + (off_t)(next_random() % (LIMITS_FILE_SIZE / 2)) /
			      4096 * 4096;
	at = lseek(fd, at, SEEK_DATA);
	assert_true(at >= 4096);
	return at;
}

static void
expect_repair(struct limits_file *file, const struct damage_row *row,
    const char *end, size_t kept)
{
	const char *repair = limits_file_repair(file);

	if (repair == NULL) {
		assert_false(row->noticed);
		return;
	}
	if (row->anew) {
		const char *found = strstr(repair, "begun anew");
		assert_non_null(found);
		assert_string_equal(found, end);
		assert_int_equal(kept, 0);
	} else
		assert_string_equal(repair,
		    "records in limits were damaged and have been dropped");
	assert_null(limits_file_repair(file));
}

/* In a child process, whose exit tells.  The file is damaged while it is open,
 * or before it is opened again. */
static void
survive(const struct damage_row *row, unsigned round)
{
	random_state = 2 * round + 1;
	bool while_open = round % 2 == 0;
	struct limits_file *file = open_limits();

	set_all(file);
	int fd = open(PATH, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	row->damage(fd, choose_place(fd, row->where));
	if (!while_open) {
		limits_file_close(file);
		file = open_limits();
	}
	size_t kept = count_kept(file);
	expect_repair(file, row,
	    while_open ? "begun anew"
		       : "begun anew; what it was is in limits.damaged",
	    kept);
	if (!row->anew && row->damage != cut)
		assert_in_range(kept, RECORDS / 2, RECORDS);
	assert_int_equal(access(DAMAGED, F_OK) == 0, row->anew && !while_open);
	set_all(file);
	assert_int_equal(count_kept(file), RECORDS);
	assert_null(limits_file_repair(file));
	close(fd);
	limits_file_close(file);
}

static void
damage(void **state)
{
	const struct damage_row *row = *state;

	for (unsigned round = 0; round < ROUNDS; round++) {
		int status;
		temp_dir_enter();
		temp_dir_make("state");
		pid_t pid = fork();
		if (pid == 0) {
			survive(row, round);
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
		temp_dir_leave();
	}
}

/* In place of the file there is something else */

static void
make_nothing(void)
{
	assert_int_equal(rmdir("state"), 0);
}

static void
make_directory(void)
{
	temp_dir_make(PATH);
}

static void
make_fifo(void)
{
	assert_int_equal(mkfifo(PATH, 0600), 0);
}

static void
make_symlink(void)
{
	temp_dir_write("elsewhere", "what others have", 0600);
	assert_int_equal(symlink("../elsewhere", PATH), 0);
}

static void
make_device(void)
{
	assert_int_equal(symlink("/dev/full", PATH), 0);
}

static void
make_empty(void)
{
	temp_dir_write(PATH, "", 0600);
}

static void
make_garbage(void)
{
	temp_dir_write(PATH, "no table", 0600);
}

static void
make_garbage_twice(void)
{
	make_garbage();
	temp_dir_write(DAMAGED, "an older one", 0400);
}

static void
make_garbage_beside_directory(void)
{
	make_garbage();
	temp_dir_make(DAMAGED);
}

// clang-format off
static const struct place_row {
	const char *name;
	void (*make)(void);
	const char *why; /* NULL: it is used */
	const char *repair;
	const char *damaged; /* what is in the file beside it */
} place_rows[] = {
	{ "no directory", make_nothing, "No such file or directory", NULL,
	  NULL },
	{ "directory",    make_directory, "Is a directory", NULL, NULL },
	{ "fifo",         make_fifo, "limits is no regular file", NULL, NULL },
	{ "symbolic link", make_symlink, "Too many levels of symbolic links",
	  NULL, NULL },
	{ "device",       make_device, "Too many levels of symbolic links",
	  NULL, NULL },
	{ "empty",        make_empty, NULL, NULL, NULL },
	{ "garbage",      make_garbage, NULL,
	  "limits was damaged and has been begun anew; what it was is in "
	  "limits.damaged", "no table" },
	{ "an older damaged one", make_garbage_twice, NULL,
	  "limits was damaged and has been begun anew; what it was is in "
	  "limits.damaged", "no table" },
	{ "no room for the damaged one", make_garbage_beside_directory, NULL,
	  "limits was damaged and has been begun anew", NULL },
};
// clang-format on

static void
expect_text(const char *text, const char *expected)
{
	assert_int_equal(text != NULL, expected != NULL);
	if (expected != NULL)
		assert_string_equal(text, expected);
}

static void
expect_damaged(const char *expected)
{
	char buf[64] = "";
	int fd = open(DAMAGED, O_RDONLY | O_CLOEXEC);
	ssize_t len = read(fd, buf, sizeof(buf) - 1);

	if (fd >= 0)
		close(fd);
	expect_text(len >= 0 ? buf : NULL, expected);
}

static void
in_its_place(void **state)
{
	const struct place_row *row = *state;
	struct limits_file *file = NULL;
	const char *why = NULL;

	temp_dir_enter();
	temp_dir_make("state");
	row->make();
	enum err err = limits_file_open("state", &file, &why);
	expect_text(why, row->why);
	assert_int_equal(err, row->why == NULL ? ERR_OK : ERR_IO);
	if (file != NULL) {
		set_all(file);
		assert_int_equal(count_kept(file), RECORDS);
		expect_text(limits_file_repair(file), row->repair);
	}
	expect_damaged(row->damaged);
	limits_file_close(file);
	temp_dir_leave();
}

/* Singles */

/* Two processes have it open while it is begun anew: they still share it. */
static void
stays_one_file(void **state)
{
	int status;

	(void)state;
	temp_dir_enter();
	temp_dir_make("state");
	struct limits_file *file = open_limits();
	set_all(file);
	int fd = open(PATH, O_WRONLY | O_CLOEXEC);
	all_ones(fd, 0);
	close(fd);
	pid_t pid = fork();
	if (pid == 0) {
		struct limits_file *other = open_limits();
		assert_int_equal(set_record(other, 7, own(7)), ERR_OK);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(count_kept(file), 1);
	assert_int_equal(get_record(file, 7), own(7));
	limits_file_close(file);
	temp_dir_leave();
}

#define FLOOD 5000

/* However many sources there are, the file has its size; and the records of
 * buckets that are emptier than those of the flood stay. */
static void
flood(void **state)
{
	(void)state;
	temp_dir_enter();
	temp_dir_make("state");
	struct limits_file *file = open_limits();
	set_all(file);
	for (uint32_t i = RECORDS; i < FLOOD; i++)
		assert_int_equal(set_record(file, i, 1 + i), ERR_OK);
	assert_int_equal(count_kept(file), RECORDS);
	assert_in_range(file_size(), 1, LIMITS_FILE_SIZE);
	limits_file_close(file);
	temp_dir_leave();
}

static void
releases_run_slot(void **state)
{
	struct at_run_slot at_run_slot;

	(void)state;
	temp_dir_enter();
	temp_dir_make("state");
	struct limits_file *file = open_limits();
	at_run_slot_begin(&at_run_slot);
	assert_int_equal(set_record(file, 1, own(1)), ERR_OK);
	assert_true(at_run_slot_end(&at_run_slot));
	limits_file_close(file);
	temp_dir_leave();
}

static void
reading_writes_nothing(void **state)
{
	struct rlimit unlimited;

	(void)state;
	temp_dir_enter();
	temp_dir_make("state");
	struct limits_file *file = open_limits();
	assert_int_equal(set_record(file, 1, own(1)), ERR_OK);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &unlimited), 0);
	const struct rlimit tight = {0, unlimited.rlim_max};
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
	for (uint32_t i = 2; i < 100; i++)
		assert_int_equal(get_record(file, i), 0);
	assert_int_equal(get_record(file, 1), own(1));
	assert_int_equal(set_record(file, 2, own(2)), ERR_IO);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &unlimited), 0);
	assert_int_equal(get_record(file, 2), 0);
	limits_file_close(file);
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
	struct limits_file *file;
	const char *why;

	if (!mount_small())
		return NO_MOUNT;
	fill_disk(left);
	if (limits_file_open("state", &file, &why) != ERR_OK)
		return REFUSED;
	for (uint32_t i = 0; i < RECORDS; i++)
		(void)set_record(file, i, own(i));
	(void)count_kept(file);
	limits_file_close(file);
	return OPENED;
}

/* However little space there is for the file: an error, not a signal. */
static void
full_disk(void **state)
{
	(void)state;
	temp_dir_enter();
	temp_dir_make("state");
	for (off_t pages = 0; pages <= 3; pages++) {
		int status;
		pid_t pid = fork();
		if (pid == 0)
			_exit(open_on_full_disk(pages * 4096));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		if (WEXITSTATUS(status) != NO_MOUNT)
			assert_int_equal(
			    WEXITSTATUS(status), pages < 1 ? REFUSED : OPENED);
	}
	temp_dir_leave();
}

static void
close_takes_null(void **state)
{
	(void)state;
	limits_file_close(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(stays_one_file),
	    cmocka_unit_test(flood),
	    cmocka_unit_test(releases_run_slot),
	    cmocka_unit_test(reading_writes_nothing),
	    cmocka_unit_test(full_disk),
	    cmocka_unit_test(close_takes_null),
	};

	return TABLE_RUN("limits_file: damage", damage_rows, damage) +
	       TABLE_RUN("limits_file: place", place_rows, in_its_place) +
	       cmocka_run_group_tests_name("limits_file", tests, NULL, NULL);
}
