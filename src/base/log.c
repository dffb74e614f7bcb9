#include "ddnsgate/base/log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
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

#define LOG_JOURNAL_SOCKET "/run/systemd/journal/socket"
/* What a line has beside fields and message, such as the time. */
#define JSON_REST 128

/* Below every level: before log_open nothing is written. */
#define CLOSED (-1)

static atomic_int threshold = CLOSED;
static atomic_int current_target = LOG_TARGET_STDERR;
static atomic_bool to_journal;
static atomic_int current_format = LOG_FORMAT_TEXT;
static atomic_bool wants_time;
static atomic_bool on_terminal;
static atomic_int journal = -1; /* socket, once it is open */
static atomic_uint lost;        /* lines, since the last one that was written */

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

/* journald's own protocol, see systemd's JOURNAL_NATIVE_PROTOCOL.  The socket
 * stays open: the sandbox lets no other be made. */
static bool
open_journal(void)
{
	const struct sockaddr_un addr = {
	    .sun_family = AF_UNIX, .sun_path = LOG_JOURNAL_SOCKET};

	if (atomic_load(&journal) >= 0)
		return true;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	if (connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) != 0) {
		close(fd);
		return false;
	}
	atomic_store(&journal, fd);
	return true;
}

void
log_set_format(enum log_format format)
{
	atomic_store(&current_format, (int)format);
}

void
log_set_time(bool on)
{
	atomic_store(&wants_time, on);
}

enum log_fields
log_fields_wanted(void)
{
	if (atomic_load(&current_target) == LOG_TARGET_JOURNAL)
		return LOG_FIELDS_JOURNAL;
	return atomic_load(&current_format) == LOG_FORMAT_JSON
		   ? LOG_FIELDS_JSON
		   : LOG_FIELDS_TEXT;
}

void
log_open(enum log_target target, enum log_level level)
{
	bool no_journal = target == LOG_TARGET_JOURNAL && !open_journal();
	if (no_journal)
		target = LOG_TARGET_STDERR;
	/* LOG_NDELAY: the sandbox may forbid new sockets later. */
	if (target == LOG_TARGET_SYSLOG)
		openlog(NULL, LOG_PID | LOG_NDELAY, LOG_DAEMON);
	atomic_store(&to_journal, stderr_is_journal());
	atomic_store(&current_target, (int)target);
	atomic_store(&on_terminal, isatty(STDERR_FILENO) != 0);
	atomic_store(&threshold, (int)level);
	if (no_journal)
		log_line(LOG_LEVEL_WARNING,
		    "the journal cannot be reached, the log goes to stderr");
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

/* In UTC, as machines in other zones write to the same log. */
static void
put_time(struct text *text)
{
	struct timespec now;
	struct tm tm;
	char buf[sizeof("2026-01-02T03:04:05")];

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(buf, sizeof(buf), "%FT%T", &tm);
	text_printf(text, "%s.%03ldZ", buf, now.tv_nsec / 1000000);
}

/* Writes the start of a line on stderr; gives its length. */
static size_t
put_prefix(enum log_level level, char *line)
{
	struct text text;

	text_init(&text, line, LOG_LINE_MAX);
	if (atomic_load(&to_journal)) {
		text_printf(&text, "<%d>", levels[level].priority);
		return text.len;
	}
	if (atomic_load(&current_format) == LOG_FORMAT_JSON)
		return 0;
	if (atomic_load(&wants_time) && !atomic_load(&on_terminal)) {
		put_time(&text);
		text_puts(&text, " ");
	}
	text_printf(&text, "%s: %s: ", program_invocation_short_name,
	    levels[level].word);
	return text.len;
}

/* Writes the message, as much of it as there is room for, as a JSON string. */
static void
put_json_message(struct text *out, struct span message)
{
	char buf[LOG_JSON_MAX - JSON_REST];
	struct text quoted;

	TEXT_INIT(&quoted, buf);
	text_put_json(&quoted, message);
	while (quoted.overflow) {
		message.len /= 2;
		TEXT_INIT(&quoted, buf);
		text_put_json(&quoted, message);
	}
	text_puts(out, ",\"message\":");
	text_put(out, text_span(&quoted));
}

/* A line in place of which others have fields only says its message. */
static void
put_json(struct text *out, enum log_level level, struct span fields,
    const char *message)
{
	text_puts(out, "{\"time\":\"");
	put_time(out);
	text_printf(out, "\",\"level\":\"%s\"", levels[level].word);
	if (fields.len > 0 && fields.len < LOG_JSON_MAX - JSON_REST)
		text_put(out, fields);
	else
		put_json_message(out, span_of(message));
	text_puts(out, "}");
}

/* Writes a line for stderr with its newline; gives its length. */
static size_t
put_line(
    char *line, enum log_level level, struct span fields, const char *message)
{
	struct text text;

	text_init(&text, line, LOG_JSON_MAX);
	text.len = put_prefix(level, line);
	if (atomic_load(&current_format) == LOG_FORMAT_JSON) {
		put_json(&text, level, fields, message);
	} else {
		struct span shown = span_of(message);
		if (shown.len > LOG_LINE_MAX - 1 - text.len)
			shown.len = LOG_LINE_MAX - 1 - text.len;
		text_put(&text, shown);
	}
	line[text.len] = '\n';
	return text.len + 1;
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

static const char lost_format[] =
    "%u lines of the log were lost, as nobody read them";

/* Says how many lines were lost before this one. */
static void
write_lost(unsigned count)
{
	char line[LOG_JSON_MAX];
	char message[128];
	struct text text;

	TEXT_INIT(&text, message);
	text_printf(&text, lost_format, count);
	size_t len =
	    put_line(line, LOG_LEVEL_ERROR, (struct span){NULL, 0}, message);
	ssize_t written = TEMP_FAILURE_RETRY(write(STDERR_FILENO, line, len));
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

/* The socket does not block: a request waits for no journal. */
static bool
send_to_journal(enum log_level level, struct span fields, const char *message)
{
	char buf[LOG_LINE_MAX + LOG_FIELDS_MAX + JSON_REST];
	struct text text;

	TEXT_INIT(&text, buf);
	text_printf(&text, "PRIORITY=%d\nSYSLOG_IDENTIFIER=%s\n",
	    levels[level].priority, program_invocation_short_name);
	text_puts(&text, "MESSAGE=");
	text_puts(&text, message);
	text_puts(&text, "\n");
	text_put(&text, fields);
	return send(atomic_load(&journal), buf, text.len, MSG_NOSIGNAL) >= 0;
}

static void
write_journal(enum log_level level, struct span fields, const char *message)
{
	const struct span none = {NULL, 0};
	char told[128];
	struct text text;
	unsigned count = atomic_exchange(&lost, 0);

	TEXT_INIT(&text, told);
	text_printf(&text, lost_format, count);
	if (count > 0 && !send_to_journal(LOG_LEVEL_ERROR, none, told)) {
		atomic_fetch_add(&lost, count + 1);
		return;
	}
	if (!send_to_journal(level, fields, message))
		atomic_fetch_add(&lost, 1);
}

static void
write_syslog(enum log_level level, struct span fields, const char *message)
{
	char line[LOG_JSON_MAX];
	struct text text;

	TEXT_INIT(&text, line);
	if (atomic_load(&current_format) == LOG_FORMAT_JSON)
		put_json(&text, level, fields, message);
	else
		text_puts(&text, message);
	syslog(levels[level].priority, "%s", line);
}

/* Fields that are in another form, as the log was opened anew meanwhile, are
 * left out: the message has them as well. */
void
log_line_with(enum log_level level, enum log_fields form, struct span fields,
    const char *message)
{
	char line[LOG_JSON_MAX];

	if (!log_wanted(level))
		return;
	if (form != log_fields_wanted())
		fields.len = 0;
	switch (atomic_load(&current_target)) {
	case LOG_TARGET_JOURNAL:
		write_journal(level, fields, message);
		break;
	case LOG_TARGET_SYSLOG:
		write_syslog(level, fields, message);
		break;
	default:
		write_line(line, put_line(line, level, fields, message));
		break;
	}
}

void
log_line(enum log_level level, const char *format, ...)
{
	char message[LOG_LINE_MAX];
	va_list args;

	if (!log_wanted(level))
		return;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	for (char *c = message; *c != '\0'; c++) {
		if (is_control(*c))
			*c = '?';
	}
	log_line_with(level, LOG_FIELDS_TEXT, (struct span){NULL, 0}, message);
}
