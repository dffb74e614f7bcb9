#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>

#include "ddnsgate/config/reload.h"

#include "table.h"
#include "temp_dir.h"

#define SHA                                        \
	"sha256:"                                  \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaaaaaaaaaaaaaaaaaaaaa"
#define KEY_TEXT "hmac-sha256:k:c2VjcmV0\n"
#define INCLUDED_TEXT "log_level = \"info\";\n"
#define TABLE_TEXT "a " SHA " h\n"

static const char conf_text[] =
    "zones = ( { name = \"lan\"; servers = [ \"::1\" ]; key = \"k\"; } );\n"
    "keys = ( { name = \"k\"; file = \"k.key\"; } );\n"
    "@include \"i.conf\"\n"
    "clients_file = \"t\"; clients_dir = \"d\";\n";

static struct diagnostic_list diagnostics;
static struct reload *reload;

static int
set_up(void **state)
{
	(void)state;
	temp_dir_enter();
	temp_dir_make("d");
	temp_dir_write("c.conf", conf_text, 0600);
	temp_dir_write("i.conf", INCLUDED_TEXT, 0600);
	temp_dir_write("k.key", KEY_TEXT, 0600);
	temp_dir_write("t", TABLE_TEXT, 0600);
	diagnostic_init(&diagnostics);
	assert_int_equal(reload_new("c.conf", &diagnostics, &reload), ERR_OK);
	assert_int_equal(diagnostics.count, 0);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	reload_free(reload);
	diagnostic_done(&diagnostics);
	temp_dir_leave();
	return 0;
}

static enum err
check(void)
{
	return reload_check(reload, false, &diagnostics);
}

/* The current site's timeout, by which the tests tell sites apart. */
static unsigned
current_timeout(void)
{
	const struct site *site = reload_acquire(reload);
	unsigned timeout = site_settings(site)->timeout_ms;

	site_release(site);
	return timeout;
}

static void
write_timeout(const char *timeout)
{
	char buf[1024];
	struct text text;

	TEXT_INIT(&text, buf);
	text_puts(&text, conf_text);
	text_printf(&text, "timeout_ms = %s;\n", timeout);
	temp_dir_write("c.conf", buf, 0600);
}

/* Each kind of file is watched, and each kind of change is noticed. */

static void
replace(const char *path)
{
	char bytes[1024];

	FILE *in = fopen(path, "r");
	assert_non_null(in);
	size_t len = fread(bytes, 1, sizeof(bytes), in);
	fclose(in);
	temp_dir_write_bytes(path, bytes, len, 0600);
}

static void
append_newline(const char *path)
{
	FILE *out = fopen(path, "a");

	assert_non_null(out);
	fputc('\n', out);
	fclose(out);
}

static void
set_old_time(const char *path)
{
	const struct timespec times[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};

	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void
add_file(const char *path)
{
	temp_dir_write(path, "clients = ( );\n", 0600);
}

// clang-format off
static const struct row {
	const char *name;
	void (*change)(const char *path);
	const char *path;
} rows[] = {
	{ "main, replaced",    replace,     "c.conf" },
	{ "main, appended to", append_newline, "c.conf" },
	{ "main, older",       set_old_time,   "c.conf" },
	{ "included",          append_newline, "i.conf" },
	{ "key",               replace,     "k.key" },
	{ "table",             append_newline, "t" },
	{ "file in directory",    add_file,       "d/x.conf" },
};
// clang-format on

static void
changes_are_noticed(void **state)
{
	const struct row *row = *state;
	void *none = NULL;

	set_up(&none);
	assert_int_equal(check(), ERR_UNCHANGED);
	row->change(row->path);
	assert_int_equal(check(), ERR_UNCHANGED);
	assert_int_equal(check(), ERR_OK);
	assert_int_equal(check(), ERR_UNCHANGED);
	assert_int_equal(check(), ERR_UNCHANGED);
	tear_down(&none);
}

/* When a change is loaded */

static void
a_change_is_loaded_when_files_are_stable(void **state)
{
	(void)state;
	write_timeout("111");
	assert_int_equal(check(), ERR_UNCHANGED);
	write_timeout("222");
	assert_int_equal(check(), ERR_UNCHANGED);
	write_timeout("333");
	assert_int_equal(check(), ERR_UNCHANGED);
	assert_int_equal(current_timeout(), 2500);
	assert_int_equal(check(), ERR_OK);
	assert_int_equal(current_timeout(), 333);
}

static void
force_does_not_wait(void **state)
{
	(void)state;
	assert_int_equal(reload_check(reload, true, &diagnostics), ERR_OK);
	write_timeout("111");
	assert_int_equal(reload_check(reload, true, &diagnostics), ERR_OK);
	assert_int_equal(current_timeout(), 111);
	assert_int_equal(check(), ERR_UNCHANGED);
	assert_int_equal(check(), ERR_UNCHANGED);
}

static void
invalid_files_are_not_published(void **state)
{
	(void)state;
	write_timeout("1");
	assert_int_equal(check(), ERR_UNCHANGED);
	assert_int_equal(check(), ERR_CONFIG);
	assert_int_equal(diagnostics.errors, 1);
	assert_int_equal(current_timeout(), 2500);
	/* It is not loaded again. */
	assert_int_equal(check(), ERR_UNCHANGED);
	assert_int_equal(check(), ERR_UNCHANGED);
	assert_int_equal(diagnostics.errors, 1);
	write_timeout("111");
	assert_int_equal(check(), ERR_UNCHANGED);
	assert_int_equal(check(), ERR_OK);
	assert_int_equal(current_timeout(), 111);
}

static void
a_missing_file_is_watched(void **state)
{
	static const char *const paths[] = {"c.conf", "i.conf", "k.key", "t"};
	static const char *const texts[] = {
	    conf_text, INCLUDED_TEXT, KEY_TEXT, TABLE_TEXT};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		unlink(paths[i]);
		assert_int_equal(check(), ERR_UNCHANGED);
		assert_int_equal(check(), ERR_CONFIG);
		assert_int_equal(check(), ERR_UNCHANGED);
		temp_dir_write(paths[i], texts[i], 0600);
		assert_int_equal(check(), ERR_UNCHANGED);
		assert_int_equal(check(), ERR_OK);
	}
}

static void
new_files_are_watched(void **state)
{
	(void)state;
	add_file("d/x.conf");
	assert_int_equal(check(), ERR_UNCHANGED);
	assert_int_equal(check(), ERR_OK);
	append_newline("d/x.conf");
	assert_int_equal(check(), ERR_UNCHANGED);
	assert_int_equal(check(), ERR_OK);
	unlink("d/x.conf");
	assert_int_equal(check(), ERR_UNCHANGED);
	assert_int_equal(check(), ERR_OK);
	assert_int_equal(check(), ERR_UNCHANGED);
}

static void
old_sites_live_until_released(void **state)
{
	const struct site *old = reload_acquire(reload);

	(void)state;
	write_timeout("111");
	assert_int_equal(reload_check(reload, true, &diagnostics), ERR_OK);
	assert_int_equal(current_timeout(), 111);
	assert_int_equal(site_settings(old)->timeout_ms, 2500);
	assert_string_equal(site_client(old, 0)->name, "a");
	site_release(old);
}

static atomic_bool stop;

static void *
serve(void *arg)
{
	size_t *wrong = arg;

	while (!atomic_load(&stop)) {
		const struct site *site = reload_acquire(reload);
		*wrong += site_zone_count(site) != 1 ||
			  site_find_client(site, span_of("a")) == NULL;
		site_release(site);
	}
	return NULL;
}

static void
sites_change_under_running_threads(void **state)
{
	pthread_t threads[2];
	size_t wrong[2] = {0, 0};

	(void)state;
	atomic_store(&stop, false);
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, serve, &wrong[i]);
	for (int i = 0; i < 50; i++)
		assert_int_equal(
		    reload_check(reload, true, &diagnostics), ERR_OK);
	atomic_store(&stop, true);
	for (int i = 0; i < 2; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(wrong[i], 0);
	}
}

static void *
read_timeout(void *ret)
{
	*(unsigned *)ret = current_timeout();
	return NULL;
}

/* More threads than reload has copies of the site. */
static void
all_threads_get_the_new_site(void **state)
{
	pthread_t thread;

	(void)state;
	write_timeout("4321");
	assert_int_equal(reload_check(reload, true, &diagnostics), ERR_OK);
	for (int i = 0; i < 130; i++) {
		unsigned timeout = 0;
		assert_int_equal(
		    pthread_create(&thread, NULL, read_timeout, &timeout), 0);
		pthread_join(thread, NULL);
		assert_int_equal(timeout, 4321);
	}
}

static void
the_first_load_must_succeed(void **state)
{
	struct reload *none = NULL;

	(void)state;
	temp_dir_enter();
	assert_int_equal(reload_new("c.conf", &diagnostics, &none), ERR_CONFIG);
	assert_null(none);
	assert_int_equal(diagnostics.errors, 1);
	diagnostic_done(&diagnostics);
	reload_free(none);
	temp_dir_leave();
}

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    IN_DIR(a_change_is_loaded_when_files_are_stable),
	    IN_DIR(force_does_not_wait),
	    IN_DIR(invalid_files_are_not_published),
	    IN_DIR(a_missing_file_is_watched),
	    IN_DIR(new_files_are_watched),
	    IN_DIR(old_sites_live_until_released),
	    IN_DIR(sites_change_under_running_threads),
	    IN_DIR(all_threads_get_the_new_site),
	    cmocka_unit_test(the_first_load_must_succeed),
	};
	int failures = 0;

	failures += TABLE_RUN("reload: changes", rows, changes_are_noticed);
	failures +=
	    cmocka_run_group_tests_name("reload: singles", singles, NULL, NULL);
	return failures;
}
