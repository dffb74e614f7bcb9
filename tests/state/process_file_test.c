#include "ddnsgate/state/process_file.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "table.h"
#include "temp_dir.h"

/*
 * A process does not see its own locks, so each process with a file is a child,
 * which tells through a pipe that it is ready and then waits to be killed.
 */
static pid_t
start_process(void (*say)(struct process_file *file))
{
	int ready[2];
	char byte = 0;

	assert_int_equal(pipe(ready), 0);
	pid_t pid = fork();
	if (pid == 0) {
		struct process_file *file;
		/* Nobody else ends it when a test fails. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		const char *why;
		if (process_file_new("state", "c.conf", &file, &why) != ERR_OK)
			_exit(1);
		say(file);
		(void)!write(ready[1], "", 1);
		pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void
end_process(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static const struct secret_digest digest = {{1, 2, 3}};

static void
say_loaded(struct process_file *file)
{
	process_file_loaded(file, 5, &digest);
}

static void
say_refused(struct process_file *file)
{
	process_file_loaded(file, 5, &digest);
	process_file_refused(file, 6, "c.conf:1: what is wrong");
}

static unsigned visits;
static struct process_status seen;

static void
visit(void *ctx, const struct process_status *status)
{
	(void)ctx;
	visits++;
	seen = *status;
}

static unsigned
count_processes(void)
{
	visits = 0;
	assert_int_equal(process_file_each("state", visit, NULL), ERR_OK);
	return visits;
}

static unsigned
count_files(void)
{
	unsigned count = 0;
	DIR *dir = opendir("state");

	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count - 2; /* "." and ".." */
}

static int
set_up(void **state)
{
	(void)state;
	temp_dir_enter();
	temp_dir_make("state");
	temp_dir_write("c.conf", "", 0600);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	temp_dir_leave();
	return 0;
}

static void
a_process_is_seen_while_it_lives(void **state)
{
	(void)state;
	assert_int_equal(count_processes(), 0);
	pid_t one = start_process(say_loaded);
	assert_int_equal(count_processes(), 1);
	assert_int_equal(seen.pid, one);
	assert_true(secret_digest_equal(&seen.files, &digest));
	assert_int_equal(seen.tried_us, 5);
	assert_true(seen.loaded_us >= seen.started_us);
	assert_int_equal(seen.refused, 0);
	pid_t other = start_process(say_loaded);
	assert_int_equal(count_processes(), 2);
	end_process(one);
	assert_int_equal(count_processes(), 1);
	assert_int_equal(seen.pid, other);
	end_process(other);
	assert_int_equal(count_processes(), 0);
}

static void
a_failure_leaves_what_is_in_force(void **state)
{
	pid_t pid = start_process(say_refused);

	(void)state;
	assert_int_equal(count_processes(), 1);
	assert_int_equal(seen.refused, 1);
	assert_int_equal(seen.tried_us, 6);
	assert_string_equal(seen.why, "c.conf:1: what is wrong");
	assert_true(secret_digest_equal(&seen.files, &digest));
	end_process(pid);
}

static void
the_path_is_absolute(void **state)
{
	char *path = realpath("c.conf", NULL);
	pid_t pid = start_process(say_loaded);

	(void)state;
	assert_int_equal(count_processes(), 1);
	assert_string_equal(seen.conf, path);
	free(path);
	end_process(pid);
}

static void
files_that_were_left_are_removed(void **state)
{
	(void)state;
	end_process(start_process(say_loaded));
	end_process(start_process(say_loaded));
	pid_t pid = start_process(say_loaded);
	assert_int_equal(count_files(), 1);
	assert_int_equal(count_processes(), 1);
	end_process(pid);
}

static void
strange_files_are_left_out(void **state)
{
	(void)state;
	temp_dir_write("state/process.text", "not a status", 0600);
	assert_int_equal(mkfifo("state/process.fifo", 0600), 0);
	assert_int_equal(symlink("../c.conf", "state/process.link"), 0);
	temp_dir_make("state/process.dir");
	temp_dir_write("state/other", "", 0600);
	assert_int_equal(count_processes(), 0);
	pid_t pid = start_process(say_loaded);
	assert_int_equal(count_processes(), 1);
	end_process(pid);
	assert_int_equal(access("c.conf", F_OK), 0);
	assert_int_equal(access("state/other", F_OK), 0);
}

/* A process that holds the lock, but has written something else. */
static void
write_other_layout(struct process_file *file)
{
	say_loaded(file);
	DIR *dir = opendir("state");
	struct dirent *entry;
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		/* Open for good: closing it would end the lock. */
		int fd = openat(dirfd(dir), entry->d_name, O_WRONLY);
		(void)!pwrite(fd, "ddnsgate 9", 10, 0);
	}
}

static void
another_layout_is_left_out(void **state)
{
	pid_t pid = start_process(write_other_layout);

	(void)state;
	assert_int_equal(count_processes(), 0);
	end_process(pid);
}

/* Also the PID is the kernel's, and texts end. */
static void
write_other_values(struct process_file *file)
{
	static struct process_status status;
	DIR *dir = opendir("state");
	struct dirent *entry;

	say_loaded(file);
	memset(&status, 'x', sizeof(status));
	memcpy(status.layout, "ddnsgate 1", sizeof("ddnsgate 1"));
	status.pid = 1;
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		int fd = openat(dirfd(dir), entry->d_name, O_WRONLY);
		(void)!pwrite(fd, &status, sizeof(status), 0);
	}
}

static void
what_it_says_is_not_believed(void **state)
{
	pid_t pid = start_process(write_other_values);

	(void)state;
	assert_int_equal(count_processes(), 1);
	assert_int_equal(seen.pid, pid);
	assert_int_equal(strlen(seen.conf), PROCESS_CONF_SIZE - 1);
	assert_int_equal(strlen(seen.why), PROCESS_WHY_SIZE - 1);
	end_process(pid);
}

static void
a_directory_that_is_missing(void **state)
{
	struct process_file *file = NULL;
	const char *why = NULL;

	(void)state;
	assert_int_equal(
	    process_file_new("none", "c.conf", &file, &why), ERR_IO);
	assert_string_equal(why, "No such file or directory");
	assert_null(file);
	assert_int_equal(process_file_each("none", visit, NULL), ERR_IO);
	assert_int_equal(errno, ENOENT);
	process_file_loaded(file, 1, &digest);
	process_file_refused(file, 1, "");
	process_file_free(file);
}

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_DIR(a_process_is_seen_while_it_lives),
	    IN_DIR(a_failure_leaves_what_is_in_force),
	    IN_DIR(the_path_is_absolute),
	    IN_DIR(files_that_were_left_are_removed),
	    IN_DIR(strange_files_are_left_out),
	    IN_DIR(another_layout_is_left_out),
	    IN_DIR(what_it_says_is_not_believed),
	    IN_DIR(a_directory_that_is_missing),
	};

	return cmocka_run_group_tests_name("process_file", tests, NULL, NULL);
}
