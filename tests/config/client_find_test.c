#include "ddnsgate/config/client_find.h"

#ifdef DDNSGATE_LMDB

#include <unistd.h>

#include "client_table.h"
#include "make_site.h"
#include "on_valgrind.h"
#include "spoil.h"
#include "table.h"

#define COUNT 120

static struct site *site;

static int
set_up(void **state)
{
	(void)state;
	temp_dir_enter();
	site = make_site();
	make_zone(site, CLIENT_TABLE_ZONE, 53);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	site_release(site);
	temp_dir_leave();
	return 0;
}

/* With those of the site: one whose name, secret and host nobody has. */
static void
open_it(void)
{
	const struct site_rules rules = {.allow_offline = true};
	struct client_db *db = NULL;
	const char *why = NULL;

	make_client(site, "lars", "SecretOfLars1234", &rules);
	make_host(site, "lars." CLIENT_TABLE_ZONE, MAKE_BOTH, 0);
	assert_int_equal(client_db_open(CLIENT_TABLE_PATH, &db, &why), ERR_OK);
	site_set_clients_db(site, db);
}

enum { BY_NAME, BY_SECRET, BY_HOST, KEYS };

static enum err
find(const struct table_client *client, int by, struct client_found *ret)
{
	struct secret_digest digest = secret_digest(span_of(client->secret));

	switch (by) {
	case BY_NAME:
		return client_find_name(site, span_of(client->name), ret);
	case BY_SECRET:
		return client_find_secret(site, &digest, ret);
	default:
		return client_find_host(site, span_of(client->host), ret);
	}
}

/* Is it this client, of whatever it was found by? */
static bool
is_right(const struct client_found *found, const struct table_client *client)
{
	struct secret_digest digest = secret_digest(span_of(client->secret));

	return found->stored != NULL &&
	       strcmp(found->client->name, client->name) == 0 &&
	       found->client->host_count >= 2 &&
	       strcmp(found->stored->hosts[0].name, client->host) == 0 &&
	       found->stored->secret_count == 1 &&
	       secret_digest_equal(&found->stored->secrets[0], &digest);
}

/* Gives how many were found; none is another one. */
static unsigned
find_all(void)
{
	struct table_client client;
	unsigned count = 0;

	for (unsigned i = 1; i <= COUNT; i++) {
		table_client_make(i, &client);
		for (int by = 0; by < KEYS; by++) {
			struct client_found found = {.client = NULL};
			enum err err = find(&client, by, &found);
			assert_true(err == ERR_OK || err == ERR_ABSENT ||
				    err == ERR_TABLE);
			if (err != ERR_OK) {
				assert_null(found.client);
				continue;
			}
			assert_true(is_right(&found, &client));
			client_found_done(&found);
			count++;
		}
	}
	return count;
}

static void
clients_are_found(void **state)
{
	struct table_client client;
	struct client_found found = {.client = NULL};

	(void)state;
	client_table_create(CLIENT_TABLE_PATH, COUNT);
	open_it();
	assert_int_equal(find_all(), KEYS * COUNT);
	table_client_make(COUNT + 1, &client);
	for (int by = 0; by < KEYS; by++)
		assert_int_equal(find(&client, by, &found), ERR_ABSENT);
	assert_int_equal(
	    client_find_name(site, span_of("lars"), &found), ERR_OK);
	assert_null(found.stored);
	client_found_done(&found);
}

/* What leads to another client's record, which is whole, is no way in. */
static void
an_index_leads_to_another(void **state)
{
	struct table_client client;
	struct secret_digest digest;
	struct client_found found = {.client = NULL};
	const uint32_t other = 2;

	(void)state;
	client_table_create(CLIENT_TABLE_PATH, 3);
	table_client_make(1, &client);
	digest = secret_digest(span_of(client.secret));
	const struct client_key keys[] = {
	    client_key_of_name(span_of(client.name)),
	    client_key_of_secret(&digest),
	    client_key_of_host(span_of(client.host)),
	};
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		client_table_put(CLIENT_TABLE_PATH, keys[i].kind,
		    client_key_span(&keys[i]), client_table_id(&other));
	open_it();
	for (int by = 0; by < KEYS; by++) {
		assert_int_equal(find(&client, by, &found), ERR_TABLE);
		assert_null(found.client);
	}
}

/* A digest of which the first half is right, as the key has it. */
static void
half_a_secret_is_none(void **state)
{
	struct table_client client;
	struct client_found found = {.client = NULL};

	(void)state;
	client_table_create(CLIENT_TABLE_PATH, 3);
	open_it();
	table_client_make(1, &client);
	struct secret_digest digest = secret_digest(span_of(client.secret));
	digest.bytes[SECRET_DIGEST_LEN - 1] ^= 1;
	assert_int_equal(client_find_secret(site, &digest, &found), ERR_TABLE);
	assert_null(found.client);
}

static void
a_host_is_in_no_zone(void **state)
{
	static const char line[] =
	    "eve sha256:"
	    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	    " eve.example.net";
	struct client_db_writer *writer = NULL;
	struct client_db_clash clash;
	struct client_found found = {.client = NULL};
	const char *why = NULL;

	(void)state;
	client_table_create(CLIENT_TABLE_PATH, 3);
	assert_int_equal(
	    client_db_writer_open(CLIENT_TABLE_PATH, &writer, &why), ERR_OK);
	assert_int_equal(
	    client_db_writer_add(writer, span_of(line), &clash, &why), ERR_OK);
	assert_int_equal(client_db_writer_commit(writer, &why), ERR_OK);
	client_db_writer_close(writer);
	open_it();
	assert_int_equal(
	    client_find_name(site, span_of("eve"), &found), ERR_TABLE);
	assert_int_equal(
	    client_find_host(site, span_of("eve.example.net"), &found),
	    ERR_TABLE);
	assert_int_equal(
	    client_find_name(site, span_of("c000001"), &found), ERR_OK);
	client_found_done(&found);
}

/* Of whom it is not known whether there is one, hashes stand in. */
static void
hashes_stand_in(void **state)
{
	struct client_found none = {.client = NULL};
	struct client_found decoy = {.client = NULL};
	struct site_crypts crypts;

	(void)state;
	client_table_create(CLIENT_TABLE_PATH, COUNT);
	open_it();
	assert_int_equal(
	    client_find_crypts(site, &none, span_of("nobody"), &crypts, &decoy),
	    ERR_OK);
	assert_int_equal(crypts.count, 1);
	assert_true(crypts.decoy);
	client_found_done(&decoy);
}

static void
each_page_is_spoilt(void **state)
{
	const struct spoil_kind *kind = *state;
	unsigned missed = 0;
	char page[SPOIL_PAGE];
	void *none = NULL;
	size_t size;

	set_up(&none);
	client_table_create(CLIENT_TABLE_PATH, COUNT);
	char *bytes = spoil_load(CLIENT_TABLE_PATH, &size);
	open_it();
	for (size_t i = 0; i < size / SPOIL_PAGE; i += valgrind_step()) {
		struct client_found nobody = {.client = NULL};
		struct client_found decoy = {.client = NULL};
		struct site_crypts crypts;
		kind->make(bytes, size, i, page);
		spoil_write(
		    CLIENT_TABLE_PATH, page, SPOIL_PAGE, i * SPOIL_PAGE);
		missed += KEYS * COUNT - find_all();
		enum err err = client_find_crypts(
		    site, &nobody, span_of("nobody"), &crypts, &decoy);
		assert_true(err == ERR_OK || err == ERR_TABLE);
		client_found_done(&decoy);
		spoil_write(CLIENT_TABLE_PATH, bytes + i * SPOIL_PAGE,
		    SPOIL_PAGE, i * SPOIL_PAGE);
	}
	assert_true(missed > 0);
	assert_int_equal(find_all(), KEYS * COUNT);
	free(bytes);
	tear_down(&none);
}

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_DIR(clients_are_found),
	    IN_DIR(an_index_leads_to_another),
	    IN_DIR(half_a_secret_is_none),
	    IN_DIR(a_host_is_in_no_zone),
	    IN_DIR(hashes_stand_in),
	};
	int failures = 0;

	failures +=
	    TABLE_RUN("client_find: damage", spoil_kinds, each_page_is_spoilt);
	failures += cmocka_run_group_tests_name(
	    "client_find: singles", tests, NULL, NULL);
	return failures;
}

#else

/* Without a table, those of the site are all (site_test.c). */
int
main(void)
{
	return 0;
}

#endif
