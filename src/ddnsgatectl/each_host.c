#include "each_host.h"

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

static void
visit_host(const struct ctl *ctl, const struct seen *seen,
    const struct site_host *host, each_host_visit *visit, void *ctx)
{
	const struct site_client *first;
	struct seen_host found = {0};

	if (site_find_host(ctl->site, span_of(host->name), &first) != host)
		return;
	(void)seen_find(seen, span_of(host->name), &found);
	visit(ctx, first, host, &found);
}

void
each_host(const struct ctl *ctl, const struct seen *seen,
    each_host_visit *visit, void *ctx)
{
	for (size_t i = 0; i < site_client_count(ctl->site); i++) {
		const struct site_client *client = site_client(ctl->site, i);
		const struct site_host *hosts = site_hosts(ctl->site, client);
		for (uint32_t j = 0; j < client->host_count; j++)
			visit_host(ctl, seen, &hosts[j], visit, ctx);
	}
}
