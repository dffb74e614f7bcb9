#include "ddnsgate/base/log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "ddnsgate/base/run_slot.h"

// clang-format off
static const struct {
	const char *word;
	int priority; /* syslog(3), and the N of "<N>" */
} levels[] = {
	[LOG_LEVEL_ERROR]   = { "error",   LOG_ERR },
	[LOG_LEVEL_WARNING] = { "warning", LOG_WARNING },
	[LOG_LEVEL_INFO]    = { "info",    LOG_INFO },
	[LOG_LEVEL_DEBUG]   = { "debug",   LOG_DEBUG },
};
// clang-format on

/* Below every level: before log_open nothing is written. */
#define CLOSED (-1)

static atomic_int threshold = CLOSED;
static atomic_int current_target = LOG_TARGET_STDERR;
static atomic_bool to_journal;
static atomic_uint lost; /* lines, since the last one that was written */

/*
 * A process whose stderr is a terminal or a file may have inherited
 * JOURNAL_STREAM, so its DEVICE:INODE is compared with stderr (sd-daemon(3)).
 */
static bool
stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	struct stat status;
	char own[64];
	struct text text;

	if (stream == NULL || fstat(STDERR_FILENO, &status) != 0)
		return false;
	TEXT_INIT(&text, own);
	text_printf(&text, "%ju:%ju", (uintmax_t)status.st_dev,
	    (uintmax_t)status.st_ino);
	return span_is(text_span(&text), stream);
}

void
log_open(enum log_target target, enum log_level level)
{
	/* LOG_NDELAY: the sandbox may forbid new sockets later. */
	if (target == LOG_TARGET_SYSLOG)
		openlog(NULL, LOG_PID | LOG_NDELAY, LOG_DAEMON);
	atomic_store(&to_journal, stderr_is_journal());
	atomic_store(&current_target, (int)target);
	atomic_store(&threshold, (int)level);
}

bool
log_wanted(enum log_level level)
{
	return (int)level <= atomic_load(&threshold);
}

static bool
is_control(char c)
{
	return (unsigned char)c < ' ' || c == '\x7f';
}

/* Writes the start of a line on stderr; gives its length. */
static size_t
put_prefix(enum log_level level, char *line)
{
	struct text text;

	text_init(&text, line, LOG_LINE_MAX);
	if (atomic_load(&to_journal))
		text_printf(&text, "<%d>", levels[level].priority);
	else
		text_printf(&text, "%s: %s: ", program_invocation_short_name,
		    levels[level].word);
	return text.len;
}

/* Appends the message to the len bytes of the line; gives its new length. */
static size_t
put_message(char *line, size_t len, const char *format, va_list args)
{
	size_t size = LOG_LINE_MAX - len;
	int wanted = vsnprintf(line + len, size, format, args);
	size_t end = len;

	if (wanted > 0)
		end += (size_t)wanted < size ? (size_t)wanted : size - 1;
	for (size_t i = len; i < end; i++) {
		if (is_control(line[i]))
			line[i] = '?';
	}
	line[end] = '\0';
	return end;
}

/* Can a line be written without a wait?  If not, waits for a reader, but not
 * for ever. */
static bool
can_write(void)
{
	struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};

	if (poll(&out, 1, 0) != 0)
		return true;
	run_slot_release();
	return poll(&out, 1, LOG_WAIT_MS) != 0;
}

/* Says how many lines were lost before this one. */
static void
write_lost(unsigned count)
{
	char line[LOG_LINE_MAX];
	struct text text;

	text_init(&text, line, sizeof(line));
	text.len = put_prefix(LOG_LEVEL_ERROR, line);
	text_printf(&text,
	    "%u lines of the log were lost, as nobody read them\n", count);
	ssize_t written =
	    TEMP_FAILURE_RETRY(write(STDERR_FILENO, line, text.len));
	(void)written;
}

/* A pipe that can be written to has room for a page, and a line is shorter; but
 * if several threads or processes see the same room, all but one wait. */
static void
write_line(const char *line, size_t len)
{
	if (!can_write()) {
		atomic_fetch_add(&lost, 1);
		return;
	}
	unsigned count = atomic_exchange(&lost, 0);
	if (count > 0)
		write_lost(count);
	ssize_t written = TEMP_FAILURE_RETRY(write(STDERR_FILENO, line, len));
	(void)written; /* a failure cannot be reported anywhere */
}

void
log_line(enum log_level level, const char *format, ...)
{
	bool on_stderr = atomic_load(&current_target) == LOG_TARGET_STDERR;
	char line[LOG_LINE_MAX];
	va_list args;

	if (!log_wanted(level))
		return;
	size_t len = on_stderr ? put_prefix(level, line) : 0;
	va_start(args, format);
	len = put_message(line, len, format, args);
	va_end(args);
	if (!on_stderr) {
		syslog(levels[level].priority, "%s", line);
		return;
	}
	line[len++] = '\n'; /* in place of NUL */
	write_line(line, len);
}
