#include "each_client.h"

#include <string.h>

#include "ddnsgate/config/client_line.h"
#include "ddnsgate/config/conf_clients.h"
#include "ddnsgate/site/client_db.h"

/* Says that the table, or the client of this record, cannot be used. */
static enum ctl_exit
say(const struct ctl *ctl, const struct client_db_record *record,
    const char *why)
{
	const char *path = site_settings(ctl->site)->clients_db;

	if (record == NULL) {
		ctl_error("%s: %s", path, why);
		return CTL_FAILED;
	}
	struct span name = record->line;
	const char *end = memchr(name.ptr, ' ', name.len);
	if (end != NULL)
		name.len = (size_t)(end - name.ptr);
	ctl_error("%s: client %s: %s", path, diagnostic_quote(name).text, why);
	return CTL_FAILED;
}

enum err
each_client_say_faults(const struct site *site, struct span line)
{
	struct clientfile_client fields = {.line = 0};
	struct diagnostic_list diagnostics;
	enum err err = ERR_OK;

	diagnostic_init(&diagnostics);
	if (clientfile_split(line, &fields) == NULL)
		err = conf_clients_check_line(site,
		    site_settings(site)->clients_db, &fields, &diagnostics);
	ctl_print_diagnostics(&diagnostics, DIAGNOSTIC_ERROR);
	diagnostic_done(&diagnostics);
	return err == ERR_OK ? ERR_CONFIG : err;
}

/* NULL, after an error message unless there were too many, if it is not
 * valid. */
static struct site_stored *
decode(const struct ctl *ctl, const struct client_db_record *record,
    size_t *errors)
{
	struct site_stored *stored = NULL;
	enum err err = client_line_decode(ctl->site, record->line, &stored);

	if (err == ERR_OK || ++*errors > EACH_CLIENT_SAID_MAX)
		return stored;
	if (err == ERR_CONFIG)
		err = each_client_say_faults(ctl->site, record->line);
	(void)say(ctl, record, err_text(err));
	return stored;
}

enum err
each_client_from(const struct ctl *ctl, uint32_t next,
    struct client_db_record *record, size_t *errors)
{
	struct client_db *db = site_clients_db(ctl->site);
	const char *why = NULL;
	enum err err;

	for (;;) {
		record->id = UINT32_MAX;
		err = client_db_from(db, next, record, &why);
		if (err == ERR_OK || err == ERR_ABSENT)
			return err;
		bool said = ++*errors <= EACH_CLIENT_SAID_MAX;
		if (err != ERR_IO || record->id == UINT32_MAX)
			break;
		if (said)
			ctl_error("%s: client number %u: %s",
			    site_settings(ctl->site)->clients_db,
			    (unsigned)record->id, why);
		next = record->id + 1;
	}
	(void)say(ctl, NULL, why != NULL ? why : err_text(err));
	return err;
}

void
each_client_row(const struct ctl *ctl, each_client_visit_row *visit, void *ctx,
    size_t *errors)
{
	struct client_db_record record = {.id = 0};
	uint32_t next = 0;

	if (site_clients_db(ctl->site) == NULL)
		return;
	while (each_client_from(ctl, next, &record, errors) == ERR_OK) {
		struct site_stored *stored = decode(ctl, &record, errors);
		visit(ctx, &record, stored);
		client_line_free(stored);
		next = record.id + 1;
	}
	client_db_record_done(&record);
}

struct each {
	each_client_visit *visit;
	void *ctx;
};

/* An each_client_visit_row */
static void
visit_stored(void *ctx, const struct client_db_record *record,
    const struct site_stored *stored)
{
	const struct each *each = ctx;

	(void)record;
	if (stored != NULL)
		each->visit(each->ctx, &stored->client);
}

enum ctl_exit
each_client(const struct ctl *ctl, each_client_visit *visit, void *ctx)
{
	struct each each = {visit, ctx};
	size_t errors = 0;

	for (size_t i = 0; i < site_client_count(ctl->site); i++)
		visit(ctx, site_client(ctl->site, i));
	each_client_row(ctl, visit_stored, &each, &errors);
	return errors == 0 ? CTL_DONE : CTL_FAILED;
}

/* Is it the key of this client's name, or of another kind? */
static bool
fits_name(const struct client_key *key, const struct site_stored *stored)
{
	return key->kind != CLIENT_KEY_NAME ||
	       span_is(client_key_span(key), stored->client.name);
}

enum ctl_exit
each_client_find(const struct ctl *ctl, const struct client_key *key,
    struct site_stored **ret)
{
	struct client_db *db = site_clients_db(ctl->site);
	struct client_db_record record = {.id = 0};
	const char *why = NULL;
	size_t errors = 0;

	*ret = NULL;
	if (db == NULL)
		return CTL_DONE;
	enum err err = client_db_find(db, key, &record, &why);
	if (err == ERR_OK)
		*ret = decode(ctl, &record, &errors);
	else if (err != ERR_ABSENT)
		(void)say(ctl, NULL, why != NULL ? why : err_text(err));
	client_db_record_done(&record);
	if (err == ERR_ABSENT || (*ret != NULL && fits_name(key, *ret)))
		return CTL_DONE;
	if (*ret != NULL)
		(void)say(
		    ctl, NULL, "is damaged; 'ddnsgatectl check' says more");
	client_line_free(*ret);
	*ret = NULL;
	return CTL_FAILED;
}

const struct site_host *
each_client_find_host(const struct ctl *ctl, const char *name,
    const struct site_client **ret_client, struct site_stored **ret_stored)
{
	const struct site_host *host =
	    site_find_host(ctl->site, span_of(name), ret_client);
	struct client_key key = client_key_of_host(span_of(name));

	*ret_stored = NULL;
	if (host != NULL)
		return host;
	if (each_client_find(ctl, &key, ret_stored) != CTL_DONE ||
	    *ret_stored == NULL)
		return NULL;
	*ret_client = &(*ret_stored)->client;
	host = site_hosts(ctl->site, *ret_client);
	for (uint32_t i = 0; i < (*ret_client)->host_count; i++) {
		if (strcmp(host[i].name, name) == 0)
			return &host[i];
	}
	client_line_free(*ret_stored);
	*ret_stored = NULL;
	return NULL;
}
