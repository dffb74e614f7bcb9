#include "status.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/config/client_line.h"

#include "commands.h"
#include "each_client.h"
#include "in_force.h"

/* What runs */

/* An in_force_visit */
static void
add_process(void *ctx, const struct process_status *process, bool in_force)
{
	struct status *status = ctx;
	struct status_process *grown =
	    reallocarray(status->processes, status->count + 1, sizeof(*grown));

	if (grown == NULL) {
		status->unknown = err_text(ERR_MEMORY);
		return;
	}
	status->processes = grown;
	grown[status->count++] = (struct status_process){*process, in_force};
	status->in_force += in_force;
}

static void
find_processes(struct status *status)
{
	const struct conf_files *files = &status->ctl->files;
	const char *dir = site_settings(status->ctl->site)->state_dir;
	struct secret_digest digest = file_id_digest(files->ids, files->count);

	if (dir == NULL)
		status->unknown = "that takes the setting state_dir";
	else if (in_force_each(
		     dir, status->conf, &digest, add_process, status) != ERR_OK)
		status->unknown = strerrordesc_np(errno);
}

bool
status_is_in_force(const struct status *status)
{
	return status_why(status) == NULL;
}

const char *
status_why(const struct status *status)
{
	if (status->ctl->site == NULL)
		return "what is on disk has errors: what runs goes on with "
		       "what was before";
	if (status->unknown != NULL)
		return status->unknown;
	if (status->count == 0)
		return "no process is running";
	return status->in_force < status->count
		   ? "a process serves by what was before"
		   : NULL;
}

/* Hosts */

static enum ctl_exit
visit_host(const struct status *status, const struct site_client *client,
    const struct site_host *host, status_visit *visit, void *ctx)
{
	struct status_host found = {.client = client,
	    .host = host,
	    .zone = site_zone(status->ctl->site, host->zone)};

	if (status->seen != NULL)
		(void)seen_find(status->seen, span_of(host->name), &found.seen);
	for (int i = 0; status->dns != NULL && i < IPADDR_FAMILIES; i++) {
		if (dns_ask(status->dns, status->ctl, found.zone, host->name,
			(enum ipaddr_family)i, &found.dns[i]) != ERR_OK)
			return CTL_FAILED;
	}
	visit(ctx, &found);
	return CTL_DONE;
}

struct each {
	const struct status *status;
	status_visit *visit;
	void *ctx;
	enum ctl_exit outcome;
};

/* An each_client_visit */
static void
visit_hosts(void *ctx, const struct site_client *client)
{
	struct each *each = ctx;
	const struct status *status = each->status;
	const struct site_host *hosts = site_hosts(status->ctl->site, client);

	for (uint32_t i = 0; i < client->host_count; i++) {
		if (status->host != NULL &&
		    strcmp(status->host, hosts[i].name) != 0)
			continue;
		if (visit_host(status, client, &hosts[i], each->visit,
			each->ctx) != CTL_DONE)
			each->outcome = CTL_FAILED;
	}
}

/* A client of the table comes after all others. */
static struct site_stored *
find_stored(const struct status *status)
{
	struct client_key key =
	    status->client != NULL ? client_key_of_name(span_of(status->client))
				   : client_key_of_host(span_of(status->host));

	struct site_stored *stored;

	(void)each_client_find(status->ctl, &key, &stored);
	return stored;
}

static void
visit_selected(struct each *each)
{
	const struct status *status = each->status;
	const struct site *site = status->ctl->site;
	struct site_stored *stored = find_stored(status);

	for (size_t i = 0; i < site_client_count(site); i++) {
		const struct site_client *client = site_client(site, i);
		if (status->client == NULL ||
		    strcmp(status->client, client->name) == 0)
			visit_hosts(each, client);
	}
	if (stored != NULL)
		visit_hosts(each, &stored->client);
	client_line_free(stored);
}

enum ctl_exit
status_each_host(const struct status *status, status_visit *visit, void *ctx)
{
	struct each each = {status, visit, ctx, CTL_DONE};

	if (status->client != NULL || status->host != NULL)
		visit_selected(&each);
	else if (each_client(status->ctl, visit_hosts, &each) != CTL_DONE)
		each.outcome = CTL_FAILED;
	return each.outcome;
}

/* The selection: a client's name, or that of a host. */
static enum ctl_exit
select_hosts(struct status *status, const char *given, char *name)
{
	const struct site *site = status->ctl->site;
	const struct site_client *owner;
	struct site_stored *stored;

	status->client = given;
	stored = find_stored(status);
	client_line_free(stored);
	if (site_find_client(site, span_of(given)) != NULL || stored != NULL)
		return CTL_DONE;
	status->client = NULL;
	status->host = name;
	if (site_complete_name(site, span_of(given), name) == ERR_OK &&
	    each_client_find_host(status->ctl, name, &owner, &stored) != NULL) {
		client_line_free(stored);
		return CTL_DONE;
	}
	ctl_error("\"%s\" is neither a client nor a client's host; "
		  "'ddnsgatectl list' shows those there are",
	    given);
	return CTL_FAILED;
}

/* Without the file all that is lost is when hosts were seen. */
static void
open_seen(struct status *status)
{
	const char *dir = site_settings(status->ctl->site)->state_dir;
	const char *why = NULL;

	if (dir != NULL &&
	    seen_open_reading(dir, &status->seen, &why) == ERR_IO)
		ctl_error("warning: %s/seen: %s", dir, why);
}

static enum ctl_exit
print(const struct status *status)
{
	enum ctl_exit outcome = status->ctl->options & CTL_JSON
				    ? status_print_json(status)
				    : status_print_text(status);

	return status_is_in_force(status) ? outcome : CTL_FAILED;
}

/* Asks DNS, too, when it is about some hosts only. */
static enum ctl_exit
print_selection(struct status *status, const char *given)
{
	char name[DNAME_SIZE];
	struct dns dns;

	if (given == NULL)
		return print(status);
	if (select_hosts(status, given, name) != CTL_DONE ||
	    dns_init(&dns) != ERR_OK) {
		status->host = NULL;
		return CTL_FAILED;
	}
	status->dns = &dns;
	enum ctl_exit outcome = print(status);
	status->dns = NULL;
	status->host = NULL;
	dns_done(&dns);
	return outcome;
}

enum ctl_exit
status_run(struct ctl *ctl)
{
	struct status status = {.ctl = ctl, .now_s = (int64_t)clock_calendar()};
	char *conf = realpath(ctl->conf, NULL);
	enum ctl_exit outcome;

	status.conf = conf != NULL ? conf : ctl->conf;
	if (ctl_load(ctl) == CTL_DONE) {
		find_processes(&status);
		open_seen(&status);
		outcome = print_selection(
		    &status, ctl->arg_count > 0 ? ctl->args[0] : NULL);
	} else {
		outcome = print(&status);
	}
	seen_close(status.seen);
	free(status.processes);
	free(conf);
	return outcome;
}
