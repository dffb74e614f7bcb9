#include "ddnsgate/base/wiped_memory.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "on_valgrind.h"
#include "table.h"

struct seen {
	pthread_t thread;
	uintptr_t at; /* of a variable of the function */
	sigset_t blocked;
};

static void
look(void *ctx)
{
	struct seen *seen = ctx;
	volatile char variable = 'x';

	seen->thread = pthread_self();
	seen->at = (uintptr_t)&variable;
	pthread_sigmask(SIG_BLOCK, NULL, &seen->blocked);
}

static bool
is_mapped(uintptr_t at)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	unsigned char resident;

	return mincore((void *)(at / page * page), 1, &resident) == 0;
}

/* The stack is another, no signal comes in, and then it is gone. */
static void
a_call_leaves_no_stack(void **state)
{
	struct seen seen = {.at = 0};
	sigset_t after;

	(void)state;
	assert_true(wiped_memory_call(look, &seen));
	assert_true(seen.at != 0);
	assert_false(pthread_equal(seen.thread, pthread_self()));
	assert_false(is_mapped(seen.at));
	assert_true(sigismember(&seen.blocked, SIGTERM));
	pthread_sigmask(SIG_BLOCK, NULL, &after);
	assert_false(sigismember(&after, SIGTERM));
}

/* What a thread needs of its stack itself: TSan keeps its records there. */
#ifdef DDNSGATE_SANITIZED
#define OF_THE_THREAD (WIPED_MEMORY_STACK_SIZE * 9 / 10)
#else
#define OF_THE_THREAD ((size_t)64 * 1024)
#endif

static void
fill(void *ctx)
{
	volatile char variables[WIPED_MEMORY_STACK_SIZE - OF_THE_THREAD];

	for (size_t i = 0; i < sizeof(variables); i++)
		variables[i] = 'x';
	*(size_t *)ctx = sizeof(variables);
}

static void
the_stack_has_its_size(void **state)
{
	size_t filled = 0;

	(void)state;
	assert_true(wiped_memory_call(fill, &filled));
	assert_true(filled > 0);
}

#ifndef DDNSGATE_SANITIZED
static unsigned
descend(unsigned depth)
{
	volatile char frame[1024];

	frame[0] = (char)depth;
	return depth > 0 ? descend(depth - 1) + (unsigned)frame[0] : 0;
}

static void
overflow(void *ctx)
{
	*(unsigned *)ctx = descend(2 * WIPED_MEMORY_STACK_SIZE / 1024);
}

/* Whatever lies below is not written to. */
static void
an_overflow_ends_the_process(void **state)
{
	unsigned result = 0;
	int status;

	(void)state;
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		setrlimit(RLIMIT_CORE, &(struct rlimit){0});
		wiped_memory_call(overflow, &result);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

/* Sizes of blocks: the smallest, both sides of what glibc puts aside, and the
 * largest that is not mapped. */
static const size_t sizes[] = {
    24, 64, 512, 1032, 1048, 5000, WIPED_MEMORY_MAPPED_MIN - 64};

/*
 * The bytes of a freed block that are left, as whoever reads the memory of the
 * process sees them.
 */
static size_t
count_left(uintptr_t block, size_t size)
{
	static char bytes[2 * WIPED_MEMORY_MAPPED_MIN];
	size_t count = 0;
	int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);

	assert_true(memory >= 0 && size <= sizeof(bytes));
	/* What went back to the kernel cannot be read. */
	ssize_t len = pread(memory, bytes, size, (off_t)block);
	close(memory);
	for (ssize_t i = 0; i < len; i++)
		count += bytes[i] == 'S';
	return count;
}

/* glibc puts random words of its own into a free block, of which a byte or two
 * may look as if they were left. */
#define BY_CHANCE 4

static char *
new_block(size_t size)
{
	char *block = malloc(size);

	assert_non_null(block);
	memset(block, 'S', size);
	return block;
}

static void
freed_blocks_are_wiped(void **state)
{
	(void)state;
	if (is_on_valgrind())
		skip();
	wiped_memory_map_large();
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char *block = new_block(sizes[i]);
		char *barrier = new_block(sizes[i]); /* no merge, no trim */
		uintptr_t at = (uintptr_t)block;
		free(block);
		assert_true(count_left(at, sizes[i]) <= BY_CHANCE);
		free(barrier);
	}
}

static void
moved_blocks_are_wiped(void **state)
{
	(void)state;
	if (is_on_valgrind())
		skip();
	wiped_memory_map_large();
	for (size_t i = 0; i < 4; i++) {
		char *block = new_block(sizes[i]);
		char *barrier = new_block(sizes[i]);
		uintptr_t at = (uintptr_t)block;
		char *larger = realloc(block, 8 * sizes[i]);
		assert_non_null(larger);
		assert_int_equal(
		    count_left((uintptr_t)larger, sizes[i]), sizes[i]);
		assert_true(count_left(at, sizes[i]) <= BY_CHANCE);
		at = (uintptr_t)larger;
		char *smaller = realloc(larger, 16);
		assert_non_null(smaller);
		assert_int_equal(count_left((uintptr_t)smaller, 16), 16);
		if ((uintptr_t)smaller != at)
			assert_true(count_left(at, sizes[i]) <= BY_CHANCE);
		free(smaller);
		free(barrier);
	}
}

/* One that would be mapped, had the heap no room for it where small ones were.
 */
static char *
new_large_block_of_heap(size_t size, char **ret_barrier)
{
	static char *small[64];

	for (size_t i = 0; i < sizeof(small) / sizeof(small[0]); i++)
		small[i] = new_block(16000);
	*ret_barrier = new_block(16000);
	const uintptr_t first = (uintptr_t)small[0];
	for (size_t i = 0; i < sizeof(small) / sizeof(small[0]); i++)
		free(small[i]);
	char *block = new_block(size);
	assert_in_range((uintptr_t)block, first - size, first + 64 * 16064);
	return block;
}

static void
large_blocks_of_the_heap_are_wiped(void **state)
{
	const size_t size = WIPED_MEMORY_MAPPED_MIN + 50000;
	char *barrier;

	(void)state;
	if (is_on_valgrind())
		skip();
	wiped_memory_map_large();
	char *block = new_large_block_of_heap(size, &barrier);
	uintptr_t at = (uintptr_t)block;
	free(block);
	assert_true(count_left(at, size) <= BY_CHANCE);
	free(barrier);
	block = new_large_block_of_heap(size, &barrier);
	at = (uintptr_t)block;
	char *larger = realloc(block, 8 * size);
	assert_non_null(larger);
	assert_true((uintptr_t)larger != at);
	assert_int_equal(count_left((uintptr_t)larger, size), size);
	assert_true(count_left(at, size) <= BY_CHANCE);
	free(larger);
	free(barrier);
}

/* In small steps, over all sizes: nothing is lost, nor left behind. */
static void
growing_blocks_are_wiped(void **state)
{
	size_t size = 16, moves = 0;

	(void)state;
	if (is_on_valgrind())
		skip();
	wiped_memory_map_large();
	char *block = new_block(size);
	while (size < 2 * WIPED_MEMORY_MAPPED_MIN) {
		size_t more = size + 128;
		char *barrier = new_block(size); /* no growth in place */
		uintptr_t at = (uintptr_t)block;
		block = realloc(block, more);
		assert_non_null(block);
		if (at != (uintptr_t)block && size < WIPED_MEMORY_MAPPED_MIN) {
			moves++;
			assert_true(count_left(at, size) <= BY_CHANCE);
		}
		for (size_t i = 0; i < size; i++)
			assert_int_equal(block[i], 'S');
		memset(block + size, 'S', more - size);
		size = more;
		free(barrier);
	}
	assert_true(moves < 40);
	free(block);
}
#endif

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_call_leaves_no_stack),
	    cmocka_unit_test(the_stack_has_its_size),
#ifndef DDNSGATE_SANITIZED
	    cmocka_unit_test(an_overflow_ends_the_process),
	    cmocka_unit_test(freed_blocks_are_wiped),
	    cmocka_unit_test(moved_blocks_are_wiped),
	    cmocka_unit_test(large_blocks_of_the_heap_are_wiped),
	    cmocka_unit_test(growing_blocks_are_wiped),
#endif
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
