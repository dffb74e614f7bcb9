#include "check_table.h"

#include <string.h>

#include "ddnsgate/config/conf_client.h"
#include "ddnsgate/site/client_db.h"

#include "check_rows.h"
#include "table_clash.h"

struct checking {
	const struct ctl *ctl;
	struct check_table found;
	const struct site_client *client; /* of the site, if it is about one */
	bool failed;                      /* the table cannot be asked */
	bool has_underscore;              /* which has been said */
};

/* A table_clash_report */
static void
report(void *ctx, const struct table_clash *clash)
{
	struct checking *checking = ctx;
	const char *path = site_settings(checking->ctl->site)->clients_db;
	const char *client =
	    checking->client != NULL ? checking->client->name : clash->owner;
	size_t *errors = &checking->found.errors;

	if (clash->kind == CLIENT_INDEX_SAME_NAME)
		check_rows_say(DIAGNOSTIC_ERROR, errors, path,
		    "client %s is in the configuration as well", client);
	else if (clash->kind == CLIENT_INDEX_SAME_SECRET)
		check_rows_say(DIAGNOSTIC_ERROR, errors, path,
		    "a secret of client %s is that of client %s in the "
		    "configuration as well",
		    clash->owner, client);
	else if (clash->kind == CLIENT_INDEX_SAME_HOST)
		check_rows_say(DIAGNOSTIC_WARNING, &checking->found.warnings,
		    path,
		    "%s of client %s is also a host of client %s in the "
		    "configuration",
		    clash->host, clash->owner, client);
	else
		check_rows_say(DIAGNOSTIC_ERROR, errors, path,
		    "%s could be certified by acme of %s, of which one is of "
		    "client %s%s",
		    clash->host, clash->right, client,
		    checking->client != NULL ? " in the configuration" : "");
}

static void
find_clashes(struct checking *checking, struct table_clash_search *search)
{
	search->ctl = checking->ctl;
	search->report = report;
	search->ctx = checking;
	if (checking->failed || table_clash_find(search) == CTL_DONE)
		return;
	checking->failed = true;
	checking->found.errors++;
	ctl_error("%s: what its clients share with others is not looked for "
		  "any further",
	    site_settings(checking->ctl->site)->clients_db);
}

/* One warning for the whole table, as for a file. */
static void
warn_of_underscore(struct checking *checking, const struct site_client *client)
{
	const struct site *site = checking->ctl->site;
	const struct site_host *hosts = site_hosts(site, client);

	for (uint32_t i = 0;
	     i < client->host_count && !checking->has_underscore; i++) {
		if (strchr(hosts[i].name, '_') == NULL)
			continue;
		checking->has_underscore = true;
		check_rows_say(DIAGNOSTIC_WARNING, &checking->found.warnings,
		    site_settings(site)->clients_db, CONF_CLIENT_UNDERSCORE,
		    hosts[i].name);
	}
}

/* An each_client_visit.  Within the table it is enough to look from one side.
 */
static void
visit(void *ctx, const struct site_client *client)
{
	struct checking *checking = ctx;
	struct client_key key = client_key_of_name(span_of(client->name));
	struct table_clash_search search = {
	    .client = client, .what = TABLE_CLASH_BELOW};
	const char *why;

	checking->found.clients++;
	checking->found.hosts += client->host_count;
	warn_of_underscore(checking, client);
	if (client_db_find_id(site_clients_db(checking->ctl->site), &key,
		&search.id, &why) == ERR_OK)
		find_clashes(checking, &search);
}

static void
check_site(struct checking *checking)
{
	const struct site *site = checking->ctl->site;

	for (size_t i = 0; i < site_client_count(site); i++) {
		const struct site_client *client = site_client(site, i);
		const struct site_secrets secrets = site_secrets(site, client);
		struct table_clash_search search = {.client = client,
		    .site_secrets = secrets.first,
		    .secret_count = secrets.count,
		    .id = UINT32_MAX,
		    .what = TABLE_CLASH_ALL};
		checking->client = client;
		checking->found.clients++;
		checking->found.hosts += client->host_count;
		find_clashes(checking, &search);
	}
}

struct check_table
check_table(const struct ctl *ctl)
{
	struct checking checking = {.ctl = ctl};
	struct check_rows rows = {.ctl = ctl, .visit = visit, .ctx = &checking};

	check_rows(&rows);
	check_site(&checking);
	checking.found.errors += rows.errors;
	return checking.found;
}
