#include "run.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ddnsgate/base/log.h"

#define PATH_VARIABLE \
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
/* "DDNS_", the longest name, "=", and NUL */
#define VARIABLE_SIZE (EVENT_VALUE_MAX + 32)
/* PATH, the fields, two counts, NULL */
#define VARIABLES_MAX (EVENT_FIELDS + 4)
#define FIRST_FD 3

struct environment {
	char texts[VARIABLES_MAX][VARIABLE_SIZE];
	char *pointers[VARIABLES_MAX];
	size_t count;
};

void
run_init(struct run *run)
{
	*run = (struct run){.output_fd = -1};
}

/* Starting */

static void
add(struct environment *environment, const char *name, struct span value)
{
	char *variable = environment->texts[environment->count];
	struct text text;

	text_init(&text, variable, VARIABLE_SIZE);
	text_puts(&text, "DDNS_");
	for (const char *c = name; *c != '\0'; c++)
		text_printf(&text, "%c", toupper((unsigned char)*c));
	text_puts(&text, "=");
	text_put(&text, value);
	environment->pointers[environment->count++] = variable;
}

static void
add_count(struct environment *environment, const char *name, uint64_t count)
{
	char buf[24];
	struct text text;

	if (count == 0)
		return;
	TEXT_INIT(&text, buf);
	text_printf(&text, "%llu", (unsigned long long)count);
	add(environment, name, text_span(&text));
}

static void
make_environment(const struct event *event, struct environment *ret)
{
	static char path[] = PATH_VARIABLE;

	ret->count = 0;
	ret->pointers[ret->count++] = path;
	for (int i = 0; i < EVENT_FIELDS; i++)
		add(ret, event_field_name((enum event_field)i),
		    i == EVENT_KIND ? span_of(event_kind_word(event->kind))
				    : event->fields[i]);
	add_count(ret, "count", event->count);
	add_count(ret, "dropped", event->dropped);
	ret->pointers[ret->count] = NULL;
}

/* In memory, as a pipe may have room for less.  Gives its descriptor, or -1. */
static int
make_input(const char *text)
{
	struct iovec parts[] = {
	    {(void *)(uintptr_t)text, strlen(text)}, {"\n", 1}};
	int fd = memfd_create("event", MFD_CLOEXEC);

	if (fd < 0)
		return -1;
	if (writev(fd, parts, 2) == (ssize_t)strlen(text) + 1 &&
	    lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	close(fd);
	return -1;
}

_Noreturn static void
become(const char *path, int input, int output, char *const variables[])
{
	char *const arguments[] = {(char *)(uintptr_t)path, NULL};
	sigset_t none;

	sigemptyset(&none);
	setpgid(0, 0);
	if (dup2(input, STDIN_FILENO) >= 0 &&
	    dup2(output, STDOUT_FILENO) >= 0 &&
	    dup2(output, STDERR_FILENO) >= 0 && chdir("/") == 0) {
		close_range(FIRST_FD, ~0U, 0);
		sigprocmask(SIG_SETMASK, &none, NULL);
		execve(path, arguments, variables);
		dprintf(STDERR_FILENO, "%s\n", strerror(errno));
	}
	_exit(127);
}

static pid_t
start(const char *path, const struct event *event, int input, int output)
{
	static struct environment environment;

	make_environment(event, &environment);
	pid_t pid = fork();
	if (pid == 0)
		become(path, input, output, environment.pointers);
	if (pid > 0)
		setpgid(pid, pid); /* whoever comes first */
	return pid;
}

bool
run_start(struct run *run, const char *path, const struct event *event,
    const char *text, unsigned seconds)
{
	int ends[2] = {-1, -1};
	int input = make_input(text);
	pid_t pid = -1;

	if (input >= 0 && pipe2(ends, O_CLOEXEC) == 0) {
		fcntl(ends[0], F_SETFL, O_NONBLOCK);
		pid = start(path, event, input, ends[1]);
	}
	int reason = errno;
	if (input >= 0)
		close(input);
	if (ends[1] >= 0)
		close(ends[1]);
	if (pid < 0) {
		if (ends[0] >= 0)
			close(ends[0]);
		log_line(
		    LOG_LEVEL_ERROR, "%s: not run: %s", path, strerror(reason));
		return false;
	}
	*run = (struct run){.pid = pid,
	    .output_fd = ends[0],
	    .until = clock_after_ms(seconds * INT64_C(1000))};
	snprintf(run->path, sizeof(run->path), "%s", path);
	return true;
}

/* Output */

static void
log_output(struct run *run)
{
	if (run->line_len > 0)
		log_line(LOG_LEVEL_INFO, "%s: %.*s", run->path,
		    (int)run->line_len, run->line);
	run->line_len = 0;
}

static void
put_output(struct run *run, char c)
{
	if (run->output == RUN_OUTPUT_MAX) {
		log_output(run);
		log_line(LOG_LEVEL_WARNING,
		    "%s: what else it prints is not logged", run->path);
	}
	if (run->output++ >= RUN_OUTPUT_MAX)
		return;
	if (c != '\n')
		run->line[run->line_len++] = c == '\0' ? '?' : c;
	if (c == '\n' || run->line_len == sizeof(run->line))
		log_output(run);
}

/* Gives read(2)'s result. */
static ssize_t
read_some(struct run *run)
{
	char buf[4096];
	ssize_t len = read(run->output_fd, buf, sizeof(buf));

	for (ssize_t i = 0; i < len; i++)
		put_output(run, buf[i]);
	return len;
}

static void
close_output(struct run *run)
{
	log_output(run);
	if (run->output_fd >= 0)
		close(run->output_fd);
	run->output_fd = -1;
}

void
run_read(struct run *run)
{
	ssize_t len = read_some(run);

	if (len == 0 || (len < 0 && errno != EAGAIN && errno != EINTR))
		close_output(run);
}

/* The end */

static void
log_end(const struct run *run, int status)
{
	if (run->killed)
		log_line(LOG_LEVEL_ERROR, "%s: killed, as it took too long",
		    run->path);
	else if (WIFSIGNALED(status))
		log_line(LOG_LEVEL_ERROR, "%s: ended by signal %d", run->path,
		    WTERMSIG(status));
	else if (WEXITSTATUS(status) != 0)
		log_line(LOG_LEVEL_ERROR, "%s: exit status %d", run->path,
		    WEXITSTATUS(status));
}

/* The number of the group is nobody else's until its leader is reaped. */
bool
run_is_over(struct run *run)
{
	siginfo_t info = {.si_pid = 0};
	int status = 0;

	if (run->pid == 0 ||
	    waitid(P_PID, (id_t)run->pid, &info, WEXITED | WNOHANG | WNOWAIT) !=
		0 ||
	    info.si_pid != run->pid)
		return false;
	kill(-run->pid, SIGKILL);
	waitpid(run->pid, &status, 0);
	/* What is in the pipe, which has room for 16 such pieces. */
	for (int i = 0; i < 16 && run->output_fd >= 0; i++) {
		if (read_some(run) <= 0)
			break;
	}
	close_output(run);
	log_end(run, status);
	run_init(run);
	return true;
}

void
run_check(struct run *run, bool force)
{
	if (run->pid == 0 || (!force && !clock_passed(run->until)))
		return;
	run->killed = true;
	kill(-run->pid, SIGKILL);
}
