#include "ddnsgate/state/seen.h"

#include <unistd.h>

#include "ddnsgate/base/clock.h"

#include "table.h"
#include "temp_dir.h"

#define HOST "home.dyn.example.org"
#define START 1000000

static struct seen *seen;
static struct seen_host found;

static int
set_up(void **state)
{
	const char *why = NULL;
	bool renewed = true;

	(void)state;
	temp_dir_enter();
	assert_int_equal(
	    seen_open(temp_dir_path, 10, &seen, &renewed, &why), ERR_OK);
	assert_false(renewed);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	seen_close(seen);
	seen = NULL;
	temp_dir_leave();
	return 0;
}

/* What was acknowledged of a family: NULL nothing, "" a removal. */
static struct seen_family
family_of(const char *text)
{
	struct seen_family family = {0};

	if (text != NULL)
		family.state = text[0] == '\0' ? SEEN_REMOVED : SEEN_SET;
	if (family.state == SEEN_SET)
		assert_int_equal(
		    ipaddr_parse(span_of(text), &family.addr), ERR_OK);
	return family;
}

static void
note(int64_t now_s, const char *v4, const char *v6, bool changed)
{
	const struct seen_family families[] = {family_of(v4), family_of(v6)};

	seen_note(seen, span_of(HOST), now_s, families, changed);
}

static void
assert_family(enum ipaddr_family family, const char *text)
{
	const struct seen_family *is = &found.families[family];
	struct seen_family wanted = family_of(text);

	assert_int_equal(is->state, wanted.state);
	if (wanted.state == SEEN_SET)
		assert_memory_equal(
		    &is->addr, &wanted.addr, sizeof(wanted.addr));
}

static void
assert_found(int64_t seen_s, int64_t changed_s, const char *v4, const char *v6)
{
	assert_int_equal(seen_find(seen, span_of(HOST), &found), ERR_OK);
	assert_int_equal(found.seen_s, seen_s);
	assert_int_equal(found.changed_s, changed_s);
	assert_family(IPADDR_V4, v4);
	assert_family(IPADDR_V6, v6);
}

static void
an_unknown_host_is_absent(void **state)
{
	(void)state;
	assert_int_equal(seen_find(seen, span_of(HOST), &found), ERR_ABSENT);
	note(START, "192.0.2.1", NULL, true);
	assert_int_equal(seen_find(seen, span_of("other"), &found), ERR_ABSENT);
}

static void
a_family_that_is_not_named_stays(void **state)
{
	(void)state;
	note(START, "192.0.2.1", NULL, true);
	assert_found(START, START, "192.0.2.1", NULL);
	note(START + 1, NULL, "2001:db8::1", true);
	assert_found(START + 1, START + 1, "192.0.2.1", "2001:db8::1");
	note(START + 2, "", NULL, true);
	assert_found(START + 2, START + 2, "", "2001:db8::1");
}

static void
the_time_alone_is_written_once_an_hour(void **state)
{
	(void)state;
	note(START, "192.0.2.1", NULL, true);
	note(START + SEEN_INTERVAL_S - 1, "192.0.2.1", NULL, false);
	assert_found(START, START, "192.0.2.1", NULL);
	note(START + SEEN_INTERVAL_S, "192.0.2.1", NULL, false);
	assert_found(START + SEEN_INTERVAL_S, START, "192.0.2.1", NULL);
}

/* As when the file was lost: DNS had the address before. */
static void
what_is_new_is_written_at_once(void **state)
{
	(void)state;
	note(START, "192.0.2.1", NULL, false);
	assert_found(START, 0, "192.0.2.1", NULL);
	note(START + 1, "192.0.2.1", "", false);
	assert_found(START + 1, 0, "192.0.2.1", "");
}

static void
a_clock_that_was_put_back(void **state)
{
	(void)state;
	note(START, "192.0.2.1", NULL, true);
	note(START - 5000, "192.0.2.1", NULL, false);
	assert_found(START - 5000, START, "192.0.2.1", NULL);
}

static void
it_is_there_after_a_restart(void **state)
{
	const char *why = NULL;

	(void)state;
	note(START, "192.0.2.1", NULL, true);
	seen_close(seen);
	assert_int_equal(seen_open_reading(temp_dir_path, &seen, &why), ERR_OK);
	assert_found(START, START, "192.0.2.1", NULL);
}

static void
trouble_is_told_once(void **state)
{
	const char *why = NULL;

	(void)state;
	note(START, "192.0.2.1", NULL, true);
	assert_null(seen_trouble(seen));
	seen_close(seen);
	/* Opened to read, so it cannot be written. */
	assert_int_equal(seen_open_reading(temp_dir_path, &seen, &why), ERR_OK);
	note(START + 1, "192.0.2.2", NULL, true);
	assert_string_equal(seen_trouble(seen), "Bad file descriptor");
	assert_null(seen_trouble(seen));
	note(START + SEEN_TROUBLE_S, "192.0.2.2", NULL, true);
	assert_null(seen_trouble(seen));
	note(START + 1 + SEEN_TROUBLE_S, "192.0.2.2", NULL, true);
	assert_string_equal(seen_trouble(seen), "Bad file descriptor");
}

/* By the administrator: not the client's request. */
static void
a_change_by_another(void **state)
{
	const struct seen_family families[] = {
	    family_of("192.0.2.2"), family_of(NULL)};
	const char *why = NULL;

	(void)state;
	note(START, "192.0.2.1", "2001:db8::1", true);
	seen_close(seen);
	assert_int_equal(
	    seen_open_existing(temp_dir_path, &seen, &why), ERR_OK);
	assert_int_equal(seen_note_other(seen, span_of(HOST), families, 0), 0);
	assert_found(START, START, "192.0.2.2", "2001:db8::1");
	assert_int_equal(
	    seen_note_other(seen, span_of(HOST), families, START + 9), 0);
	assert_found(START, START + 9, "192.0.2.2", "2001:db8::1");
	assert_int_equal(
	    seen_note_other(seen, span_of("x"), families, START + 9), 0);
	assert_int_equal(seen_find(seen, span_of("x"), &found), ERR_OK);
	assert_int_equal(found.seen_s, 0);
}

static void
none_is_begun_by_another(void **state)
{
	struct seen *none = NULL;
	const char *why = NULL;

	(void)state;
	temp_dir_write("seen", "damaged", 0600);
	assert_int_equal(
	    seen_open_existing(temp_dir_path, &none, &why), ERR_ABSENT);
	assert_int_equal(unlink("seen"), 0);
	assert_int_equal(
	    seen_open_existing(temp_dir_path, &none, &why), ERR_ABSENT);
	assert_int_equal(access("seen", F_OK), -1);
	assert_null(none);
}

static void
it_knows_when_it_was_begun(void **state)
{
	const char *why = NULL;
	int64_t now_s = (int64_t)clock_calendar();
	int64_t begun_s = seen_begun_s(seen);

	(void)state;
	assert_true(begun_s > 0 && begun_s <= now_s);
	note(START, "192.0.2.1", NULL, true);
	seen_close(seen);
	assert_int_equal(seen_open_reading(temp_dir_path, &seen, &why), ERR_OK);
	assert_int_equal(seen_begun_s(seen), begun_s);
}

static void
no_directory(void **state)
{
	struct seen *none = NULL;
	const char *why = NULL;
	bool renewed = false;

	(void)state;
	assert_int_equal(seen_open("none", 1, &none, &renewed, &why), ERR_IO);
	assert_string_equal(why, "No such file or directory");
	assert_int_equal(seen_open_reading("none", &none, &why), ERR_ABSENT);
	assert_null(none);
	seen_close(none);
}

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_DIR(an_unknown_host_is_absent),
	    IN_DIR(a_family_that_is_not_named_stays),
	    IN_DIR(the_time_alone_is_written_once_an_hour),
	    IN_DIR(what_is_new_is_written_at_once),
	    IN_DIR(a_clock_that_was_put_back),
	    IN_DIR(it_is_there_after_a_restart),
	    IN_DIR(trouble_is_told_once),
	    IN_DIR(a_change_by_another),
	    IN_DIR(none_is_begun_by_another),
	    IN_DIR(it_knows_when_it_was_begun),
	    IN_DIR(no_directory),
	};

	return cmocka_run_group_tests_name("seen", tests, NULL, NULL);
}
