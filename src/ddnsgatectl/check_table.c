#include "check_table.h"

#include "ddnsgate/site/client_index.h"

#include "each_client.h"

struct checking {
	const struct ctl *ctl;
	struct check_table found;
	struct client_index index;
	enum err err;
};

/* An each_client_visit */
static void
visit(void *ctx, const struct site_client *client)
{
	struct checking *checking = ctx;

	checking->found.clients++;
	checking->found.hosts += client->host_count;
	if (client->first_host == SITE_STORED && checking->err == ERR_OK)
		checking->err = client_index_add(&checking->index,
		    checking->ctl->site, (const struct site_stored *)client, 0);
}

/* A client_index_report; what is only in the table was found by import. */
static void
report(void *ctx, enum client_index_conflict conflict,
    const struct sorted_key *one, const struct sorted_key *other)
{
	struct checking *checking = ctx;
	const struct site *site = checking->ctl->site;
	const char *path = site_settings(site)->clients_db;
	char host[DNAME_SIZE], right[DNAME_SIZE];
	const struct sorted_key *elsewhere =
	    other->mark & CLIENT_INDEX_ELSEWHERE ? other : one;

	if ((elsewhere->mark & CLIENT_INDEX_ELSEWHERE) == 0)
		return;
	const char *client = site_client(site, elsewhere->owner)->name;
	checking->found.errors++;
	if (conflict == CLIENT_INDEX_SAME_NAME) {
		ctl_print_diagnostic(DIAGNOSTIC_ERROR,
		    "%s: client %s is in the configuration as well", path,
		    client);
	} else if (conflict == CLIENT_INDEX_SAME_SECRET) {
		ctl_print_diagnostic(DIAGNOSTIC_ERROR,
		    "%s: a secret is that of client %s in the configuration "
		    "as well",
		    path, client);
	} else {
		client_index_host_name(one->bytes, host);
		client_index_host_name(other->bytes, right);
		ctl_print_diagnostic(DIAGNOSTIC_ERROR,
		    "%s: %s could be certified by acme of %s, of which one is "
		    "of client %s in the configuration",
		    path, host, right, client);
	}
}

static void
check_keys(struct checking *checking, enum client_key_kind kind)
{
	checking->err = client_index_sort(&checking->index, kind);
	if (checking->err == ERR_OK)
		client_index_check(&checking->index, kind, report, checking);
	client_index_drop(&checking->index, kind);
}

struct check_table
check_table(const struct ctl *ctl)
{
	struct checking checking = {.ctl = ctl};

	checking.found.errors += each_client(ctl, visit, &checking) != CTL_DONE;
	if (checking.err == ERR_OK && site_clients_db(ctl->site) != NULL)
		checking.err =
		    client_index_add_site(&checking.index, ctl->site);
	for (int kind = 0; kind < CLIENT_KEY_KINDS && checking.err == ERR_OK;
	     kind++)
		check_keys(&checking, (enum client_key_kind)kind);
	if (checking.err != ERR_OK)
		ctl_error("%s", err_text(checking.err));
	checking.found.errors += checking.err != ERR_OK;
	client_index_done(&checking.index);
	return checking.found;
}
