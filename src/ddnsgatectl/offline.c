#include "offline.h"

#include <stdio.h>
#include <string.h>

#include "ddnsgate/config/client_line.h"
#include "ddnsgate/request/request.h"

#include "each_client.h"

/* Families that the host may not have are left alone. */
static struct host_update
removal_of(const struct ctl *ctl, const struct site_host *host)
{
	struct host_update update = {
	    .zone = site_zone(ctl->site, host->zone), .host = host};

	for (unsigned i = 0; i < IPADDR_FAMILIES; i++) {
		if ((host->families & 1U << i) != 0)
			update.decided[i].action = HOST_UPDATE_REMOVE;
	}
	return update;
}

enum err
offline_host(struct dns_steps *steps, const struct ctl *ctl,
    const struct site_host *host)
{
	struct host_update update = removal_of(ctl, host);

	return dns_steps_run(steps, ctl, &update, 1);
}

/* The other client of the configuration's own that has this host, or NULL. */
static const struct site_client *
find_other(const struct ctl *ctl, const struct site_client *client,
    const struct site_host *host)
{
	for (size_t i = 0; i < site_client_count(ctl->site); i++) {
		const struct site_client *other = site_client(ctl->site, i);
		const struct site_host *hosts = site_hosts(ctl->site, other);
		for (uint32_t j = 0; j < other->host_count; j++) {
			if (other != client &&
			    strcmp(hosts[j].name, host->name) == 0)
				return other;
		}
	}
	return NULL;
}

/* Has another client this host as well?  Then it is said. */
static bool
is_kept(const struct ctl *ctl, const struct site_client *client,
    const struct site_host *host, enum ctl_exit *status)
{
	struct client_key key = client_key_of_host(span_of(host->name));
	const struct site_client *other = find_other(ctl, client, host);
	struct site_stored *stored = NULL;

	if (other == NULL)
		*status = each_client_find(ctl, &key, &stored);
	if (stored != NULL && strcmp(stored->client.name, client->name) != 0)
		other = &stored->client;
	if (other != NULL)
		printf("%s keeps its addresses, as it is also a host of %s\n",
		    host->name, other->name);
	client_line_free(stored);
	return other != NULL;
}

static enum ctl_exit
run_batch(struct dns_steps *steps, const struct ctl *ctl,
    const struct site_client *client, const struct site_host *const hosts[],
    size_t count)
{
	struct host_update updates[REQUEST_HOSTS_MAX];
	enum ctl_exit status = CTL_DONE;
	size_t removed = 0;

	for (size_t i = 0; i < count && status == CTL_DONE; i++) {
		if (!is_kept(ctl, client, hosts[i], &status))
			updates[removed++] = removal_of(ctl, hosts[i]);
	}
	if (status == CTL_DONE && removed > 0 &&
	    dns_steps_run(steps, ctl, updates, removed) != ERR_OK)
		status = CTL_FAILED;
	return status;
}

enum ctl_exit
offline_hosts(const struct ctl *ctl, const struct site_client *client,
    const struct site_host *const hosts[], size_t count)
{
	struct dns_steps steps;
	enum ctl_exit status = CTL_DONE;

	if (dns_steps_init(ctl, &steps) != ERR_OK)
		return CTL_FAILED;
	for (size_t i = 0; i < count && status == CTL_DONE;
	     i += REQUEST_HOSTS_MAX) {
		size_t left = count - i;
		status = run_batch(&steps, ctl, client, hosts + i,
		    left < REQUEST_HOSTS_MAX ? left : REQUEST_HOSTS_MAX);
	}
	dns_steps_done(&steps);
	return status;
}
