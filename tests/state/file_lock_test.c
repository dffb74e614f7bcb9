/*
 * What a lock keeps out, and that it keeps nobody out once it is released or
 * could not be had.
 */

#include <errno.h>
#include <stdbool.h>
#include <sys/wait.h>

#include "ddnsgate/state/file_lock.h"

#include "table.h"
#include "temp_dir.h"

static struct file_lock lock;
static int fd;

/* Has another process the file locked? */
static bool
is_locked(void)
{
	int status = 0;

	pid_t pid = fork();
	if (pid == 0) {
		struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
		_exit(fcntl(fd, F_SETLK, &whole) == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status) != 0;
}

/* Has a thread of this process taken it? */
static bool
is_taken(void)
{
	if (pthread_mutex_trylock(&lock.one_writer) != 0)
		return true;
	pthread_mutex_unlock(&lock.one_writer);
	return false;
}

static void
keeps_others_out(void **state)
{
	(void)state;
	assert_int_equal(file_lock_take(&lock, fd), 0);
	assert_true(is_locked());
	assert_true(is_taken());
	file_lock_release(&lock, fd);
	assert_false(is_locked());
	assert_false(is_taken());
}

static void
a_failure_leaves_nothing_locked(void **state)
{
	int read_only = open("f", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_int_equal(file_lock_take(&lock, -1), EBADF);
	assert_false(is_taken());
	assert_int_equal(file_lock_take(&lock, read_only), EBADF);
	assert_false(is_taken());
	close(read_only); /* drops all locks of the process */
	assert_int_equal(file_lock_take(&lock, fd), 0);
	file_lock_release(&lock, fd);
}

/* As after kill -9. */
static void
the_end_of_a_process_unlocks(void **state)
{
	int status = 0;

	(void)state;
	pid_t pid = fork();
	if (pid == 0)
		_exit(file_lock_take(&lock, fd));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_false(is_locked());
}

static int
enter(void **state)
{
	(void)state;
	temp_dir_enter();
	temp_dir_write("f", "", 0600);
	fd = open("f", O_RDWR | O_CLOEXEC);
	file_lock_init(&lock);
	return fd < 0;
}

static int
leave(void **state)
{
	(void)state;
	file_lock_done(&lock);
	close(fd);
	temp_dir_leave();
	return 0;
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)
	const struct CMUnitTest tests[] = {
	    TEST(keeps_others_out),
	    TEST(a_failure_leaves_nothing_locked),
	    TEST(the_end_of_a_process_unlocks),
	};
#undef TEST

	return cmocka_run_group_tests_name("file_lock", tests, NULL, NULL);
}
