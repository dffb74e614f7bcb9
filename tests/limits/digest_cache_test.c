#include "ddnsgate/limits/digest_cache.h"

#include <string.h>

#include "table.h"

#define SET_ENTRIES 8 /* as in digest_cache.c */
#define SETS (DIGEST_CACHE_ENTRIES / SET_ENTRIES)

/* Those of one set differ in a byte that does not select it. */
static struct secret_digest
in_set(uint32_t set, uint8_t number)
{
	struct secret_digest digest = {{0}};

	memcpy(digest.bytes, &set, sizeof(set));
	digest.bytes[SECRET_DIGEST_LEN - 1] = number;
	return digest;
}

/*
 * Operations on entries of one set, which have letters: "a" puts it, "a?" is
 * that it is there, "a-" that it is not.
 */
// clang-format off
static const struct row {
	const char *name;
	const char *operations;
} rows[] = {
	{ "empty",                  "a-" },
	{ "one",                    "a a? b-" },
	{ "twice",                  "a a a? b-" },
	{ "as many as there are",   "a b c d e f g h a? b? c? d? e? f? g? h?" },
	{ "the first one goes",     "a b c d e f g h i a- b? i?" },
	{ "not one that was used",  "a b c d e f g h a? i a? b- c?" },
	{ "nor one that was put again", "a b c d e f g h a i a? b- c?" },
	{ "what is used stays",
	  "a b c d e f g h a? i j k l a? m n o p a? q r s t a? b-" },
};
// clang-format on

static void
keeps(void **state)
{
	const struct row *row = *state;
	struct span rest = span_of(row->operations);
	struct digest_cache *cache;
	struct span word;

	assert_int_equal(digest_cache_new(&cache), ERR_OK);
	while (rest.len > 0 && span_next(&rest, ' ', &word)) {
		const struct secret_digest key =
		    in_set(7, (uint8_t)word.ptr[0]);
		if (word.len == 1)
			digest_cache_put(cache, &key, &key);
		else
			assert_int_equal(digest_cache_has(cache, &key, &key),
			    word.ptr[1] == '?');
	}
	digest_cache_free(cache);
}

static void
values_are_replaced(void **state)
{
	const struct secret_digest key = in_set(1, 1);
	const struct secret_digest old = in_set(1, 2), new = in_set(1, 3);
	struct digest_cache *cache;

	(void)state;
	assert_int_equal(digest_cache_new(&cache), ERR_OK);
	digest_cache_put(cache, &key, &old);
	assert_true(digest_cache_has(cache, &key, &old));
	assert_false(digest_cache_has(cache, &key, &new));
	digest_cache_put(cache, &key, &new);
	assert_false(digest_cache_has(cache, &key, &old));
	assert_true(digest_cache_has(cache, &key, &new));
	digest_cache_free(cache);
}

static void
sets_are_apart(void **state)
{
	struct digest_cache *cache;

	(void)state;
	assert_int_equal(digest_cache_new(&cache), ERR_OK);
	for (uint32_t i = 0; i < DIGEST_CACHE_ENTRIES; i++) {
		const struct secret_digest key =
		    in_set(i % SETS, (uint8_t)(1 + i / SETS));
		digest_cache_put(cache, &key, &key);
	}
	for (uint32_t i = 0; i < DIGEST_CACHE_ENTRIES; i++) {
		const struct secret_digest key =
		    in_set(i % SETS, (uint8_t)(1 + i / SETS));
		assert_true(digest_cache_has(cache, &key, &key));
	}
	digest_cache_free(cache);
	digest_cache_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(values_are_replaced),
	    cmocka_unit_test(sets_are_apart),
	};

	return TABLE_RUN("digest_cache: keeps", rows, keeps) +
	       cmocka_run_group_tests_name(
		   "digest_cache: singles", singles, NULL, NULL);
}
