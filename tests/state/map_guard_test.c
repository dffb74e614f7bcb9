#include "ddnsgate/state/map_guard.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "ddnsgate/base/wiped_memory.h"

#include "table.h"
#include "temp_dir.h"

#define SIZE 4096

static char *
map_file(void)
{
	static const char zeros[SIZE];

	temp_dir_write_bytes("f", zeros, SIZE, 0600);
	int fd = open("f", O_RDWR | O_CLOEXEC);
	char *at = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	assert_true(at != MAP_FAILED);
	return at;
}

static void
write_byte(void *ctx)
{
	*(volatile char *)ctx = 7;
}

/* As often as it happens. */
static void
access_is_broken_off(void **state)
{
	(void)state;
	temp_dir_enter();
	char *at = map_file();
	map_guard_init();
	assert_true(map_guard_run(write_byte, at));
	assert_int_equal(at[0], 7);
	assert_int_equal(truncate("f", 0), 0);
	for (int i = 0; i < 3; i++)
		assert_false(map_guard_run(write_byte, at));
	assert_int_equal(truncate("f", SIZE), 0);
	assert_true(map_guard_run(write_byte, at));
	munmap(at, SIZE);
	temp_dir_leave();
}

/* The one fault after the other. */
static void
access_leads_astray(void **state)
{
	(void)state;
	temp_dir_enter();
	char *at = map_file();
	assert_int_equal(truncate("f", 0), 0);
	map_guard_init();
	char *nowhere =
	    mmap(NULL, SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (int i = 0; i < 3; i++) {
		assert_false(map_guard_run(write_byte, at));
		assert_false(map_guard_run(write_byte, nowhere));
	}
	munmap(nowhere, SIZE);
	munmap(at, SIZE);
	temp_dir_leave();
}

/* As when LMDB finds a mistake itself. */
static void
break_off(void *ctx)
{
	(void)ctx;
	map_guard_break();
}

static void
access_breaks_itself_off(void **state)
{
	char byte = 1;

	(void)state;
	map_guard_init();
	assert_false(map_guard_run(break_off, NULL));
	assert_true(map_guard_run(write_byte, &byte));
	assert_int_equal(byte, 7);
}

/* In the thread that reads configurations, too, which takes no signals that are
 * for others. */

static bool wiped_was_whole;

static void
write_in_wiped_memory(void *at)
{
	wiped_was_whole = map_guard_run(write_byte, at);
}

static void
access_is_broken_off_in_wiped_memory(void **state)
{
	(void)state;
	temp_dir_enter();
	char *at = map_file();
	assert_int_equal(truncate("f", 0), 0);
	map_guard_init();
	wiped_was_whole = true;
	assert_true(wiped_memory_call(write_in_wiped_memory, at));
	assert_false(wiped_was_whole);
	munmap(at, SIZE);
	temp_dir_leave();
}

/* What is no guarded access ends the process as ever. */
static void
other_access_ends_the_process(void **state)
{
	int status;

	(void)state;
	temp_dir_enter();
	char *at = map_file();
	assert_int_equal(truncate("f", 0), 0);
	pid_t pid = fork();
	if (pid == 0) {
		signal(SIGBUS, SIG_DFL); /* not the test library's */
		map_guard_init();
		map_guard_run(write_byte, at);
		write_byte(at);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGBUS);
	munmap(at, SIZE);
	temp_dir_leave();
}

/* One that somebody sends does as well, at whatever time. */

static void
send_fault(void *ctx)
{
	(void)ctx;
	kill(getpid(), SIGSEGV);
}

static void
sent_signal_ends_the_process(void **state)
{
	int status;

	(void)state;
	for (int guarded = 0; guarded < 2; guarded++) {
		pid_t pid = fork();
		if (pid == 0) {
			signal(SIGSEGV, SIG_DFL);
			map_guard_init();
			if (guarded)
				map_guard_run(send_fault, NULL);
			else
				send_fault(NULL);
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGSEGV);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(access_is_broken_off),
	    cmocka_unit_test(access_leads_astray),
	    cmocka_unit_test(access_breaks_itself_off),
	    cmocka_unit_test(access_is_broken_off_in_wiped_memory),
	    cmocka_unit_test(other_access_ends_the_process),
	    cmocka_unit_test(sent_signal_ends_the_process),
	};

	return cmocka_run_group_tests_name("map_guard", tests, NULL, NULL);
}
