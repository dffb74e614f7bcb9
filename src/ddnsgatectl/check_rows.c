#include "check_rows.h"

#include <stdarg.h>
#include <stdio.h>

#include "ddnsgate/site/client_db.h"

#define KEY_TEXT_SIZE (sizeof(struct diagnostic_value) + 16)

void
check_rows_say(enum diagnostic_severity severity, size_t *count,
    const char *path, const char *format, ...)
{
	char text[2 * CLIENT_KEY_MAX + 512];
	va_list args;

	if (++*count > EACH_CLIENT_SAID_MAX)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	ctl_print_diagnostic(severity, "%s: %s", path, text);
}

static const char *
path_of(const struct check_rows *check)
{
	return site_settings(check->ctl->site)->clients_db;
}

static struct client_db *
db_of(const struct check_rows *check)
{
	return site_clients_db(check->ctl->site);
}

/* "host ann.example.org" */
static void
describe(const struct client_key *key, char *buf)
{
	char host[CLIENT_KEY_MAX + 1];

	switch (key->kind) {
	case CLIENT_KEY_NAME:
		snprintf(buf, KEY_TEXT_SIZE, "name %s",
		    diagnostic_quote(client_key_span(key)).text);
		break;
	case CLIENT_KEY_HOST:
		client_key_host_name(client_key_span(key), host);
		snprintf(buf, KEY_TEXT_SIZE, "host %s",
		    diagnostic_quote(span_of(host)).text);
		break;
	case CLIENT_KEY_SECRET:
		snprintf(buf, KEY_TEXT_SIZE, "a secret");
		break;
	default:
		snprintf(buf, KEY_TEXT_SIZE, "a crypt(3) hash");
	}
}

static bool
line_has_key(struct span line, const struct client_key *wanted)
{
	struct client_keys keys;
	struct client_key key;

	if (!client_keys_begin(line, &keys))
		return false;
	while (client_keys_next(&keys, &key)) {
		if (key.kind == wanted->kind &&
		    span_equal(client_key_span(&key), client_key_span(wanted)))
			return true;
	}
	return false;
}

/* The keys of a record */

/* Is the record as it was read before, so that what is wrong is not of a change
 * that was made meanwhile? */
static bool
is_still(const struct check_rows *check, const struct client_db_record *record)
{
	struct client_db_record now = {.id = 0};
	const char *why;
	bool same =
	    client_db_get(db_of(check), record->id, &now, &why) == ERR_OK &&
	    span_equal(now.line, record->line);

	client_db_record_done(&now);
	return same;
}

/* Several clients may have the same hash, of which one has the key. */
static bool
leads_to_same_hash(
    const struct check_rows *check, const struct client_key *key, uint32_t id)
{
	struct client_db_record other = {.id = 0};
	const char *why;
	bool same = key->kind == CLIENT_KEY_CRYPT &&
		    client_db_get(db_of(check), id, &other, &why) == ERR_OK &&
		    line_has_key(other.line, key);

	client_db_record_done(&other);
	return same;
}

static void
check_key(struct check_rows *check, const struct client_db_record *record,
    const struct client_key *key)
{
	struct span rest = record->line;
	struct span name;
	char text[KEY_TEXT_SIZE];
	const char *why;
	uint32_t id = 0;

	enum err err = client_db_find_id(db_of(check), key, &id, &why);
	if (err == ERR_OK && id == record->id) {
		check->keys[key->kind]++;
		return;
	}
	/* Of several clients with the same hash one had the key, which is gone
	 * with that one; nobody is found by it. */
	if ((err == ERR_OK && leads_to_same_hash(check, key, id)) ||
	    (err == ERR_ABSENT && key->kind == CLIENT_KEY_CRYPT) ||
	    !is_still(check, record))
		return;
	span_next(&rest, ' ', &name);
	describe(key, text);
	if (err == ERR_OK)
		check_rows_say(DIAGNOSTIC_ERROR, &check->errors, path_of(check),
		    "%s is of client %s, but leads to client number %u", text,
		    diagnostic_quote(name).text, (unsigned)id);
	else
		check_rows_say(DIAGNOSTIC_ERROR, &check->errors, path_of(check),
		    "%s is of client %s, but does not lead to it", text,
		    diagnostic_quote(name).text);
}

/* An each_client_visit_row */
static void
check_row(void *ctx, const struct client_db_record *record,
    const struct site_stored *stored)
{
	struct check_rows *check = ctx;
	struct client_keys keys;
	struct client_key key;

	if (client_keys_begin(record->line, &keys)) {
		while (client_keys_next(&keys, &key))
			check_key(check, record, &key);
	} else if (stored != NULL) {
		check_rows_say(DIAGNOSTIC_ERROR, &check->errors, path_of(check),
		    "client %s is not written as this tool does",
		    stored->client.name);
	}
	if (stored != NULL)
		check->visit(check->ctx, &stored->client);
}

/* Keys without their record */

static void
check_owner(struct check_rows *check, const struct client_key *key, uint32_t id)
{
	struct client_db_record record = {.id = 0};
	char text[KEY_TEXT_SIZE];
	const char *why;
	uint32_t now;

	enum err err = client_db_get(db_of(check), id, &record, &why);
	bool has_it = err == ERR_OK && line_has_key(record.line, key);
	client_db_record_done(&record);
	/* One that is damaged has been found before. */
	if (has_it || (err != ERR_OK && err != ERR_ABSENT) ||
	    client_db_find_id(db_of(check), key, &now, &why) != ERR_OK ||
	    now != id)
		return;
	describe(key, text);
	check_rows_say(DIAGNOSTIC_ERROR, &check->errors, path_of(check),
	    "%s leads to client number %u, which %s", text, (unsigned)id,
	    err == ERR_ABSENT ? "is not there" : "does not have it");
}

static void
check_keys(struct check_rows *check, enum client_key_kind kind)
{
	struct client_key key = {.kind = kind};
	const char *why = NULL;
	uint64_t count;
	uint32_t id;

	/* As each key is there once, this tells that there are no others. */
	enum err err = client_db_count_keys(db_of(check), kind, &count, &why);
	if (err == ERR_OK && count == check->keys[kind])
		return;
	while (err == ERR_OK) {
		err = client_db_next_key(db_of(check), &key, &id, &why);
		if (err == ERR_OK)
			check_owner(check, &key, id);
	}
	if (err != ERR_ABSENT)
		check_rows_say(DIAGNOSTIC_ERROR, &check->errors, path_of(check),
		    "%s", why != NULL ? why : err_text(err));
}

void
check_rows(struct check_rows *check)
{
	each_client_row(check->ctl, check_row, check, &check->errors);
	for (int i = 0; i < CLIENT_KEY_KINDS; i++) {
		if (db_of(check) != NULL)
			check_keys(check, (enum client_key_kind)i);
	}
	if (check->errors > EACH_CLIENT_SAID_MAX)
		fprintf(stderr, "and %zu more\n",
		    check->errors - EACH_CLIENT_SAID_MAX);
}
