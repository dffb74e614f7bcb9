#include "ddnsgate/server/message_id.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "table.h"

/* In place of the system call: the next number in all IDs of a block, or an
 * error. */
static struct {
	uint16_t next;
	unsigned calls;
	bool fails;
} entropy;

ssize_t
getrandom(void *buf, size_t len, unsigned flags)
{
	uint16_t *ids = buf;

	(void)flags;
	entropy.calls++;
	if (entropy.fails) {
		errno = ENOSYS;
		return -1;
	}
	for (size_t i = 0; i < len / sizeof(*ids); i++)
		ids[i] = entropy.next++;
	return (ssize_t)len;
}

static uint16_t
next(void)
{
	uint16_t id = 0;

	assert_int_equal(message_id_next(&id), ERR_OK);
	return id;
}

/* Each thread begins with a block of its own, so tests do, too. */
static void
in_a_thread(void *(*function)(void *arg))
{
	pthread_t thread;

	memset(&entropy, 0, sizeof(entropy));
	entropy.next = 1;
	assert_int_equal(pthread_create(&thread, NULL, function, NULL), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
}

/* No call for most, and none is given twice. */
static void *
draw_blocks(void *arg)
{
	bool drawn[3 * MESSAGE_ID_BLOCK + 1] = {false};

	for (size_t i = 0; i < 3 * MESSAGE_ID_BLOCK; i++) {
		uint16_t id = next();
		assert_in_range(id, 1, 3 * MESSAGE_ID_BLOCK);
		assert_false(drawn[id]);
		drawn[id] = true;
		assert_int_equal(entropy.calls, 1 + i / MESSAGE_ID_BLOCK);
	}
	return arg;
}

static void
are_drawn_in_blocks(void **state)
{
	(void)state;
	in_a_thread(draw_blocks);
}

static void *
draw_without_entropy(void *arg)
{
	uint16_t id = 7;

	entropy.fails = true;
	for (int again = 0; again < 2; again++) {
		assert_int_equal(message_id_next(&id), ERR_IO);
		assert_int_equal(id, 7);
	}
	entropy.fails = false;
	assert_in_range(next(), 1, MESSAGE_ID_BLOCK);
	return arg;
}

static void
there_is_no_entropy(void **state)
{
	(void)state;
	in_a_thread(draw_without_entropy);
}

/* Both would use the rest of the block. */
static void
a_fork_has_others(void **state)
{
	int status;

	(void)state;
	memset(&entropy, 0, sizeof(entropy));
	entropy.next = 1;
	next();
	pid_t child = fork();
	assert_true(child >= 0);
	/* By a signal, as valgrind would look for leaks at an exit. */
	if (child == 0)
		raise(next() > MESSAGE_ID_BLOCK && entropy.calls == 2
			  ? SIGKILL
			  : SIGABRT);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_in_range(next(), 1, MESSAGE_ID_BLOCK);
	assert_int_equal(entropy.calls, 1);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(are_drawn_in_blocks),
	    cmocka_unit_test(there_is_no_entropy),
	    cmocka_unit_test(a_fork_has_others),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
