#include "update_txt.h"

#include <stdio.h>
#include <string.h>

#include "ddnsgate/handler/secondaries.h"
#include "ddnsgate/update/challenge.h"
#include "ddnsgate/update/policy.h"
#include "ddnsgate/update/route.h"

#include "dns_steps.h"

/* The value that means all of them, as in a request. */
#define ALL_VALUES "."

static bool
options_are_usable(const struct ctl *ctl)
{
	if (ctl->txt == NULL)
		ctl_error("update: --remove of which --txt VALUE?");
	else if ((ctl->options & CTL_OFFLINE) != 0)
		ctl_error("update: --offline is about addresses, --txt is not");
	else if (ctl->arg_count > 2)
		ctl_error("update: --txt is for one HOST, and for no ADDRESS");
	else
		return true;
	return false;
}

/* The request that the arguments stand for. */
static enum err
read_request(const struct ctl *ctl, struct request *request)
{
	bool removes = (ctl->options & CTL_REMOVE) != 0;

	for (size_t i = 1; i < ctl->arg_count; i++)
		request->hosts[request->host_count++] = span_of(ctl->args[i]);
	if (removes && strcmp(ctl->txt, ALL_VALUES) == 0) {
		request->txt = REQUEST_TXT_REMOVE_ALL;
		return ERR_OK;
	}
	if (!acme_is_value(span_of(ctl->txt)))
		return ERR_TXT;
	request->txt = removes ? REQUEST_TXT_REMOVE : REQUEST_TXT_ADD;
	snprintf(
	    request->txt_value, sizeof(request->txt_value), "%s", ctl->txt);
	return ERR_OK;
}

/* The host whose record it is; without a name the only one with acme. */
static enum ctl_exit
find_host(const struct ctl *ctl, const struct site_client *client,
    const struct request *request, struct host_update *ret)
{
	struct host_update updates[REQUEST_HOSTS_MAX];
	size_t count;

	enum err err = route_hosts(ctl->site, client, request, updates, &count);
	if (err == ERR_OK)
		err = policy_decide_txt(request, &updates[0]);
	if (err == ERR_NAME && request->host_count == 0) {
		ctl_error(
		    "%s has several hosts with acme: give one", client->name);
		return CTL_FAILED;
	}
	if (err != ERR_OK) {
		ctl_error("%s: %s",
		    request->host_count > 0 ? ctl->args[1] : client->name,
		    err_text(err));
		return CTL_FAILED;
	}
	*ret = updates[0];
	return CTL_DONE;
}

/* had: how many there were before. */
static void
print_change(const struct challenge *challenge, size_t had)
{
	static const char *const unchanged[] = {
	    [REQUEST_TXT_ADD] = "this one is there",
	    [REQUEST_TXT_REMOVE] = "this one is not there",
	    [REQUEST_TXT_REMOVE_ALL] = "none is there",
	};
	const struct host_update *update = challenge->update;

	printf("  %s TXT: had %zu record%s, ", challenge->name, had,
	    had == 1 ? "" : "s");
	if (update->txt_differs)
		printf("now %zu\n", challenge->had.count);
	else
		puts(unchanged[update->txt]);
}

static enum err
change(struct dns_steps *steps, struct host_update *update,
    struct clock_deadline deadline)
{
	const struct site_zone *zone = update->zone;
	const struct challenge_tools tools = {
	    .transaction = steps->transaction, .lookup = steps->lookup};
	struct challenge challenge;

	dns_steps_print_zone(zone);
	lookup_begin(steps->lookup);
	enum err err = challenge_look_up(&tools, update, deadline, &challenge);
	size_t had = challenge.had.count;
	if (err == ERR_OK)
		err = challenge_commit(&tools, &challenge, deadline);
	if (err != ERR_OK) {
		dns_steps_say_why(steps, zone, err, &challenge.report);
		return err;
	}
	dns_steps_print_answer(zone, &challenge.report);
	print_change(&challenge, had);
	return ERR_OK;
}

/* A certificate authority may ask any of them. */
static enum ctl_exit
wait_for_secondaries(
    const struct dns_steps *steps, const struct host_update *update)
{
	const struct site_zone *zone = update->zone;
	size_t lacking[SITE_SECONDARIES_MAX];
	char server[CTL_SERVER_SIZE];
	char name[DNAME_SIZE];
	struct secondaries *secondaries;

	if (update->txt != REQUEST_TXT_ADD || zone->secondary_count == 0 ||
	    acme_name(update->host->name, name) != ERR_OK)
		return CTL_DONE;
	enum err err = secondaries_new(1, &secondaries);
	if (err != ERR_OK) {
		ctl_error("%s", err_text(err));
		return CTL_FAILED;
	}
	size_t count = secondaries_wait(secondaries, steps->dns.transaction,
	    zone, name, update->txt_value, lacking);
	for (size_t i = 0; i < count; i++) {
		ctl_format_server(&zone->secondaries[lacking[i]], server);
		ctl_error("%s: the secondary %s does not have the record after "
			  "%d s",
		    name, server, SECONDARIES_WAIT_MS / 1000);
	}
	secondaries_free(secondaries);
	if (count > 0)
		return CTL_FAILED;
	printf("  %zu secondar%s it, too\n", zone->secondary_count,
	    zone->secondary_count == 1 ? "y has" : "ies have");
	return CTL_DONE;
}

static enum ctl_exit
run(const struct ctl *ctl, struct host_update *update)
{
	struct clock_deadline deadline =
	    clock_after_ms(site_settings(ctl->site)->timeout_ms);
	struct dns_steps steps;

	if (dns_steps_init(ctl, &steps) != ERR_OK)
		return CTL_FAILED;
	enum ctl_exit status = CTL_FAILED;
	if (change(&steps, update, deadline) == ERR_OK)
		status = wait_for_secondaries(&steps, update);
	dns_steps_done(&steps);
	return status;
}

enum ctl_exit
update_txt_run(const struct ctl *ctl, const struct site_client *client)
{
	struct request request = {.host_count = 0};
	struct host_update update;

	if (!options_are_usable(ctl))
		return CTL_USAGE;
	enum err err = read_request(ctl, &request);
	if (err != ERR_OK) {
		ctl_error("--txt \"%s\": %s", ctl->txt, err_text(err));
		return CTL_USAGE;
	}
	if (find_host(ctl, client, &request, &update) != CTL_DONE)
		return CTL_FAILED;
	return run(ctl, &update);
}
