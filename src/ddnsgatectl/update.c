#include <stdio.h>
#include <string.h>

#include "ddnsgate/dns/dname.h"
#include "ddnsgate/request/request.h"
#include "ddnsgate/update/commit.h"
#include "ddnsgate/update/lookup.h"
#include "ddnsgate/update/policy.h"
#include "ddnsgate/update/route.h"

#include "commands.h"
#include "dns.h"
#include "host_name.h"

static void
print_exchange(const struct site_zone *zone, const struct dns_request_set *set,
    enum err err, int64_t us)
{
	char server[CTL_SERVER_SIZE] = "-";
	size_t bytes = 0;

	for (size_t i = 0; i < set->count; i++)
		bytes += set->requests[i].len;
	if (set->server >= 0)
		ctl_format_server(&zone->servers[set->server], server);
	printf("  %-6s  %s  %zu message%s, %zu bytes, %.1f ms: %s\n",
	    set->kind == DNS_REQUEST_QUERY ? "query" : "UPDATE", server,
	    set->count, set->count == 1 ? "" : "s", bytes, (double)us / 1000,
	    err == ERR_OK ? "answered" : err_text(err));
}

/* Sends by the transport that ctx is, and prints what was sent. */
static enum err
send_and_print(void *ctx, const struct site_zone *zone,
    struct dns_request_set *set, struct clock_deadline deadline)
{
	const struct exchange_transport *transport = ctx;
	int64_t start = clock_now_us();
	enum err err = transport->send(transport->ctx, zone, set, deadline);

	print_exchange(zone, set, err, clock_now_us() - start);
	return err;
}

/* "192.0.2.7", "192.0.2.7 and 2 more", "none" */
static void
print_had(const struct host_update *update, enum ipaddr_family family)
{
	char addr[IPADDR_TEXT_SIZE];

	if (update->had_count[family] == 0) {
		fputs("none", stdout);
		return;
	}
	ipaddr_format(&update->had[family], addr);
	fputs(addr, stdout);
	if (update->had_count[family] > 1)
		printf(" and %zu more", update->had_count[family] - 1);
}

static void
print_decided(const struct host_update *update, enum ipaddr_family family)
{
	const struct host_update_decision *decided = &update->decided[family];
	char addr[IPADDR_TEXT_SIZE];

	if (decided->action == HOST_UPDATE_REMOVE) {
		fputs("none", stdout);
		return;
	}
	ipaddr_format(&decided->addr, addr);
	printf("%s with TTL %u", addr, (unsigned)update->host->ttl);
}

static void
print_update(const struct host_update *update)
{
	for (int i = 0; i < IPADDR_FAMILIES; i++) {
		enum ipaddr_family family = (enum ipaddr_family)i;
		printf("  %s %s: ", update->host->name, ipaddr_rrtype(family));
		if (update->decided[i].action == HOST_UPDATE_KEEP) {
			puts("left as it is");
			continue;
		}
		fputs("had ", stdout);
		print_had(update, family);
		fputs(update->differs[i] ? ", now " : ", and keeps ", stdout);
		print_decided(update, family);
		putchar('\n');
	}
}

/* What the steps of an update are made with. */
struct steps {
	struct transaction *transaction;
	struct lookup *lookup;
};

static enum err
run_zone(struct steps *steps, struct host_update *const updates[], size_t count,
    struct clock_deadline deadline)
{
	const struct site_zone *zone = updates[0]->zone;
	struct transaction_report report;

	printf("zone %s, %s%s\n", zone->name,
	    zone->key != NULL ? "key " : "unsigned",
	    zone->key != NULL ? tsig_key_name(zone->key) : "");
	lookup_begin(steps->lookup);
	enum err err = lookup_updates(
	    steps->lookup, zone, updates, count, deadline, &report);
	if (err == ERR_OK)
		err = commit_updates(NULL, steps->transaction, zone, updates,
		    count, deadline, &report);
	if (err == ERR_OK)
		err = lookup_read_back(
		    steps->lookup, zone, updates, count, deadline, &report);
	if (err != ERR_OK) {
		const char *detail = lookup_detail(steps->lookup, err);
		ctl_error("zone %s: %s%s%s; the server's last answer: %s",
		    zone->name, err_text(err), detail != NULL ? " " : "",
		    detail != NULL ? detail : "", report.rcode);
		return err;
	}
	printf("  answer  %s%s\n", report.rcode,
	    zone->key != NULL ? ", signed with the same key" : "");
	for (size_t i = 0; i < count; i++)
		print_update(updates[i]);
	return ERR_OK;
}

/* Goes on after an error: the servers of another zone may do better. */
static enum err
run_zones(const struct ctl *ctl, struct steps *steps,
    struct host_update *updates, size_t count)
{
	struct host_update *of_zone[REQUEST_HOSTS_MAX];
	enum err first = ERR_OK;
	struct clock_deadline deadline =
	    clock_after_ms(site_settings(ctl->site)->timeout_ms);
	for (size_t zone = 0; zone < site_zone_count(ctl->site); zone++) {
		size_t found = 0;
		for (size_t i = 0; i < count; i++) {
			if (updates[i].host->zone == zone)
				of_zone[found++] = &updates[i];
		}
		if (found == 0)
			continue;
		enum err err = run_zone(steps, of_zone, found, deadline);
		if (first == ERR_OK)
			first = err;
	}
	return first;
}

static enum err
run_updates(const struct ctl *ctl, struct host_update *updates, size_t count)
{
	struct dns dns;
	struct steps steps = {NULL, NULL};
	struct parent_cache *parents = NULL;
	enum err err = dns_init(&dns);

	if (err != ERR_OK)
		return err;
	const struct exchange_transport transport = {
	    send_and_print, &dns.transport};
	err = transaction_new(&transport, &steps.transaction);
	if (err == ERR_OK)
		err = parent_cache_new(&parents);
	if (err == ERR_OK)
		err = lookup_new(steps.transaction, parents, &steps.lookup);
	if (err == ERR_OK)
		err = run_zones(ctl, &steps, updates, count);
	else
		ctl_error("%s", err_text(err));
	lookup_free(steps.lookup);
	parent_cache_free(parents);
	transaction_free(steps.transaction);
	dns_done(&dns);
	return err;
}

/* Reads an argument as an address or prefix; ERR_ABSENT: it is neither. */
static enum err
read_address(struct span text, struct request *request)
{
	struct request_address address = {.kind = REQUEST_ADDRESS_VALUE};
	enum err err = ipaddr_parse(text, &address.addr);

	if (err != ERR_OK) {
		address.kind = REQUEST_ADDRESS_PREFIX;
		err = ipaddr_parse_prefix(
		    text, &address.addr, &address.prefix_len);
		if (err != ERR_OK || address.addr.family != IPADDR_V6)
			return ERR_ABSENT;
		address.addr =
		    ipaddr_net_of(&address.addr, address.prefix_len).base;
	}
	if (request->addresses[address.addr.family].kind !=
	    REQUEST_ADDRESS_ABSENT)
		return ERR_DUPLICATE;
	request->addresses[address.addr.family] = address;
	return ERR_OK;
}

static enum err
find_host(
    const struct ctl *ctl, const struct site_client *client, struct span text)
{
	const struct request single = {.hosts = {text}, .host_count = 1};
	struct host_update updates[REQUEST_HOSTS_MAX];
	size_t count;

	return route_hosts(ctl->site, client, &single, updates, &count);
}

/* Are these the first labels of one of the client's hosts? */
static bool
starts_hosts(
    const struct ctl *ctl, const struct site_client *client, struct span text)
{
	const struct site_host *hosts = site_hosts(ctl->site, client);
	char name[DNAME_SIZE];

	if (dname_canonical(text, true, name) != ERR_OK)
		return false;
	for (uint32_t i = 0; i < client->host_count; i++) {
		if (span_starts(span_of(hosts[i].name), span_of(name)) &&
		    hosts[i].name[strlen(name)] == '.')
			return true;
	}
	return false;
}

/* Prints why an argument is of no use. */
static void
say_neither(
    const struct ctl *ctl, const struct site_client *client, const char *text)
{
	if (starts_hosts(ctl, client, span_of(text)))
		ctl_error("\"%s\" fits several hosts of %s: give the full name",
		    text, client->name);
	else
		ctl_error("\"%s\" is neither an address nor a host of %s%s%s",
		    text, client->name,
		    strchr(text, '/') != NULL
			? "; a prefix is one of IPv6, such as "
			  "2001:db8:1:2::/64"
			: "",
		    host_name_hint(text));
}

/* Takes an argument; *addresses counts those that are one. */
static enum ctl_exit
read_argument(const struct ctl *ctl, const struct site_client *client,
    const char *text, struct request *request, size_t *addresses)
{
	enum err err = read_address(span_of(text), request);

	if (err == ERR_DUPLICATE) {
		ctl_error("update: two addresses of one family");
		return CTL_USAGE;
	}
	if (err == ERR_OK) {
		++*addresses;
		return CTL_DONE;
	}
	if (find_host(ctl, client, span_of(text)) != ERR_OK) {
		say_neither(ctl, client, text);
		return CTL_FAILED;
	}
	if (request->host_count == REQUEST_HOSTS_MAX) {
		ctl_error("update: %s", err_text(ERR_NAMES));
		return CTL_USAGE;
	}
	request->hosts[request->host_count++] = span_of(text);
	return CTL_DONE;
}

/* The arguments after CLIENT, as the request that they stand for. */
static enum ctl_exit
read_request(const struct ctl *ctl, const struct site_client *client,
    struct request *request)
{
	bool offline = (ctl->options & CTL_OFFLINE) != 0;
	size_t addresses = 0;

	for (size_t i = 1; i < ctl->arg_count; i++) {
		enum ctl_exit status = read_argument(
		    ctl, client, ctl->args[i], request, &addresses);
		if (status != CTL_DONE)
			return status;
	}
	if (offline && addresses > 0) {
		ctl_error("update: --offline removes all addresses: give "
			  "either it or an ADDRESS");
		return CTL_USAGE;
	}
	if (!offline && addresses == 0) {
		ctl_error("update: give an ADDRESS or --offline: there is no "
			  "caller whose address could be taken");
		return CTL_USAGE;
	}
	for (int i = 0; offline && i < IPADDR_FAMILIES; i++)
		request->addresses[i].kind = REQUEST_ADDRESS_REMOVE;
	return CTL_DONE;
}

static bool
leaves_out(const struct host_update *update)
{
	for (int f = 0; f < IPADDR_FAMILIES; f++) {
		if (update->left_out[f].action != HOST_UPDATE_KEEP)
			return true;
	}
	return false;
}

/*
 * The administrator sets any address that the client may have, as if called
 * from there.  Whoever types an address wants to know that it is left out.
 */
static enum err
decide(const struct site_client *client, const struct request *request,
    struct host_update *updates, size_t count)
{
	static const struct ipaddr nobody;
	struct site_rules rules = *client->rules;

	rules.source_only = false;
	for (size_t i = 0; i < count; i++) {
		enum err err = policy_decide(
		    &rules, request->addresses, &nobody, &updates[i]);
		if (err == ERR_OK && leaves_out(&updates[i]))
			err = ERR_ADDR_KIND;
		if (err != ERR_OK) {
			ctl_error(
			    "%s: %s", updates[i].host->name, err_text(err));
			return err;
		}
	}
	return ERR_OK;
}

enum ctl_exit
update_run(struct ctl *ctl)
{
	struct request request = {.host_count = 0};
	struct host_update updates[REQUEST_HOSTS_MAX];
	size_t count;
	const struct site_client *client = ctl_find_client(ctl, ctl->args[0]);

	if (client == NULL)
		return CTL_FAILED;
	enum ctl_exit status = read_request(ctl, client, &request);
	if (status != CTL_DONE)
		return status;
	enum err err =
	    route_hosts(ctl->site, client, &request, updates, &count);
	if (err != ERR_OK) {
		ctl_error("%s: %s", client->name, err_text(err));
		return CTL_FAILED;
	}
	if (decide(client, &request, updates, count) != ERR_OK ||
	    run_updates(ctl, updates, count) != ERR_OK)
		return CTL_FAILED;
	return CTL_DONE;
}
