#include "ddnsgate/site/client_db_write.h"

#ifdef DDNSGATE_LMDB

#include <sys/wait.h>
#include <unistd.h>

#include "client_table.h"
#include "on_valgrind.h"
#include "spoil.h"
#include "table.h"

#define COUNT 150
#define DIGEST_A  \
	"sha256:" \
	"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
/* The key has half of it. */
#define DIGEST_A_NEARLY \
	"sha256:"       \
	"00112233445566778899aabbccddeeff00000000000000000000000000000000"
#define DIGEST_B  \
	"sha256:" \
	"ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define CRYPT "$5$abcdefgh$R7Sb3ztr9yHRcTSEVQYwVAxUpHGsbmcQDHFfKkNUVP8"

static struct client_db_writer *writer;
static struct client_db *db;
static struct client_db_record record;

static int
set_up(void **state)
{
	(void)state;
	temp_dir_enter();
	return 0;
}

static void
close_all(void)
{
	client_db_writer_close(writer);
	writer = NULL;
	client_db_close(db);
	db = NULL;
}

static int
tear_down(void **state)
{
	(void)state;
	close_all();
	client_db_record_done(&record);
	temp_dir_leave();
	return 0;
}

static void
open_it(void)
{
	const char *why = NULL;

	close_all();
	assert_int_equal(
	    client_db_writer_open(CLIENT_TABLE_PATH, &writer, &why), ERR_OK);
	assert_int_equal(client_db_open(CLIENT_TABLE_PATH, &db, &why), ERR_OK);
}

static void
commit(void)
{
	const char *why = NULL;

	assert_int_equal(client_db_writer_commit(writer, &why), ERR_OK);
	client_db_writer_close(writer);
	writer = NULL;
}

static enum err
add(const char *line, struct client_db_clash *ret_clash)
{
	const char *why = NULL;

	return client_db_writer_add(writer, span_of(line), ret_clash, &why);
}

/* The line that a key leads to; "": none. */
static const char *
line_of(struct client_key key)
{
	static char line[1000];
	const char *why = NULL;

	enum err err = client_db_find(db, &key, &record, &why);
	assert_true(err == ERR_OK || err == ERR_ABSENT);
	snprintf(line, sizeof(line), "%.*s",
	    err == ERR_OK ? (int)record.line.len : 0, record.line.ptr);
	return line;
}

static const char *
line_of_name(const char *name)
{
	return line_of(client_key_of_name(span_of(name)));
}

static const char *
line_of_host(const char *host)
{
	return line_of(client_key_of_host(span_of(host)));
}

static const char *
line_of_secret(const char *stored)
{
	struct secret_digest digest;

	assert_int_equal(secret_stored_parse(span_of(stored), &digest), ERR_OK);
	return line_of(client_key_of_secret(&digest));
}

#define ANN "ann " DIGEST_A " a.example.org,b.example.org"

static void
a_change_is_seen_when_it_is_made(void **state)
{
	struct client_db_clash clash;

	(void)state;
	client_table_create_empty(CLIENT_TABLE_PATH);
	open_it();
	assert_int_equal(add(ANN, &clash), ERR_OK);
	assert_string_equal(line_of_name("ann"), "");
	commit();
	assert_string_equal(line_of_name("ann"), ANN);
	assert_int_equal(record.id, 1);
	assert_string_equal(line_of_host("b.example.org"), ANN);
	assert_string_equal(line_of_secret(DIGEST_A), ANN);
	open_it();
	assert_int_equal(add("ben " DIGEST_B " c.example.org", &clash), ERR_OK);
	close_all();
	open_it();
	assert_string_equal(line_of_name("ben"), "");
}

/* All keys of the old line are gone, and those of the new one are there. */
static void
a_line_is_replaced(void **state)
{
	static const char line[] =
	    "eve " DIGEST_B " b.example.org,c.example.org "
	    "secrets=" CRYPT;
	struct client_db_clash clash;
	const char *why = NULL;

	(void)state;
	client_table_create_empty(CLIENT_TABLE_PATH);
	open_it();
	assert_int_equal(add(ANN, &clash), ERR_OK);
	commit();
	open_it();
	assert_int_equal(
	    client_db_writer_replace(writer, 1, span_of(line), &clash, &why),
	    ERR_OK);
	commit();
	assert_string_equal(line_of_name("ann"), "");
	assert_string_equal(line_of_secret(DIGEST_A), "");
	assert_string_equal(line_of_host("a.example.org"), "");
	assert_string_equal(line_of_host("b.example.org"), line);
	assert_string_equal(line_of_name("eve"), line);
	assert_string_equal(line_of_secret(DIGEST_B), line);
	assert_int_equal(record.id, 1);
	struct client_db_sample sample;
	size_t count = 1;
	assert_int_equal(client_db_sample(db, &sample, &count, &why), ERR_OK);
	assert_int_equal(count, 1);
	open_it();
	assert_int_equal(client_db_writer_remove(writer, 1, &why), ERR_OK);
	assert_int_equal(client_db_writer_remove(writer, 1, &why), ERR_ABSENT);
	commit();
	assert_string_equal(line_of_name("eve"), "");
	assert_string_equal(line_of_host("b.example.org"), "");
	assert_int_equal(client_db_sample(db, &sample, &count, &why), ERR_OK);
	assert_int_equal(count, 0);
	open_it();
	assert_int_equal(
	    client_db_writer_replace(writer, 1, span_of(line), &clash, &why),
	    ERR_ABSENT);
}

// clang-format off
static const struct clash_row {
	const char *name;
	const char *line;
	enum client_key_kind kind;
	const char *key; /* of a name or a host */
} clashes[] = {
	{ "a name", "ann " DIGEST_B " c.example.org", CLIENT_KEY_NAME, "ann" },
	{ "a secret", "ben " DIGEST_A " c.example.org", CLIENT_KEY_SECRET, NULL },
	{ "half a secret", "ben " DIGEST_A_NEARLY " c.example.org", CLIENT_KEY_SECRET, NULL },
	{ "a further secret", "ben " DIGEST_B " c.example.org secrets=" CRYPT ";" DIGEST_A,
	  CLIENT_KEY_SECRET, NULL },
	{ "a host", "ben " DIGEST_B " c.example.org,b.example.org", CLIENT_KEY_HOST,
	  "org.example.b" },
};
// clang-format on

/* Nothing of it is in the table, by whichever of two ways. */
static void
what_another_has_is_refused(void **state)
{
	const struct clash_row *row = *state;
	struct client_db_clash clash;
	const char *why = NULL;
	void *none = NULL;

	set_up(&none);
	client_table_create_empty(CLIENT_TABLE_PATH);
	open_it();
	assert_int_equal(add("first " CRYPT " x.example.org", &clash), ERR_OK);
	assert_int_equal(add(ANN, &clash), ERR_OK);
	assert_int_equal(add("last " CRYPT " y.example.org", &clash), ERR_OK);
	commit();
	for (int replaces = 0; replaces < 2; replaces++) {
		open_it();
		memset(&clash, 0, sizeof(clash));
		enum err err = replaces ? client_db_writer_replace(writer, 3,
					      span_of(row->line), &clash, &why)
					: add(row->line, &clash);
		assert_int_equal(err, ERR_DUPLICATE);
		assert_int_equal(clash.id, 2);
		assert_int_equal(clash.key.kind, row->kind);
		if (row->key != NULL)
			assert_true(
			    span_is(client_key_span(&clash.key), row->key));
		open_it();
		assert_string_equal(line_of_name("ben"), "");
		assert_string_equal(line_of_host("c.example.org"), "");
		assert_string_equal(line_of_name("ann"), ANN);
		assert_string_equal(
		    line_of_name("last"), "last " CRYPT " y.example.org");
	}
	tear_down(&none);
}

/* Several clients may have the same hash; the one that is in the sample is the
 * first. */
static void
hashes_may_be_the_same(void **state)
{
	struct client_db_clash clash;
	struct client_db_sample sample[3];
	const char *why = NULL;
	size_t count = 3;

	(void)state;
	client_table_create_empty(CLIENT_TABLE_PATH);
	open_it();
	assert_int_equal(add("ann " CRYPT " a.example.org", &clash), ERR_OK);
	assert_int_equal(add("ben " CRYPT " b.example.org", &clash), ERR_OK);
	commit();
	assert_int_equal(client_db_sample(db, sample, &count, &why), ERR_OK);
	assert_int_equal(count, 1);
	assert_int_equal(sample[0].id, 1);
	open_it();
	assert_int_equal(client_db_writer_remove(writer, 2, &why), ERR_OK);
	commit();
	count = 3;
	assert_int_equal(client_db_sample(db, sample, &count, &why), ERR_OK);
	assert_int_equal(count, 1);
	open_it();
	assert_int_equal(client_db_writer_remove(writer, 1, &why), ERR_OK);
	commit();
	assert_int_equal(client_db_sample(db, sample, &count, &why), ERR_OK);
	assert_int_equal(count, 0);
}

static void
lines_have_a_length(void **state)
{
	static char line[CLIENT_DB_LINE_MAX + 2];
	struct client_db_clash clash;
	struct text text;

	(void)state;
	client_table_create_empty(CLIENT_TABLE_PATH);
	text_init(&text, line, sizeof(line));
	text_puts(&text, ANN " ttl=60");
	memset(line + text.len, ' ', sizeof(line) - text.len - 1);
	open_it();
	assert_int_equal(add(line, &clash), ERR_SYNTAX);
	open_it();
	line[CLIENT_DB_LINE_MAX] = '\0';
	assert_int_equal(add(line, &clash), ERR_OK);
	commit();
	const struct client_key key = client_key_of_name(span_of("ann"));
	const char *why = NULL;
	assert_int_equal(client_db_find(db, &key, &record, &why), ERR_OK);
	assert_true(span_equal(record.line, span_of(line)));
	open_it();
	assert_int_equal(add("ann " DIGEST_A, &clash), ERR_SYNTAX);
}

/* Numbers are not used again while there is a greater one. */
static void
numbers_end(void **state)
{
	const uint32_t last = CLIENT_DB_ID_MAX - 1;
	struct client_db_clash clash;
	const char *why = NULL;

	(void)state;
	client_table_create_empty(CLIENT_TABLE_PATH);
	client_table_put(CLIENT_TABLE_PATH, CLIENT_DB_LINES,
	    client_table_id(&last), span_of("12345678"));
	open_it();
	assert_int_equal(add(ANN, &clash), ERR_OK);
	commit();
	assert_string_equal(line_of_name("ann"), ANN);
	assert_int_equal(record.id, CLIENT_DB_ID_MAX);
	open_it();
	assert_int_equal(
	    client_db_writer_add(writer,
		span_of("ben " DIGEST_B " c.example.org"), &clash, &why),
	    ERR_IO);
	assert_string_equal(why, "has used all numbers for clients, export "
				 "and import it anew");
	uint32_t next = CLIENT_DB_ID_MAX;
	assert_int_equal(client_db_from(db, next, &record, &why), ERR_OK);
	assert_int_equal(
	    client_db_from(db, next + 1, &record, &why), ERR_ABSENT);
}

/* Other files */

static void
there_is_a_table_to_change(void **state)
{
	const char *why = NULL;

	(void)state;
	assert_int_equal(
	    client_db_writer_open(CLIENT_TABLE_PATH, &writer, &why),
	    ERR_ABSENT);
	temp_dir_write(CLIENT_TABLE_PATH, ANN "\n", 0600);
	assert_int_equal(
	    client_db_writer_open(CLIENT_TABLE_PATH, &writer, &why), ERR_IO);
	assert_string_equal(
	    why, "is no table that ddnsgatectl import has made");
	assert_null(writer);
}

/* A client whose record, or one of whose keys, is not right is not removed,
 * which would remove what is another's. */
static void
a_damaged_client_stays(void **state)
{
	struct table_client client;
	const char *why = NULL;
	const uint32_t one = 1, two = 2;

	(void)state;
	client_table_create(CLIENT_TABLE_PATH, 3);
	table_client_make(1, &client);
	const struct client_key key = client_key_of_host(span_of(client.host));
	client_table_put(CLIENT_TABLE_PATH, CLIENT_KEY_HOST,
	    client_key_span(&key), client_table_id(&two));
	open_it();
	assert_int_equal(client_db_writer_remove(writer, 1, &why), ERR_IO);
	assert_string_equal(why, "is damaged");
	close_all();
	client_table_put(CLIENT_TABLE_PATH, CLIENT_KEY_HOST,
	    client_key_span(&key), (struct span){NULL, 0});
	open_it();
	assert_int_equal(client_db_writer_remove(writer, 1, &why), ERR_IO);
	assert_string_equal(why, "is damaged");
	close_all();
	client_table_put(CLIENT_TABLE_PATH, CLIENT_DB_LINES,
	    client_table_id(&one), span_of("12345678ann x y"));
	open_it();
	assert_int_equal(client_db_writer_remove(writer, 1, &why), ERR_IO);
	assert_string_equal(why, "has a damaged record");
	close_all();
	client_table_put(CLIENT_TABLE_PATH, CLIENT_DB_LINES,
	    client_table_id(&one), span_of("1234567"));
	open_it();
	assert_int_equal(client_db_writer_remove(writer, 1, &why), ERR_IO);
	assert_string_equal(why, "has a damaged record");
}

/* In a process of its own: what LMDB makes of a damaged page may end it. */
static int
change_damaged(void)
{
	struct client_db_clash clash;
	struct table_client client;
	const char *why = NULL;

	enum err err = client_db_writer_open(CLIENT_TABLE_PATH, &writer, &why);
	if (err == ERR_OK) {
		table_client_make(COUNT + 1, &client);
		err = client_db_writer_add(
		    writer, table_client_line(&client), &clash, &why);
	}
	if (err == ERR_OK)
		err = client_db_writer_remove(writer, COUNT / 2, &why);
	if (err == ERR_OK)
		err = client_db_writer_commit(writer, &why);
	client_db_writer_close(writer);
	return err == ERR_SYNTAX ? 1 : 0;
}

/* By name: the record is of this client, as a whole, or there is none. */
static void
look_at_all(void)
{
	const char *why = NULL;

	if (client_db_open(CLIENT_TABLE_PATH, &db, &why) != ERR_OK)
		return;
	for (unsigned i = 1; i <= COUNT + 1; i++) {
		struct table_client client;
		table_client_make(i, &client);
		const struct client_key key =
		    client_key_of_name(span_of(client.name));
		if (client_db_find(db, &key, &record, &why) != ERR_OK)
			continue;
		/* A client that was added is at any number. */
		table_client_make(
		    record.id > COUNT ? COUNT + 1 : record.id, &client);
		assert_true(
		    span_equal(record.line, table_client_line(&client)));
	}
	close_all();
}

static void
each_page_is_spoilt(void **state)
{
	const struct spoil_kind *kind = *state;
	char page[SPOIL_PAGE];
	void *none = NULL;
	size_t size;
	int status;

	set_up(&none);
	client_table_create(CLIENT_TABLE_PATH, COUNT);
	char *bytes = spoil_load(CLIENT_TABLE_PATH, &size);
	for (size_t i = 0; i < size / SPOIL_PAGE; i += valgrind_step()) {
		spoil_restore(CLIENT_TABLE_PATH, bytes, size);
		kind->make(bytes, size, i, page);
		spoil_write(
		    CLIENT_TABLE_PATH, page, SPOIL_PAGE, i * SPOIL_PAGE);
		pid_t pid = fork();
		if (pid == 0)
			_exit(change_damaged());
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
		look_at_all();
	}
	free(bytes);
	tear_down(&none);
}

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_DIR(a_change_is_seen_when_it_is_made),
	    IN_DIR(a_line_is_replaced),
	    IN_DIR(hashes_may_be_the_same),
	    IN_DIR(lines_have_a_length),
	    IN_DIR(numbers_end),
	    IN_DIR(there_is_a_table_to_change),
	    IN_DIR(a_damaged_client_stays),
	};
	int failures = 0;

	failures += TABLE_RUN(
	    "client_db_write: clashes", clashes, what_another_has_is_refused);
	failures += cmocka_run_group_tests_name(
	    "client_db_write: singles", tests, NULL, NULL);
	/* Last, as it scatters valgrind's memory over the room for maps. */
	failures += TABLE_RUN(
	    "client_db_write: damage", spoil_kinds, each_page_is_spoilt);
	return failures;
}

#else

#include "table.h"

static void
built_without_it(void **state)
{
	struct client_db_writer *writer = NULL;
	const char *why = NULL;

	(void)state;
	assert_int_equal(
	    client_db_writer_open("c", &writer, &why), ERR_UNSUPPORTED);
	assert_string_equal(why, LMDB_ENV_UNSUPPORTED);
	client_db_writer_close(writer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(built_without_it),
	};

	return cmocka_run_group_tests_name(
	    "client_db_write", tests, NULL, NULL);
}

#endif
