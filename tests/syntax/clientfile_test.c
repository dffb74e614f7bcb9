#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ddnsgate/syntax/clientfile.h"

#include "table.h"

#define BAD_LESS "has less than three fields"
#define BAD_MORE "has more than four fields"

// clang-format off
static const struct row {
	const char *name;
	const char *text;
	const char *calls; /* LINE NAME|SECRET|HOSTS; or LINE why; */
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
	{ "four fields",          "a s h x,y\n",         "1 a|s|h|x,y;" },
	{ "five fields",          "a s h x y\n",         "1 " BAD_MORE ";" },
	{ "a blank in the hosts", "a s h, i j\n",        "1 " BAD_MORE ";" },
	{ "a byte order mark",    "\xef\xbb\xbf" "a s h\n", "1 a|s|h;" },
	{ "a mark and a comment", "\xef\xbb\xbf# x\n",   "" },
	{ "a mark, nothing else", "\xef\xbb\xbf",         "" },
	{ "a mark further down",  "a s h\n\xef\xbb\xbf" "b t i\n",
	  "1 a|s|h;2 \xef\xbb\xbf" "b|t|i;" },
	{ "valid after invalid",  "a\nb t i\n",
	  "1 " BAD_LESS ";2 b|t|i;" },
};
// clang-format on

struct calls {
	struct text text;
	size_t clients;
	enum err result;
};

static enum err
record_client(void *ctx, const struct clientfile_client *client)
{
	struct calls *calls = ctx;

	calls->clients++;
	text_printf(&calls->text, "%u ", client->line);
	text_put(&calls->text, client->name);
	text_puts(&calls->text, "|");
	text_put(&calls->text, client->secret);
	text_puts(&calls->text, "|");
	text_put(&calls->text, client->hosts);
	if (client->settings.len > 0)
		text_puts(&calls->text, "|");
	text_put(&calls->text, client->settings);
	text_puts(&calls->text, ";");
	return calls->result;
}

static void
record_bad_line(void *ctx, unsigned line, const char *why)
{
	struct calls *calls = ctx;

	text_printf(&calls->text, "%u %s;", line, why);
}

static enum err
read_bytes(const char *bytes, size_t len, struct calls *calls)
{
	const struct clientfile_reader reader = {
	    record_client, record_bad_line, calls};
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
	struct calls calls = {0};

	TEXT_INIT(&calls.text, buf);
	assert_int_equal(
	    read_bytes(row->text, strlen(row->text), &calls), ERR_OK);
	assert_string_equal(buf, row->calls);
}

/* Lines around the largest length, with and without CR and LF. */

// clang-format off
static const struct length_row {
	const char *name;
	size_t len;
	const char *end;
	const char *calls;
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
	struct calls calls = {0};

	/* A comment may be as long as any line, and there is no call for it. */
	memset(bytes, '#', row->len);
	strcpy(bytes + row->len, row->end);
	strcat(bytes + row->len, "b t i\n");
	TEXT_INIT(&calls.text, buf);
	assert_int_equal(
	    read_bytes(bytes, row->len + strlen(bytes + row->len), &calls),
	    ERR_OK);
	assert_string_equal(buf, row->calls);
	free(bytes);
}

/* Lines start at many offsets of the buffer. */
static void
many_lines_are_read(void **state)
{
	size_t count = 100000;
	size_t len = strlen("name secret host\n");
	char *bytes = malloc(count * len);
	char buf[16];
	struct calls calls = {0};

	(void)state;
	for (size_t i = 0; i < count; i++)
		memcpy(bytes + i * len, "name secret host\n", len);
	TEXT_INIT(&calls.text, buf);
	assert_int_equal(read_bytes(bytes, count * len, &calls), ERR_OK);
	assert_int_equal(calls.clients, count);
	free(bytes);
}

static void
an_error_of_the_callback_ends_it(void **state)
{
	char buf[64];
	struct calls calls = {.result = ERR_MEMORY};

	(void)state;
	TEXT_INIT(&calls.text, buf);
	assert_int_equal(read_bytes("a s h\nb t i\n", 12, &calls), ERR_MEMORY);
	assert_int_equal(calls.clients, 1);
}

static void
failures_have_a_reason(void **state)
{
	struct calls calls = {0};
	const struct clientfile_reader reader = {
	    record_client, record_bad_line, &calls};
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
	    cmocka_unit_test(an_error_of_the_callback_ends_it),
	    cmocka_unit_test(failures_have_a_reason),
	};
	int failures = 0;

	failures += TABLE_RUN("clientfile: lines", rows, lines);
	failures += TABLE_RUN("clientfile: lengths", length_rows, lengths);
	failures += cmocka_run_group_tests_name(
	    "clientfile: singles", singles, NULL, NULL);
	return failures;
}
