#include "ddnsgate/reply/metric_label.h"

#include <string.h>

#include "table.h"

static struct counters_snapshot snapshot;

// clang-format off
static const struct row {
	const char *name;
	const struct metric_label *label;
	unsigned index;
	const char *value;
} rows[] = {
	{ "no dialect",   &metric_label_dialect, 0, "none" },
	{ "a dialect",    &metric_label_dialect, 1, "page" },
	{ "no such row",  &metric_label_dialect, COUNTERS_DIALECTS - 1, "" },
	{ "ok",           &metric_label_word, ERR_OK, "ok" },
	{ "good",         &metric_label_word, COUNTERS_GOOD, "good" },
	{ "nochg",        &metric_label_word, COUNTERS_NOCHG, "nochg" },
	{ "a failure",    &metric_label_word, ERR_SECRET, "badauth" },
	{ "A",            &metric_label_type, COUNTERS_A, "A" },
	{ "AAAA",         &metric_label_type, COUNTERS_AAAA, "AAAA" },
	{ "TXT",          &metric_label_type, COUNTERS_TXT, "TXT" },
	{ "set",          &metric_label_action, COUNTERS_SET, "set" },
	{ "remove",       &metric_label_action, COUNTERS_REMOVE, "remove" },
	{ "query",        &metric_label_kind, COUNTERS_QUERY, "query" },
	{ "update",       &metric_label_kind, COUNTERS_UPDATE, "update" },
	{ "change",       &metric_label_limit, COUNTERS_CHANGE, "change" },
	{ "failure",      &metric_label_limit, COUNTERS_FAILURE, "failure" },
	{ "acme",         &metric_label_limit, COUNTERS_ACME, "acme" },
	{ "ours",         &metric_label_reason, 0, "local" },
	{ "the first",    &metric_label_reason, 1, "silent" },
	{ "the last",     &metric_label_reason, COUNTERS_REASONS - 1,
	  "yxdomain" },
	{ "a server",     &metric_label_server, 1,
	  "2001:db8:1111:2222:3333:4444:5555:6666@65535" },
	{ "no server",    &metric_label_server, 0, "" },
	{ "other",        &metric_label_server, COUNTERS_SERVER_OTHER, "other" },
};
// clang-format on

static void
has_value(void **state)
{
	static const struct ipaddr addr = {
	    IPADDR_V6, {0x20, 0x01, 0x0d, 0xb8, 0x11, 0x11, 0x22, 0x22, 0x33,
			   0x33, 0x44, 0x44, 0x55, 0x55, 0x66, 0x66}};
	const struct row *row = *state;
	char buf[METRIC_LABEL_SIZE];
	struct text text;

	snapshot.servers[1].is_known = true;
	snapshot.servers[1].addr = (struct server_addr){addr, 65535};
	TEXT_INIT(&text, buf);
	assert_in_range(row->index, 0, row->label->count - 1);
	row->label->put(&text, row->index, &snapshot);
	assert_string_equal(buf, row->value);
	assert_false(text.overflow);
}

/* Each index of each label fits, and has only what needs no escape. */
static void
is_plain(void **state)
{
	static const struct metric_label *const labels[] = {
	    &metric_label_dialect, &metric_label_word, &metric_label_reason,
	    &metric_label_server};
	char buf[METRIC_LABEL_SIZE];
	struct text text;

	(void)state;
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		for (unsigned j = 0; j < labels[i]->count; j++) {
			TEXT_INIT(&text, buf);
			labels[i]->put(&text, j, &snapshot);
			assert_false(text.overflow);
			assert_int_equal(
			    strspn(buf, "abcdefghijklmnopqrstuvwxyz"
					"0123456789-_:.@"),
			    text.len);
		}
	}
}

static void
is_escaped(void **state)
{
	char buf[64];
	struct text text;

	(void)state;
	TEXT_INIT(&text, buf);
	metric_label_escape(&text, "a\\b\"c\nd\xc3\xa9");
	assert_string_equal(buf, "a\\\\b\\\"c\\nd\xc3\xa9");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(is_plain), cmocka_unit_test(is_escaped)};

	return TABLE_RUN("metric_label", rows, has_value) +
	       cmocka_run_group_tests_name("metric_label", tests, NULL, NULL);
}
