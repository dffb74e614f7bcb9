#include "ddnsgate/state/lmdb_writer.h"

#ifdef DDNSGATE_LMDB

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "at_run_slot.h"
#include "on_valgrind.h"
#include "spoil.h"
#include "table.h"
#include "words_table.h"

#define COUNT 300
#define FEW 20

static struct lmdb_writer *writer;

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
	lmdb_writer_close(writer);
	writer = NULL;
	temp_dir_leave();
	return 0;
}

static void
open_it(void)
{
	const char *why = NULL;

	assert_int_equal(
	    lmdb_writer_open(WORDS_PATH, &words_layout, &writer, &why), ERR_OK);
}

static void
close_it(void)
{
	lmdb_writer_close(writer);
	writer = NULL;
}

static enum err
add(const char *key, const char *value)
{
	const char *why = NULL;

	return lmdb_writer_add(
	    writer, WORDS, span_of(key), span_of(value), &why);
}

static enum err
get(const char *key, struct span *ret)
{
	const char *why = NULL;

	return lmdb_writer_get(writer, WORDS, span_of(key), ret, &why);
}

/* Changes */

static void
what_is_committed_is_there(void **state)
{
	const char *why = NULL;
	struct span found;

	(void)state;
	words_create(WORDS_PATH, 0);
	open_it();
	assert_int_equal(
	    lmdb_writer_last(writer, WORDS, &found, &why), ERR_ABSENT);
	assert_int_equal(get("a", &found), ERR_ABSENT);
	assert_int_equal(add("a", "1"), ERR_OK);
	assert_int_equal(add("a", "2"), ERR_DUPLICATE);
	assert_int_equal(add("c", "3"), ERR_OK);
	assert_int_equal(add("b", "2"), ERR_OK);
	assert_int_equal(get("a", &found), ERR_OK);
	assert_true(span_is(found, "1"));
	assert_int_equal(lmdb_writer_last(writer, WORDS, &found, &why), ERR_OK);
	assert_true(span_is(found, "c"));
	assert_int_equal(
	    lmdb_writer_remove(writer, WORDS, span_of("c"), &why), ERR_OK);
	assert_int_equal(
	    lmdb_writer_remove(writer, WORDS, span_of("c"), &why), ERR_ABSENT);
	assert_int_equal(lmdb_writer_commit(writer, &why), ERR_OK);
	/* It can only be closed. */
	assert_int_equal(add("d", "4"), ERR_IO);
	assert_int_equal(lmdb_writer_commit(writer, &why), ERR_IO);
	close_it();
	open_it();
	assert_int_equal(get("b", &found), ERR_OK);
	assert_true(span_is(found, "2"));
	assert_int_equal(get("c", &found), ERR_ABSENT);
	assert_int_equal(get("d", &found), ERR_ABSENT);
}

static void
what_is_not_committed_is_not(void **state)
{
	struct span found;
	size_t size;

	(void)state;
	words_create(WORDS_PATH, COUNT);
	char *before = spoil_load(WORDS_PATH, &size);
	open_it();
	assert_int_equal(add("a", "1"), ERR_OK);
	close_it();
	open_it();
	assert_int_equal(get("a", &found), ERR_ABSENT);
	close_it();
	size_t now;
	char *after = spoil_load(WORDS_PATH, &now);
	assert_int_equal(now, size);
	assert_memory_equal(before, after, size);
	free(before);
	free(after);
}

/* A new file is committed in pieces, of 50,000 entries in all tables. */
static void
a_new_file_of_some_pieces_is_whole(void **state)
{
	const unsigned many = 60000;

	(void)state;
	words_create(WORDS_PATH, many);
	assert_int_equal(words_generation_at(WORDS_PATH, many), 0);
}

/* Those of numbers are in their order, whatever their bytes are. */
static void
the_last_number_is_the_greatest(void **state)
{
	static const uint32_t numbers[] = {1, 256, 70000, 255};
	const char *why = NULL;
	struct span found;
	uint32_t last;

	(void)state;
	words_create(WORDS_PATH, 0);
	open_it();
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		assert_int_equal(
		    lmdb_writer_add(writer, NUMBERS, word_number(&numbers[i]),
			span_of("x"), &why),
		    ERR_OK);
	assert_int_equal(
	    lmdb_writer_last(writer, NUMBERS, &found, &why), ERR_OK);
	assert_int_equal(found.len, sizeof(last));
	memcpy(&last, found.ptr, sizeof(last));
	assert_int_equal(last, 70000);
}

/* A new file's entries come in order; after another one it cannot be used. */
static void
a_new_file_is_in_order(void **state)
{
	const char *why = NULL;

	(void)state;
	temp_dir_write(WORDS_PATH, "", 0600);
	assert_int_equal(
	    lmdb_writer_begin(WORDS_PATH, &words_layout, &writer, &why),
	    ERR_OK);
	assert_int_equal(add("b", "1"), ERR_OK);
	assert_int_not_equal(add("a", "1"), ERR_OK);
	assert_int_not_equal(add("b", "1"), ERR_OK);
	assert_int_equal(add("c", "1"), ERR_OK);
}

static void
a_key_has_its_length(void **state)
{
	char key[LMDB_FILE_KEY_MAX + 2];
	struct span found;

	(void)state;
	words_create(WORDS_PATH, 0);
	open_it();
	memset(key, 'k', sizeof(key));
	key[LMDB_FILE_KEY_MAX] = '\0';
	assert_int_equal(add(key, "1"), ERR_OK);
	assert_int_equal(get(key, &found), ERR_OK);
	key[LMDB_FILE_KEY_MAX] = 'k';
	key[LMDB_FILE_KEY_MAX + 1] = '\0';
	assert_int_equal(add(key, "1"), ERR_IO);
	assert_int_equal(add("", "1"), ERR_IO);
}

/* As many as there may be, and the file has them all. */
static void
a_file_has_its_tables(void **state)
{
	static const struct lmdb_file_layout layout = {
	    "many", {{"1", false}, {"2", false}, {"3", false}, {"4", false},
			{"5", true}, {"6", false}, {"7", false}, {"8", false}}};
	const char *why = NULL;
	struct span found;

	(void)state;
	assert_int_equal(LMDB_FILE_TABLES_MAX, 8);
	temp_dir_write(WORDS_PATH, "", 0600);
	assert_int_equal(
	    lmdb_writer_begin(WORDS_PATH, &layout, &writer, &why), ERR_OK);
	assert_int_equal(lmdb_writer_add(writer, LMDB_FILE_TABLES_MAX - 1,
			     span_of("a"), span_of("8"), &why),
	    ERR_OK);
	assert_int_equal(lmdb_writer_commit(writer, &why), ERR_OK);
	close_it();
	assert_int_equal(
	    lmdb_writer_open(WORDS_PATH, &layout, &writer, &why), ERR_OK);
	assert_int_equal(lmdb_writer_get(writer, LMDB_FILE_TABLES_MAX - 1,
			     span_of("a"), &found, &why),
	    ERR_OK);
	assert_true(span_is(found, "8"));
}

static void
close_takes_null(void **state)
{
	(void)state;
	lmdb_writer_close(NULL);
}

/* Other files */

static void
refused(enum err want, const char *want_why)
{
	const char *why = NULL;

	assert_int_equal(
	    lmdb_writer_open(WORDS_PATH, &words_layout, &writer, &why), want);
	assert_string_equal(why, want_why);
	assert_null(writer);
}

static void
another_file_is_not_changed(void **state)
{
	static const struct lmdb_file_layout other = {
	    "test 2", {{"words", false}, {"numbers", true}}};
	static const char foreign[] =
	    "is no table that ddnsgatectl import has made";
	const char *why = NULL;
	char text[3 * SPOIL_PAGE];
	size_t size, now;

	(void)state;
	refused(ERR_ABSENT, "No such file or directory");
	temp_dir_write(WORDS_PATH, "", 0600);
	refused(ERR_IO, foreign);
	assert_int_equal(spoil_size(WORDS_PATH), 0);
	memset(text, 'x', sizeof(text));
	spoil_write(WORDS_PATH, text, sizeof(text), 0);
	refused(ERR_IO, foreign);
	assert_int_equal(truncate(WORDS_PATH, 0), 0);
	assert_int_equal(
	    lmdb_writer_begin(WORDS_PATH, &other, &writer, &why), ERR_OK);
	assert_int_equal(lmdb_writer_commit(writer, &why), ERR_OK);
	close_it();
	char *before = spoil_load(WORDS_PATH, &size);
	refused(ERR_IO, foreign);
	char *after = spoil_load(WORDS_PATH, &now);
	assert_int_equal(now, size);
	assert_memory_equal(before, after, size);
	free(before);
	free(after);
	assert_int_equal(unlink(WORDS_PATH), 0);
	assert_int_equal(mkfifo(WORDS_PATH, 0600), 0);
	refused(ERR_IO, "is not a regular file");
	assert_int_equal(unlink(WORDS_PATH), 0);
	temp_dir_make(WORDS_PATH);
	refused(ERR_IO, "Is a directory");
}

/* The file says that it has as many pages as can be mapped. */
static void
a_full_table_is_an_error(void **state)
{
	const size_t last = LMDB_FILE_SIZE_MAX / SPOIL_PAGE - 1;
	const char *why = NULL;

	(void)state;
	words_create(WORDS_PATH, COUNT);
	for (size_t page = 0; page < 2; page++)
		spoil_write(WORDS_PATH, &last, sizeof(last),
		    page * SPOIL_PAGE + SPOIL_LAST_PAGE_AT);
	open_it();
	enum err err =
	    lmdb_writer_add(writer, WORDS, span_of("a"), span_of("b"), &why);
	if (err == ERR_OK)
		err = lmdb_writer_commit(writer, &why);
	assert_int_equal(err, ERR_IO);
	assert_string_equal(
	    why, "MDB_MAP_FULL: Environment mapsize limit reached");
	close_it();
	assert_int_equal(words_generation_at(WORDS_PATH, COUNT), 0);
}

/* A writer ends by an error, or by its own end: what it writes to a damaged
 * file is what LMDB makes of it.  The others still read the right words, or
 * none. */
static int
write_to_damaged(void)
{
	const char *why = NULL;

	enum err err =
	    lmdb_writer_open(WORDS_PATH, &words_layout, &writer, &why);
	if (err == ERR_OK)
		err = add("a", "b");
	if (err == ERR_OK)
		err =
		    lmdb_writer_remove(writer, WORDS, span_of("w000007"), &why);
	if (err == ERR_OK)
		err = lmdb_writer_commit(writer, &why);
	lmdb_writer_close(writer);
	return err == ERR_OK || err == ERR_IO || err == ERR_ABSENT ||
		       err == ERR_MEMORY
		   ? 0
		   : 1;
}

static void
each_page_is_spoilt(void **state)
{
	const struct spoil_kind *kind = *state;
	char page[SPOIL_PAGE];
	void *none = NULL;
	size_t size;

	set_up(&none);
	words_create(WORDS_PATH, COUNT);
	char *bytes = spoil_load(WORDS_PATH, &size);
	for (size_t i = 0; i < size / SPOIL_PAGE; i += valgrind_step()) {
		int status;
		spoil_restore(WORDS_PATH, bytes, size);
		kind->make(bytes, size, i, page);
		spoil_write(WORDS_PATH, page, SPOIL_PAGE, i * SPOIL_PAGE);
		pid_t pid = fork();
		if (pid == 0)
			_exit(write_to_damaged());
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
	free(bytes);
	tear_down(&none);
}

/* Each writes alone */

static bool
is_locked(void)
{
	int fd = open(WORDS_PATH, O_RDWR | O_CLOEXEC);
	bool locked = flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;

	close(fd);
	return locked;
}

static void
a_writer_has_the_lock(void **state)
{
	const char *why = NULL;

	(void)state;
	words_create(WORDS_PATH, FEW);
	open_it();
	assert_true(is_locked());
	assert_int_equal(lmdb_writer_commit(writer, &why), ERR_OK);
	close_it();
	assert_false(is_locked());
}

/* Adds one to a number, so often. */
static int
count_up(unsigned times)
{
	const char *why = NULL;
	struct span found;
	unsigned number;

	for (unsigned i = 0; i < times; i++) {
		if (lmdb_writer_open(
			WORDS_PATH, &words_layout, &writer, &why) != ERR_OK ||
		    get("n", &found) != ERR_OK || found.len != sizeof(number))
			return 1;
		memcpy(&number, found.ptr, sizeof(number));
		number++;
		if (lmdb_writer_remove(writer, WORDS, span_of("n"), &why) !=
			ERR_OK ||
		    lmdb_writer_add(writer, WORDS, span_of("n"),
			(struct span){(char *)&number, sizeof(number)},
			&why) != ERR_OK ||
		    lmdb_writer_commit(writer, &why) != ERR_OK)
			return 1;
		close_it();
	}
	return 0;
}

static void
several_writers(void **state)
{
	enum { WRITERS = 3, TIMES = 50 };
	const unsigned none = 0;
	const char *why = NULL;
	struct span found;
	unsigned number;

	(void)state;
	words_create(WORDS_PATH, FEW);
	open_it();
	assert_int_equal(
	    lmdb_writer_add(writer, WORDS, span_of("n"),
		(struct span){(const char *)&none, sizeof(none)}, &why),
	    ERR_OK);
	assert_int_equal(lmdb_writer_commit(writer, &why), ERR_OK);
	close_it();
	for (int i = 0; i < WRITERS; i++) {
		if (fork() == 0)
			_exit(count_up(TIMES));
	}
	for (int i = 0; i < WRITERS; i++) {
		int status;
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	open_it();
	assert_int_equal(get("n", &found), ERR_OK);
	memcpy(&number, found.ptr, sizeof(number));
	assert_int_equal(number, WRITERS * TIMES);
}

/* Another file is renamed into the place of this one while a writer waits for
 * its lock, or before LMDB opens the path: it is the new one that is locked and
 * changed. */

static bool renames_before_open;

int
__real_lmdb_env_open(const char *path, const struct lmdb_file_layout *layout,
    enum lmdb_env_mode mode, struct lmdb_env *ret);
int
__wrap_lmdb_env_open(const char *path, const struct lmdb_file_layout *layout,
    enum lmdb_env_mode mode, struct lmdb_env *ret);

int
__wrap_lmdb_env_open(const char *path, const struct lmdb_file_layout *layout,
    enum lmdb_env_mode mode, struct lmdb_env *ret)
{
	if (renames_before_open)
		assert_int_equal(rename("other", WORDS_PATH), 0);
	renames_before_open = false;
	return __real_lmdb_env_open(path, layout, mode, ret);
}

static void
renamed_before_it_is_opened(void **state)
{
	const char *why = NULL;

	(void)state;
	words_create(WORDS_PATH, FEW);
	assert_int_equal(link(WORDS_PATH, "old"), 0);
	words_create("other", FEW);
	renames_before_open = true;
	open_it();
	assert_true(is_locked());
	assert_int_equal(add("a", "1"), ERR_OK);
	assert_int_equal(lmdb_writer_commit(writer, &why), ERR_OK);
	close_it();
	assert_int_equal(words_generation_at("old", FEW), 0);
	open_it();
	struct span found;
	assert_int_equal(get("a", &found), ERR_OK);
}

static int
add_when_unlocked(void)
{
	const char *why = NULL;
	bool added = lmdb_writer_open(
			 WORDS_PATH, &words_layout, &writer, &why) == ERR_OK &&
		     add("a", "1") == ERR_OK &&
		     lmdb_writer_commit(writer, &why) == ERR_OK;

	close_it();
	return added ? 0 : 1;
}

static void
renamed_while_it_is_locked(void **state)
{
	struct span found;
	int status;

	(void)state;
	words_create(WORDS_PATH, FEW);
	words_create("other", FEW);
	int fd = open(WORDS_PATH, O_RDWR | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	pid_t pid = fork();
	if (pid == 0) {
		close(fd); /* else it would have the lock itself */
		_exit(add_when_unlocked());
	}
	usleep(100000); /* until it waits, as a rule */
	assert_int_equal(rename("other", WORDS_PATH), 0);
	assert_int_equal(flock(fd, LOCK_UN), 0);
	close(fd);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	open_it();
	assert_int_equal(get("a", &found), ERR_OK);
}

static void
renamed_after_it_was_opened(void **state)
{
	(void)state;
	words_create(WORDS_PATH, FEW);
	words_create("other", FEW);
	open_it();
	assert_true(lmdb_writer_is_at(writer, WORDS_PATH));
	assert_false(lmdb_writer_is_at(writer, "none"));
	assert_int_equal(rename("other", WORDS_PATH), 0);
	assert_false(lmdb_writer_is_at(writer, WORDS_PATH));
}

/* Who waits for the lock holds no run slot. */
static void
opening_releases_the_run_slot(void **state)
{
	struct at_run_slot at_run_slot;

	(void)state;
	words_create(WORDS_PATH, FEW);
	at_run_slot_begin(&at_run_slot);
	open_it();
	assert_true(at_run_slot_end(&at_run_slot));
}

/* A file that another one is renamed to, again and again: what is written is in
 * one of them, as a whole. */
static int
replace_words(unsigned times)
{
	const char *why = NULL;

	for (unsigned i = 1; i <= times; i++) {
		if (words_replace(WORDS_PATH, FEW, i, &why) != ERR_OK)
			return 1;
	}
	return 0;
}

static void
a_writer_beside_renames(void **state)
{
	int status;
	size_t size;

	(void)state;
	words_create(WORDS_PATH, FEW);
	char *bytes = spoil_load(WORDS_PATH, &size);
	pid_t pid = fork();
	if (pid == 0)
		_exit(replace_words(200));
	while (waitpid(pid, &status, WNOHANG) == 0) {
		temp_dir_write_bytes("other", bytes, size, 0600);
		assert_int_equal(link(WORDS_PATH, "old"), 0);
		assert_int_equal(rename("other", WORDS_PATH), 0);
		assert_true(words_generation_at("old", FEW) >= 0);
		assert_true(words_generation_at(WORDS_PATH, FEW) >= 0);
		assert_int_equal(unlink("old"), 0);
	}
	assert_int_equal(status, 0);
	assert_true(words_generation_at(WORDS_PATH, FEW) >= 0);
	free(bytes);
}

/* It comes to nothing */

/* A writer that is killed, wherever it is: the file is of one state, and the
 * next one can write. */
static void
a_writer_is_killed(void **state)
{
	const char *why = NULL;
	unsigned changed = 0;
	int status;

	(void)state;
	words_create(WORDS_PATH, FEW);
	for (unsigned i = 0; i < 60 || changed < 5; i += valgrind_step()) {
		int before = words_generation_at(WORDS_PATH, FEW);
		pid_t pid = fork();
		if (pid == 0) {
			for (unsigned j = i;; j++)
				(void)words_replace(
				    WORDS_PATH, FEW, j % 26, &why);
		}
		usleep(i * 137);
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_false(is_locked());
		int after = words_generation_at(WORDS_PATH, FEW);
		assert_true(after >= 0);
		changed += after != before;
	}
	assert_int_equal(words_replace(WORDS_PATH, FEW, 7, &why), ERR_OK);
	assert_int_equal(words_generation_at(WORDS_PATH, FEW), 7);
}

/* Replaces all words with so many bytes that the file may have; gives the
 * reason, "" if it was done. */
static const char *
replace_in(size_t bytes)
{
	const char *why = "";
	struct rlimit old, limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	limit = old;
	limit.rlim_cur = bytes;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	enum err err = words_replace(WORDS_PATH, COUNT, 1, &why);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	if (err == ERR_OK)
		return "";
	assert_int_equal(err, ERR_IO);
	return why;
}

/* What LMDB says of one that was written in part. */
static const char cut_off[] = "cannot be read or written as a whole, the disk "
			      "is full or broken";

/* At each size it may have: the old words, or the new ones. */
static void
the_file_may_not_grow(void **state)
{
	unsigned failed = 0;
	const char *why = "x";
	size_t size;

	(void)state;
	words_create(WORDS_PATH, COUNT);
	char *bytes = spoil_load(WORDS_PATH, &size);
	for (size_t limit = size; *why != '\0';
	     limit += SPOIL_PAGE / 2 * valgrind_step()) {
		spoil_restore(WORDS_PATH, bytes, size);
		why = replace_in(limit);
		assert_int_equal(words_generation_at(WORDS_PATH, COUNT),
		    *why == '\0' ? 1 : 0);
		if (*why != '\0') {
			assert_true(strcmp(why, "File too large") == 0 ||
				    strcmp(why, cut_off) == 0);
			failed++;
		}
	}
	assert_true(failed > 0);
	free(bytes);
}

/* A small file system that only this process sees; false if not allowed. */
static bool
mount_small(void)
{
	if (unshare(CLONE_NEWNS) != 0 &&
	    unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
		return false;
	return mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("none", "small", "tmpfs", 0, "size=256k") == 0;
}

enum { DONE, NO_MOUNT, WRONG };

static enum err
add_few(unsigned from, const char **ret_why)
{
	enum err err =
	    lmdb_writer_open(WORDS_PATH, &words_layout, &writer, ret_why);

	if (err == ERR_OK)
		err = words_add(writer, from, from + FEW, 0, ret_why);
	if (err == ERR_OK)
		err = lmdb_writer_commit(writer, ret_why);
	close_it();
	return err;
}

/* Until there is no room for more. */
static int
write_on_small_disk(void)
{
	const char *why = "";
	unsigned count = FEW;
	enum err err = ERR_OK;

	if (!mount_small() || chdir("small") != 0)
		return NO_MOUNT;
	words_create(WORDS_PATH, count);
	while (err == ERR_OK && count < 100 * FEW) {
		err = add_few(count, &why);
		count += err == ERR_OK ? FEW : 0;
		if (words_generation_at(WORDS_PATH, count) != 0 ||
		    words_generation_at(WORDS_PATH, count + 1) != -1)
			return WRONG;
	}
	return err == ERR_IO && (strcmp(why, "No space left on device") == 0 ||
				    strcmp(why, cut_off) == 0)
		   ? DONE
		   : WRONG;
}

static void
the_disk_is_full(void **state)
{
	int status;

	(void)state;
	temp_dir_make("small");
	pid_t pid = fork();
	if (pid == 0)
		_exit(write_on_small_disk());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == NO_MOUNT)
		skip();
	assert_int_equal(WEXITSTATUS(status), DONE);
}

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_DIR(what_is_committed_is_there),
	    IN_DIR(what_is_not_committed_is_not),
	    IN_DIR(the_last_number_is_the_greatest),
	    IN_DIR(a_new_file_is_in_order),
	    IN_DIR(a_key_has_its_length),
	    IN_DIR(a_file_has_its_tables),
	    IN_DIR(a_new_file_of_some_pieces_is_whole),
	    cmocka_unit_test(close_takes_null),
	    IN_DIR(another_file_is_not_changed),
	    IN_DIR(a_full_table_is_an_error),
	    IN_DIR(a_writer_has_the_lock),
	    IN_DIR(several_writers),
	    IN_DIR(renamed_before_it_is_opened),
	    IN_DIR(renamed_while_it_is_locked),
	    IN_DIR(renamed_after_it_was_opened),
	    IN_DIR(opening_releases_the_run_slot),
	    IN_DIR(a_writer_beside_renames),
	    IN_DIR(a_writer_is_killed),
	    IN_DIR(the_file_may_not_grow),
	    IN_DIR(the_disk_is_full),
	};
	int failures = 0;

	failures +=
	    TABLE_RUN("lmdb_writer: damage", spoil_kinds, each_page_is_spoilt);
	failures += cmocka_run_group_tests_name(
	    "lmdb_writer: singles", tests, NULL, NULL);
	return failures;
}

#else

#include "table.h"

/* Each call says so. */
static void
built_without_it(void **state)
{
	static const struct lmdb_file_layout layout = {.name = "test 1"};
	struct lmdb_writer *writer = NULL;
	struct span found, key = {"a", 1};
	const char *why = NULL;

	(void)state;
	assert_int_equal(
	    lmdb_writer_open("f", &layout, &writer, &why), ERR_UNSUPPORTED);
	assert_string_equal(why, LMDB_ENV_UNSUPPORTED);
	assert_int_equal(
	    lmdb_writer_begin("f", &layout, &writer, &why), ERR_UNSUPPORTED);
	assert_int_equal(
	    lmdb_writer_add(writer, 0, key, key, &why), ERR_UNSUPPORTED);
	assert_int_equal(
	    lmdb_writer_remove(writer, 0, key, &why), ERR_UNSUPPORTED);
	assert_int_equal(
	    lmdb_writer_get(writer, 0, key, &found, &why), ERR_UNSUPPORTED);
	assert_int_equal(
	    lmdb_writer_last(writer, 0, &found, &why), ERR_UNSUPPORTED);
	assert_int_equal(lmdb_writer_commit(writer, &why), ERR_UNSUPPORTED);
	lmdb_writer_close(writer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(built_without_it),
	};

	return cmocka_run_group_tests_name("lmdb_writer", tests, NULL, NULL);
}

#endif
