#include <stdio.h>
#include <string.h>

#include "ddnsgate/request/fastcgi.h"

#include "table.h"

#define INPUT_MAX 262144

/* A record as a row has it. */
struct record {
	unsigned type, id, padding;
	const char *content;
	size_t len; /* 0: that of the content as a string */
};

#define BEGIN                                  \
	{                                      \
		1, 1, 0, "\0\1\0\0\0\0\0\0", 8 \
	}
#define PARAMS(content)                               \
	{                                             \
		4, 1, 0, content, sizeof(content) - 1 \
	}
#define END_PARAMS             \
	{                      \
		4, 1, 0, "", 0 \
	}
#define STDIN(content)              \
	{                           \
		5, 1, 0, content, 0 \
	}
#define END                    \
	{                      \
		5, 1, 0, "", 0 \
	}
#define RECORDS_MAX 9

// clang-format off
static const struct row {
	const char *name;
	struct record records[RECORDS_MAX];
	enum err err;
	bool has_body; /* with ERR_OK */
} rows[] = {
	{ "plain", { BEGIN, PARAMS("\1\2A12\1\0B"), END_PARAMS, END },
	  ERR_OK, true },
	{ "no variable", { BEGIN, END_PARAMS, END }, ERR_OK, true },
	{ "a body", { BEGIN, PARAMS("\1\1A1"), END_PARAMS, STDIN("ab"),
	  STDIN("c"), END }, ERR_OK, true },
	{ "a body that is not complete", { BEGIN, PARAMS("\1\1A1"), END_PARAMS,
	  STDIN("ab") }, ERR_OK, false },
	{ "no body yet", { BEGIN, PARAMS("\1\1A1"), END_PARAMS }, ERR_OK,
	  false },
	{ "variables without an end", { BEGIN, PARAMS("\1\1A1") }, ERR_AGAIN,
	  false },
	{ "padding", { { 1, 1, 9, "\0\1\0\0\0\0\0\0", 8 },
	  { 4, 1, 255, "\1\1A1", 4 }, { 4, 1, 7, "", 0 },
	  { 5, 1, 1, "xy", 2 }, { 5, 1, 3, "", 0 } }, ERR_OK, true },
	{ "a pair in two records", { BEGIN, PARAMS("\1\3A1"), PARAMS("23"),
	  END_PARAMS, END }, ERR_OK, true },
	{ "a length in two records", { BEGIN, PARAMS("\1\x80\0"),
	  PARAMS("\0\1A1"), END_PARAMS, END }, ERR_OK, true },
	{ "long lengths", { BEGIN,
	  PARAMS("\x80\0\0\1\x80\0\0\2" "A12\1\x80\0\0\1" "B3"), END_PARAMS,
	  END }, ERR_OK, true },
	{ "empty name and value", { BEGIN, PARAMS("\0\0\0\1x"), END_PARAMS,
	  END }, ERR_OK, true },
	{ "another id", { { 1, 513, 0, "\0\1\0\0\0\0\0\0", 8 },
	  { 4, 513, 0, "\1\1A1", 4 }, { 4, 513, 0, "", 0 },
	  { 5, 513, 0, "", 0 } }, ERR_OK, true },
	{ "keeps the connection", { { 1, 1, 0, "\0\1\1\0\0\0\0\0", 8 },
	  END_PARAMS, END }, ERR_OK, true },
	{ "what follows the end is left", { BEGIN, END_PARAMS, END, BEGIN },
	  ERR_OK, true },
	/* Not taken */
	{ "length beyond the variables", { BEGIN, PARAMS("\1\3A12"),
	  END_PARAMS }, ERR_SYNTAX, false },
	{ "512 MiB announced", { BEGIN, PARAMS("\1\xa0\0\0\0" "A12") },
	  ERR_TOO_LARGE, false },
	{ "a name of 2 GiB announced", { BEGIN, PARAMS("\xff\xff\xff\xff\0") },
	  ERR_TOO_LARGE, false },
	{ "half a length", { BEGIN, PARAMS("\1\x80\0\0"), END_PARAMS },
	  ERR_SYNTAX, false },
	{ "no length of the value", { BEGIN, PARAMS("\1"), END_PARAMS },
	  ERR_SYNTAX, false },
	{ "given up", { BEGIN, PARAMS("\1\1A1"), { 2, 1, 0, "", 0 } },
	  ERR_ABSENT, false },
	{ "a second request", { BEGIN, { 1, 2, 0, "\0\1\0\0\0\0\0\0", 8 } },
	  ERR_SYNTAX, false },
	{ "begins twice", { BEGIN, BEGIN }, ERR_SYNTAX, false },
	{ "another request's variables", { BEGIN, { 4, 2, 0, "\1\1A1", 4 } },
	  ERR_SYNTAX, false },
	{ "no begin", { PARAMS("\1\1A1") }, ERR_SYNTAX, false },
	{ "body before variables", { BEGIN, STDIN("a") }, ERR_SYNTAX, false },
	{ "variables after their end", { BEGIN, END_PARAMS,
	  PARAMS("\1\1A1") }, ERR_SYNTAX, false },
	{ "authorizer", { { 1, 1, 0, "\0\2\0\0\0\0\0\0", 8 }, END_PARAMS },
	  ERR_SYNTAX, false },
	{ "request 0", { { 1, 0, 0, "\0\1\0\0\0\0\0\0", 8 } }, ERR_SYNTAX,
	  false },
	{ "short begin", { { 1, 1, 0, "\0\1\0\0", 4 } }, ERR_SYNTAX, false },
	{ "output as input", { BEGIN, { 6, 1, 0, "a", 1 } }, ERR_SYNTAX,
	  false },
	{ "asks for values amid variables", { BEGIN, PARAMS("\1\1A1"),
	  { 9, 0, 1, "x", 1 } }, ERR_SYNTAX, false },
	{ "asks for values amid the body", { BEGIN, END_PARAMS, STDIN("a"),
	  { 9, 0, 0, "", 0 } }, ERR_SYNTAX, false },
};
// clang-format on

static char input[INPUT_MAX];

static size_t
put_record(size_t at, const struct record *record)
{
	size_t len = record->len > 0 ? record->len : strlen(record->content);
	const uint8_t header[] = {1, (uint8_t)record->type,
	    (uint8_t)(record->id >> 8), (uint8_t)record->id,
	    (uint8_t)(len >> 8), (uint8_t)len, (uint8_t)record->padding, 0};

	assert_true(at + sizeof(header) + len + record->padding <= INPUT_MAX);
	memcpy(input + at, header, sizeof(header));
	memcpy(input + at + sizeof(header), record->content, len);
	memset(input + at + sizeof(header) + len, 'P', record->padding);
	return at + sizeof(header) + len + record->padding;
}

static size_t
put_row(const struct row *row)
{
	size_t len = 0;

	for (size_t i = 0; i < RECORDS_MAX && row->records[i].type != 0; i++)
		len = put_record(len, &row->records[i]);
	return len;
}

static enum err
scan(size_t len, struct fastcgi_scan *ret)
{
	return fastcgi_scan((struct span){input, len}, ret);
}

/* Also of each beginning: it is never taken for more than the whole is. */
static void
scans(void **state)
{
	const struct row *row = *state;
	struct fastcgi_scan whole = {0}, part;
	size_t len = put_row(row);

	assert_int_equal(scan(len, &whole), row->err);
	assert_int_equal(whole.has_body, row->has_body);
	assert_int_equal(whole.management_len, 0);
	for (size_t i = 0; i < len; i++) {
		enum err err = scan(i, &part);
		assert_true(
		    err == ERR_AGAIN || err == ERR_OK || err == row->err);
		if (row->err == ERR_OK && err == ERR_OK)
			assert_true(!part.has_body || row->has_body);
	}
}

/* Limits */

static size_t
put_begin(void)
{
	return put_record(0, &(struct record)BEGIN);
}

/* Of the size of names and values together: lengths do not count. */
static enum err
scan_size(size_t size)
{
	static char content[FASTCGI_VARIABLES_SIZE + 8];
	size_t value = size - 1;
	struct record record = {4, 1, 0, content, 0};
	struct fastcgi_scan found;

	content[0] = 1;
	content[1] = (char)(0x80 | (value >> 24 & 0xff));
	content[2] = (char)(value >> 16);
	content[3] = (char)(value >> 8);
	content[4] = (char)value;
	size_t len = put_begin();
	for (size_t at = 0; at < size + 5; at += record.len) {
		record.content = content + at;
		record.len = size + 5 - at < 32768 ? size + 5 - at : 32768;
		len = put_record(len, &record);
	}
	len = put_record(len, &(struct record)END_PARAMS);
	assert_true(len <= FASTCGI_SCAN_SIZE);
	return scan(len, &found);
}

static void
takes_so_many_bytes(void **state)
{
	(void)state;
	assert_int_equal(scan_size(FASTCGI_VARIABLES_SIZE), ERR_OK);
	assert_int_equal(scan_size(FASTCGI_VARIABLES_SIZE + 1), ERR_TOO_LARGE);
}

static enum err
scan_count(unsigned count)
{
	struct fastcgi_scan found;
	size_t len = put_begin();

	for (unsigned i = 0; i < count; i++)
		len = put_record(len, &(struct record)PARAMS("\1\1A1"));
	len = put_record(len, &(struct record)END_PARAMS);
	return scan(len, &found);
}

static void
takes_so_many_variables(void **state)
{
	(void)state;
	assert_int_equal(scan_count(FASTCGI_VARIABLES_MAX), ERR_OK);
	assert_int_equal(scan_count(FASTCGI_VARIABLES_MAX + 1), ERR_TOO_LARGE);
}

/* Management records */

static void
a_management_record_comes_first(void **state)
{
	const struct record asks = {9, 0, 3, "\x0e\0FCGI_MAX_CONNS", 16};
	struct fastcgi_scan found;

	(void)state;
	size_t len = put_record(0, &asks);
	size_t both = put_record(len, &(struct record)BEGIN);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(scan(i, &found), ERR_AGAIN);
	assert_int_equal(scan(len, &found), ERR_OK);
	assert_int_equal(found.management_len, len);
	assert_int_equal(scan(both, &found), ERR_OK);
	assert_int_equal(found.management_len, len);
}

static void
answers(const struct record *record, const char *wanted, size_t wanted_len)
{
	char buf[FASTCGI_MANAGEMENT_SIZE];
	struct text out;
	size_t len = put_record(0, record);

	TEXT_INIT(&out, buf);
	fastcgi_put_management((struct span){input, len}, &out);
	assert_int_equal(out.len, wanted_len);
	assert_memory_equal(buf, wanted, wanted_len);
}

static void
management_is_answered(void **state)
{
	static const char values[] =
	    "\1\x0a\0\0\0\x33\0\0\x0e\1FCGI_MAX_CONNS1\x0d\1FCGI_MAX_REQS1"
	    "\x0f\1FCGI_MPXS_CONNS0";
	static const char unknown[] = "\1\x0b\0\0\0\x08\0\0\x4d\0\0\0\0\0\0\0";

	(void)state;
	answers(&(struct record){9, 0, 0, "", 0}, values, sizeof(values) - 1);
	answers(
	    &(struct record){77, 0, 0, "", 0}, unknown, sizeof(unknown) - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(takes_so_many_bytes),
	    cmocka_unit_test(takes_so_many_variables),
	    cmocka_unit_test(a_management_record_comes_first),
	    cmocka_unit_test(management_is_answered),
	};

	return TABLE_RUN("fastcgi", rows, scans) +
	       cmocka_run_group_tests_name("fastcgi", tests, NULL, NULL);
}
