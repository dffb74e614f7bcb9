#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ddnsgate/update/policy.h"

#include "commands.h"
#include "dns_steps.h"
#include "each_host.h"

struct restore {
	const struct ctl *ctl;
	const struct site_zone *zone; /* NULL: all */
	bool dry_run;
	uint64_t since_s; /* what DNS has from before that is replaced */
	struct dns_steps steps;
	bool *silent; /* of zones: their servers do not answer */
	size_t there, set, left, failed; /* families */
};

static void
say(const struct host_update *update, enum ipaddr_family family,
    const struct ipaddr *addr, const char *what)
{
	char text[IPADDR_TEXT_SIZE];

	ipaddr_format(addr, text);
	printf("%s %s: %s %s\n", update->host->name, ipaddr_rrtype(family),
	    text, what);
}

/* What is asked about; of a family of which nothing is known, nothing. */
static struct host_update
question_of(struct restore *restore, const struct site_client *client,
    const struct site_host *host, const struct seen_host *seen)
{
	struct host_update update = {
	    .zone = site_zone(restore->ctl->site, host->zone),
	    .host = host,
	    .only_new = true};

	for (unsigned i = 0; i < IPADDR_FAMILIES; i++) {
		const struct seen_family *family = &seen->families[i];
		if ((host->families & 1U << i) == 0)
			continue;
		if (family->state == SEEN_REMOVED)
			update.decided[i].action = HOST_UPDATE_REMOVE;
		if (family->state != SEEN_SET)
			continue;
		if (policy_publishes(
			&family->addr, client->rules->allow_private)) {
			update.decided[i] = (struct host_update_decision){
			    .action = HOST_UPDATE_SET, .addr = family->addr};
			continue;
		}
		say(&update, (enum ipaddr_family)i, &family->addr,
		    "may not be published, and is left out");
		restore->left++;
	}
	return update;
}

static bool
asks(const struct host_update *update)
{
	for (int i = 0; i < IPADDR_FAMILIES; i++) {
		if (update->decided[i].action != HOST_UPDATE_KEEP)
			return true;
	}
	return false;
}

/* DNS has something else: its record came from before that was acknowledged. */
static void
replace(struct restore *restore, struct host_update *update,
    enum ipaddr_family family)
{
	const struct host_update_decision *decided = &update->decided[family];
	const struct ipaddr *had = &update->had[family];

	update->only_new = false;
	restore->set++;
	if (decided->action == HOST_UPDATE_REMOVE) {
		say(update, family, had,
		    restore->dry_run ? "was removed, and would be again"
				     : "was removed, and is to go again");
		return;
	}
	say(update, family, had, "is in DNS, and older than what is known");
	say(update, family, &decided->addr,
	    restore->dry_run ? "would take its place" : "is to take its place");
}

/* What is to be done after the lookup: DNS keeps what it has, if that is not
 * older than what was acknowledged. */
static void
decide_family(struct restore *restore, struct host_update *update,
    enum ipaddr_family family, int64_t acknowledged_s)
{
	struct host_update_decision *decided = &update->decided[family];
	const struct ipaddr *had = &update->had[family];

	if (decided->action == HOST_UPDATE_SET &&
	    update->had_count[family] == 0) {
		say(update, family, &decided->addr,
		    restore->dry_run ? "is missing, and would be set"
				     : "is missing");
		restore->set++;
		return;
	}
	if (update->had_count[family] > 0 &&
	    (decided->action == HOST_UPDATE_REMOVE ||
		update->had_count[family] > 1 ||
		!ipaddr_equal(had, &decided->addr))) {
		if ((uint64_t)acknowledged_s >= restore->since_s) {
			replace(restore, update, family);
			return;
		}
		say(update, family, had,
		    decided->action == HOST_UPDATE_REMOVE
			? "is in DNS although it was removed, and is left"
			: "is in DNS in place of what is known, and is left");
		restore->left++;
	} else if (decided->action == HOST_UPDATE_SET) {
		restore->there++;
	}
	decided->action = HOST_UPDATE_KEEP;
	update->differs[family] = false;
}

static enum err
set_missing(struct restore *restore, struct host_update *update,
    const struct seen_host *seen, struct clock_deadline deadline)
{
	size_t before = restore->set;

	for (int i = 0; i < IPADDR_FAMILIES; i++) {
		if (update->decided[i].action != HOST_UPDATE_KEEP)
			decide_family(restore, update, (enum ipaddr_family)i,
			    seen->acknowledged_s[i]);
	}
	if (restore->set == before || restore->dry_run)
		return ERR_OK;
	enum err err = dns_steps_commit(
	    &restore->steps, update->zone, &update, 1, deadline);
	if (err != ERR_OK) {
		restore->failed += restore->set - before;
		restore->set = before;
		return err;
	}
	printf("%s: what was missing is set\n", update->host->name);
	return ERR_OK;
}

/* An each_host_visit */
static void
visit(void *ctx, const struct site_client *client, const struct site_host *host,
    const struct seen_host *seen)
{
	struct restore *restore = ctx;
	struct clock_deadline deadline =
	    clock_after_ms(site_settings(restore->ctl->site)->timeout_ms);
	struct host_update update = question_of(restore, client, host, seen);
	struct host_update *one = &update;

	if (!asks(&update))
		return;
	if (restore->silent[host->zone]) {
		restore->failed++;
		return;
	}
	enum err err =
	    dns_steps_look_up(&restore->steps, update.zone, &one, 1, deadline);
	restore->failed += err != ERR_OK;
	if (err == ERR_OK)
		err = set_missing(restore, &update, seen, deadline);
	if (err == ERR_OK)
		return;
	ctl_error("%s is not restored%s", host->name,
	    err == ERR_DNS_CNAME
		? ": DNS has a CNAME there, or has got an address meanwhile"
		: "");
	restore->silent[host->zone] =
	    err == ERR_DNS_SILENT || err == ERR_DNS_UNREACHABLE;
}

/* An each_host_visit */
static void
visit_in_zone(void *ctx, const struct site_client *client,
    const struct site_host *host, const struct seen_host *seen)
{
	struct restore *restore = ctx;

	if (restore->zone == NULL ||
	    site_zone(restore->ctl->site, host->zone) == restore->zone)
		visit(ctx, client, host, seen);
}

static enum ctl_exit
run(struct restore *restore, const struct seen *seen)
{
	restore->silent =
	    calloc(site_zone_count(restore->ctl->site), sizeof(bool));
	if (restore->silent == NULL ||
	    dns_steps_init(restore->ctl, &restore->steps) != ERR_OK) {
		free(restore->silent);
		return CTL_FAILED;
	}
	restore->steps.quiet = true;
	enum ctl_exit status =
	    each_host(restore->ctl, seen, visit_in_zone, restore);
	dns_steps_done(&restore->steps);
	free(restore->silent);
	printf("%zu %s, %zu there already, %zu left as they are, %zu failed\n",
	    restore->set, restore->dry_run ? "would be set" : "set",
	    restore->there, restore->left, restore->failed);
	return restore->failed == 0 ? status : CTL_FAILED;
}

static enum ctl_exit
find_zone(const struct ctl *ctl, const struct site_zone **ret)
{
	char name[DNAME_SIZE];
	uint16_t index;

	if (ctl->arg_count == 0)
		return CTL_DONE;
	if (dname_canonical(span_of(ctl->args[0]), false, name) == ERR_OK)
		*ret = site_find_zone(ctl->site, span_of(name), &index);
	if (*ret != NULL && strcmp((*ret)->name, name) == 0)
		return CTL_DONE;
	ctl_error("\"%s\" is none of the zones; 'ddnsgatectl list' shows those "
		  "there are",
	    ctl->args[0]);
	return CTL_FAILED;
}

enum ctl_exit
restore_run(struct ctl *ctl)
{
	struct restore restore = {.ctl = ctl,
	    .since_s = UINT64_MAX,
	    .dry_run = (ctl->options & CTL_DRY_RUN) != 0};
	struct seen *seen;

	if (ctl->since != NULL && (span_number(span_of(ctl->since), UINT32_MAX,
				       &restore.since_s) != ERR_OK ||
				      restore.since_s == 0)) {
		ctl_error("--since %s: a time is seconds since 1970, as 'date "
			  "+%%s' prints them",
		    ctl->since);
		return CTL_USAGE;
	}
	if (find_zone(ctl, &restore.zone) != CTL_DONE ||
	    each_host_open_seen(ctl, &seen) != CTL_DONE)
		return CTL_FAILED;
	enum ctl_exit status = run(&restore, seen);
	seen_close(seen);
	return status;
}
