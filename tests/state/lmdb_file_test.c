#include "ddnsgate/state/lmdb_file.h"

#ifdef DDNSGATE_LMDB

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include "on_valgrind.h"
#include "spoil.h"
#include "table.h"
#include "words_table.h"

#define COUNT 400
#define FEW 20

static struct lmdb_file *file;

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
	lmdb_file_close(file);
	file = NULL;
	temp_dir_leave();
	return 0;
}

static void
open_it(void)
{
	const char *why = NULL;

	assert_int_equal(
	    lmdb_file_open(WORDS_PATH, &words_layout, &file, &why), ERR_OK);
}

/* The reason why it cannot be opened; "": it can. */
static const char *
refusal(void)
{
	const char *why = NULL;

	enum err err = lmdb_file_open(WORDS_PATH, &words_layout, &file, &why);
	if (err == ERR_OK) {
		lmdb_file_close(file);
		file = NULL;
		return "";
	}
	assert_int_equal(err, ERR_IO);
	assert_null(file);
	assert_non_null(why);
	return why;
}

/* What is read */

struct one {
	unsigned number;
	int generation;
};

static enum err
get_one(void *ctx, struct lmdb_view *view)
{
	struct one *one = ctx;
	struct span value;
	struct word word;

	word_make(one->number, 0, &word);
	enum err err = lmdb_view_get(view, WORDS, word_key(&word), &value);
	if (err == ERR_OK)
		one->generation = word_generation(value, one->number);
	return err;
}

/* Goes through a table, as long as it is not longer than it can be. */
struct walk {
	unsigned table;
	struct span from;
	size_t steps, max;
	uint64_t count;
	char first[16];
};

static enum err
walk(void *ctx, struct lmdb_view *view)
{
	struct walk *it = ctx;
	struct span key, value;

	it->steps = 0;
	enum err err = lmdb_view_count(view, it->table, &it->count);
	if (err == ERR_OK)
		err = lmdb_view_from(view, it->table, it->from, &key, &value);
	for (; err == ERR_OK && it->steps < it->max; it->steps++) {
		if (it->steps == 0)
			snprintf(it->first, sizeof(it->first), "%.*s",
			    (int)(key.len < 7 ? key.len : 7), key.ptr);
		err = lmdb_view_next(view, it->table, &key, &value);
	}
	return err == ERR_ABSENT && it->steps > 0 ? ERR_OK : err;
}

static void
what_is_there_is_found(void **state)
{
	const char *why = NULL;

	(void)state;
	words_create(WORDS_PATH, COUNT);
	open_it();
	assert_int_equal(words_generation(file, COUNT), 0);
	struct one absent = {.number = COUNT};
	assert_int_equal(
	    lmdb_file_read(file, get_one, &absent, &why), ERR_ABSENT);
	for (unsigned table = WORDS; table <= NUMBERS; table++) {
		struct walk all = {.table = table, .max = COUNT + 1};
		assert_int_equal(
		    lmdb_file_read(file, walk, &all, &why), ERR_OK);
		assert_int_equal(all.count, COUNT);
		assert_int_equal(all.steps, COUNT);
	}
	struct walk end = {
	    .table = WORDS, .from = span_of("w000397x"), .max = COUNT};
	assert_int_equal(lmdb_file_read(file, walk, &end, &why), ERR_OK);
	assert_int_equal(end.steps, 2);
	assert_string_equal(end.first, "w000398");
	end.from = span_of("x");
	assert_int_equal(lmdb_file_read(file, walk, &end, &why), ERR_ABSENT);
}

static void
an_empty_file_has_nothing(void **state)
{
	const char *why = NULL;
	struct one one = {.number = 1};
	struct walk all = {.table = WORDS, .max = COUNT};

	(void)state;
	words_create(WORDS_PATH, 0);
	open_it();
	assert_int_equal(lmdb_file_read(file, get_one, &one, &why), ERR_ABSENT);
	assert_int_equal(lmdb_file_read(file, walk, &all, &why), ERR_ABSENT);
	assert_int_equal(all.count, 0);
}

/* Nobody is to do that, but who reads later sees what is there then, though
 * both files have as many changes behind them. */
static void
what_is_copied_over_it_is_found(void **state)
{
	const char *why = NULL;
	struct one one = {.number = COUNT - 1};
	size_t size;

	(void)state;
	words_create("other", COUNT);
	words_create(WORDS_PATH, FEW);
	open_it();
	assert_int_equal(words_generation(file, FEW), 0);
	assert_int_equal(lmdb_file_read(file, get_one, &one, &why), ERR_ABSENT);
	char *other = spoil_load("other", &size);
	spoil_restore(WORDS_PATH, other, size);
	free(other);
	assert_int_equal(lmdb_file_read(file, get_one, &one, &why), ERR_OK);
	assert_int_equal(words_generation(file, COUNT), 0);
}

/* A reading that gives an error of the caller's own, or none. */
static enum err
give(void *ctx, struct lmdb_view *view)
{
	(void)view;
	return *(const enum err *)ctx;
}

/* Whatever a reading was like, the next one is of the newest state. */
static void
each_reading_is_of_the_newest_state(void **state)
{
	enum err errs[] = {ERR_OK, ERR_ABSENT, ERR_SYNTAX, ERR_IO};
	const char *why = NULL;

	(void)state;
	words_create(WORDS_PATH, FEW);
	open_it();
	for (unsigned i = 0; i < 8; i++) {
		enum err *err = &errs[i % 4];
		assert_int_equal(words_generation(file, FEW), (int)i);
		assert_int_equal(lmdb_file_read(file, give, err, &why), *err);
		assert_int_equal(words_generation(file, FEW), (int)i);
		assert_int_equal(
		    words_replace(WORDS_PATH, FEW, i + 1, &why), ERR_OK);
	}
}

static void
close_takes_null(void **state)
{
	(void)state;
	lmdb_file_close(NULL);
	assert_true(lmdb_file_is_built());
}

/* Other files */

static void
empty_it(void)
{
	assert_int_equal(truncate(WORDS_PATH, 0), 0);
}

static void
write_text(void)
{
	char text[3 * SPOIL_PAGE];

	memset(text, 'x', sizeof(text));
	temp_dir_write_bytes(WORDS_PATH, text, sizeof(text), 0600);
}

static void
write_zeros(void)
{
	static const char zeros[3 * SPOIL_PAGE];

	temp_dir_write_bytes(WORDS_PATH, zeros, sizeof(zeros), 0600);
}

static void
make_other(const struct lmdb_file_layout *layout)
{
	struct lmdb_writer *writer = NULL;
	const char *why = NULL;

	temp_dir_write(WORDS_PATH, "", 0600);
	assert_int_equal(
	    lmdb_writer_begin(WORDS_PATH, layout, &writer, &why), ERR_OK);
	assert_int_equal(lmdb_writer_commit(writer, &why), ERR_OK);
	lmdb_writer_close(writer);
}

static void
other_name(void)
{
	make_other(&(struct lmdb_file_layout){
	    "test 2", {{"words", false}, {"numbers", true}}});
}

static void
other_tables(void)
{
	make_other(&(struct lmdb_file_layout){
	    "test 1", {{"words", false}, {"figures", true}}});
}

static void
other_keys(void)
{
	make_other(&(struct lmdb_file_layout){
	    "test 1", {{"words", true}, {"numbers", true}}});
}

/* As of a machine whose bytes are the other way round. */
static void
swap_bytes(void)
{
	size_t size;
	char *bytes = spoil_load(WORDS_PATH, &size);

	for (size_t i = 0; i + 4 <= size; i += 4) {
		char swapped[] = {
		    bytes[i + 3], bytes[i + 2], bytes[i + 1], bytes[i]};
		memcpy(bytes + i, swapped, 4);
	}
	spoil_write(WORDS_PATH, bytes, size, 0);
	free(bytes);
}

/* As of a machine of 32 bits, whose numbers of pages have four bytes. */
static void
drop_halves(void)
{
	size_t size;
	char *bytes = spoil_load(WORDS_PATH, &size);

	memmove(bytes + 4, bytes + 8, SPOIL_PAGE - 8);
	memmove(bytes + SPOIL_PAGE + 4, bytes + SPOIL_PAGE + 8, SPOIL_PAGE - 8);
	spoil_write(WORDS_PATH, bytes, size, 0);
	free(bytes);
}

static void
set_page_size(uint32_t size, size_t page)
{
	spoil_write(WORDS_PATH, &size, sizeof(size),
	    page * SPOIL_PAGE + SPOIL_PAGE_SIZE_AT);
}

static void
no_page_size(void)
{
	set_page_size(0, 0);
}

/* LMDB takes it from the page of the newer state. */
static void
no_page_size_second(void)
{
	set_page_size(0, 1);
}

static void
small_pages(void)
{
	set_page_size(256, 0);
	set_page_size(256, 1);
}

static void
large_pages(void)
{
	set_page_size(65536, 0);
	set_page_size(65536, 1);
}

static void
odd_pages(void)
{
	set_page_size(SPOIL_PAGE + 8, 0);
}

static void
pages_of_two_sizes(void)
{
	set_page_size(2 * SPOIL_PAGE, 1);
}

static void
too_many_pages(void)
{
	const size_t last = LMDB_FILE_SIZE_MAX / SPOIL_PAGE;

	for (size_t page = 0; page < 2; page++)
		spoil_write(WORDS_PATH, &last, sizeof(last),
		    page * SPOIL_PAGE + SPOIL_LAST_PAGE_AT);
}

static void
no_more_pages(void)
{
	const size_t last = LMDB_FILE_SIZE_MAX / SPOIL_PAGE - 1;

	for (size_t page = 0; page < 2; page++)
		spoil_write(WORDS_PATH, &last, sizeof(last),
		    page * SPOIL_PAGE + SPOIL_LAST_PAGE_AT);
}

static void
cut_in_the_first(void)
{
	assert_int_equal(truncate(WORDS_PATH, 100), 0);
}

static void
cut_in_the_second(void)
{
	assert_int_equal(truncate(WORDS_PATH, SPOIL_PAGE + 100), 0);
}

static void
cut_behind_the_second(void)
{
	assert_int_equal(truncate(WORDS_PATH, 2 * SPOIL_PAGE), 0);
}

static void
a_folder(void)
{
	assert_int_equal(unlink(WORDS_PATH), 0);
	temp_dir_make(WORDS_PATH);
}

static void
a_pipe(void)
{
	assert_int_equal(unlink(WORDS_PATH), 0);
	assert_int_equal(mkfifo(WORDS_PATH, 0600), 0);
}

static void
nothing(void)
{
	assert_int_equal(unlink(WORDS_PATH), 0);
}

static void
a_link_to_nothing(void)
{
	assert_int_equal(unlink(WORDS_PATH), 0);
	assert_int_equal(symlink("nowhere", WORDS_PATH), 0);
}

static void
unchanged(void)
{
}

static const char foreign[] = "is no table that ddnsgatectl import has made";

// clang-format off
static const struct other_row {
	const char *name;
	void (*change)(void);
	const char *why;
} others[] = {
	{ "the file itself",             unchanged,             "" },
	{ "empty",                       empty_it,              foreign },
	{ "text",                        write_text,            foreign },
	{ "zeros",                       write_zeros,           foreign },
	{ "another name",                other_name,            foreign },
	{ "other tables",                other_tables,          foreign },
	{ "other keys",                  other_keys,            foreign },
	{ "other bytes",                 swap_bytes,            foreign },
	{ "32 bits",                     drop_halves,           foreign },
	{ "pages of nothing",            no_page_size,          foreign },
	{ "pages of nothing, second",    no_page_size_second,   foreign },
	{ "pages too small",             small_pages,           foreign },
	{ "pages too large",             large_pages,           foreign },
	{ "pages of an odd size",        odd_pages,             foreign },
	{ "pages of two sizes",          pages_of_two_sizes,    foreign },
	{ "more pages than mapped",      too_many_pages,        foreign },
	{ "as many pages as mapped",     no_more_pages,         "" },
	{ "cut in the first page",       cut_in_the_first,      foreign },
	{ "cut in the second page",      cut_in_the_second,     foreign },
	{ "cut behind the second page",  cut_behind_the_second, "is damaged" },
	{ "a folder",                    a_folder,              "is not a regular file" },
	{ "a pipe",                      a_pipe,                "is not a regular file" },
	{ "nothing",                     nothing,               "No such file or directory" },
	{ "a link to nothing",           a_link_to_nothing,     "No such file or directory" },
};
// clang-format on

static void
another_file_is_refused(void **state)
{
	const struct other_row *row = *state;
	void *none = NULL;

	set_up(&none);
	words_create(WORDS_PATH, COUNT);
	row->change();
	assert_string_equal(refusal(), row->why);
	tear_down(&none);
}

static void
what_may_not_be_read_is_refused(void **state)
{
	int status;

	(void)state;
	words_create(WORDS_PATH, FEW);
	assert_int_equal(chmod(WORDS_PATH, 0200), 0);
	assert_int_equal(chmod(".", 0711), 0);
	pid_t pid = fork();
	if (pid == 0) {
		struct lmdb_file *refused;
		const char *why = "";
		if (geteuid() == 0 && setuid(65534) != 0)
			_exit(2);
		enum err err =
		    lmdb_file_open(WORDS_PATH, &words_layout, &refused, &why);
		_exit(err == ERR_IO && strcmp(why, "Permission denied") == 0
			  ? 0
			  : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* Damage */

/* Reads all that can be; what it gives is one of what was written, or none. */
static void
read_all(unsigned *ret_found)
{
	const char *why = NULL;

	*ret_found = 0;
	for (unsigned i = 0; i < COUNT; i++) {
		struct one one = {i, -2};
		enum err err = lmdb_file_read(file, get_one, &one, &why);
		*ret_found += err == ERR_OK && one.generation == 0;
		assert_true(
		    err == ERR_OK || err == ERR_ABSENT || err == ERR_IO);
	}
	for (unsigned table = WORDS; table <= NUMBERS; table++) {
		struct walk all = {.table = table, .max = 10 * COUNT};
		enum err err = lmdb_file_read(file, walk, &all, &why);
		assert_true(
		    err == ERR_OK || err == ERR_ABSENT || err == ERR_IO);
	}
}

/* Before it is opened, and while it is open; then it is right again. */
static void
each_page_is_spoilt(void **state)
{
	const struct spoil_kind *kind = *state;
	char page[SPOIL_PAGE];
	unsigned found, damaged = 0;
	void *none = NULL;
	size_t size;

	set_up(&none);
	words_create(WORDS_PATH, COUNT);
	char *bytes = spoil_load(WORDS_PATH, &size);
	open_it();
	struct lmdb_file *before = file;
	for (size_t i = 0; i < size / SPOIL_PAGE; i += valgrind_step()) {
		const char *why = NULL;
		kind->make(bytes, size, i, page);
		spoil_write(WORDS_PATH, page, SPOIL_PAGE, i * SPOIL_PAGE);
		file = before;
		read_all(&found);
		damaged += found < COUNT;
		file = NULL;
		if (lmdb_file_open(WORDS_PATH, &words_layout, &file, &why) ==
		    ERR_OK)
			read_all(&found);
		lmdb_file_close(file);
		spoil_write(WORDS_PATH, bytes + i * SPOIL_PAGE, SPOIL_PAGE,
		    i * SPOIL_PAGE);
		assert_int_equal(words_generation(before, COUNT), 0);
	}
	assert_true(damaged > 0);
	file = before;
	free(bytes);
	tear_down(&none);
}

/* At the end of each page, and amid it. */
static void
it_is_cut(void **state)
{
	unsigned found;
	size_t size;

	(void)state;
	words_create(WORDS_PATH, COUNT);
	char *bytes = spoil_load(WORDS_PATH, &size);
	open_it();
	struct lmdb_file *before = file;
	for (size_t to = 0; to < size; to += SPOIL_PAGE / 2 * valgrind_step()) {
		const char *why = NULL;
		spoil_restore(WORDS_PATH, bytes, size);
		assert_int_equal(words_generation(before, COUNT), 0);
		assert_int_equal(truncate(WORDS_PATH, (off_t)to), 0);
		file = before;
		read_all(&found);
		/* The last pages are not in use. */
		assert_true(found < COUNT || to + 4 * SPOIL_PAGE > size);
		file = NULL;
		if (lmdb_file_open(WORDS_PATH, &words_layout, &file, &why) ==
		    ERR_OK)
			read_all(&found);
		lmdb_file_close(file);
	}
	spoil_restore(WORDS_PATH, bytes, size);
	assert_int_equal(words_generation(before, COUNT), 0);
	file = before;
	free(bytes);
}

/* Threads that meet a damaged file do not lose memory for ever. */

struct held {
	pthread_barrier_t begun, end;
};

static enum err
hold(void *ctx, struct lmdb_view *view)
{
	struct held *held = ctx;

	(void)view;
	pthread_barrier_wait(&held->begun);
	pthread_barrier_wait(&held->end);
	return ERR_ABSENT;
}

static void *
hold_view(void *ctx)
{
	const char *why;

	(void)lmdb_file_read(file, hold, ctx, &why);
	return NULL;
}

/* Fails so often, then gives what comes of it with the file as it was. */
static enum err
read_without_view(unsigned failures)
{
	struct one one = {.number = 1};
	const char *why = NULL;
	size_t size;
	char *bytes = spoil_load(WORDS_PATH, &size);

	empty_it();
	for (unsigned i = 0; i < failures; i++)
		assert_int_equal(
		    lmdb_file_read(file, get_one, &one, &why), ERR_IO);
	spoil_restore(WORDS_PATH, bytes, size);
	free(bytes);
	enum err err = lmdb_file_read(file, get_one, &one, &why);
	if (err == ERR_IO)
		assert_string_equal(why, "is damaged");
	return err;
}

static enum err
read_beside_holder(unsigned failures)
{
	struct held held;
	pthread_t thread;

	pthread_barrier_init(&held.begun, NULL, 2);
	pthread_barrier_init(&held.end, NULL, 2);
	pthread_create(&thread, NULL, hold_view, &held);
	pthread_barrier_wait(&held.begun);
	enum err err = read_without_view(failures);
	pthread_barrier_wait(&held.end);
	pthread_join(thread, NULL);
	pthread_barrier_destroy(&held.begun);
	pthread_barrier_destroy(&held.end);
	return err;
}

static void
few_views_are_lost(void **state)
{
	(void)state;
	words_create(WORDS_PATH, COUNT);
	open_it();
	assert_int_equal(read_beside_holder(LMDB_FILE_LOST_MAX - 1), ERR_OK);
	lmdb_file_close(file);
	open_it();
	assert_int_equal(read_beside_holder(LMDB_FILE_LOST_MAX), ERR_IO);
	/* Those that there are can be used. */
	assert_int_equal(words_generation(file, COUNT), 0);
}

/* What seems to be damaged is looked at once more. */
static enum err
fail_once(void *ctx, struct lmdb_view *view)
{
	unsigned *calls = ctx;

	(void)view;
	return ++*calls == 1 ? ERR_IO : ERR_OK;
}

static enum err
always_fail(void *ctx, struct lmdb_view *view)
{
	(void)fail_once(ctx, view);
	return ERR_IO;
}

static void
damage_is_looked_at_twice(void **state)
{
	const char *why = NULL;
	unsigned calls = 0;

	(void)state;
	words_create(WORDS_PATH, FEW);
	open_it();
	assert_int_equal(lmdb_file_read(file, fail_once, &calls, &why), ERR_OK);
	assert_int_equal(calls, 2);
	calls = 0;
	assert_int_equal(
	    lmdb_file_read(file, always_fail, &calls, &why), ERR_IO);
	assert_int_equal(calls, 2);
	assert_string_equal(why, "is damaged");
}

/* Changes of the file */

static void
a_file_that_was_replaced_stays(void **state)
{
	const char *why = NULL;

	(void)state;
	words_create(WORDS_PATH, COUNT);
	words_create("other", COUNT);
	assert_int_equal(words_replace("other", COUNT, 1, &why), ERR_OK);
	open_it();
	assert_true(lmdb_file_is_at(file, WORDS_PATH));
	assert_int_equal(rename("other", WORDS_PATH), 0);
	assert_false(lmdb_file_is_at(file, WORDS_PATH));
	assert_int_equal(words_generation(file, COUNT), 0);
	assert_int_equal(words_generation_at(WORDS_PATH, COUNT), 1);
	assert_int_equal(unlink(WORDS_PATH), 0);
	assert_false(lmdb_file_is_at(file, WORDS_PATH));
	assert_int_equal(words_generation(file, COUNT), 0);
}

static void
it_grows_while_it_is_open(void **state)
{
	struct lmdb_writer *writer = NULL;
	const char *why = NULL;
	enum { MORE = 20000 };

	(void)state;
	words_create(WORDS_PATH, FEW);
	open_it();
	size_t size = spoil_size(WORDS_PATH);
	assert_int_equal(
	    lmdb_writer_open(WORDS_PATH, &words_layout, &writer, &why), ERR_OK);
	assert_int_equal(words_add(writer, FEW, MORE, 0, &why), ERR_OK);
	struct one last = {MORE - 1, -1};
	assert_int_equal(
	    lmdb_file_read(file, get_one, &last, &why), ERR_ABSENT);
	assert_int_equal(lmdb_writer_commit(writer, &why), ERR_OK);
	lmdb_writer_close(writer);
	assert_true(spoil_size(WORDS_PATH) > 10 * size);
	assert_true(lmdb_file_is_at(file, WORDS_PATH));
	assert_int_equal(words_generation(file, MORE), 0);
}

/* A writer beside the reader */

/* A process that replaces all words once for each byte that it gets. */
struct changer {
	pid_t pid;
	int orders, done;
};

static void
change_as_ordered(int orders, int done)
{
	const char *why = NULL;
	unsigned generation = 0;
	char order;

	while (read(orders, &order, 1) == 1) {
		if (words_replace(WORDS_PATH, FEW, ++generation, &why) !=
			ERR_OK ||
		    write(done, &order, 1) != 1)
			_exit(1);
	}
	_exit(0);
}

static void
changer_begin(struct changer *changer)
{
	int orders[2], done[2];

	assert_int_equal(pipe(orders), 0);
	assert_int_equal(pipe(done), 0);
	changer->pid = fork();
	if (changer->pid == 0) {
		close(orders[1]);
		close(done[0]);
		change_as_ordered(orders[0], done[1]);
	}
	close(orders[0]);
	close(done[1]);
	changer->orders = orders[1];
	changer->done = done[0];
}

/* May be called in an access. */
static bool
changer_change(const struct changer *changer)
{
	char order = 'c';

	return write(changer->orders, &order, 1) == 1 &&
	       read(changer->done, &order, 1) == 1;
}

static void
changer_end(struct changer *changer)
{
	int status;

	close(changer->orders);
	close(changer->done);
	assert_int_equal(waitpid(changer->pid, &status, 0), changer->pid);
	assert_int_equal(status, 0);
}

/* An access during whose calls the file is changed; then it looks at what it
 * has found before, as all do that copy. */
struct overtaken {
	struct changer changer;
	unsigned changes, every; /* in the first call, and in each */
	unsigned calls;
	bool failed;
	int first, last; /* generations that the calls have read */
};

static enum err
be_overtaken(void *ctx, struct lmdb_view *view)
{
	struct overtaken *overtaken = ctx;
	struct span value;
	struct word word;

	word_make(1, 0, &word);
	enum err err = lmdb_view_get(view, WORDS, word_key(&word), &value);
	if (err != ERR_OK)
		return err;
	unsigned changes =
	    overtaken->calls == 0 ? overtaken->changes : overtaken->every;
	for (unsigned i = 0; i < changes; i++)
		overtaken->failed |= !changer_change(&overtaken->changer);
	overtaken->last = word_generation(value, 1);
	if (overtaken->calls++ == 0)
		overtaken->first = overtaken->last;
	return ERR_OK;
}

/* What LMDB may write to is what lmdb_file.h says: a state is whole as long as
 * no more than two others have been made. */
// clang-format off
static const struct overtaken_row {
	const char *name;
	unsigned changes, calls;
	bool first_is_whole;
} overtaken_rows[] = {
	{ "no change",     0, 1, true },
	{ "one change",    1, 1, true },
	{ "two changes",   2, 2, true },
	{ "three changes", 3, 2, false },
	{ "four changes",  4, 2, false },
	{ "ten changes",  10, 2, false },
};
// clang-format on

static void
an_access_is_overtaken(void **state)
{
	const struct overtaken_row *row = *state;
	struct overtaken overtaken = {.changes = row->changes};
	const char *why = NULL;
	void *none = NULL;

	set_up(&none);
	words_create(WORDS_PATH, FEW);
	changer_begin(&overtaken.changer);
	open_it();
	assert_int_equal(
	    lmdb_file_read(file, be_overtaken, &overtaken, &why), ERR_OK);
	assert_false(overtaken.failed);
	assert_int_equal(overtaken.calls, row->calls);
	assert_int_equal(overtaken.first == 0, row->first_is_whole);
	assert_int_equal(
	    overtaken.last, row->calls > 1 ? (int)row->changes : 0);
	changer_end(&overtaken.changer);
	tear_down(&none);
}

static void
an_access_is_not_repeated_for_ever(void **state)
{
	struct overtaken overtaken = {.changes = 2, .every = 2};
	const char *why = NULL;

	(void)state;
	words_create(WORDS_PATH, FEW);
	changer_begin(&overtaken.changer);
	open_it();
	assert_int_equal(
	    lmdb_file_read(file, be_overtaken, &overtaken, &why), ERR_IO);
	assert_string_equal(why, "is changed faster than it can be read");
	assert_int_equal(overtaken.calls, LMDB_FILE_TRIES_MAX);
	overtaken.every = 0;
	overtaken.calls = 1;
	assert_int_equal(
	    lmdb_file_read(file, be_overtaken, &overtaken, &why), ERR_OK);
	changer_end(&overtaken.changer);
}

/* Reads until the pipe ends; 1: it has met what is not whole. */
static int
read_until(struct lmdb_file *own, int end)
{
	char byte;

	for (;;) {
		struct words_look look = {.count = FEW};
		const char *why = NULL;
		enum err err = lmdb_file_read(own, words_look, &look, &why);
		/* Overtaken all the time is no mistake. */
		if (err != ERR_OK &&
		    (err != ERR_IO || strcmp(why, "is damaged") == 0))
			return 1;
		if (read(end, &byte, 1) == 0)
			return 0;
	}
}

struct reading_thread {
	pthread_t thread;
	int end, result;
};

static void *
read_in_thread(void *ctx)
{
	struct reading_thread *reading = ctx;

	reading->result = read_until(file, reading->end);
	return NULL;
}

/* One that tells by its end when to end. */
static void
make_end(int ret[2])
{
	assert_int_equal(pipe(ret), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(fcntl(ret[i], F_SETFL, O_NONBLOCK), 0);
}

#ifdef DDNSGATE_SANITIZED
#define CHANGES 200
#else
#define CHANGES 1000
#endif
#define READERS 2

static void
readers_beside_a_writer(void **state)
{
	struct reading_thread threads[READERS];
	struct changer changer;
	pid_t pids[READERS];
	int end[2];
	const unsigned changes = CHANGES / valgrind_step();

	(void)state;
	words_create(WORDS_PATH, FEW);
	changer_begin(&changer);
	make_end(end);
	for (int i = 0; i < READERS; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			close(end[1]);
			close(changer.orders);
			open_it();
			_exit(read_until(file, end[0]));
		}
	}
	open_it();
	for (int i = 0; i < READERS; i++) {
		threads[i].end = end[0];
		pthread_create(
		    &threads[i].thread, NULL, read_in_thread, &threads[i]);
	}
	for (unsigned i = 0; i < changes; i++)
		assert_true(changer_change(&changer));
	close(end[1]);
	for (int i = 0; i < READERS; i++) {
		int status;
		pthread_join(threads[i].thread, NULL);
		assert_int_equal(threads[i].result, 0);
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	close(end[0]);
	assert_int_equal(words_generation(file, FEW), changes % 26);
	changer_end(&changer);
}

/* A reader that the system lets wait wherever it is, for three changes and
 * more: it is there that it would take what is not whole. */
static void
a_reader_is_stopped(void **state)
{
	struct changer changer;
	int status, end[2];

	(void)state;
	words_create(WORDS_PATH, FEW);
	changer_begin(&changer);
	make_end(end);
	pid_t pid = fork();
	if (pid == 0) {
		close(end[1]);
		close(changer.orders);
		open_it();
		_exit(read_until(file, end[0]));
	}
	for (int i = 0; i < CHANGES / 10; i++) {
		usleep(1000);
		assert_int_equal(kill(pid, SIGSTOP), 0);
		assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
		assert_true(WIFSTOPPED(status));
		for (int j = 0; j < 3 + i % 3; j++)
			assert_true(changer_change(&changer));
		assert_int_equal(kill(pid, SIGCONT), 0);
	}
	close(end[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(end[0]);
	changer_end(&changer);
}

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_DIR(what_is_there_is_found),
	    IN_DIR(an_empty_file_has_nothing),
	    IN_DIR(what_is_copied_over_it_is_found),
	    IN_DIR(each_reading_is_of_the_newest_state),
	    cmocka_unit_test(close_takes_null),
	    IN_DIR(what_may_not_be_read_is_refused),
	    IN_DIR(it_is_cut),
	    IN_DIR(few_views_are_lost),
	    IN_DIR(damage_is_looked_at_twice),
	    IN_DIR(a_file_that_was_replaced_stays),
	    IN_DIR(it_grows_while_it_is_open),
	    IN_DIR(an_access_is_not_repeated_for_ever),
	    IN_DIR(readers_beside_a_writer),
	    IN_DIR(a_reader_is_stopped),
	};
	int failures = 0;

	failures += TABLE_RUN(
	    "lmdb_file: other files", others, another_file_is_refused);
	failures +=
	    TABLE_RUN("lmdb_file: damage", spoil_kinds, each_page_is_spoilt);
	failures += TABLE_RUN(
	    "lmdb_file: overtaken", overtaken_rows, an_access_is_overtaken);
	failures += cmocka_run_group_tests_name(
	    "lmdb_file: singles", tests, NULL, NULL);
	return failures;
}

#else

#include "table.h"

/* Each call says so. */
static void
built_without_it(void **state)
{
	static const struct lmdb_file_layout layout = {.name = "test 1"};
	struct lmdb_file *file = NULL;
	const char *why = NULL;

	(void)state;
	assert_false(lmdb_file_is_built());
	assert_int_equal(
	    lmdb_file_open("f", &layout, &file, &why), ERR_UNSUPPORTED);
	assert_string_equal(why, LMDB_ENV_UNSUPPORTED);
	assert_int_equal(
	    lmdb_file_read(file, NULL, NULL, &why), ERR_UNSUPPORTED);
	assert_false(lmdb_file_is_at(file, "f"));
	lmdb_file_close(file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(built_without_it),
	};

	return cmocka_run_group_tests_name("lmdb_file", tests, NULL, NULL);
}

#endif
