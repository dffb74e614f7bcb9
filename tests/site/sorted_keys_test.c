#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ddnsgate/site/sorted_keys.h"

#include "table.h"

static void
add(struct sorted_keys *keys, const char *text, size_t len, uint32_t owner)
{
	const struct sorted_key key = {{text, len}, owner, (uint8_t)owner, 7};

	assert_int_equal(sorted_keys_add(keys, &key), ERR_OK);
}

/* The owners in the order of their keys. */
static void
expect_order(struct sorted_keys *keys, const char *want)
{
	char buf[512];
	struct text text;

	TEXT_INIT(&text, buf);
	assert_int_equal(sorted_keys_sort(keys), ERR_OK);
	for (size_t i = 0; i < keys->count; i++) {
		struct sorted_key key = sorted_keys_get(keys, i);
		text_printf(&text, "%u ", key.owner);
		assert_int_equal(key.mark, key.owner);
		assert_int_equal(key.tag, 7);
	}
	assert_string_equal(buf, want);
	sorted_keys_done(keys);
}

// clang-format off
static const struct row {
	const char *name;
	const char *keys[8];
	const char *want;
} rows[] = {
	{ "nothing",          { NULL }, "" },
	{ "one",              { "a" }, "0 " },
	{ "short ones",       { "c", "a", "b" }, "1 2 0 " },
	{ "a start first",    { "ab", "a", "" }, "2 1 0 " },
	{ "equal ones",       { "b", "a", "b", "a" }, "1 3 0 2 " },
	{ "8 bytes",          { "abcdefgh", "abcdefgg", "abcdefgh" }, "1 0 2 " },
	{ "behind 8 bytes",   { "abcdefghb", "abcdefgha", "abcdefgh",
	  "abcdefgg" }, "3 2 1 0 " },
	{ "behind 16 bytes",  { "aaaaaaaabbbbbbbbz", "aaaaaaaabbbbbbbby",
	  "aaaaaaaabbbbbbbb", "aaaaaaaab", "aaaaaaaabbbbbbbbz" },
	  "3 2 1 0 4 " },
	{ "bytes, not signs", { "\xff", "a", "\x80" }, "1 2 0 " },
};
// clang-format on

static void
test_row(void **state)
{
	const struct row *row = *state;
	struct sorted_keys keys = {0};

	for (uint32_t i = 0; i < 8 && row->keys[i] != NULL; i++)
		add(&keys, row->keys[i], strlen(row->keys[i]), i);
	expect_order(&keys, row->want);
}

/* As memcmp sorts them, and equal ones by their owners; returns how many are
 * equal to the one before them. */
static size_t
expect_sorted(const struct sorted_keys *keys)
{
	size_t equal = 0;

	for (size_t i = 1; i < keys->count; i++) {
		struct sorted_key a = sorted_keys_get(keys, i - 1);
		struct sorted_key b = sorted_keys_get(keys, i);
		size_t len =
		    a.bytes.len < b.bytes.len ? a.bytes.len : b.bytes.len;
		int order = memcmp(a.bytes.ptr, b.bytes.ptr, len);
		assert_true(
		    order < 0 || (order == 0 && a.bytes.len <= b.bytes.len));
		if (!span_equal(a.bytes, b.bytes))
			continue;
		assert_true(a.owner < b.owner);
		equal++;
	}
	return equal;
}

/* Many of all lengths. */
static void
test_many(void **state)
{
	struct sorted_keys keys = {0};
	unsigned seed = 1;
	char buf[SORTED_KEYS_LEN_MAX];

	(void)state;
	for (uint32_t i = 0; i < 50000; i++) {
		size_t len = (size_t)rand_r(&seed) % sizeof(buf);
		for (size_t j = 0; j < len; j++)
			buf[j] = (char)('a' + (rand_r(&seed) % 100 == 0));
		add(&keys, buf, len, i);
	}
	add(&keys, buf, sizeof(buf), 0);
	assert_int_equal(sorted_keys_sort(&keys), ERR_OK);
	assert_true(expect_sorted(&keys) > 1000);
	sorted_keys_done(&keys);
}

/* Many of any bytes, as digests are, most of them twice; each is found. */
static void
test_digests(void **state)
{
	struct sorted_keys keys = {0};
	uint32_t words[4] = {0};
	size_t at;

	(void)state;
	for (uint32_t i = 0; i < 40000; i++) {
		unsigned seed = i % 25000;
		for (int j = 0; j < 4; j++)
			words[j] = (uint32_t)rand_r(&seed) << 8 |
				   (uint32_t)rand_r(&seed) % 256;
		add(&keys, (const char *)words, sizeof(words), i);
	}
	assert_int_equal(sorted_keys_sort(&keys), ERR_OK);
	assert_int_equal(expect_sorted(&keys), 15000);
	for (size_t i = 0; i < keys.count; i++) {
		struct span key = sorted_keys_get(&keys, i).bytes;
		assert_true(sorted_keys_find(&keys, key, &at));
		assert_true(at == i || at + 1 == i);
	}
	words[3]++;
	assert_false(sorted_keys_find(
	    &keys, (struct span){(const char *)words, sizeof(words)}, &at));
	sorted_keys_done(&keys);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_many), cmocka_unit_test(test_digests)};
	int failures = TABLE_RUN("sorted_keys", rows, test_row);

	return failures + cmocka_run_group_tests(tests, NULL, NULL);
}
