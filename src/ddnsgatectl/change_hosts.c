#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client_edit.h"
#include "commands.h"
#include "host_name.h"
#include "in_force.h"
#include "offline.h"

/* What is done to the client. */
typedef enum ctl_exit
change_client(const struct ctl *ctl, const struct site_client *client,
    struct client_edit *edit);

static enum ctl_exit
run_change(struct ctl *ctl, change_client *change)
{
	struct client_edit edit;
	const struct site_client *client = ctl_find_client(ctl, ctl->args[0]);

	if (client == NULL)
		return CTL_FAILED;
	enum ctl_exit status = client_edit_open(ctl, client, &edit);
	if (status == CTL_DONE)
		status = change(ctl, client, &edit);
	if (status == CTL_DONE)
		status = in_force_wait(ctl);
	client_edit_close(&edit);
	return status;
}

/* add-host */

static bool
are_new(const struct ctl *ctl, const struct site_client *client)
{
	const struct site_host *hosts = site_hosts(ctl->site, client);
	char name[DNAME_SIZE];

	for (size_t i = 1; i < ctl->arg_count; i++) {
		if (site_complete_name(
			ctl->site, span_of(ctl->args[i]), name) != ERR_OK)
			continue;
		for (uint32_t j = 0; j < client->host_count; j++) {
			if (strcmp(hosts[j].name, name) == 0) {
				ctl_error("%s is a host of %s already", name,
				    client->name);
				return false;
			}
		}
	}
	return true;
}

/* A change_client */
static enum ctl_exit
add_hosts(const struct ctl *ctl, const struct site_client *client,
    struct client_edit *edit)
{
	const char *const *hosts = (const char *const *)ctl->args + 1;
	size_t count = ctl->arg_count - 1;

	if (!are_new(ctl, client))
		return CTL_FAILED;
	enum ctl_exit status = client_edit_add_hosts(edit, hosts, count);
	if (status == CTL_DONE)
		status = client_edit_store(edit);
	for (size_t i = 0; i < count && status == CTL_DONE; i++)
		printf("%s is now a host of %s\n", hosts[i], client->name);
	return status;
}

enum ctl_exit
add_host_run(struct ctl *ctl)
{
	struct arena arena = {0};
	enum ctl_exit status = CTL_FAILED;

	if (host_name_complete_arguments(ctl, 1, &arena))
		status = run_change(ctl, add_hosts);
	arena_done(&arena);
	return status;
}

/* remove-host */

/* Finds the hosts that the arguments name; each of them once. */
static enum ctl_exit
find_hosts(const struct ctl *ctl, const struct site_client *client,
    const struct site_host *hosts[], size_t *ret_count)
{
	size_t count = 0;

	for (size_t i = 1; i < ctl->arg_count; i++) {
		const struct site_host *host =
		    host_name_find(ctl->site, client, ctl->args[i]);
		size_t j = 0;
		if (host == NULL)
			return CTL_FAILED;
		while (j < count && hosts[j] != host)
			j++;
		if (j == count)
			hosts[count++] = host;
	}
	if (count == client->host_count) {
		ctl_error("%s would have no host left: 'ddnsgatectl remove' "
			  "removes it",
		    client->name);
		return CTL_FAILED;
	}
	*ret_count = count;
	return CTL_DONE;
}

static enum ctl_exit
remove_found(const struct ctl *ctl, const struct site_client *client,
    struct client_edit *edit, const struct site_host *const hosts[],
    size_t count)
{
	bool offline = (ctl->options & CTL_OFFLINE) != 0;
	enum ctl_exit status = CTL_DONE;

	for (size_t i = 0; i < count && status == CTL_DONE; i++)
		status = client_edit_remove_host(edit, hosts[i]->name);
	if (status != CTL_DONE)
		return status;
	if (offline && offline_hosts(ctl, client, hosts, count) != CTL_DONE) {
		ctl_error("%s keeps these hosts", client->name);
		return CTL_FAILED;
	}
	status = client_edit_store(edit);
	if (offline && status != CTL_DONE)
		ctl_error("but their addresses are removed");
	for (size_t i = 0; i < count && status == CTL_DONE; i++)
		printf("%s is no host of %s any more%s\n", hosts[i]->name,
		    client->name, offline ? "" : "; its records stay in DNS");
	return status;
}

/* A change_client */
static enum ctl_exit
remove_hosts(const struct ctl *ctl, const struct site_client *client,
    struct client_edit *edit)
{
	size_t count;
	const struct site_host **hosts =
	    calloc(ctl->arg_count, sizeof(const struct site_host *));

	if (hosts == NULL) {
		ctl_error("%s", err_text(ERR_MEMORY));
		return CTL_FAILED;
	}
	enum ctl_exit status = find_hosts(ctl, client, hosts, &count);
	if (status == CTL_DONE)
		status = remove_found(ctl, client, edit, hosts, count);
	free(hosts);
	return status;
}

enum ctl_exit
remove_host_run(struct ctl *ctl)
{
	return run_change(ctl, remove_hosts);
}
