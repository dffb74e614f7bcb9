#include "each_host.h"

#include "each_client.h"

enum ctl_exit
each_host_open_seen(const struct ctl *ctl, struct seen **ret)
{
	const char *dir = site_settings(ctl->site)->state_dir;
	const char *why = NULL;

	if (dir == NULL) {
		ctl_error("%s: set state_dir: when hosts were seen is kept "
			  "there",
		    ctl->conf);
		return CTL_FAILED;
	}
	enum err err = seen_open_reading(dir, ret, &why);
	if (err == ERR_OK)
		return CTL_DONE;
	if (err == ERR_ABSENT)
		ctl_error("%s/seen: there is none yet, or it is damaged: no "
			  "handler has noted when hosts were seen",
		    dir);
	else
		ctl_error(
		    "%s/seen: %s", dir, why != NULL ? why : err_text(err));
	return CTL_FAILED;
}

struct each_host {
	const struct ctl *ctl;
	const struct seen *seen;
	each_host_visit *visit;
	void *ctx;
};

/* Is it the first one of its name?  In the table there are no others. */
static bool
is_first(const struct site *site, const struct site_client *client,
    const struct site_host *host)
{
	const struct site_client *first;
	const struct site_host *found =
	    site_find_host(site, span_of(host->name), &first);

	return client->first_host == SITE_STORED ? found == NULL
						 : found == host;
}

/* An each_client_visit */
static void
visit_hosts(void *ctx, const struct site_client *client)
{
	const struct each_host *each = ctx;
	const struct site *site = each->ctl->site;
	const struct site_host *hosts = site_hosts(site, client);

	for (uint32_t i = 0; i < client->host_count; i++) {
		struct seen_host found = {0};
		if (!is_first(site, client, &hosts[i]))
			continue;
		(void)seen_find(each->seen, span_of(hosts[i].name), &found);
		each->visit(each->ctx, client, &hosts[i], &found);
	}
}

enum ctl_exit
each_host(const struct ctl *ctl, const struct seen *seen,
    each_host_visit *visit, void *ctx)
{
	struct each_host each = {ctl, seen, visit, ctx};

	return each_client(ctl, visit_hosts, &each);
}
