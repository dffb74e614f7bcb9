#ifndef DDNSGATE_TESTS_WORDS_TABLE_H
#define DDNSGATE_TESTS_WORDS_TABLE_H

/*
 * A file of lmdb_file.h for tests: WORDS has a word for each number, of which
 * some are long, and NUMBERS the word's generation.  All that is written at a
 * time is of one generation, so that a reader can tell what is not whole.
 */

#include <stdio.h>

#include "ddnsgate/state/lmdb_writer.h"

#include "temp_dir.h"

enum { WORDS, NUMBERS };

#define WORDS_PATH "f"
#define WORDS_LONG 6000 /* more than a page */
#define WORDS_EVERY 40  /* so many words, one is long */

static const struct lmdb_file_layout words_layout = {
    "test 1", {[WORDS] = {"words", false}, [NUMBERS] = {"numbers", true}}};

struct word {
	char key[16];
	char value[WORDS_LONG];
	size_t len;
};

/* The letter is the generation's. */
static inline void
word_make(unsigned number, unsigned generation, struct word *ret)
{
	snprintf(ret->key, sizeof(ret->key), "w%06u", number);
	ret->len = number % WORDS_EVERY == 0 ? WORDS_LONG : 40 + number % 100;
	memset(ret->value, 'a' + (int)(generation % 26), ret->len);
	memcpy(ret->value, ret->key, 7);
}

static inline struct span
word_key(const struct word *word)
{
	return span_of(word->key);
}

static inline struct span
word_number(const uint32_t *number)
{
	return (struct span){(const char *)number, sizeof(*number)};
}

/* The generation of a value, or -1 if it is not the number's as a whole; may be
 * called in an access. */
static inline int
word_generation(struct span value, unsigned number)
{
	struct word word;

	if (value.len < 8 || value.len > WORDS_LONG)
		return -1;
	int generation = value.ptr[7] - 'a';
	if (generation < 0 || generation >= 26)
		return -1;
	word_make(number, (unsigned)generation, &word);
	return word.len == value.len &&
		       memcmp(word.value, value.ptr, word.len) == 0
		   ? generation
		   : -1;
}

/* ERR_OK, or the first error; those of a reader's test do not expect one. */
static inline enum err
words_add(struct lmdb_writer *writer, unsigned from, unsigned to,
    unsigned generation, const char **ret_why)
{
	enum err err = ERR_OK;
	struct word word;

	for (uint32_t i = from; i < to && err == ERR_OK; i++) {
		word_make(i, generation, &word);
		err = lmdb_writer_add(writer, WORDS, word_key(&word),
		    (struct span){word.value, word.len}, ret_why);
		if (err == ERR_OK)
			err = lmdb_writer_add(writer, NUMBERS, word_number(&i),
			    (struct span){
				(const char *)&generation, sizeof(generation)},
			    ret_why);
	}
	return err;
}

/* Replaces these words by those of a generation. */
static inline enum err
words_replace(
    const char *path, unsigned count, unsigned generation, const char **ret_why)
{
	struct lmdb_writer *writer = NULL;
	struct word word;

	enum err err = lmdb_writer_open(path, &words_layout, &writer, ret_why);
	for (uint32_t i = 0; i < count && err == ERR_OK; i++) {
		word_make(i, generation, &word);
		err =
		    lmdb_writer_remove(writer, WORDS, word_key(&word), ret_why);
		if (err == ERR_OK)
			err = lmdb_writer_remove(
			    writer, NUMBERS, word_number(&i), ret_why);
	}
	if (err == ERR_OK)
		err = words_add(writer, 0, count, generation, ret_why);
	if (err == ERR_OK)
		err = lmdb_writer_commit(writer, ret_why);
	lmdb_writer_close(writer);
	return err;
}

/* Makes a file with these words, of generation 0. */
static inline void
words_create(const char *path, unsigned count)
{
	struct lmdb_writer *writer = NULL;
	const char *why = NULL;

	temp_dir_write(path, "", 0600);
	assert_int_equal(
	    lmdb_writer_begin(path, &words_layout, &writer, &why), ERR_OK);
	assert_int_equal(words_add(writer, 0, count, 0, &why), ERR_OK);
	assert_int_equal(lmdb_writer_commit(writer, &why), ERR_OK);
	lmdb_writer_close(writer);
}

/* What is in the file: an lmdb_file_access that goes through all of it. */
struct words_look {
	unsigned count; /* words there should be */
	int generation; /* of all of them; -1: they are not of one */
	unsigned calls;
};

static inline enum err
words_look(void *ctx, struct lmdb_view *view)
{
	struct words_look *look = ctx;
	struct word word;

	look->calls++;
	look->generation = -1;
	for (uint32_t i = 0; i < look->count; i++) {
		struct span value;
		uint32_t number;
		word_make(i, 0, &word);
		enum err err =
		    lmdb_view_get(view, WORDS, word_key(&word), &value);
		if (err != ERR_OK)
			return err;
		int generation = word_generation(value, i);
		err = lmdb_view_get(view, NUMBERS, word_number(&i), &value);
		if (err != ERR_OK)
			return err;
		if (value.len != sizeof(number))
			return ERR_SYNTAX;
		memcpy(&number, value.ptr, sizeof(number));
		if (generation < 0 || (int)(number % 26) != generation ||
		    (i > 0 && generation != look->generation))
			return ERR_SYNTAX;
		look->generation = generation;
	}
	return ERR_OK;
}

/* The generation of a whole file; -1: it is not whole, or cannot be read. */
static inline int
words_generation(struct lmdb_file *file, unsigned count)
{
	struct words_look look = {.count = count, .generation = -1};
	const char *why = NULL;

	return lmdb_file_read(file, words_look, &look, &why) == ERR_OK
		   ? look.generation
		   : -1;
}

static inline int
words_generation_at(const char *path, unsigned count)
{
	struct lmdb_file *file = NULL;
	const char *why = NULL;

	if (lmdb_file_open(path, &words_layout, &file, &why) != ERR_OK)
		return -1;
	int generation = words_generation(file, count);
	lmdb_file_close(file);
	return generation;
}

#endif
