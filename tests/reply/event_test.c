#include <stdio.h>
#include <string.h>

#include "ddnsgate/base/json.h"
#include "ddnsgate/reply/event.h"

#include "json_valid.h"
#include "table.h"

#define EMPTY                                                         \
	"\"client\":\"\",\"host\":\"\",\"type\":\"\",\"old\":\"\","   \
	"\"new\":\"\",\"word\":\"\",\"reason\":\"\",\"server\":\"\"," \
	"\"from\":\"\""

/* Texts of the field client, of which each byte may be hostile. */

// clang-format off
static const struct written {
	const char *name;
	const char *client;
	const char *want; /* in quotes */
} written_rows[] = {
	{ "plain",           "home",             "home" },
	{ "nothing",         NULL,               "" },
	{ "quotes",          "a\"b\\c",          "a\\\"b\\\\c" },
	{ "a newline",       "a\nB=c",           "a?B=c" },
	{ "other controls",  "\x01\x1b[2J\x7f",  "??[2J?" },
	{ "beyond ASCII",    "\xc3\xa4\xff",     "???" },
	{ "another member",  "\",\"event\":\"",  "\\\",\\\"event\\\":\\\"" },
	{ "for a shell",     "$(id)`id`;'",      "$(id)`id`;'" },
};

#define KIND "\"event\":\"failed\""
#define LONG "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
static const struct reading {
	const char *name;
	const char *text;
	enum err want;
} read_rows[] = {
	{ "only what it is",   "{" KIND "}",                     ERR_OK },
	{ "unknown member",    "{" KIND ",\"x\":\"y\",\"z\":1}", ERR_OK },
	{ "counts",            "{" KIND ",\"count\":3,\"dropped\":4}", ERR_OK },
	{ "nothing",           "",                               ERR_SYNTAX },
	{ "no object",         "[]",                             ERR_SYNTAX },
	{ "empty object",      "{}",                             ERR_SYNTAX },
	{ "unknown kind",      "{\"event\":\"fail\"}",           ERR_SYNTAX },
	{ "kind of no text",   "{\"event\":1}",                  ERR_SYNTAX },
	{ "kind twice",        "{" KIND "," KIND "}",            ERR_SYNTAX },
	{ "field twice",       "{" KIND ",\"host\":\"a\",\"host\":\"b\"}",
	  ERR_SYNTAX },
	{ "field of no text",  "{" KIND ",\"host\":null}",       ERR_SYNTAX },
	{ "object in it",      "{" KIND ",\"host\":{}}",         ERR_SYNTAX },
	{ "list in it",        "{" KIND ",\"host\":[]}",         ERR_SYNTAX },
	{ "cut off",           "{" KIND ",\"host\":\"a",         ERR_SYNTAX },
	{ "more after it",     "{" KIND "}{}",                   ERR_SYNTAX },
	{ "a NUL",             "{" KIND ",\"host\":\"a\\u0000b\"}", ERR_SYNTAX },
	{ "a newline",         "{" KIND ",\"host\":\"a\\nb\"}",  ERR_SYNTAX },
	{ "an escape",         "{" KIND ",\"host\":\"\\u001b\"}", ERR_SYNTAX },
	{ "a DEL",             "{" KIND ",\"host\":\"\\u007f\"}", ERR_SYNTAX },
	{ "beyond ASCII",      "{" KIND ",\"host\":\"\\u00e4\"}", ERR_SYNTAX },
	{ "count of no number", "{" KIND ",\"count\":\"3\"}",    ERR_SYNTAX },
	{ "negative count",    "{" KIND ",\"count\":-3}",        ERR_SYNTAX },
	{ "count with a point", "{" KIND ",\"count\":3.5}",      ERR_SYNTAX },
	{ "count twice",       "{" KIND ",\"count\":3,\"count\":4}", ERR_SYNTAX },
	{ "huge count",        "{" KIND ",\"count\":18446744073709551616}",
	  ERR_RANGE },
	{ "longest field",     "{" KIND ",\"host\":\"" LONG LONG LONG LONG LONG
	  "\"}", ERR_OK },
	{ "field too long",    "{" KIND ",\"host\":\"x" LONG LONG LONG LONG LONG
	  "\"}", ERR_RANGE },
};
// clang-format on

static void
writes(void **state)
{
	const struct written *row = *state;
	struct event event = {.kind = EVENT_IS_REFUSED}, again;
	char buf[EVENT_SIZE], want[EVENT_SIZE];
	struct text text;

	event.fields[EVENT_CLIENT] = span_of(row->client);
	TEXT_INIT(&text, buf);
	event_write(&text, &event);
	snprintf(want, sizeof(want),
	    "{\"time\":\"\",\"event\":\"refused\",\"client\":\"%s\"%s}",
	    row->want, &EMPTY[strlen("\"client\":\"\"")]);
	assert_string_equal(buf, want);
	assert_int_equal(event_read(buf, text.len, &again), ERR_OK);
	assert_int_equal(again.kind, EVENT_IS_REFUSED);
	assert_int_equal(
	    again.fields[EVENT_CLIENT].len, event.fields[EVENT_CLIENT].len);
}

static void
reads(void **state)
{
	const struct reading *row = *state;
	struct event event = {.kind = EVENT_KINDS};
	char buf[1024];

	snprintf(buf, sizeof(buf), "%s", row->text);
	assert_int_equal(event_read(buf, strlen(buf), &event), row->want);
	/* What is not valid leaves the result alone. */
	assert_int_equal(
	    event.kind, row->want == ERR_OK ? EVENT_IS_FAILED : EVENT_KINDS);
}

static void
has_every_field(void **state)
{
	struct event event = {
	    .kind = EVENT_IS_CHANGED, .count = 12, .dropped = 3};
	char buf[EVENT_SIZE];
	struct text text;

	(void)state;
	for (unsigned i = 0; i < EVENT_FIELDS; i++)
		event.fields[i] = span_of(event_field_name(i));
	TEXT_INIT(&text, buf);
	event_write(&text, &event);
	assert_string_equal(buf,
	    "{\"time\":\"time\",\"event\":\"changed\",\"client\":\"client\","
	    "\"host\":\"host\",\"type\":\"type\",\"old\":\"old\","
	    "\"new\":\"new\",\"word\":\"word\",\"reason\":\"reason\","
	    "\"server\":\"server\",\"from\":\"from\",\"count\":12,"
	    "\"dropped\":3}");
	assert_int_equal(event_read(buf, text.len, &event), ERR_OK);
	for (unsigned i = 0; i < EVENT_FIELDS; i++)
		assert_true(span_is(event.fields[i],
		    i == EVENT_KIND ? "changed" : event_field_name(i)));
	assert_int_equal(event.count, 12);
	assert_int_equal(event.dropped, 3);
}

static void
names_kinds(void **state)
{
	static const char *const words[] = {"changed", "failed", "limited",
	    "refused", "reloaded", "server_down", "server_up"};

	(void)state;
	assert_int_equal(EVENT_KINDS, sizeof(words) / sizeof(words[0]));
	for (unsigned i = 0; i < EVENT_KINDS; i++)
		assert_string_equal(event_kind_word(i), words[i]);
}

/* All fields of the greatest length, each byte escaped, fit. */
static void
always_fits(void **state)
{
	struct event event = {.kind = EVENT_IS_SERVER_DOWN,
	    .count = UINT64_MAX,
	    .dropped = UINT64_MAX};
	char quotes[2 * EVENT_VALUE_MAX], buf[EVENT_SIZE];
	struct text text;

	(void)state;
	memset(quotes, '"', sizeof(quotes));
	for (int i = 0; i < EVENT_FIELDS; i++)
		event.fields[i] = (struct span){quotes, sizeof(quotes)};
	TEXT_INIT(&text, buf);
	event_write(&text, &event);
	assert_false(text.overflow);
	assert_int_equal(event_read(buf, text.len, &event), ERR_OK);
	assert_int_equal(event.fields[EVENT_HOST].len, EVENT_VALUE_MAX);
	assert_int_equal(event.dropped, UINT64_MAX);
}

/* In each field, alone and as 4 KiB of it. */
static void
takes_every_byte(void **state)
{
	char value[4096], buf[EVENT_SIZE];
	struct event event = {.kind = EVENT_IS_FAILED};
	struct text text;

	(void)state;
	for (int c = 0; c < 256; c++) {
		memset(value, c, sizeof(value));
		for (size_t len = 1; len <= sizeof(value); len *= 4096) {
			for (int i = 0; i < EVENT_FIELDS; i++)
				event.fields[i] = (struct span){value, len};
			TEXT_INIT(&text, buf);
			event_write(&text, &event);
			assert_false(text.overflow);
			assert_true(json_valid(buf, text.len));
		}
	}
}

static void
limits_length(void **state)
{
	static char blanks[EVENT_SIZE + 1];
	struct event event;

	(void)state;
	memset(blanks, ' ', sizeof(blanks));
	memcpy(blanks, "{" KIND "}", strlen("{" KIND "}"));
	assert_int_equal(event_read(blanks, EVENT_SIZE, &event), ERR_RANGE);
	assert_int_equal(event_read(blanks, EVENT_SIZE - 1, &event), ERR_OK);
}

static void
formats_time(void **state)
{
	char buf[EVENT_TIME_SIZE];

	(void)state;
	event_format_time(0, buf);
	assert_string_equal(buf, "1970-01-01T00:00:00Z");
	event_format_time(1795883405, buf);
	assert_string_equal(buf, "2026-11-28T16:30:05Z");
	event_format_time(UINT64_MAX / 2, buf); /* has no such year */
	assert_string_equal(buf, "");
}

static void
take(void *ctx, const struct event *event)
{
	*(enum event_kind *)ctx = event->kind;
}

static void
sends(void **state)
{
	enum event_kind taken = EVENT_KINDS;
	const struct event_sink sink = {take, &taken};
	const struct event event = {.kind = EVENT_IS_LIMITED};

	(void)state;
	event_send(NULL, &event);
	event_send(&sink, &event);
	assert_int_equal(taken, EVENT_IS_LIMITED);
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(has_every_field),
	    cmocka_unit_test(names_kinds),
	    cmocka_unit_test(always_fits),
	    cmocka_unit_test(takes_every_byte),
	    cmocka_unit_test(limits_length),
	    cmocka_unit_test(formats_time),
	    cmocka_unit_test(sends),
	};

	return TABLE_RUN("event: writes", written_rows, writes) +
	       TABLE_RUN("event: reads", read_rows, reads) +
	       cmocka_run_group_tests_name(
		   "event: singles", singles, NULL, NULL);
}
