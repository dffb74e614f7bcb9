/*
 * Large and hostile configurations.  What takes time by the square of its size
 * would take hours here, a hundred times what a test may.  Each limit is met
 * and gone beyond by one.
 */

#include <stdio.h>
#include <string.h>

#include "ddnsgate/config/conf.h"
#include "ddnsgate/config/conf_clients.h"
#include "ddnsgate/syntax/conf_source.h"

#include "table.h"
#include "temp_dir.h"

#define KEY "key \"k\" { algorithm hmac-sha256; secret \"c2VjcmV0\"; };\n"
#define BASE                                                                   \
	"zones = ( { name = \"d\"; servers = [ \"::1\" ]; key = \"k\"; } );\n" \
	"keys = ( { name = \"k\"; file = \"k.key\"; } );\n"
#ifndef __has_feature
#define __has_feature(feature) 0
#endif
/* Of anything that a file may hold without a limit.  Sanitizers take many times
 * as long for the same. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || \
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MANY 20000
#define MANY_HOSTS 60000
#define LONG (128 * 1024)
#else
#define MANY 200000
#define MANY_HOSTS 600000
#define LONG (5 * 1024 * 1024)
#endif
/* The longest diagnostic: a setting and a value that are cut, and advice. */
#define DIAGNOSTIC_LEN_MAX 2048

/* A configuration in the making, and what has come of it. */
struct load {
	FILE *out;
	struct diagnostic_list diagnostics;
	size_t clients;
	enum err err;
};

static struct load
load_new(void)
{
	struct load load = {.err = ERR_OK};

	temp_dir_enter();
	temp_dir_write("k.key", KEY, 0600);
	load.out = fopen("c.conf", "w");
	assert_non_null(load.out);
	fputs(BASE, load.out);
	return load;
}

/* Writes the text so often. */
static void
repeat(struct load *load, const char *text, size_t count)
{
	for (size_t i = 0; i < count; i++)
		fputs(text, load->out);
}

/* Loads, and checks what holds for all. */
static void
load_run(struct load *load)
{
	struct conf_files files;
	struct site *site = NULL;

	assert_int_equal(fclose(load->out), 0);
	assert_int_equal(chmod("c.conf", 0600), 0);
	load->err = conf_load("c.conf", &load->diagnostics, &files, &site);
	assert_int_equal(load->err == ERR_OK, load->diagnostics.errors == 0);
	assert_true(load->diagnostics.count <= DIAGNOSTIC_MAX);
	for (size_t i = 0; i < load->diagnostics.count; i++)
		assert_true(strlen(load->diagnostics.items[i].text) <=
			    DIAGNOSTIC_LEN_MAX);
	if (site != NULL)
		load->clients = site_client_count(site);
	site_release(site);
	conf_files_done(&files);
}

static void
load_done(struct load *load)
{
	diagnostic_done(&load->diagnostics);
	temp_dir_leave();
}

/* The first diagnostic starts so; there are so many errors in all. */
static void
check_first(const struct load *load, const char *start, size_t errors)
{
	const char *text =
	    load->diagnostics.count > 0 ? load->diagnostics.items[0].text : "";

	if (strncmp(text, start, strlen(start)) != 0)
		assert_string_equal(text, start);
	assert_int_equal(load->diagnostics.errors, errors);
}

static void
many_clients_and_hosts(void **state)
{
	struct load load = load_new();

	(void)state;
	fputs("clients = (", load.out);
	for (int i = 0; i < MANY; i++)
		fprintf(load.out,
		    "%s{ name = \"c%d\"; secret = \"sha256:%064x\"; hosts = ( "
		    "\"h%d\" ); }",
		    i > 0 ? ", " : "", i, i, i);
	fputs(");\n", load.out);
	load_run(&load);
	assert_int_equal(load.clients, MANY);
	load_done(&load);
}

static void
write_hosts(struct load *load, char client)
{
	fprintf(load->out,
	    "{ name = \"%c\"; secret = \"sha256:%064x\"; hosts "
	    "= ( \"first\"",
	    client, client);
	for (int i = 0; i < MANY_HOSTS; i++)
		fprintf(load->out, ",\n\"h%d\"", i);
	fputs(" ); }", load->out);
}

static void
many_shared_hosts(void **state)
{
	struct load load = load_new();

	(void)state;
	fputs("clients = (", load.out);
	write_hosts(&load, 'a');
	fputs(",\n", load.out);
	write_hosts(&load, 'b');
	fputs(");\n", load.out);
	load_run(&load);
	assert_int_equal(load.clients, 2);
	assert_int_equal(load.diagnostics.warnings, MANY_HOSTS + 1);
	assert_int_equal(load.diagnostics.count, DIAGNOSTIC_WARNINGS_MAX);
	load_done(&load);
}

static void
many_equal_hosts(void **state)
{
	struct load load = load_new();

	(void)state;
	fprintf(load.out,
	    "clients = ( { name = \"a\"; secret = \"sha256:%064x\"; hosts = ( "
	    "\"h\"",
	    1);
	repeat(&load, ",\"h\"", MANY);
	fputs(" ); } );\n", load.out);
	load_run(&load);
	check_first(
	    &load, "c.conf:3: hosts: h is given twice, allowed is once", MANY);
	load_done(&load);
}

static void
many_unknown_settings(void **state)
{
	struct load load = load_new();

	(void)state;
	fputs("clients = ( { }", load.out);
	repeat(&load, ",\n{ thready = 1; x = 2; }", MANY);
	fputs(");\n", load.out);
	load_run(&load);
	check_first(
	    &load, "c.conf:3: name: is missing", 3 * (MANY + 1) + 2 * MANY);
	load_done(&load);
}

static void
many_large_integers(void **state)
{
	struct load load = load_new();

	(void)state;
	fputs("clients = ( 1", load.out);
	repeat(&load, ", { ttl = 99999999999; }", MANY);
	fputs(");\n", load.out);
	load_run(&load);
	check_first(
	    &load, "c.conf:3: clients: holds a whole number", 1 + 4 * MANY);
	load_done(&load);
}

static void
settings_of_a_group(void **state)
{
	(void)state;
	for (int more = 0; more < 2; more++) {
		struct load load = load_new();
		/* Two are in BASE, one includes others. */
		for (int i = 3; i < CONF_SOURCE_SETTINGS_MAX; i++)
			fprintf(load.out, "s%d = 1;\n", i);
		temp_dir_write(
		    "i.conf", more ? "t = 1;\nu = { };" : "t = 1;", 0600);
		fputs("@include \"i.conf\"\n", load.out);
		load_run(&load);
		if (more)
			check_first(&load,
			    "i.conf:2: is one setting more than the 1000 "
			    "allowed in a group",
			    1);
		else
			check_first(&load,
			    "c.conf:3: s3: is unknown at the top",
			    CONF_SOURCE_SETTINGS_MAX - 2);
		load_done(&load);
	}
}

/* Groups, lists and what is in an included file count together. */
static void
nested_groups(void **state)
{
	(void)state;
	for (int more = 0; more < 2; more++) {
		struct load load = load_new();
		fputs("x =\n", load.out);
		repeat(&load, "(", CONF_SOURCE_DEPTH_MAX - 1);
		fputs("{\n@include \"i.conf\"\n}", load.out);
		repeat(&load, ")", CONF_SOURCE_DEPTH_MAX - 1);
		temp_dir_write("i.conf", more ? "\nx = ( );" : "y = 1;", 0600);
		load_run(&load);
		check_first(&load,
		    more ? "i.conf:2: is nested too deep, allowed are up to 32 "
			   "groups and lists within each other"
			 : "c.conf:3: x: is unknown at the top",
		    1);
		load_done(&load);
	}
}

/* A stack that grew with the depth would end here. */
static void
very_deep_groups(void **state)
{
	struct load load = load_new();

	(void)state;
	fputs("x = ", load.out);
	repeat(&load, "(", MANY);
	repeat(&load, ")", MANY);
	load_run(&load);
	check_first(&load, "c.conf:3: is nested too deep", 1);
	load_done(&load);
}

static void
many_includes(void **state)
{
	(void)state;
	for (size_t more = 0; more < 2; more++) {
		struct load load = load_new();
		temp_dir_write("i.conf", "// nothing\n", 0600);
		repeat(&load, "@include \"i.conf\"\n",
		    CONF_SOURCE_INCLUDES_MAX + more);
		load_run(&load);
		if (more)
			check_first(&load,
			    "c.conf:10003: @include: i.conf is one more than "
			    "the 10000 allowed",
			    1);
		else
			check_first(&load, "", 0);
		load_done(&load);
	}
}

/* 30 files in each of 30 and so on: what is included, counts each time. */
static void
multiplied_includes(void **state)
{
	struct load load = load_new();

	(void)state;
	for (int i = 0; i < CONF_SOURCE_NESTED_MAX; i++) {
		char name[16];
		snprintf(name, sizeof(name), "%d.conf", i);
		FILE *out = fopen(name, "w");
		assert_non_null(out);
		for (int j = 0; j < 30 && i < CONF_SOURCE_NESTED_MAX - 1; j++)
			fprintf(out, "@include \"%d.conf\"\n", i + 1);
		assert_int_equal(fclose(out), 0);
	}
	fputs("@include \"0.conf\"\n", load.out);
	load_run(&load);
	assert_int_equal(load.diagnostics.errors, 1);
	assert_non_null(strstr(load.diagnostics.items[0].text,
	    ".conf is one more than the 10000 allowed"));
	load_done(&load);
}

/* Longer than any text may be, each written in another way. */
static const struct row {
	const char *name;
	const char *start, *repeated, *end;
	const char *diagnostic; /* its start; "": valid */
} rows[] = {
    // clang-format off
	{ "a long text", "listen = \"", "x", "\";\n",
	  "c.conf:3: listen: \"xxxxxxxxxxxxxxx" },
	{ "a long text of escapes", "log = \"", "\\n", "\";\n",
	  "c.conf:3: log: \"\\x0a\\x0a\\x0a" },
	{ "a long text of lines", "threads = 0;\nlog = \"", "\n", "\";\n",
	  "c.conf:3: threads: 0 is out of range" },
	{ "a long text in parts", "listen = ", "\"x\" ", ";\n",
	  "c.conf:3: listen: \"xxxxxxxxxxxxxxx" },
	{ "a long name of a file", "clients_file = \"", "x", "\";\n",
	  "c.conf:3: clients_file: \"xxxxxxxxxxxxxxx" },
	{ "a long name of a folder", "clients_dir = \"", "x", "\";\n",
	  "c.conf:3: clients_dir: \"xxxxxxxxxxxxxxx" },
	{ "a long name of an include", "@include \"", "x", "\"\n",
	  "c.conf:3: @include: \"xxxxxxxxxxxxxxx" },
	{ "a long name of a setting", "", "x", " = 1;\n",
	  "c.conf:3: xxxxxxxxxxxxxxxx" },
	{ "a long number", "threads = ", "9", ";\n",
	  "c.conf:3: threads: \"9999999999999" },
	{ "a long comment", "# ", "x", "\n", "" },
	{ "many comments", "", "/**/", "\n", "" },
	{ "many blanks", "", " ", "\n", "" },
	{ "many lines", "", "\n", "\n", "" },
	{ "a text without an end", "\nlisten = \"", "x", "",
	  "c.conf:4: a text without an end" },
	{ "a comment without an end", "\n/*", "x", "",
	  "c.conf:4: a comment without an end" },
	{ "backslashes without an end", "listen = \"", "\\", "",
	  "c.conf:3: a text without an end" },
    // clang-format on
};

static void
long_parts(void **state)
{
	const struct row *row = *state;
	struct load load = load_new();

	fputs(row->start, load.out);
	repeat(&load, row->repeated, LONG);
	fputs(row->end, load.out);
	load_run(&load);
	if (row->diagnostic[0] == '\0')
		assert_int_equal(load.err, ERR_OK);
	else
		assert_memory_equal(load.diagnostics.items[0].text,
		    row->diagnostic, strlen(row->diagnostic));
	load_done(&load);
}

/* The last text that is allowed, and the first that is not. */
static void
length_of_a_text(void **state)
{
	(void)state;
	for (size_t more = 0; more < 2; more++) {
		struct load load = load_new();
		fputs("base_path = \"/", load.out);
		repeat(&load, "x", CONF_TEXT_MAX - 1 + more);
		fputs("\";\n", load.out);
		load_run(&load);
		assert_int_equal(load.diagnostics.errors, more);
		if (more)
			assert_non_null(strstr(load.diagnostics.items[0].text,
			    " is longer than 4095 bytes, allowed is "));
		load_done(&load);
	}
}

/* Some disks take long for a new file, but not for one more name of it. */
#define NAMES_OF_A_FILE 1000

static void
write_names(int count)
{
	char first[32] = "";
	char name[32];

	for (int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "d/%d.conf", i);
		if (i % NAMES_OF_A_FILE != 0) {
			assert_int_equal(link(first, name), 0);
			continue;
		}
		int fd = creat(name, 0600);
		assert_true(fd >= 0);
		close(fd);
		memcpy(first, name, sizeof(first));
	}
}

static void
files_of_a_folder(void **state)
{
	struct load load = load_new();

	(void)state;
	fputs("clients_dir = \"d\";\n", load.out);
	temp_dir_make("d");
	write_names(CONF_CLIENTS_DIR_MAX + 1);
	load_run(&load);
	check_first(&load,
	    "c.conf:3: clients_dir: d has 100001 files, allowed are up to "
	    "100000",
	    1);
	load_done(&load);
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(many_clients_and_hosts),
	    cmocka_unit_test(many_shared_hosts),
	    cmocka_unit_test(many_equal_hosts),
	    cmocka_unit_test(many_unknown_settings),
	    cmocka_unit_test(many_large_integers),
	    cmocka_unit_test(settings_of_a_group),
	    cmocka_unit_test(nested_groups),
	    cmocka_unit_test(very_deep_groups),
	    cmocka_unit_test(many_includes),
	    cmocka_unit_test(multiplied_includes),
	    cmocka_unit_test(length_of_a_text),
	    cmocka_unit_test(files_of_a_folder),
	};
	int failures = 0;

	failures += TABLE_RUN("conf_size: long parts", rows, long_parts);
	failures += cmocka_run_group_tests_name(
	    "conf_size: many and limits", singles, NULL, NULL);
	return failures;
}
