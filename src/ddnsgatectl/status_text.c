#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ddnsgate/dns/acme.h"

#include "in_force.h"
#include "status.h"

/* A terminal's width, which lines of ordinary names fit. */
#define LINE_WIDTH 80
#define HOST_WIDTH_MAX 40
#define AGE_WIDTH 7 /* "999 min" */
#define INDENT 2
#define US_PER_S 1000000
/* YYYY-MM-DD HH:MM:SS and NUL */
#define TIME_SIZE 20

static void
format_time(int64_t us, char *buf)
{
	time_t s = us / US_PER_S;
	struct tm tm;

	if (us <= 0 || localtime_r(&s, &tm) == NULL ||
	    strftime(buf, TIME_SIZE, "%Y-%m-%d %H:%M:%S", &tm) == 0)
		snprintf(buf, TIME_SIZE, "-");
}

/* How long ago that was.  A file may have any number, and a clock be put
 * back. */
static void
format_age(int64_t now_s, int64_t at_s, char *buf, size_t size)
{
	static const struct {
		int64_t below_s, unit_s;
		const char *name;
	} units[] = {
	    {120 * 60, 60, "min"},
	    {48 * 3600, 3600, "h"},
	    {INT64_MAX, 86400, "d"},
	};
	size_t unit = 0;

	if (at_s <= 0 || at_s > now_s) {
		snprintf(buf, size, "%s",
		    at_s == 0  ? "never"
		    : at_s < 0 ? "?"
			       : "future");
		return;
	}
	while (now_s - at_s >= units[unit].below_s)
		unit++;
	snprintf(buf, size, "%lld %s",
	    (long long)((now_s - at_s) / units[unit].unit_s), units[unit].name);
}

/* What runs */

static int64_t
last_loaded(const struct status *status)
{
	int64_t last = 0;

	for (size_t i = 0; i < status->count; i++) {
		int64_t loaded = status->processes[i].status.loaded_us;
		if (status->processes[i].in_force && loaded > last)
			last = loaded;
	}
	return last;
}

static const char *
plural(size_t count)
{
	return count == 1 ? "process" : "processes";
}

static void
print_headline(const struct status *status)
{
	char since[TIME_SIZE];

	puts(status->conf);
	format_time(last_loaded(status), since);
	if (status_is_in_force(status))
		printf("in force in %zu %s since %s\n", status->count,
		    plural(status->count), since);
	else if (status->unknown != NULL)
		printf("whether it is in force is NOT KNOWN: %s\n",
		    status_why(status));
	else if (status->count > 0)
		printf("NOT IN FORCE: %zu of %zu %s by what was before\n",
		    status->count - status->in_force, status->count,
		    status->count == 1 ? "process serves" : "processes serve");
	else
		printf("NOT IN FORCE: %s\n", status_why(status));
}

static void
print_process(const struct status_process *process)
{
	const struct process_status *status = &process->status;
	char pid[24] = "-";
	char started[TIME_SIZE];
	char loaded[TIME_SIZE];
	char why[PROCESS_WHY_SIZE];

	if (status->pid > 0)
		snprintf(pid, sizeof(pid), "%lld", (long long)status->pid);
	format_time(status->started_us, started);
	format_time(status->loaded_us, loaded);
	printf("%-9s  %-19s  %-19s  %s\n", pid, started, loaded,
	    process->in_force ? "yes" : "NO");
	if (process->in_force)
		return;
	in_force_format_why(status, "it has not been read yet", why);
	printf("%*s%s\n", INDENT, "", why);
}

static void
print_processes(const struct status *status)
{
	if (status->count == 0)
		return;
	printf(
	    "\n%-9s  %-19s  %-19s  IN FORCE\n", "PROCESS", "STARTED", "LOADED");
	for (size_t i = 0; i < status->count; i++)
		print_process(&status->processes[i]);
}

/* Hosts */

struct table {
	const struct status *status;
	int host_width;
	const struct site_client *client; /* of the host before */
};

/* A status_visit */
static void
measure(void *ctx, const struct status_host *host)
{
	struct table *table = ctx;
	int len = (int)strlen(host->host->name);

	if (len > table->host_width)
		table->host_width = len;
}

/* At its column, or further left if it is too long for that. */
static void
print_at(int used, int column, const char *text)
{
	int last = LINE_WIDTH - (int)strlen(text);
	int start = column < last ? column : last;

	if (start < used) {
		putchar('\n');
		used = 0;
	}
	printf("%*s%s", start - used, "", text);
}

/* Addresses on lines of their own, the first one behind the rest. */
static void
print_addresses(const struct status_host *host, int used, int column)
{
	const char *otherwise = "-";
	char addr[IPADDR_TEXT_SIZE];
	size_t count = 0;

	for (int i = 0; i < IPADDR_FAMILIES; i++) {
		const struct seen_family *family = &host->seen.families[i];
		if (family->state == SEEN_REMOVED)
			otherwise = "none";
		if (family->state != SEEN_SET)
			continue;
		ipaddr_format(&family->addr, addr);
		if (count++ > 0)
			putchar('\n');
		print_at(count == 1 ? used : 0, column, addr);
	}
	if (count == 0)
		print_at(used, column, otherwise);
	putchar('\n');
}

static bool
differs(const struct seen_family *family, const struct response_rrset *rrset)
{
	if (family->state == SEEN_SET)
		return rrset->count != 1 ||
		       !ipaddr_equal(&family->addr, &rrset->addrs[0]);
	return family->state == SEEN_REMOVED && rrset->count > 0;
}

static void
print_dns(const struct status_host *host)
{
	char addr[IPADDR_TEXT_SIZE];
	size_t count = 0;
	bool different = false;

	for (int i = 0; i < IPADDR_FAMILIES; i++) {
		const struct response_rrset *rrset = &host->dns[i].rrset;
		different |= differs(&host->seen.families[i], rrset);
		for (size_t j = 0; j < rrset->count && j < RESPONSE_ADDRS_MAX;
		     j++) {
			ipaddr_format(&rrset->addrs[j], addr);
			printf("%*sDNS has  %s  TTL %u\n", 2 * INDENT, "", addr,
			    (unsigned)rrset->ttl);
		}
		count += rrset->count;
	}
	if (count == 0)
		printf("%*sDNS has  %s\n", 2 * INDENT, "",
		    host->dns[0].rrset.cname ? "a CNAME" : "no address");
	if (different)
		printf("%*swhich is NOT what was last acknowledged\n",
		    2 * INDENT, "");
}

static void
print_acme(const struct site_host *host)
{
	char name[DNAME_SIZE];

	if (host->acme && acme_name(host->name, name) == ERR_OK)
		printf("%*scertificates by TXT records of %s\n", 2 * INDENT, "",
		    name);
}

/* A status_visit */
static void
print_host(void *ctx, const struct status_host *host)
{
	struct table *table = ctx;
	int64_t now_s = table->status->now_s;
	int column = INDENT + table->host_width + 2;
	char seen[32] = "-";
	char changed[32] = "-";

	if (host->client != table->client)
		puts(host->client->name);
	table->client = host->client;
	if (table->status->seen != NULL) {
		format_age(now_s, host->seen.seen_s, seen, sizeof(seen));
		format_age(
		    now_s, host->seen.changed_s, changed, sizeof(changed));
	}
	int used = printf("%*s%s", INDENT, "", host->host->name);
	if (used > column - 2) {
		putchar('\n');
		used = 0;
	}
	used += printf("%*s%-*s  %-*s", column - used, "", AGE_WIDTH, seen,
	    AGE_WIDTH, changed);
	print_addresses(host, used, column + 2 * (AGE_WIDTH + 2));
	if (table->status->dns == NULL)
		return;
	print_dns(host);
	print_acme(host->host);
}

static enum ctl_exit
print_hosts(const struct status *status)
{
	struct status silent = *status;
	struct table table = {
	    .status = status, .host_width = (int)strlen("HOST")};

	silent.dns = NULL; /* for names alone nothing is asked */
	silent.seen = NULL;
	(void)status_each_host(&silent, measure, &table);
	if (table.host_width > HOST_WIDTH_MAX)
		table.host_width = HOST_WIDTH_MAX;
	printf("\n%*s%-*s  %-*s  %-*s  ADDRESS\n", INDENT, "", table.host_width,
	    "HOST", AGE_WIDTH, "SEEN", AGE_WIDTH, "CHANGED");
	return status_each_host(status, print_host, &table);
}

enum ctl_exit
status_print_text(const struct status *status)
{
	print_headline(status);
	if (status->ctl->site == NULL)
		return CTL_FAILED;
	print_processes(status);
	return print_hosts(status);
}
