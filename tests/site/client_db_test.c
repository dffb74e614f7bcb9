#include "ddnsgate/site/client_db.h"

#ifdef DDNSGATE_LMDB

#include <unistd.h>

#include "client_table.h"
#include "on_valgrind.h"
#include "spoil.h"
#include "table.h"

#define COUNT 200

static struct client_db *db;
static struct client_db_record record;

static int
set_up(void **state)
{
	(void)state;
	temp_dir_enter();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	client_db_close(db);
	db = NULL;
	client_db_record_done(&record);
	temp_dir_leave();
	return 0;
}

static void
open_it(void)
{
	const char *why = NULL;

	assert_int_equal(client_db_open(CLIENT_TABLE_PATH, &db, &why), ERR_OK);
}

/* The keys of a client, each of which leads to it. */
enum { BY_NAME, BY_SECRET, BY_HOST, BY_OTHER_HOST, KEYS };

static struct client_key
key_of(const struct table_client *client, int by)
{
	struct secret_digest digest = secret_digest(span_of(client->secret));
	char other[80];

	switch (by) {
	case BY_NAME:
		return client_key_of_name(span_of(client->name));
	case BY_SECRET:
		return client_key_of_secret(&digest);
	case BY_HOST:
		return client_key_of_host(span_of(client->host));
	default:
		snprintf(other, sizeof(other), "www.%s", client->host);
		return client_key_of_host(span_of(other));
	}
}

static enum err
find(unsigned number, int by)
{
	struct table_client client;
	const char *why = NULL;

	table_client_make(number, &client);
	const struct client_key key = key_of(&client, by);
	enum err err = client_db_find(db, &key, &record, &why);
	if (err == ERR_IO)
		assert_non_null(why);
	return err;
}

static void
a_client_is_found_by_its_keys(void **state)
{
	const char *why = NULL;

	(void)state;
	client_table_create(CLIENT_TABLE_PATH, COUNT);
	open_it();
	for (unsigned i = 1; i <= COUNT; i++) {
		for (int by = 0; by < KEYS; by++) {
			assert_int_equal(find(i, by), ERR_OK);
			assert_int_equal(record.id, i);
			assert_true(client_table_is_right(&record));
		}
		assert_int_equal(client_db_get(db, i, &record, &why), ERR_OK);
		assert_true(client_table_is_right(&record));
	}
	for (int by = 0; by < KEYS; by++)
		assert_int_equal(find(COUNT + 1, by), ERR_ABSENT);
	assert_int_equal(client_db_get(db, 0, &record, &why), ERR_ABSENT);
	assert_int_equal(
	    client_db_get(db, COUNT + 1, &record, &why), ERR_ABSENT);
	struct client_key none = {.kind = CLIENT_KEY_NAME, .len = 0};
	assert_int_equal(client_db_find(db, &none, &record, &why), ERR_ABSENT);
}

static void
all_are_gone_through(void **state)
{
	struct client_db_counts counts;
	const char *why = NULL;
	uint32_t next = 0;
	unsigned found = 0;

	(void)state;
	client_table_create(CLIENT_TABLE_PATH, COUNT);
	open_it();
	while (client_db_from(db, next, &record, &why) == ERR_OK) {
		assert_int_equal(record.id, ++found);
		assert_true(client_table_is_right(&record));
		next = record.id + 1;
	}
	assert_int_equal(found, COUNT);
	assert_int_equal(client_db_count(db, &counts, &why), ERR_OK);
	assert_int_equal(counts.clients, COUNT);
	assert_int_equal(
	    counts.hosts, 2 * COUNT + COUNT / CLIENT_TABLE_LONG * 100);
}

/* Goes through the keys of a kind, which get greater and greater; gives how
 * many there are. */
static uint64_t
walk(enum client_key_kind kind, enum err end)
{
	struct client_key before = {.kind = kind};
	struct client_key key = before;
	const char *why = NULL;
	uint64_t found = 0;
	uint32_t id;
	enum err err;

	while ((err = client_db_next_key(db, &key, &id, &why)) == ERR_OK) {
		size_t len = key.len < before.len ? key.len : before.len;
		int order = memcmp(key.bytes, before.bytes, len);
		assert_true(order > 0 || (order == 0 && key.len > before.len));
		assert_int_equal(key.kind, kind);
		before = key;
		found++;
	}
	if (end != ERR_OK)
		assert_int_equal(err, end);
	return found;
}

static void
keys_are_gone_through(void **state)
{
	const char *why = NULL;
	uint64_t count;

	(void)state;
	client_table_create(CLIENT_TABLE_PATH, COUNT);
	open_it();
	for (int i = 0; i < CLIENT_KEY_KINDS; i++) {
		enum client_key_kind kind = (enum client_key_kind)i;
		assert_int_equal(
		    client_db_count_keys(db, kind, &count, &why), ERR_OK);
		assert_true(count > 0);
		assert_int_equal(walk(kind, ERR_ABSENT), count);
	}
}

/* Also from one that is not there. */
static void
keys_have_clients(void **state)
{
	const char *why = NULL;
	char name[CLIENT_KEY_MAX + 1];
	uint32_t id = 0;

	(void)state;
	client_table_create(CLIENT_TABLE_PATH, 3);
	open_it();
	struct client_key key =
	    client_key_of_host(span_of("h000002." CLIENT_TABLE_ZONE));
	assert_int_equal(client_db_find_id(db, &key, &id, &why), ERR_OK);
	assert_int_equal(id, 2);
	assert_int_equal(client_db_next_key(db, &key, &id, &why), ERR_OK);
	client_key_host_name(client_key_span(&key), name);
	assert_string_equal(name, "www.h000002." CLIENT_TABLE_ZONE);
	assert_int_equal(id, 2);
	key = client_key_of_host(span_of("h000000." CLIENT_TABLE_ZONE));
	assert_int_equal(client_db_find_id(db, &key, &id, &why), ERR_ABSENT);
	assert_int_equal(client_db_next_key(db, &key, &id, &why), ERR_OK);
	client_key_host_name(client_key_span(&key), name);
	assert_string_equal(name, "h000001." CLIENT_TABLE_ZONE);
	key = client_key_of_host(span_of("z.zz"));
	assert_int_equal(client_db_next_key(db, &key, &id, &why), ERR_ABSENT);
	key.len = 0;
	assert_int_equal(client_db_find_id(db, &key, &id, &why), ERR_ABSENT);
}

static void
clients_with_hashes_are_sampled(void **state)
{
	struct client_db_sample sample[COUNT];
	const char *why = NULL;
	size_t count = COUNT;

	(void)state;
	client_table_create(CLIENT_TABLE_PATH, COUNT);
	open_it();
	assert_int_equal(client_db_sample(db, sample, &count, &why), ERR_OK);
	assert_int_equal(count, COUNT / CLIENT_TABLE_CRYPT);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(sample[i].id % CLIENT_TABLE_CRYPT, 0);
		assert_true(
		    i == 0 || memcmp(&sample[i - 1].digest, &sample[i].digest,
				  SECRET_DIGEST_LEN) < 0);
	}
	count = 3;
	assert_int_equal(client_db_sample(db, sample, &count, &why), ERR_OK);
	assert_int_equal(count, 3);
	count = 0;
	assert_int_equal(client_db_sample(db, sample, &count, &why), ERR_OK);
	assert_int_equal(count, 0);
}

/* Records of each length around those that buffers have. */
static void
lines_have_a_length(void **state)
{
	static char bytes[sizeof(uint64_t) + CLIENT_DB_LINE_MAX + 1];
	static const size_t lens[] = {0, 1, CLIENT_DB_LINE_USUAL - 1,
	    CLIENT_DB_LINE_USUAL, CLIENT_DB_LINE_USUAL + 1,
	    CLIENT_DB_LINE_MAX - 1, CLIENT_DB_LINE_MAX, CLIENT_DB_LINE_MAX + 1};
	char *const line = bytes + sizeof(uint64_t);
	const char *why = NULL;
	const uint32_t id = 7;

	(void)state;
	client_table_create_empty(CLIENT_TABLE_PATH);
	memset(line, 'x', CLIENT_DB_LINE_MAX + 1);
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		const struct span text = {line, lens[i]};
		uint64_t checksum = client_db_checksum(id, text);
		memcpy(bytes, &checksum, sizeof(checksum));
		client_table_put(CLIENT_TABLE_PATH, CLIENT_DB_LINES,
		    client_table_id(&id),
		    (struct span){bytes, sizeof(checksum) + lens[i]});
		open_it();
		enum err err = client_db_get(db, id, &record, &why);
		assert_int_equal(
		    err, lens[i] <= CLIENT_DB_LINE_MAX ? ERR_OK : ERR_IO);
		if (err == ERR_OK)
			assert_true(span_equal(record.line, text));
		client_db_close(db);
		db = NULL;
	}
	client_table_put(CLIENT_TABLE_PATH, CLIENT_DB_LINES,
	    client_table_id(&id), span_of("short"));
	open_it();
	assert_int_equal(client_db_get(db, id, &record, &why), ERR_IO);
}

/* What an index says of a client that is another's, or nobody's. */
static void
an_index_is_wrong(void **state)
{
	struct table_client client;
	const char *why = NULL;
	const uint32_t nobody = COUNT + 7;

	(void)state;
	client_table_create(CLIENT_TABLE_PATH, COUNT);
	table_client_make(1, &client);
	for (int by = 0; by < KEYS; by++) {
		const struct client_key key = key_of(&client, by);
		const struct span bytes = client_key_span(&key);
		client_table_put(CLIENT_TABLE_PATH, key.kind, bytes,
		    client_table_id(&nobody));
		open_it();
		assert_int_equal(find(1, by), ERR_IO);
		client_db_close(db);
		client_table_put(
		    CLIENT_TABLE_PATH, key.kind, bytes, span_of("12345"));
		open_it();
		assert_int_equal(find(1, by), ERR_IO);
		client_db_close(db);
		db = NULL;
	}
	/* The client itself is there. */
	open_it();
	assert_int_equal(client_db_get(db, 1, &record, &why), ERR_OK);
}

/* A record of another number is not this one's, whatever its line is. */
static void
a_record_is_at_another_number(void **state)
{
	const char *why = NULL;
	uint32_t id = 1;

	(void)state;
	client_table_create(CLIENT_TABLE_PATH, 2);
	open_it();
	assert_int_equal(client_db_get(db, id, &record, &why), ERR_OK);
	char bytes[sizeof(uint64_t) + CLIENT_TABLE_LINE];
	uint64_t checksum = client_db_checksum(id, record.line);
	memcpy(bytes, &checksum, sizeof(checksum));
	memcpy(bytes + sizeof(checksum), record.line.ptr, record.line.len);
	const struct span value = {bytes, sizeof(checksum) + record.line.len};
	id = 2;
	client_table_put(
	    CLIENT_TABLE_PATH, CLIENT_DB_LINES, client_table_id(&id), value);
	assert_int_equal(client_db_get(db, 1, &record, &why), ERR_OK);
	assert_int_equal(client_db_get(db, 2, &record, &why), ERR_IO);
	assert_string_equal(why, "has a damaged record");
}

/* Each bit of a line counts, and where it is. */
static void
the_checksum_tells_lines_apart(void **state)
{
	char line[] = "lars sha256:00112233 lars.dyn.example.org ttl=60";
	const struct span text = {line, sizeof(line) - 1};
	const uint64_t right = client_db_checksum(1, text);

	(void)state;
	assert_true(client_db_checksum(2, text) != right);
	for (size_t i = 0; i < text.len; i++) {
		for (int bit = 0; bit < 8; bit++) {
			line[i] ^= (char)(1 << bit);
			assert_true(client_db_checksum(1, text) != right);
			line[i] ^= (char)(1 << bit);
		}
		assert_true(
		    client_db_checksum(1, (struct span){line, i}) != right);
	}
}

/* Whatever the damage, a record that is given is whole, and going through them
 * ends. */
static void
read_all(unsigned *ret_failed)
{
	struct client_db_counts counts;
	struct client_db_sample sample[COUNT];
	const char *why = NULL;
	size_t sampled = COUNT;
	uint32_t next = 0;

	*ret_failed = 0;
	for (unsigned i = 1; i <= COUNT; i += 5) {
		for (int by = 0; by < KEYS; by++) {
			enum err err = find(i, by);
			*ret_failed += err != ERR_OK;
			if (err == ERR_OK)
				assert_true(client_table_is_right(&record));
		}
		enum err err = client_db_get(db, i, &record, &why);
		if (err == ERR_OK)
			assert_true(
			    record.id == i && client_table_is_right(&record));
	}
	while (client_db_from(db, next, &record, &why) == ERR_OK) {
		assert_true(record.id >= next && record.id <= COUNT);
		assert_true(client_table_is_right(&record));
		next = record.id + 1;
	}
	(void)client_db_count(db, &counts, &why);
	(void)client_db_sample(db, sample, &sampled, &why);
	assert_true(sampled <= COUNT);
	for (int i = 0; i < CLIENT_KEY_KINDS; i++)
		(void)walk((enum client_key_kind)i, ERR_OK);
}

static void
each_page_is_spoilt(void **state)
{
	const struct spoil_kind *kind = *state;
	unsigned failed, failures = 0;
	char page[SPOIL_PAGE];
	void *none = NULL;
	size_t size;

	set_up(&none);
	client_table_create(CLIENT_TABLE_PATH, COUNT);
	char *bytes = spoil_load(CLIENT_TABLE_PATH, &size);
	open_it();
	for (size_t i = 0; i < size / SPOIL_PAGE; i += valgrind_step()) {
		kind->make(bytes, size, i, page);
		spoil_write(
		    CLIENT_TABLE_PATH, page, SPOIL_PAGE, i * SPOIL_PAGE);
		read_all(&failed);
		failures += failed;
		spoil_write(CLIENT_TABLE_PATH, bytes + i * SPOIL_PAGE,
		    SPOIL_PAGE, i * SPOIL_PAGE);
	}
	assert_true(failures > 0);
	read_all(&failed);
	assert_int_equal(failed, 0);
	free(bytes);
	tear_down(&none);
}

static void
it_is_cut(void **state)
{
	unsigned failed;
	size_t size;

	(void)state;
	client_table_create(CLIENT_TABLE_PATH, COUNT);
	char *bytes = spoil_load(CLIENT_TABLE_PATH, &size);
	open_it();
	for (size_t to = 0; to < size; to += SPOIL_PAGE / 2 * valgrind_step()) {
		spoil_restore(CLIENT_TABLE_PATH, bytes, size);
		assert_int_equal(truncate(CLIENT_TABLE_PATH, (off_t)to), 0);
		read_all(&failed);
		assert_true(failed > 0 || to > size / 2);
	}
	spoil_restore(CLIENT_TABLE_PATH, bytes, size);
	read_all(&failed);
	assert_int_equal(failed, 0);
	free(bytes);
}

/* Pages that repeat the first clients: each next one would be before the one
 * that was found last. */
static void
going_through_them_ends(void **state)
{
	size_t size, from = 0;
	const char *why = NULL;

	(void)state;
	client_table_create(CLIENT_TABLE_PATH, COUNT);
	char *bytes = spoil_load(CLIENT_TABLE_PATH, &size);
	/* The page of the first clients, by their lines. */
	struct table_client client;
	table_client_make(1, &client);
	for (size_t i = 2; i < size / SPOIL_PAGE; i++) {
		if (memmem(bytes + i * SPOIL_PAGE, SPOIL_PAGE, client.line,
			client.len) != NULL)
			from = i;
	}
	assert_true(from > 0);
	open_it();
	for (size_t i = 2; i < size / SPOIL_PAGE; i++) {
		if (memmem(bytes + i * SPOIL_PAGE, SPOIL_PAGE, "sha256:", 7) !=
		    NULL)
			spoil_write(CLIENT_TABLE_PATH,
			    bytes + from * SPOIL_PAGE, SPOIL_PAGE,
			    i * SPOIL_PAGE);
	}
	uint32_t next = 0;
	while (client_db_from(db, next, &record, &why) == ERR_OK) {
		assert_true(record.id >= next);
		next = record.id + 1;
	}
	assert_true(next > 1 && next < COUNT);
	free(bytes);
}

static void
other_files_are_refused(void **state)
{
	const char *why = NULL;

	(void)state;
	assert_int_equal(client_db_open(CLIENT_TABLE_PATH, &db, &why), ERR_IO);
	assert_string_equal(why, "No such file or directory");
	temp_dir_write(CLIENT_TABLE_PATH, "lars secret lars\n", 0600);
	assert_int_equal(client_db_open(CLIENT_TABLE_PATH, &db, &why), ERR_IO);
	assert_string_equal(
	    why, "is no table that ddnsgatectl import has made");
	assert_null(db);
	client_db_close(NULL);
}

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_DIR(a_client_is_found_by_its_keys),
	    IN_DIR(all_are_gone_through),
	    IN_DIR(keys_are_gone_through),
	    IN_DIR(keys_have_clients),
	    IN_DIR(clients_with_hashes_are_sampled),
	    IN_DIR(lines_have_a_length),
	    IN_DIR(an_index_is_wrong),
	    IN_DIR(a_record_is_at_another_number),
	    cmocka_unit_test(the_checksum_tells_lines_apart),
	    IN_DIR(it_is_cut),
	    IN_DIR(going_through_them_ends),
	    IN_DIR(other_files_are_refused),
	};
	int failures = 0;

	failures +=
	    TABLE_RUN("client_db: damage", spoil_kinds, each_page_is_spoilt);
	failures += cmocka_run_group_tests_name(
	    "client_db: singles", tests, NULL, NULL);
	return failures;
}

#else

#include "table.h"

static void
built_without_it(void **state)
{
	struct client_db *db = NULL;
	const char *why = NULL;

	(void)state;
	assert_int_equal(client_db_open("c", &db, &why), ERR_UNSUPPORTED);
	assert_string_equal(why, LMDB_ENV_UNSUPPORTED);
	client_db_close(db);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(built_without_it),
	};

	return cmocka_run_group_tests_name("client_db", tests, NULL, NULL);
}

#endif
