#include "ddnsgate/update/policy.h"

#include <string.h>

bool
policy_publishes(const struct ipaddr *addr, bool allow_private)
{
	switch (ipaddr_kind(addr)) {
	case IPADDR_PUBLIC:
		return true;
	case IPADDR_PRIVATE:
		return allow_private;
	case IPADDR_UNUSABLE:
		break;
	}
	return false;
}

/* Does it ask for a change? */
static bool
asks_change(const struct request_address *address)
{
	return address->kind == REQUEST_ADDRESS_VALUE ||
	       address->kind == REQUEST_ADDRESS_PREFIX ||
	       address->kind == REQUEST_ADDRESS_REMOVE;
}

static bool
any_asks_change(const struct request_address addresses[])
{
	for (int f = 0; f < IPADDR_FAMILIES; f++) {
		if (asks_change(&addresses[f]))
			return true;
	}
	return false;
}

/* Where no change is asked for, the caller's address is meant. */
static void
detect(struct request_address addresses[], const struct ipaddr *caller)
{
	struct request_address *address = &addresses[caller->family];

	if (!any_asks_change(addresses) &&
	    address->kind != REQUEST_ADDRESS_PRESERVE)
		*address = (struct request_address){
		    .kind = REQUEST_ADDRESS_VALUE, .addr = *caller};
}

/* Drops the families that the host does not have, unless nothing is left of
 * what was asked for. */
static enum err
filter(struct request_address addresses[], uint8_t families)
{
	bool asked = any_asks_change(addresses);

	for (unsigned f = 0; f < IPADDR_FAMILIES; f++) {
		if ((families & 1U << f) == 0)
			addresses[f].kind = REQUEST_ADDRESS_PRESERVE;
	}
	return any_asks_change(addresses) == asked ? ERR_OK : ERR_ADDR_FAMILY;
}

/* The prefix with the low bits that are configured for the host; without them
 * lookup takes those of the address in DNS. */
static struct host_update_decision
decide_prefix(
    const struct site_host *host, const struct request_address *address)
{
	struct ipaddr low = {.family = IPADDR_V6};
	size_t id_len = sizeof(host->interface_id);
	size_t bits = 8 * sizeof(low.bytes);

	if (!host->has_interface_id && address->prefix_len < bits)
		return (struct host_update_decision){
		    HOST_UPDATE_PREFIX, address->addr, address->prefix_len};
	memcpy(
	    low.bytes + sizeof(low.bytes) - id_len, host->interface_id, id_len);
	return (struct host_update_decision){HOST_UPDATE_SET,
	    ipaddr_combine(&address->addr, address->prefix_len, &low), 0};
}

/*
 * Is what is to be published the caller's own address, or with a prefix within
 * the network that the caller is in?  A short prefix says nothing about whose
 * address comes out.
 */
static bool
is_own(const struct request_address *address,
    const struct host_update_decision *decided, const struct ipaddr *caller)
{
	if (decided->action == HOST_UPDATE_SET &&
	    ipaddr_equal(&decided->addr, caller))
		return true;
	if (address->kind != REQUEST_ADDRESS_PREFIX ||
	    address->prefix_len < POLICY_SOURCE_PREFIX_MIN)
		return false;
	struct ipaddr_net net =
	    ipaddr_net_of(&address->addr, address->prefix_len);
	return ipaddr_net_contains(&net, caller);
}

/*
 * May it be published?  Of a prefix whose low bits are not known yet, one of
 * its first and last address must: then it is no part of an inner network.
 */
static bool
may_be_published(const struct host_update_decision *decided, bool allow_private)
{
	struct ipaddr ones = {.family = IPADDR_V6};

	if (policy_publishes(&decided->addr, allow_private))
		return true;
	if (decided->action != HOST_UPDATE_PREFIX)
		return false;
	memset(ones.bytes, 0xff, sizeof(ones.bytes));
	struct ipaddr last =
	    ipaddr_combine(&decided->addr, decided->prefix_len, &ones);
	return policy_publishes(&last, allow_private);
}

/* *ret is set with ERR_ADDR_KIND, too. */
static enum err
decide_address(const struct site_rules *rules, const struct site_host *host,
    const struct request_address *address, const struct ipaddr *caller,
    struct host_update_decision *ret)
{
	struct host_update_decision decided = {
	    HOST_UPDATE_SET, address->addr, 0};

	if (address->kind == REQUEST_ADDRESS_PREFIX)
		decided = decide_prefix(host, address);
	*ret = decided;
	if (!may_be_published(&decided, rules->allow_private))
		return ERR_ADDR_KIND;
	if (rules->source_only && !is_own(address, &decided, caller))
		return ERR_ADDR_SOURCE;
	return ERR_OK;
}

static enum err
decide_family(const struct site_rules *rules, const struct site_host *host,
    const struct request_address *address, const struct ipaddr *caller,
    struct host_update_decision *ret)
{
	if (!asks_change(address)) {
		*ret =
		    (struct host_update_decision){.action = HOST_UPDATE_KEEP};
		return ERR_OK;
	}
	if (address->kind != REQUEST_ADDRESS_REMOVE)
		return decide_address(rules, host, address, caller, ret);
	if (!rules->allow_offline)
		return ERR_OFFLINE;
	*ret = (struct host_update_decision){.action = HOST_UPDATE_REMOVE};
	return ERR_OK;
}

/*
 * Leaves out what may not be published: many routers tell their inner IPv4
 * address beside a good IPv6 one, and should not have to be told.  Gives the
 * first failure, which is none if something is left to be set.
 */
static enum err
leave_out(enum err outcomes[], struct host_update_decision decided[],
    struct host_update_decision left_out[])
{
	bool sets = false;

	for (int f = 0; f < IPADDR_FAMILIES; f++)
		sets =
		    sets || (outcomes[f] == ERR_OK &&
				(decided[f].action == HOST_UPDATE_SET ||
				    decided[f].action == HOST_UPDATE_PREFIX));
	for (int f = 0; f < IPADDR_FAMILIES; f++) {
		left_out[f] =
		    (struct host_update_decision){.action = HOST_UPDATE_KEEP};
		if (sets && outcomes[f] == ERR_ADDR_KIND) {
			left_out[f] = decided[f];
			decided[f] = (struct host_update_decision){
			    .action = HOST_UPDATE_KEEP};
			outcomes[f] = ERR_OK;
		}
		if (outcomes[f] != ERR_OK)
			return outcomes[f];
	}
	return ERR_OK;
}

enum err
policy_decide(const struct site_rules *rules,
    const struct request_address addresses[IPADDR_FAMILIES],
    const struct ipaddr *caller, struct host_update *update)
{
	struct request_address effective[IPADDR_FAMILIES];
	struct host_update_decision decided[IPADDR_FAMILIES];
	struct host_update_decision left_out[IPADDR_FAMILIES];
	enum err outcomes[IPADDR_FAMILIES];

	memcpy(effective, addresses, sizeof(effective));
	detect(effective, caller);
	enum err err = filter(effective, update->host->families);
	if (err != ERR_OK)
		return err;
	for (int f = 0; f < IPADDR_FAMILIES; f++)
		outcomes[f] = decide_family(
		    rules, update->host, &effective[f], caller, &decided[f]);
	err = leave_out(outcomes, decided, left_out);
	if (err != ERR_OK)
		return err;
	memcpy(update->decided, decided, sizeof(decided));
	memcpy(update->left_out, left_out, sizeof(left_out));
	update->allow_private = rules->allow_private;
	return ERR_OK;
}

enum err
policy_decide_txt(const struct request *request, struct host_update *update)
{
	if (!update->host->acme)
		return ERR_TXT_RIGHT;
	update->txt = request->txt;
	update->txt_value = request->txt_value;
	return ERR_OK;
}
