#include "ddnsgate/state/lmdb_page.h"

#ifdef DDNSGATE_LMDB

#include <unistd.h>

#include "on_valgrind.h"
#include "spoil.h"
#include "table.h"
#include "words_table.h"

#define COUNT 300

static int fd = -1;

static int
set_up(void **state)
{
	(void)state;
	temp_dir_enter();
	return 0;
}

static void
open_it(void)
{
	fd = open(WORDS_PATH, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
}

static int
tear_down(void **state)
{
	(void)state;
	close(fd);
	fd = -1;
	temp_dir_leave();
	return 0;
}

static bool
word_is_sound(uint32_t number)
{
	struct word word;

	word_make(number, 0, &word);
	return lmdb_page_entry_is_sound(
		   fd, span_of("words"), false, word_key(&word)) &&
	       lmdb_page_entry_is_sound(
		   fd, span_of("numbers"), true, word_number(&number));
}

/* How many of the words are not; those that are not there count as well. */
static unsigned
count_unsound(void)
{
	unsigned count = 0;

	for (uint32_t i = 0; i <= COUNT; i++)
		count += !word_is_sound(i);
	return count;
}

static bool
all_is_sound(void)
{
	return lmdb_page_heads_are_sound(fd, LMDB_FILE_SIZE_MAX) &&
	       lmdb_page_free_is_sound(fd) && count_unsound() == 0;
}

static void
an_empty_file_is_sound(void **state)
{
	(void)state;
	words_create(WORDS_PATH, 0);
	open_it();
	assert_true(all_is_sound());
	assert_false(lmdb_page_entry_is_sound(
	    fd, span_of("words2"), false, span_of("a")));
	assert_false(
	    lmdb_page_entry_is_sound(fd, span_of("a"), false, span_of("a")));
	assert_false(
	    lmdb_page_entry_is_sound(fd, span_of("z"), false, span_of("a")));
	assert_false(lmdb_page_entry_is_sound(
	    fd, span_of("layout"), false, span_of("a")));
}

/* Whatever LMDB makes of many changes, of entries in any order. */
static void
what_was_changed_is_sound(void **state)
{
	static bool has[COUNT];
	unsigned seed = 1;
	const char *why = NULL;

	(void)state;
	words_create(WORDS_PATH, 0);
	open_it();
	for (unsigned change = 0; change < 300; change++) {
		struct lmdb_writer *writer = NULL;
		/* Grows at first, and becomes empty at the end. */
		int much = change < 200 ? 40 : 80;
		assert_int_equal(
		    lmdb_writer_open(WORDS_PATH, &words_layout, &writer, &why),
		    ERR_OK);
		for (int i = 0; i < much; i++) {
			uint32_t number = (uint32_t)rand_r(&seed) % COUNT;
			struct word word;
			word_make(number, 0, &word);
			if (!has[number] && change < 200) {
				assert_int_equal(words_add(writer, number,
						     number + 1, 0, &why),
				    ERR_OK);
				has[number] = true;
			} else if (has[number]) {
				assert_int_equal(
				    lmdb_writer_remove(
					writer, WORDS, word_key(&word), &why),
				    ERR_OK);
				assert_int_equal(
				    lmdb_writer_remove(writer, NUMBERS,
					word_number(&number), &why),
				    ERR_OK);
				has[number] = false;
			}
		}
		assert_int_equal(lmdb_writer_commit(writer, &why), ERR_OK);
		lmdb_writer_close(writer);
		if (change % 10 == 0)
			assert_true(all_is_sound());
		assert_true(lmdb_page_free_is_sound(fd));
	}
	assert_true(all_is_sound());
}

/* A file that has been changed, and so has free pages. */
static void
make_file(void)
{
	const char *why = NULL;

	words_create(WORDS_PATH, COUNT);
	assert_int_equal(words_replace(WORDS_PATH, COUNT / 2, 1, &why), ERR_OK);
	assert_int_equal(words_replace(WORDS_PATH, COUNT / 4, 2, &why), ERR_OK);
	open_it();
}

/* Those that are no tree's do not matter, but each kind of damage is seen. */
static void
each_page_is_spoilt(void **state)
{
	const struct spoil_kind *kind = *state;
	char page[SPOIL_PAGE];
	unsigned seen = 0;
	void *none = NULL;
	size_t size;

	set_up(&none);
	make_file();
	assert_true(all_is_sound());
	char *bytes = spoil_load(WORDS_PATH, &size);
	for (size_t i = 0; i < size / SPOIL_PAGE; i += valgrind_step()) {
		kind->make(bytes, size, i, page);
		spoil_write(WORDS_PATH, page, SPOIL_PAGE, i * SPOIL_PAGE);
		seen += !all_is_sound();
		spoil_write(WORDS_PATH, bytes + i * SPOIL_PAGE, SPOIL_PAGE,
		    i * SPOIL_PAGE);
	}
	assert_true(seen * valgrind_step() > 5);
	assert_true(all_is_sound());
	free(bytes);
	tear_down(&none);
}

/* A file of one page in each table, in which there are few places to damage. */
static size_t
find_page(const char *bytes, size_t size, const char *word)
{
	for (size_t i = 2; i < size / SPOIL_PAGE; i++) {
		if (memmem(bytes + i * SPOIL_PAGE, SPOIL_PAGE, word,
			strlen(word)) != NULL)
			return i * SPOIL_PAGE;
	}
	fail();
	return 0;
}

/* Where what is in a page, and in its first node. */
enum {
	NUMBER = 0,
	FLAGS = 10,
	LOWER = 12,
	UPPER = 14,
	PLACE = 16,
	VALUE_LEN = -1, /* from here on of the node */
	VALUE_HIGH = -2,
	NODE_FLAGS = -3,
	KEY_LEN = -4,
};

// clang-format off
static const struct field_row {
	const char *name;
	int field;
	uint16_t value;
	bool sound;
} fields[] = {
	{ "another number",       NUMBER,     999, false },
	{ "no kind",              FLAGS,        0, false },
	{ "a value",              FLAGS,        4, false },
	{ "two kinds",            FLAGS,        3, false },
	{ "no nodes",             LOWER,       16, false },
	{ "less than none",       LOWER,       14, false },
	{ "too many nodes",       LOWER,    65534, false },
	{ "nodes up to the end",  UPPER,       17, false },
	{ "nodes beyond the end", UPPER,     4098, false },
	{ "a place at the front", PLACE,        0, false },
	{ "a place at the end",   PLACE,     4090, false },
	{ "a place beyond it",    PLACE,    65534, false },
	{ "a long value",         VALUE_LEN, 4000, false },
	{ "a huge value",         VALUE_HIGH,   1, false },
	{ "duplicates",           NODE_FLAGS,   4, false },
	{ "a long key",           KEY_LEN,   4090, false },
	{ "a huge key",           KEY_LEN,  65535, false },
	{ "another length",       VALUE_LEN,   41, true },
};
// clang-format on

static void
a_field_is_wrong(void **state)
{
	const struct field_row *row = *state;
	static const size_t nodes[] = {0, 0, 2, 4, 6};
	void *none = NULL;
	uint16_t place;
	size_t size;

	set_up(&none);
	words_create(WORDS_PATH, 2);
	open_it();
	char *bytes = spoil_load(WORDS_PATH, &size);
	size_t page = find_page(bytes, size, "w000001");
	/* The second node, as the first word is a long one. */
	memcpy(&place, bytes + page + PLACE + 2, sizeof(place));
	size_t at = row->field >= 0 ? page + (size_t)row->field
				    : page + place + nodes[-row->field];
	if (row->field == VALUE_LEN)
		at = page + place;
	assert_true(word_is_sound(1));
	spoil_write(WORDS_PATH, &row->value, sizeof(row->value), at);
	assert_int_equal(word_is_sound(1), row->sound);
	free(bytes);
	tear_down(&none);
}

/* A value on pages of its own: how many they are. */
static void
a_long_value_is_wrong(void **state)
{
	const uint32_t pages = 70000;
	size_t size;

	(void)state;
	words_create(WORDS_PATH, 2);
	open_it();
	char *bytes = spoil_load(WORDS_PATH, &size);
	size_t page = 0;
	for (size_t i = 2; i < size / SPOIL_PAGE; i++) {
		if (bytes[i * SPOIL_PAGE + FLAGS] == 4)
			page = i * SPOIL_PAGE;
	}
	assert_true(page > 0);
	assert_true(word_is_sound(0));
	spoil_write(WORDS_PATH, &pages, sizeof(pages), page + LOWER);
	assert_false(word_is_sound(0));
	assert_true(word_is_sound(1));
	free(bytes);
}

/* A branch that leads to itself. */
static void
a_tree_has_a_depth(void **state)
{
	size_t size;

	(void)state;
	words_create(WORDS_PATH, COUNT);
	open_it();
	char *bytes = spoil_load(WORDS_PATH, &size);
	for (size_t i = 2; i < size / SPOIL_PAGE; i++) {
		char *page = bytes + i * SPOIL_PAGE;
		uint16_t lower, place;
		memcpy(&lower, page + LOWER, sizeof(lower));
		if (page[FLAGS] != 1)
			continue;
		for (size_t at = PLACE; at < lower; at += 2) {
			uint16_t number = (uint16_t)i;
			memcpy(&place, page + at, sizeof(place));
			memcpy(page + place, &number, sizeof(number));
		}
	}
	spoil_write(WORDS_PATH, bytes, size, 0);
	assert_int_equal(count_unsound(), COUNT + 1);
	free(bytes);
}

/* Numbers of free pages. */
// clang-format off
static const struct free_row {
	const char *name;
	size_t index; /* in the list: how many, then each */
	size_t value;
	bool sound;
} frees[] = {
	{ "as it is",          1, 0, true },
	{ "too many",          0, 5000, false },
	{ "far too many",      0, SIZE_MAX, false },
	{ "a head",            1, 1, false },
	{ "none",              1, 0, false },
	{ "beyond the end",    1, 1000000, false },
	{ "not in order",      2, 999, false },
};
// clang-format on

/* The list of the newest state that has one. */
static void
a_free_page_is_wrong(void **state)
{
	const struct free_row *row = *state;
	void *none = NULL;
	size_t size, root, newer;

	set_up(&none);
	make_file();
	char *bytes = spoil_load(WORDS_PATH, &size);
	size_t states[2];
	for (size_t i = 0; i < 2; i++)
		memcpy(&states[i], bytes + i * SPOIL_PAGE + 144, 8);
	newer = states[1] > states[0] ? SPOIL_PAGE : 0;
	memcpy(&root, bytes + newer + 80, sizeof(root));
	assert_true(root > 1 && root < size / SPOIL_PAGE);
	const char *page = bytes + root * SPOIL_PAGE;
	assert_int_equal(page[FLAGS], 2);
	uint16_t place;
	memcpy(&place, page + PLACE, sizeof(place));
	size_t at = root * SPOIL_PAGE + place + 16 + row->index * 8;
	if (strcmp(row->name, "as it is") != 0)
		spoil_write(WORDS_PATH, &row->value, sizeof(row->value), at);
	assert_int_equal(lmdb_page_free_is_sound(fd), row->sound);
	free(bytes);
	tear_down(&none);
}

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_DIR(an_empty_file_is_sound),
	    IN_DIR(what_was_changed_is_sound),
	    IN_DIR(a_long_value_is_wrong),
	    IN_DIR(a_tree_has_a_depth),
	};
	int failures = 0;

	failures +=
	    TABLE_RUN("lmdb_page: damage", spoil_kinds, each_page_is_spoilt);
	failures += TABLE_RUN("lmdb_page: fields", fields, a_field_is_wrong);
	failures += TABLE_RUN("lmdb_page: free", frees, a_free_page_is_wrong);
	failures += cmocka_run_group_tests_name(
	    "lmdb_page: singles", tests, NULL, NULL);
	return failures;
}

#else

/* There are no files of LMDB without LMDB. */
int
main(void)
{
	return 0;
}

#endif
