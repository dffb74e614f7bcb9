#include <stdio.h>
#include <string.h>

#include "ddnsgate/request/request.h"
#include "ddnsgate/update/policy.h"
#include "ddnsgate/update/route.h"

#include "commands.h"
#include "dns_steps.h"
#include "host_name.h"
#include "update_txt.h"

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

/* Prints why an argument is of no use. */
static void
say_neither(
    const struct ctl *ctl, const struct site_client *client, const char *text)
{
	if (host_name_starts(ctl->site, client, text))
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
	if (host_name_look_up(ctl->site, client, text) == NULL) {
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
	if ((ctl->options & (CTL_TXT | CTL_REMOVE)) != 0)
		return update_txt_run(ctl, client);
	enum ctl_exit status = read_request(ctl, client, &request);
	if (status != CTL_DONE)
		return status;
	enum err err =
	    route_hosts(ctl->site, client, &request, updates, &count);
	if (err != ERR_OK) {
		ctl_error("%s: %s", client->name, err_text(err));
		return CTL_FAILED;
	}
	if (decide(client, &request, updates, count) != ERR_OK)
		return CTL_FAILED;
	return dns_steps_run_once(ctl, updates, count);
}
