#include <stdio.h>
#include <time.h>

#include "ddnsgate/base/text.h"

#include "in_force.h"
#include "status.h"

#define US_PER_S 1000000
/* The longest text, each byte of it escaped, and quotes. */
#define STRING_SIZE (6 * PROCESS_CONF_SIZE + 3)

static void
print_string(const char *string)
{
	char buf[STRING_SIZE];
	struct text text;

	if (string == NULL) {
		fputs("null", stdout);
		return;
	}
	TEXT_INIT(&text, buf);
	text_put_json(&text, span_of(string));
	fputs(text.overflow ? "null" : buf, stdout);
}

/* As in RFC 3339; null for none, and for what is no time. */
static void
print_time(int64_t at_s)
{
	time_t s = at_s;
	struct tm tm;
	char buf[64];

	if (at_s <= 0 || gmtime_r(&s, &tm) == NULL ||
	    strftime(buf, sizeof(buf), "\"%Y-%m-%dT%H:%M:%SZ\"", &tm) == 0 ||
	    tm.tm_year > 9999 - 1900)
		fputs("null", stdout);
	else
		fputs(buf, stdout);
}

static void
print_name(const char *name)
{
	printf("\"%s\":", name);
}

static void
print_process(const struct status_process *process)
{
	const struct process_status *status = &process->status;
	char why[PROCESS_WHY_SIZE];

	in_force_format_why(status, "it has not been read yet", why);
	fputs("{", stdout);
	print_name("pid");
	if (status->pid > 0)
		printf("%lld", (long long)status->pid);
	else
		fputs("null", stdout);
	fputs(",\"started\":", stdout);
	print_time(status->started_us / US_PER_S);
	fputs(",\"loaded\":", stdout);
	print_time(status->loaded_us / US_PER_S);
	printf(
	    ",\"in_force\":%s,\"why\":", process->in_force ? "true" : "false");
	print_string(process->in_force ? NULL : why);
	fputs("}", stdout);
}

/* An array of addresses; null: nothing was acknowledged. */
static void
print_acknowledged(const struct seen_family *family)
{
	char addr[IPADDR_TEXT_SIZE];

	if (family->state == SEEN_SET) {
		ipaddr_format(&family->addr, addr);
		printf("[\"%s\"]", addr);
	} else {
		fputs(family->state == SEEN_REMOVED ? "[]" : "null", stdout);
	}
}

static void
print_rrset(const struct response_rrset *rrset)
{
	char addr[IPADDR_TEXT_SIZE];

	putchar('[');
	for (size_t i = 0; i < rrset->count && i < RESPONSE_ADDRS_MAX; i++) {
		ipaddr_format(&rrset->addrs[i], addr);
		printf("%s\"%s\"", i == 0 ? "" : ",", addr);
	}
	putchar(']');
}

static void
print_dns(const struct status_host *host)
{
	fputs(",\"dns\":{", stdout);
	for (int i = 0; i < IPADDR_FAMILIES; i++) {
		fputs(i == 0 ? "" : ",", stdout);
		print_name(ipaddr_rrtype((enum ipaddr_family)i));
		print_rrset(&host->dns[i].rrset);
	}
	putchar('}');
}

struct list {
	const struct status *status;
	bool begun;
};

/* A status_visit */
static void
print_host(void *ctx, const struct status_host *host)
{
	struct list *list = ctx;

	fputs(list->begun ? ",\n{" : "\n{", stdout);
	list->begun = true;
	print_name("client");
	print_string(host->client->name);
	fputs(",\"host\":", stdout);
	print_string(host->host->name);
	fputs(",\"zone\":", stdout);
	print_string(host->zone->name);
	printf(",\"acme\":%s", host->host->acme ? "true" : "false");
	fputs(",\"seen\":", stdout);
	print_time(host->seen.seen_s);
	fputs(",\"changed\":", stdout);
	print_time(host->seen.changed_s);
	for (int i = 0; i < IPADDR_FAMILIES; i++) {
		putchar(',');
		print_name(ipaddr_rrtype((enum ipaddr_family)i));
		print_acknowledged(&host->seen.families[i]);
	}
	if (list->status->dns != NULL)
		print_dns(host);
	putchar('}');
}

static const char *
in_force_word(const struct status *status)
{
	if (status->unknown != NULL)
		return "null";
	return status_is_in_force(status) ? "true" : "false";
}

enum ctl_exit
status_print_json(const struct status *status)
{
	struct list list = {.status = status};
	enum ctl_exit outcome = CTL_FAILED;

	fputs("{\"configuration\":", stdout);
	print_string(status->conf);
	printf(",\n\"in_force\":%s,\"why\":", in_force_word(status));
	print_string(status_why(status));
	fputs(",\n\"processes\":[", stdout);
	for (size_t i = 0; i < status->count; i++) {
		fputs(i == 0 ? "\n" : ",\n", stdout);
		print_process(&status->processes[i]);
	}
	fputs("],\n\"hosts\":[", stdout);
	if (status->ctl->site != NULL)
		outcome = status_each_host(status, print_host, &list);
	puts("]}");
	return outcome;
}
