#include "ddnsgate/state/seen.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

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

/* No year before 1970, none after 2106. */
static void
times_beyond_what_the_file_holds(void **state)
{
	(void)state;
	note(-1, "192.0.2.1", NULL, true);
	assert_found(0, 0, "192.0.2.1", NULL);
	note(INT64_MAX, "192.0.2.2", NULL, true);
	assert_found(UINT32_MAX, UINT32_MAX, "192.0.2.2", NULL);
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
	assert_int_equal(
	    seen_note_other(seen, span_of(HOST), START + 5, families, false),
	    0);
	assert_found(START, START, "192.0.2.2", "2001:db8::1");
	assert_int_equal(
	    seen_note_other(seen, span_of(HOST), START + 9, families, true), 0);
	assert_found(START, START + 9, "192.0.2.2", "2001:db8::1");
	assert_int_equal(
	    seen_note_other(seen, span_of("x"), START + 9, families, true), 0);
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

static void
assert_acknowledged(int64_t v4_s, int64_t v6_s)
{
	assert_int_equal(seen_find(seen, span_of(HOST), &found), ERR_OK);
	assert_int_equal(found.acknowledged_s[IPADDR_V4], v4_s);
	assert_int_equal(found.acknowledged_s[IPADDR_V6], v6_s);
}

static void
each_family_has_its_time(void **state)
{
	(void)state;
	note(START, "192.0.2.1", "2001:db8::1", true);
	note(START + 10, "192.0.2.2", NULL, true);
	assert_acknowledged(START + 10, START);
	note(START + 20, "192.0.2.2", NULL, false);
	assert_acknowledged(START + 10, START);
	/* Elsewhere it was changed meanwhile: back again is a change. */
	note(START + 30, "192.0.2.2", NULL, true);
	assert_acknowledged(START + 30, START);
	/* Another file knows better: here it is new, and in DNS already. */
	note(START + 40, NULL, "2001:db8::2", false);
	assert_acknowledged(START + 30, START + 40);
	note(START + 30 + SEEN_INTERVAL_S, "192.0.2.2", NULL, false);
	assert_acknowledged(START + 30 + SEEN_INTERVAL_S, START + 40);
}

/* Makes what there is the copy of another machine's, and begins anew. */
static void
make_copy(const char *name)
{
	const char *why = NULL;
	bool renewed;

	seen_close(seen);
	(void)mkdir("seen.d", 0700);
	assert_int_equal(rename("seen", name), 0);
	assert_int_equal(
	    seen_open(temp_dir_path, 10, &seen, &renewed, &why), ERR_OK);
}

static enum err
open_all(const char **ret_why)
{
	seen_close(seen);
	seen = NULL;
	return seen_open_reading(temp_dir_path, &seen, ret_why);
}

/* The host has moved to and fro between the machines. */
static void
of_copies_the_latest_counts(void **state)
{
	const char *why = NULL;

	(void)state;
	note(START, "192.0.2.1", "2001:db8::1", true);
	note(START + 30, "192.0.2.4", NULL, true);
	make_copy("seen.d/two");
	note(START + 10, NULL, "2001:db8::2", true);
	make_copy("seen.d/three");
	note(START + 20, "192.0.2.3", NULL, true);
	assert_int_equal(open_all(&why), ERR_OK);
	assert_found(START + 30, START + 30, "192.0.2.4", "2001:db8::2");
	assert_acknowledged(START + 30, START + 10);
	/* A handler has its own alone. */
	seen_close(seen);
	assert_int_equal(
	    seen_open_existing(temp_dir_path, &seen, &why), ERR_OK);
	assert_found(START + 20, START + 20, "192.0.2.3", NULL);
}

static void
a_removal_counts_as_an_address_does(void **state)
{
	const char *why = NULL;

	(void)state;
	note(START + 9, "", NULL, true);
	make_copy("seen.d/two");
	note(START, "192.0.2.3", NULL, true);
	assert_int_equal(open_all(&why), ERR_OK);
	assert_found(START + 9, START + 9, "", NULL);
}

static void
copies_alone_will_do(void **state)
{
	const char *why = NULL;

	(void)state;
	note(START, "192.0.2.1", NULL, true);
	make_copy("seen.d/two");
	assert_int_equal(unlink("seen"), 0);
	assert_int_equal(open_all(&why), ERR_OK);
	assert_found(START, START, "192.0.2.1", NULL);
	assert_true(seen_begun_s(seen) > 0);
}

static void
the_oldest_copy(void **state)
{
	const struct utimbuf old = {START, START};
	const char *why = NULL;

	(void)state;
	assert_int_equal(open_all(&why), ERR_OK);
	assert_int_equal(seen_oldest_copy_s(seen), INT64_MAX);
	make_copy("seen.d/two");
	make_copy("seen.d/three");
	assert_int_equal(utime("seen.d/three", &old), 0);
	assert_int_equal(open_all(&why), ERR_OK);
	assert_int_equal(seen_oldest_copy_s(seen), START);
}

static void
a_damaged_copy_is_an_error(void **state)
{
	const char *why = NULL;

	(void)state;
	note(START, "192.0.2.1", NULL, true);
	make_copy("seen.d/two");
	/* What rsync is just writing is no copy yet. */
	temp_dir_write("seen.d/.three.Xy12", "half", 0600);
	assert_int_equal(open_all(&why), ERR_OK);
	temp_dir_write("seen.d/three", "damaged", 0600);
	assert_int_equal(open_all(&why), ERR_IO);
	assert_string_equal(
	    why, "a copy in seen.d cannot be read, or is damaged");
	assert_null(seen);
}

static void
too_many_copies(void **state)
{
	const char *why = NULL;
	char name[32];

	(void)state;
	for (int i = 0; i <= SEEN_COPIES_MAX; i++) {
		snprintf(name, sizeof(name), "seen.d/%d", i);
		make_copy(name);
		assert_int_equal(
		    open_all(&why), i < SEEN_COPIES_MAX ? ERR_OK : ERR_IO);
	}
	assert_string_equal(why, "there are too many copies in seen.d");
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
	    IN_DIR(times_beyond_what_the_file_holds),
	    IN_DIR(it_is_there_after_a_restart),
	    IN_DIR(trouble_is_told_once),
	    IN_DIR(a_change_by_another),
	    IN_DIR(none_is_begun_by_another),
	    IN_DIR(it_knows_when_it_was_begun),
	    IN_DIR(no_directory),
	    IN_DIR(each_family_has_its_time),
	    IN_DIR(of_copies_the_latest_counts),
	    IN_DIR(a_removal_counts_as_an_address_does),
	    IN_DIR(copies_alone_will_do),
	    IN_DIR(the_oldest_copy),
	    IN_DIR(a_damaged_copy_is_an_error),
	    IN_DIR(too_many_copies),
	};

	return cmocka_run_group_tests_name("seen", tests, NULL, NULL);
}
