#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ddnsgate/syntax/clientfile.h"

#include "table.h"

#define BAD_LESS "has less than three fields"
#define BAD_MORE "has more than three fields"

// clang-format off
static const struct row {
	const char *name;
	const char *text;
	const char *told; /* LINE NAME|SECRET|HOSTS; or LINE why; */
} rows[] = {
	{ "one client",           "a s h\n",             "1 a|s|h;" },
	{ "no final newline",     "a s h",               "1 a|s|h;" },
	{ "some hosts",           "a s h,i,j\n",         "1 a|s|h,i,j;" },
	{ "tabs and blanks",      " \ta\t s \t\th\t \n", "1 a|s|h;" },
	{ "carriage returns",     "a s h\r\nb t i\r\n",  "1 a|s|h;2 b|t|i;" },
	{ "comments",             "# x y z\n a s h\n  #\n#\nb t i",
	  "2 a|s|h;5 b|t|i;" },
	{ "a hash in a field",    "a #s h\n",            "1 a|#s|h;" },
	{ "empty lines",          "\n\n \t\r\na s h\n\n", "4 a|s|h;" },
	{ "nothing",              "",                    "" },
	{ "one field",            "a\n",                 "1 " BAD_LESS ";" },
	{ "two fields",           "a s\n",               "1 " BAD_LESS ";" },
	{ "four fields",          "a s h x\n",           "1 " BAD_MORE ";" },
	{ "a blank in the hosts", "a s h, i\n",          "1 " BAD_MORE ";" },
	{ "good behind bad",      "a\nb t i\n",
	  "1 " BAD_LESS ";2 b|t|i;" },
};
// clang-format on

struct told {
	struct text text;
	size_t clients;
	enum err answer;
};

static enum err
tell_client(void *ctx, const struct clientfile_client *client)
{
	struct told *told = ctx;

	told->clients++;
	text_printf(&told->text, "%u ", client->line);
	text_put(&told->text, client->name);
	text_puts(&told->text, "|");
	text_put(&told->text, client->secret);
	text_puts(&told->text, "|");
	text_put(&told->text, client->hosts);
	text_puts(&told->text, ";");
	return told->answer;
}

static void
tell_bad_line(void *ctx, unsigned line, const char *why)
{
	struct told *told = ctx;

	text_printf(&told->text, "%u %s;", line, why);
}

static enum err
read_bytes(const char *bytes, size_t len, struct told *told)
{
	const struct clientfile_reader reader = {
	    tell_client, tell_bad_line, told};
	int fd = memfd_create("clientfile_test", MFD_CLOEXEC);

	assert_int_equal(write(fd, bytes, len), (ssize_t)len);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	enum err err = clientfile_read(fd, &reader);
	close(fd);
	return err;
}

static void
lines(void **state)
{
	const struct row *row = *state;
	char buf[256];
	struct told told = {0};

	TEXT_INIT(&told.text, buf);
	assert_int_equal(
	    read_bytes(row->text, strlen(row->text), &told), ERR_OK);
	assert_string_equal(buf, row->told);
}

/* Lines around the largest length, with and without CR and LF. */

// clang-format off
static const struct length_row {
	const char *name;
	size_t len;
	const char *end;
	const char *told;
} length_rows[] = {
	{ "longest",             CLIENTFILE_LINE_MAX,     "\n",   "2 b|t|i;" },
	{ "longest, CR LF",      CLIENTFILE_LINE_MAX,     "\r\n", "2 b|t|i;" },
	{ "longer by one",       CLIENTFILE_LINE_MAX + 1, "\n",
	  "1 is too long;2 b|t|i;" },
	{ "longer than buffers", 5 * CLIENTFILE_LINE_MAX, "\n",
	  "1 is too long;2 b|t|i;" },
};
// clang-format on

static void
lengths(void **state)
{
	const struct length_row *row = *state;
	size_t size = row->len + 16;
	char *bytes = malloc(size);
	char buf[256];
	struct told told = {0};

	/* A comment is as long as any line, and tells nothing. */
	memset(bytes, '#', row->len);
	strcpy(bytes + row->len, row->end);
	strcat(bytes + row->len, "b t i\n");
	TEXT_INIT(&told.text, buf);
	assert_int_equal(
	    read_bytes(bytes, row->len + strlen(bytes + row->len), &told),
	    ERR_OK);
	assert_string_equal(buf, row->told);
	free(bytes);
}

/* Lines fall on all places of the buffer. */
static void
many_lines_are_read(void **state)
{
	size_t count = 100000;
	size_t len = strlen("name secret host\n");
	char *bytes = malloc(count * len);
	char buf[16];
	struct told told = {0};

	(void)state;
	for (size_t i = 0; i < count; i++)
		memcpy(bytes + i * len, "name secret host\n", len);
	TEXT_INIT(&told.text, buf);
	assert_int_equal(read_bytes(bytes, count * len, &told), ERR_OK);
	assert_int_equal(told.clients, count);
	free(bytes);
}

static void
the_reader_may_stop(void **state)
{
	char buf[64];
	struct told told = {.answer = ERR_MEMORY};

	(void)state;
	TEXT_INIT(&told.text, buf);
	assert_int_equal(read_bytes("a s h\nb t i\n", 12, &told), ERR_MEMORY);
	assert_int_equal(told.clients, 1);
}

static void
failures_have_a_reason(void **state)
{
	struct told told = {0};
	const struct clientfile_reader reader = {
	    tell_client, tell_bad_line, &told};
	int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	assert_int_equal(clientfile_read(fd, &reader), ERR_IO);
	assert_int_equal(errno, EISDIR);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(many_lines_are_read),
	    cmocka_unit_test(the_reader_may_stop),
	    cmocka_unit_test(failures_have_a_reason),
	};
	int failures = 0;

	failures += TABLE_RUN("clientfile: lines", rows, lines);
	failures += TABLE_RUN("clientfile: lengths", length_rows, lengths);
	failures += cmocka_run_group_tests_name(
	    "clientfile: singles", singles, NULL, NULL);
	return failures;
}
