#include <stdio.h>
#include <stdlib.h>

#include "client_edit.h"
#include "commands.h"
#include "in_force.h"
#include "offline.h"

/* Before the client is removed: then its hosts are no longer known. */
static enum ctl_exit
remove_addresses(const struct ctl *ctl, const struct site_client *client)
{
	const struct site_host *first = site_hosts(ctl->site, client);
	const struct site_host **hosts =
	    calloc(client->host_count, sizeof(const struct site_host *));
	enum ctl_exit status = CTL_FAILED;

	for (uint32_t i = 0; hosts != NULL && i < client->host_count; i++)
		hosts[i] = &first[i];
	if (hosts != NULL)
		status = offline_hosts(ctl, client, hosts, client->host_count);
	free(hosts);
	if (status != CTL_DONE)
		ctl_error("%s is not removed", client->name);
	return status;
}

static enum ctl_exit
remove_client(const struct ctl *ctl, struct client_edit *edit,
    const struct site_client *client)
{
	bool offline = (ctl->options & CTL_OFFLINE) != 0;

	if (offline && remove_addresses(ctl, client) != CTL_DONE)
		return CTL_FAILED;
	enum ctl_exit status = client_edit_remove(edit);
	if (offline && status != CTL_DONE)
		ctl_error("but its addresses are removed");
	if (status == CTL_DONE)
		printf("%s is removed%s\n", client->name,
		    offline ? "" : "; its records stay in DNS");
	return status;
}

enum ctl_exit
remove_run(struct ctl *ctl)
{
	struct client_edit edit;
	const struct site_client *client = ctl_find_client(ctl, ctl->args[0]);

	if (client == NULL)
		return CTL_FAILED;
	enum ctl_exit status = client_edit_open(ctl, client, &edit);
	if (status == CTL_DONE)
		status = remove_client(ctl, &edit, client);
	if (status == CTL_DONE)
		status = in_force_wait(ctl);
	client_edit_close(&edit);
	return status;
}
