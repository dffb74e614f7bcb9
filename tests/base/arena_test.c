#include <string.h>

#include "ddnsgate/base/arena.h"

#include "table.h"

static void
texts_do_not_move(void **state)
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
objects_are_aligned(void **state)
{
	struct arena arena = {0};

	(void)state;
	for (size_t i = 0; i < 100; i++) {
		size_t align = (size_t)1 << (i % 5);
		arena_alloc(&arena, 1, 1);
		char *object = arena_alloc(&arena, i, align);
		assert_int_equal((uintptr_t)object % align, 0);
		memset(object, 0, i);
	}
	arena_done(&arena);
}

static void
large_objects_fit(void **state)
{
	struct arena arena = {0};
	size_t sizes[] = {ARENA_BLOCK_MAX - 1, ARENA_BLOCK_MAX,
	    ARENA_BLOCK_MAX + 1, 10 * ARENA_BLOCK_MAX, 1};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char *object = arena_alloc(&arena, sizes[i], 1);
		assert_non_null(object);
		memset(object, 'x', sizes[i]);
	}
	arena_done(&arena);
	arena_done(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(texts_do_not_move),
	    cmocka_unit_test(objects_are_aligned),
	    cmocka_unit_test(large_objects_fit),
	};

	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
