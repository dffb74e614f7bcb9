#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ddnsgate/base/log.h"

#include "at_run_slot.h"
#include "json_valid.h"
#include "table.h"

/*
 * In place of libc's syslog(3), whose output a test cannot read.  <syslog.h>
 * is not included, as with _FORTIFY_SOURCE it calls __syslog_chk instead of
 * syslog; both are defined here.
 */
static struct {
	int priority;
	char line[LOG_LINE_MAX];
	int opened;
} daemon_log;

void
openlog(const char *ident, int option, int facility);
void
syslog(int priority, const char *format, ...);
void
__syslog_chk(int priority, int flag, const char *format, ...);

void
openlog(const char *ident, int option, int facility)
{
	(void)ident, (void)option, (void)facility;
	daemon_log.opened++;
}

static void
record_line(int priority, const char *format, va_list args)
{
	daemon_log.priority = priority;
	vsnprintf(daemon_log.line, sizeof(daemon_log.line), format, args);
}

void
syslog(int priority, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	record_line(priority, format, args);
	va_end(args);
}

void
__syslog_chk(int priority, int flag, const char *format, ...)
{
	va_list args;

	(void)flag;
	va_start(args, format);
	record_line(priority, format, args);
	va_end(args);
}

/*
 * While stderr is caught it is a datagram socket, so each line that is read
 * from it was one write(2).
 */
static struct {
	int stderr_was;
	int lines;
} caught;

static void
catch_stderr(void)
{
	int pair[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair), 0);
	caught.stderr_was = dup(STDERR_FILENO);
	caught.lines = pair[0];
	assert_int_equal(dup2(pair[1], STDERR_FILENO), STDERR_FILENO);
	close(pair[1]);
}

/* The next write, as a string; empty when there is none. */
static void
next_line(char *buf, size_t size)
{
	ssize_t len = recv(caught.lines, buf, size - 1, 0);

	buf[len > 0 ? len : 0] = '\0';
}

static void
release_stderr(void)
{
	dup2(caught.stderr_was, STDERR_FILENO);
	close(caught.stderr_was);
	close(caught.lines);
}

#define LINE_SIZE (2 * LOG_LINE_MAX)

/* Before anything has opened the log. */
static void
silent_until_opened(void **state)
{
	char line[LINE_SIZE];

	(void)state;
	assert_false(log_wanted(LOG_LEVEL_ERROR));
	catch_stderr();
	log_line(LOG_LEVEL_ERROR, "too early");
	next_line(line, sizeof(line));
	release_stderr();
	assert_string_equal(line, "");
}

/* Which lines are written, and their start */

// clang-format off
static const struct level_row {
	const char *name;
	enum log_level opened;
	enum log_level line;
	const char *written; /* after the program's name; NULL: nothing */
	int priority;        /* RFC 5424, section 6.2.1 */
} level_rows[] = {
	{ "error at error",     LOG_LEVEL_ERROR,   LOG_LEVEL_ERROR,
	  ": error: h=1\n",   3 },
	{ "warning at error",   LOG_LEVEL_ERROR,   LOG_LEVEL_WARNING, NULL, 0 },
	{ "warning at warning", LOG_LEVEL_WARNING, LOG_LEVEL_WARNING,
	  ": warning: h=1\n", 4 },
	{ "info at warning",    LOG_LEVEL_WARNING, LOG_LEVEL_INFO,    NULL, 0 },
	{ "error at info",      LOG_LEVEL_INFO,    LOG_LEVEL_ERROR,
	  ": error: h=1\n",   3 },
	{ "info at info",       LOG_LEVEL_INFO,    LOG_LEVEL_INFO,
	  ": info: h=1\n",    6 },
	{ "debug at info",      LOG_LEVEL_INFO,    LOG_LEVEL_DEBUG,   NULL, 0 },
	{ "debug at debug",     LOG_LEVEL_DEBUG,   LOG_LEVEL_DEBUG,
	  ": debug: h=1\n",   7 },
};
// clang-format on

static void
on_stderr(void **state)
{
	const struct level_row *row = *state;
	char line[LINE_SIZE];
	char want[LINE_SIZE] = "";

	catch_stderr();
	log_open(LOG_TARGET_STDERR, row->opened);
	log_line(row->line, "h=%d", 1);
	next_line(line, sizeof(line));
	release_stderr();
	if (row->written != NULL)
		snprintf(want, sizeof(want), "%s%s",
		    program_invocation_short_name, row->written);
	assert_string_equal(line, want);
	assert_int_equal(log_wanted(row->line), row->written != NULL);
}

static void
on_syslog(void **state)
{
	const struct level_row *row = *state;
	char line[LINE_SIZE];

	memset(&daemon_log, 0, sizeof(daemon_log));
	catch_stderr();
	log_open(LOG_TARGET_SYSLOG, row->opened);
	log_line(row->line, "h=%d", 1);
	next_line(line, sizeof(line));
	release_stderr();
	assert_int_equal(daemon_log.opened, 1);
	assert_int_equal(daemon_log.priority, row->priority);
	assert_string_equal(daemon_log.line, row->written != NULL ? "h=1" : "");
	assert_string_equal(line, "");
}

/* JOURNAL_STREAM is DEVICE:INODE of the stream to the journal. */

// clang-format off
static const struct journal_row {
	const char *name;
	int inode_off; /* from stderr's own */
	bool marked;
} journal_rows[] = {
	{ "stderr is the journal",   0, true },
	{ "stderr is something else", 1, false },
};
// clang-format on

static void
journal(void **state)
{
	const struct journal_row *row = *state;
	struct stat status;
	char stream[64];
	char line[LINE_SIZE];

	catch_stderr();
	assert_int_equal(fstat(STDERR_FILENO, &status), 0);
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)status.st_dev,
	    (uintmax_t)status.st_ino + (uintmax_t)row->inode_off);
	setenv("JOURNAL_STREAM", stream, 1);
	log_open(LOG_TARGET_STDERR, LOG_LEVEL_INFO);
	log_line(LOG_LEVEL_WARNING, "h=1");
	next_line(line, sizeof(line));
	release_stderr();
	unsetenv("JOURNAL_STREAM");
	assert_int_equal(strcmp(line, "<4>h=1\n") == 0, row->marked);
	assert_int_equal(
	    strstr(line, ": warning: h=1\n") != NULL, !row->marked);
}

/* What a line may hold */

// clang-format off
static const struct content_row {
	const char *name;
	const char *message;
	const char *written;
} content_rows[] = {
	{ "plain",           "a=b \"c d\"",      "a=b \"c d\"" },
	{ "new line",        "a\nerror: b",      "a?error: b" },
	{ "at the end",      "a\r\n",            "a??" },
	{ "tab",             "a\tb",             "a?b" },
	{ "escape",          "a\x1b[2Jb",        "a?[2Jb" },
	{ "delete",          "a\x7f" "b",        "a?b" },
	{ "lowest",          "\x01\x1f ~",       "?? ~" },
	{ "UTF-8",           "z\xc3\xbcrich",    "z\xc3\xbcrich" },
	{ "a conversion",    "100%s%n",          "100%s%n" },
	{ "empty",           "",                 "" },
};
// clang-format on

static void
contents(void **state)
{
	const struct content_row *row = *state;
	char line[LINE_SIZE];
	char want[LINE_SIZE];

	catch_stderr();
	log_open(LOG_TARGET_STDERR, LOG_LEVEL_INFO);
	log_line(LOG_LEVEL_INFO, "%s", row->message);
	next_line(line, sizeof(line));
	release_stderr();
	snprintf(want, sizeof(want), "%s: info: %s\n",
	    program_invocation_short_name, row->written);
	assert_string_equal(line, want);
}

static void
contents_on_syslog(void **state)
{
	const struct content_row *row = *state;

	log_open(LOG_TARGET_SYSLOG, LOG_LEVEL_INFO);
	log_line(LOG_LEVEL_INFO, "%s", row->message);
	assert_string_equal(daemon_log.line, row->written);
}

/* Whatever a line says, with log_format = "json" it is one line of JSON. */

static void
write_json(struct span fields, const char *message)
{
	char line[LOG_JSON_MAX + 2];

	catch_stderr();
	log_set_format(LOG_FORMAT_JSON);
	log_open(LOG_TARGET_STDERR, LOG_LEVEL_INFO);
	if (fields.ptr == NULL)
		log_line(LOG_LEVEL_INFO, "%s", message);
	else
		log_line_with(LOG_LEVEL_INFO, LOG_FIELDS_JSON, fields, message);
	next_line(line, sizeof(line));
	log_set_format(LOG_FORMAT_TEXT);
	release_stderr();
	size_t len = strlen(line);
	assert_in_range(len, 2, LOG_JSON_MAX);
	assert_int_equal(line[len - 1], '\n');
	assert_true(json_valid(line, len - 1));
	assert_non_null(strstr(line, ",\"level\":\"info\""));
}

static void
contents_as_json(void **state)
{
	const struct content_row *row = *state;

	write_json((struct span){NULL, 0}, row->message);
}

static void
every_byte_as_json(void **state)
{
	static char message[2 * LOG_LINE_MAX];

	(void)state;
	for (int c = 1; c < 256; c++) {
		snprintf(message, sizeof(message), "a%cb", c);
		write_json((struct span){NULL, 0}, message);
		memset(message, c, sizeof(message) - 1);
		write_json((struct span){NULL, 0}, message);
	}
}

/* For which there is no room: the message stands for them. */
static void
many_fields_as_json(void **state)
{
	static char fields[LOG_FIELDS_MAX];

	(void)state;
	for (size_t len = LOG_JSON_MAX - 256; len <= LOG_JSON_MAX; len++) {
		memset(fields, 'x', len);
		memcpy(fields, ",\"a\":\"", 6);
		fields[len - 1] = '"';
		write_json((struct span){fields, len}, "a=\"b\"");
	}
}

/* How many of its last characters a line may lose, and how many it has */

// clang-format off
static const struct long_row {
	const char *name;
	int more; /* than fit, the line's end included */
} long_rows[] = {
	{ "room for one more", -1 },
	{ "just fits",          0 },
	{ "one too many",       1 },
	{ "far too many",       LOG_LINE_MAX },
};
// clang-format on

static void
long_lines(void **state)
{
	const struct long_row *row = *state;
	char start[128];
	char line[LINE_SIZE];
	char message[2 * LOG_LINE_MAX];
	int head = snprintf(
	    start, sizeof(start), "%s: info: ", program_invocation_short_name);
	int len = LOG_LINE_MAX - head - 1 + row->more;

	memset(message, 'x', sizeof(message));
	catch_stderr();
	log_open(LOG_TARGET_STDERR, LOG_LEVEL_INFO);
	log_line(LOG_LEVEL_INFO, "%.*s", len, message);
	next_line(line, sizeof(line));
	release_stderr();
	assert_int_equal(
	    strlen(line), LOG_LINE_MAX + (row->more < 0 ? row->more : 0));
	assert_memory_equal(line, start, (size_t)head);
	assert_string_equal(line + strlen(line) - 2, "x\n");
}

/* While the log is opened again, no line is lost or mixed with another. */

#define THREADS 4
#define LINES_EACH 100
#define MESSAGE_LEN 60

static void *
log_many(void *letter)
{
	char message[MESSAGE_LEN + 1] = "";

	memset(message, *(const char *)letter, MESSAGE_LEN);
	for (int i = 0; i < LINES_EACH; i++)
		log_line(LOG_LEVEL_INFO, "%s", message);
	return NULL;
}

/* The lines of four threads, about 33 KiB, fit into a pipe. */
static size_t
run_threads(int to, const char *letters)
{
	pthread_t threads[THREADS];
	int stderr_was = dup(STDERR_FILENO);
	size_t failures = 0;

	dup2(to, STDERR_FILENO);
	log_open(LOG_TARGET_STDERR, LOG_LEVEL_INFO);
	for (size_t i = 0; i < THREADS; i++)
		failures += pthread_create(&threads[i], NULL, log_many,
				(void *)(uintptr_t)&letters[i]) != 0;
	for (int i = 0; i < LINES_EACH; i++)
		log_open(LOG_TARGET_STDERR,
		    i % 2 != 0 ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	dup2(stderr_was, STDERR_FILENO);
	close(stderr_was);
	return failures;
}

static void
lines_of_threads_do_not_mix(void **state)
{
	char line[256];
	int ends[2];
	size_t lines = 0;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(run_threads(ends[1], "abcd"), 0);
	close(ends[1]);
	FILE *in = fdopen(ends[0], "r");
	assert_non_null(in);
	for (; fgets(line, sizeof(line), in) != NULL; lines++) {
		const char *message = strstr(line, ": info: ") + 8;
		char letter[2] = {message[0]};
		assert_int_equal(strspn(message, letter), MESSAGE_LEN);
		assert_string_equal(message + MESSAGE_LEN, "\n");
	}
	fclose(in);
	assert_int_equal(lines, THREADS * LINES_EACH);
}

/* Nobody reads what stderr is a full pipe to: a line is lost, in bounded time
 * and without a run slot, and the next that gets through says so. */

static void
fill_pipe(int fd)
{
	static const char page[4096];

	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	while (write(fd, page, sizeof(page)) > 0)
		;
	assert_int_equal(fcntl(fd, F_SETFL, 0), 0);
}

static size_t
empty_pipe(int fd, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t got;

	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	while ((got = read(fd, buf, size - 1)) > 0)
		len = (size_t)got;
	buf[len] = '\0';
	return len;
}

static void
nobody_reads(void **state)
{
	static char buf[1 << 20];
	struct at_run_slot at_run_slot;
	char want[256];
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	fill_pipe(ends[1]);
	int stderr_was = dup(STDERR_FILENO);
	dup2(ends[1], STDERR_FILENO);
	log_open(LOG_TARGET_STDERR, LOG_LEVEL_INFO);
	at_run_slot_begin(&at_run_slot);
	log_line(LOG_LEVEL_INFO, "lost");
	bool released = at_run_slot_end(&at_run_slot);
	empty_pipe(ends[0], buf, sizeof(buf));
	at_run_slot_begin(&at_run_slot);
	log_line(LOG_LEVEL_INFO, "there");
	bool released_again = at_run_slot_end(&at_run_slot);
	log_line(LOG_LEVEL_INFO, "and there");
	dup2(stderr_was, STDERR_FILENO);
	close(stderr_was);
	close(ends[1]);
	empty_pipe(ends[0], buf, sizeof(buf));
	close(ends[0]);
	assert_true(released);
	assert_false(released_again);
	snprintf(want, sizeof(want),
	    "%s: error: 1 lines of the log were lost, as nobody read them\n"
	    "%s: info: there\n%s: info: and there\n",
	    program_invocation_short_name, program_invocation_short_name,
	    program_invocation_short_name);
	assert_string_equal(buf, want);
}

int
main(void)
{
	const struct CMUnitTest before[] = {
	    cmocka_unit_test(silent_until_opened),
	};
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(lines_of_threads_do_not_mix),
	    cmocka_unit_test(nobody_reads),
	    cmocka_unit_test(every_byte_as_json),
	    cmocka_unit_test(many_fields_as_json),
	};
	int failures = 0;

	failures += cmocka_run_group_tests_name(
	    "log: before it is opened", before, NULL, NULL);
	unsetenv("JOURNAL_STREAM");
	failures += TABLE_RUN("log: stderr", level_rows, on_stderr);
	failures += TABLE_RUN("log: syslog", level_rows, on_syslog);
	failures += TABLE_RUN("log: journal", journal_rows, journal);
	failures += TABLE_RUN("log: contents", content_rows, contents);
	failures +=
	    TABLE_RUN("log: contents as JSON", content_rows, contents_as_json);
	failures += TABLE_RUN(
	    "log: contents on syslog", content_rows, contents_on_syslog);
	failures += TABLE_RUN("log: long lines", long_rows, long_lines);
	failures +=
	    cmocka_run_group_tests_name("log: singles", singles, NULL, NULL);
	return failures;
}
