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

/* Does the wish ask for a change? */
static bool
is_given(const struct request_wish *wish)
{
	return wish->kind == REQUEST_VALUE || wish->kind == REQUEST_PREFIX ||
	       wish->kind == REQUEST_REMOVE;
}

static bool
any_given(const struct request_wish wishes[])
{
	for (int f = 0; f < IPADDR_FAMILIES; f++) {
		if (is_given(&wishes[f]))
			return true;
	}
	return false;
}

/* Where no change is asked for, the caller's address is meant. */
static void
detect(struct request_wish wishes[], const struct ipaddr *caller)
{
	struct request_wish *wish = &wishes[caller->family];

	if (!any_given(wishes) && wish->kind != REQUEST_PRESERVE)
		*wish = (struct request_wish){REQUEST_VALUE, *caller, 0};
}

/* Leaves out what the host has no family for, if something is left then. */
static enum err
filter(struct request_wish wishes[], uint8_t families)
{
	bool asked = any_given(wishes);

	for (unsigned f = 0; f < IPADDR_FAMILIES; f++) {
		if ((families & 1U << f) == 0)
			wishes[f].kind = REQUEST_PRESERVE;
	}
	return any_given(wishes) == asked ? ERR_OK : ERR_ADDR_FAMILY;
}

/* The prefix with the host's own low bits; who has none gets it from DNS. */
static struct change_want
want_prefix(const struct site_host *host, const struct request_wish *wish)
{
	struct ipaddr low = {.family = IPADDR_V6};
	size_t id_len = sizeof(host->interface_id);
	size_t bits = 8 * sizeof(low.bytes);

	if (!host->has_interface_id && wish->prefix_len < bits)
		return (struct change_want){
		    CHANGE_PREFIX, wish->addr, wish->prefix_len};
	memcpy(
	    low.bytes + sizeof(low.bytes) - id_len, host->interface_id, id_len);
	return (struct change_want){
	    CHANGE_SET, ipaddr_combine(&wish->addr, wish->prefix_len, &low), 0};
}

/* Is the address or prefix that is wished for the caller's own? */
static bool
is_own(const struct request_wish *wish, const struct ipaddr *caller)
{
	if (wish->kind == REQUEST_VALUE)
		return ipaddr_equal(&wish->addr, caller);
	struct ipaddr_net net = ipaddr_net_of(&wish->addr, wish->prefix_len);
	return ipaddr_net_contains(&net, caller);
}

static enum err
want_address(const struct site_rules *rules, const struct site_host *host,
    const struct request_wish *wish, const struct ipaddr *caller,
    struct change_want *ret)
{
	struct change_want want = {CHANGE_SET, wish->addr, 0};

	if (rules->source_only && !is_own(wish, caller))
		return ERR_ADDR_SOURCE;
	if (wish->kind == REQUEST_PREFIX)
		want = want_prefix(host, wish);
	if (want.action == CHANGE_SET &&
	    !policy_publishes(&want.addr, rules->allow_private))
		return ERR_ADDR_KIND;
	*ret = want;
	return ERR_OK;
}

static enum err
want_of(const struct site_rules *rules, const struct site_host *host,
    const struct request_wish *wish, const struct ipaddr *caller,
    struct change_want *ret)
{
	if (!is_given(wish)) {
		*ret = (struct change_want){.action = CHANGE_KEEP};
		return ERR_OK;
	}
	if (wish->kind != REQUEST_REMOVE)
		return want_address(rules, host, wish, caller, ret);
	if (!rules->allow_offline)
		return ERR_OFFLINE;
	*ret = (struct change_want){.action = CHANGE_REMOVE};
	return ERR_OK;
}

enum err
policy_decide(const struct site_rules *rules,
    const struct request_wish wishes[IPADDR_FAMILIES],
    const struct ipaddr *caller, struct change *change)
{
	struct request_wish meant[IPADDR_FAMILIES];
	struct change_want wants[IPADDR_FAMILIES];

	memcpy(meant, wishes, sizeof(meant));
	detect(meant, caller);
	enum err err = filter(meant, change->host->families);
	if (err != ERR_OK)
		return err;
	for (int f = 0; f < IPADDR_FAMILIES; f++) {
		err =
		    want_of(rules, change->host, &meant[f], caller, &wants[f]);
		if (err != ERR_OK)
			return err;
	}
	memcpy(change->want, wants, sizeof(wants));
	change->allow_private = rules->allow_private;
	return ERR_OK;
}
