/*
 * Fields of a request that a stranger chooses: whatever bytes they have, a line
 * is one line of text, JSON is JSON, and the journal has no field that the
 * stranger has made up.
 */

#include <stdio.h>
#include <string.h>

#include "ddnsgate/reply/logline.h"

#include "json_valid.h"
#include "on_valgrind.h"
#include "table.h"

#define LONG_LEN 4096
/* Fields of a request whose client is not known; see logline.c. */
#define JOURNAL_FIELDS (REQUEST_HOSTS_MAX + 4)

static const struct dialect dialect = {.name = "url"};

// clang-format off
static const struct row {
	const char *name;
	const char *value;
} rows[] = {
	{ "plain",              "home" },
	{ "empty",              "" },
	{ "a quote",            "a\"b" },
	{ "a backslash",        "a\\b" },
	{ "a backslash at the end", "a\\" },
	{ "half an escape",     "\\u12" },
	{ "another member",     "\",\"client\":\"root" },
	{ "another object",     "\"]}\n{\"client\":\"root\"}" },
	{ "another field",      "a\nDDNSGATE_CLIENT=root" },
	{ "a field's long form", "a\nDDNSGATE_CLIENT\n\4\0\0\0\0\0\0\0root\n" },
	{ "a carriage return",  "a\rDDNSGATE_CLIENT=root" },
	{ "an escape sequence", "\x1b[2J" },
	{ "UTF-8",              "z\xc3\xbcrich" },
	{ "UTF-8, cut off",     "z\xc3" },
	{ "overlong UTF-8",     "\xc0\x80\xe0\x80\x8a" },
	{ "a surrogate",        "\xed\xa0\x80" },
	{ "no Unicode",         "\xf5\xff\xfe" },
	{ "line separators",    "\xe2\x80\xa8\xc2\x85" },
	{ "a conversion",       "%s%n%1000000d" },
};
// clang-format on

static bool
is_printable(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] < ' ' || text[i] > '~')
			return false;
	}
	return true;
}

static void
check_text(const struct logline *line)
{
	char buf[LOG_LINE_MAX];
	struct text text;

	TEXT_INIT(&text, buf);
	logline_write(&text, LOG_FIELDS_TEXT, line);
	assert_false(text.overflow);
	assert_true(is_printable(buf, text.len));
	assert_memory_equal(buf, "client=- hosts=", 15);
}

/* As log_line_with puts it behind other members. */
static void
check_json(const struct logline *line)
{
	char buf[LOG_FIELDS_MAX + sizeof("{\"level\":\"info\"}")];
	struct text text;

	TEXT_INIT(&text, buf);
	text_puts(&text, "{\"level\":\"info\"");
	logline_write(&text, LOG_FIELDS_JSON, line);
	text_puts(&text, "}");
	assert_false(text.overflow);
	assert_true(json_valid(buf, text.len));
	assert_non_null(strstr(buf, ",\"client\":null,"));
}

static void
check_journal(const struct logline *line)
{
	static const char *const names[] = {
	    "HOST", "FROM", "DIALECT", "WORD", "REASON", "MS"};
	char buf[LOG_FIELDS_MAX];
	struct text text;
	size_t count = 0, from = 0;

	TEXT_INIT(&text, buf);
	logline_write(&text, LOG_FIELDS_JOURNAL, line);
	assert_false(text.overflow);
	assert_int_equal(strlen(buf), text.len);
	for (char *at = buf, *end; *at != '\0'; at = end + 1, count++) {
		end = strchr(at, '\n');
		assert_non_null(end);
		*end = '\0';
		assert_true(is_printable(at, strlen(at)));
		assert_int_equal(strncmp(at, "DDNSGATE_", 9), 0);
		size_t len = strcspn(at + 9, "="), i = 0;
		while (i < 6 && (strncmp(names[i], at + 9, len) != 0 ||
				    names[i][len] != '\0'))
			i++;
		assert_in_range(i, 0, 5);
		from += i == 1;
	}
	assert_in_range(count, 5, JOURNAL_FIELDS + 1);
	assert_int_equal(from, 1);
}

/* Where strangers' bytes may be: the names of hosts, and REMOTE_ADDR. */
static void
check(const char *value, size_t len)
{
	static struct request request;
	struct logline line = {.request = &request,
	    .remote_addr = value,
	    .outcome = ERR_NAMES,
	    .detail = value};

	request.dialect = &dialect;
	request.host_count = REQUEST_HOSTS_MAX;
	for (size_t i = 0; i < REQUEST_HOSTS_MAX; i++)
		request.hosts[i] = (struct span){value, len};
	for (int one = 0; one < 2; one++, request.host_count = 1) {
		check_text(&line);
		check_json(&line);
		check_journal(&line);
	}
}

static void
one_value(void **state)
{
	const struct row *row = *state;

	check(row->value, strlen(row->value));
}

static void
every_byte(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		char alone[] = {(char)c, '\0'};
		char between[] = {'a', (char)c, 'b', '\0'};
		check(alone, 1);
		check(between, 3);
	}
}

/* Far more than there is room for, of each byte. */
static void
long_values(void **state)
{
	static char value[LONG_LEN + 1];

	(void)state;
	for (int c = 0; c < 256; c += (int)valgrind_step()) {
		memset(value, c, LONG_LEN);
		check(value, LONG_LEN);
		value[0] = 'a'; /* cut off elsewhere */
		check(value, LONG_LEN);
	}
}

// clang-format off
static const struct valid_row {
	const char *name;
	const char *text;
	bool want;
} valid_rows[] = {
	{ "what is written", "{\"a\":null,\"b\":[\"c\",\"\\ufffd\\\"\"],\"d\":-12}",
	  true },
	{ "empty ones",      "{\"a\":[],\"b\":{},\"c\":\"\",\"d\":0}", true },
	{ "nothing",         "",                    false },
	{ "two",             "{}{}",                false },
	{ "cut off",         "{\"a\":\"b",          false },
	{ "no value",        "{\"a\":}",            false },
	{ "one comma more",  "[\"a\",]",            false },
	{ "no comma",        "[\"a\"\"b\"]",        false },
	{ "no name",         "{1:2}",               false },
	{ "wrong end",       "[\"a\"}",             false },
	{ "control",         "[\"\n\"]",            false },
	{ "beyond ASCII",    "[\"\xff\"]",          false },
	{ "unknown escape",  "[\"\\x41\"]",         false },
	{ "short escape",    "[\"\\u12\"]",         false },
	{ "a zero before",   "[01]",                false },
	{ "too deep",        "[[[[[[[[[]]]]]]]]]",  false },
};
// clang-format on

/* That the tests' own check tells them. */
static void
tells_json(void **state)
{
	const struct valid_row *row = *state;

	assert_int_equal(json_valid(row->text, strlen(row->text)), row->want);
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(every_byte),
	    cmocka_unit_test(long_values),
	};

	return TABLE_RUN("json_valid: tells", valid_rows, tells_json) +
	       TABLE_RUN("logline: values", rows, one_value) +
	       cmocka_run_group_tests_name(
		   "logline: singles", singles, NULL, NULL);
}
