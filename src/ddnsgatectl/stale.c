#include "stale.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "ddnsgate/base/clock.h"

#include "commands.h"
#include "each_host.h"
#include "offline.h"

#define DAYS_MAX 36500
#define DAY_S 86400
#define HOST_WIDTH 40
#define CLIENT_WIDTH 20

struct stale {
	const struct ctl *ctl;
	uint64_t days;
	int64_t before_s;  /* who was last seen before that is stale */
	int64_t begun_s;   /* the file that knows who was seen */
	int64_t changed_s; /* any file of the configuration, the last time */
	int64_t table_s;   /* the table (clients_db), likewise */
	int64_t last_s;    /* any host was seen */
	size_t count;      /* of those that are stale */
	bool lists;        /* prints each */
	bool removes;      /* their addresses, by steps */
	struct dns_steps steps;
	bool *silent; /* of zones: their servers do not answer */
	bool failed;
};

/* When the file got its content; 0: there is none. */
static int64_t
changed_s(const char *path)
{
	struct stat about;

	return stat(path, &about) == 0 ? about.st_mtime : 0;
}

static int64_t
last_changed_s(const struct ctl *ctl)
{
	int64_t last = 0;

	for (size_t i = 0; i < ctl->files.count; i++) {
		const char *path = ctl->files.paths[i];
		/* The table is changed all the time, for others. */
		int64_t at = path != ctl->files.in_place ? changed_s(path) : 0;
		last = at > last ? at : last;
	}
	return last;
}

/* Since when the client is configured, or earlier: by its own file, or the
 * table that it is in, else by all that there are. */
static int64_t
configured_s(const struct stale *stale, const struct site_client *client)
{
	const char *dir = site_settings(stale->ctl->site)->clients_dir;
	char *path = NULL;
	int64_t at = 0;

	if (client->first_host == SITE_STORED)
		return stale->table_s;
	if (dir != NULL &&
	    asprintf(&path, "%s/%s.conf", dir, client->name) >= 0)
		at = changed_s(path);
	free(path);
	return at > 0 ? at : stale->changed_s;
}

/*
 * One that was never seen counts as seen when it could first be: when the
 * file was begun, and it was configured.  Else all hosts would be stale after
 * the file was lost, and a new one at once.
 */
static bool
is_stale(const struct stale *stale, const struct site_client *client,
    const struct seen_host *seen)
{
	if (seen->seen_s > 0)
		return seen->seen_s < stale->before_s;
	return stale->begun_s > 0 && stale->begun_s < stale->before_s &&
	       configured_s(stale, client) < stale->before_s;
}

static void
format_date(int64_t at_s, char *buf, size_t size)
{
	time_t s = at_s;
	struct tm tm;

	if (at_s <= 0 || localtime_r(&s, &tm) == NULL ||
	    strftime(buf, size, "%Y-%m-%d", &tm) == 0)
		snprintf(buf, size, "never");
}

/* The servers of a zone that do not answer are not asked for each host. */
static void
remove_addresses(struct stale *stale, const struct site_host *host)
{
	if (stale->silent[host->zone])
		return;
	enum err err = offline_host(&stale->steps, stale->ctl, host);
	stale->failed |= err != ERR_OK;
	stale->silent[host->zone] =
	    err == ERR_DNS_SILENT || err == ERR_DNS_UNREACHABLE;
}

/* An each_host_visit */
static void
find_last(void *ctx, const struct site_client *client,
    const struct site_host *host, const struct seen_host *seen)
{
	struct stale *stale = ctx;

	(void)client;
	(void)host;
	if (seen->seen_s > stale->last_s)
		stale->last_s = seen->seen_s;
}

/* An each_host_visit */
static void
visit(void *ctx, const struct site_client *client, const struct site_host *host,
    const struct seen_host *seen)
{
	struct stale *stale = ctx;
	char date[32];

	/* What has certificates only is renewed every other month, and has no
	 * address that could be out of date. */
	if (host->families == 0 || !is_stale(stale, client, seen))
		return;
	stale->count++;
	if (!stale->lists)
		return;
	format_date(seen->seen_s, date, sizeof(date));
	printf("%-*s  %-*s  %s\n", HOST_WIDTH, host->name, CLIENT_WIDTH,
	    client->name, date);
	if (stale->removes)
		remove_addresses(stale, host);
}

/* If nobody was seen at all, it is rather the service; or what another machine
 * has noted is not copied any more. */
static bool
is_doubtful(const struct stale *stale, const struct seen *seen)
{
	unsigned long long days = (unsigned long long)stale->days;

	if (stale->last_s < stale->before_s)
		ctl_error("no host at all was seen for %llu days, so that it "
			  "may be ddnsgate that is not called: nothing is "
			  "removed",
		    days);
	else if (seen_oldest_copy_s(seen) < stale->before_s)
		ctl_error("a copy in %s/seen.d is older than %llu days, so "
			  "that hosts may have called at its machine: nothing "
			  "is removed",
		    site_settings(stale->ctl->site)->state_dir, days);
	else
		return false;
	return true;
}

/* With --offline. */
static enum ctl_exit
run_offline(struct stale *stale, const struct seen *seen)
{
	const struct site *site = stale->ctl->site;

	if (is_doubtful(stale, seen))
		return CTL_FAILED;
	stale->silent = calloc(site_zone_count(site), sizeof(bool));
	if (stale->silent == NULL ||
	    dns_steps_init(stale->ctl, &stale->steps) != ERR_OK) {
		free(stale->silent);
		return CTL_FAILED;
	}
	stale->removes = true;
	enum ctl_exit status = each_host(stale->ctl, seen, visit, stale);
	dns_steps_done(&stale->steps);
	free(stale->silent);
	return status;
}

/* For the hosts that this file knows of, and the days that are given. */
static void
begin(struct stale *stale, const struct seen *seen)
{
	stale->before_s =
	    (int64_t)clock_calendar() - (int64_t)stale->days * DAY_S;
	stale->changed_s = last_changed_s(stale->ctl);
	stale->table_s = stale->ctl->files.in_place != NULL
			     ? changed_s(stale->ctl->files.in_place)
			     : 0;
	stale->begun_s = seen_begun_s(seen);
}

size_t
stale_count(const struct ctl *ctl, const struct seen *seen)
{
	struct stale stale = {.ctl = ctl, .days = STALE_DAYS_DEFAULT};

	begin(&stale, seen);
	(void)each_host(ctl, seen, visit, &stale);
	return stale.count;
}

static enum ctl_exit
run(struct stale *stale)
{
	struct seen *seen;
	enum ctl_exit status = each_host_open_seen(stale->ctl, &seen);

	if (status != CTL_DONE)
		return status;
	begin(stale, seen);
	stale->lists = true;
	if (stale->ctl->options & CTL_OFFLINE) {
		status = each_host(stale->ctl, seen, find_last, stale);
		if (status == CTL_DONE)
			status = run_offline(stale, seen);
	} else {
		status = each_host(stale->ctl, seen, visit, stale);
	}
	seen_close(seen);
	return stale->count == 0 && !stale->failed ? status : CTL_FAILED;
}

enum ctl_exit
stale_run(struct ctl *ctl)
{
	struct stale stale = {.ctl = ctl, .days = STALE_DAYS_DEFAULT};

	if (ctl->days != NULL &&
	    (span_number(span_of(ctl->days), DAYS_MAX, &stale.days) != ERR_OK ||
		stale.days == 0)) {
		ctl_error("--days %s: allowed is 1 to %d", ctl->days, DAYS_MAX);
		return CTL_USAGE;
	}
	return run(&stale);
}
