#include <string.h>

#include "ddnsgate/base/arena.h"

#include "table.h"

static void
texts_stay(void **state)
{
	struct arena arena = {0};
	char *texts[10000];

	(void)state;
	for (size_t i = 0; i < 10000; i++) {
		struct span text = {"0123456789", i % 11};
		texts[i] = arena_dup_text(&arena, text);
		assert_non_null(texts[i]);
	}
	for (size_t i = 0; i < 10000; i++) {
		assert_int_equal(strlen(texts[i]), i % 11);
		assert_memory_equal(texts[i], "0123456789", i % 11);
	}
	arena_done(&arena);
}

static void
things_are_aligned(void **state)
{
	struct arena arena = {0};

	(void)state;
	for (size_t i = 0; i < 100; i++) {
		size_t align = (size_t)1 << (i % 5);
		arena_alloc(&arena, 1, 1);
		char *thing = arena_alloc(&arena, i, align);
		assert_int_equal((uintptr_t)thing % align, 0);
		memset(thing, 0, i);
	}
	arena_done(&arena);
}

static void
large_things_fit(void **state)
{
	struct arena arena = {0};
	size_t sizes[] = {ARENA_BLOCK_SIZE - 1, ARENA_BLOCK_SIZE,
	    ARENA_BLOCK_SIZE + 1, 10 * ARENA_BLOCK_SIZE, 1};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char *thing = arena_alloc(&arena, sizes[i], 1);
		assert_non_null(thing);
		memset(thing, 'x', sizes[i]);
	}
	arena_done(&arena);
	arena_done(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(texts_stay),
	    cmocka_unit_test(things_are_aligned),
	    cmocka_unit_test(large_things_fit),
	};

	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
