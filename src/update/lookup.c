#include "ddnsgate/update/lookup.h"

#include <string.h>

#include "ddnsgate/update/policy.h"

#define LOOKUPS_MAX (LOOKUP_UPDATES_MAX * IPADDR_FAMILIES)

/* Makes an address of the prefix and low bits: those that are configured for
 * the host, else those of its only address in DNS. */
static enum err
resolve_prefix(struct host_update *update, enum ipaddr_family family,
    const struct response_rrset *rrset)
{
	struct host_update_decision *decided = &update->decided[family];
	const struct site_host *host = update->host;
	struct ipaddr low = {.family = family};

	if (host->has_interface_id)
		memcpy(
		    low.bytes + sizeof(low.bytes) - sizeof(host->interface_id),
		    host->interface_id, sizeof(host->interface_id));
	else if (rrset->count == 1)
		low = rrset->addrs[0];
	else
		return ERR_ADDR_PREFIX;
	low = ipaddr_combine(&decided->addr, decided->prefix_len, &low);
	if (!policy_publishes(&low, update->allow_private))
		return ERR_ADDR_KIND;
	*decided = (struct host_update_decision){
	    .action = HOST_UPDATE_SET, .addr = low};
	return ERR_OK;
}

static enum err
compare(struct host_update *update, enum ipaddr_family family,
    const struct response_rrset *rrset)
{
	struct host_update_decision *decided = &update->decided[family];

	if (rrset->cname)
		return ERR_DNS_CNAME;
	update->had_count[family] = rrset->count;
	if (rrset->count > 0)
		update->had[family] = rrset->addrs[0];
	if (decided->action == HOST_UPDATE_PREFIX) {
		enum err err = resolve_prefix(update, family, rrset);
		if (err != ERR_OK)
			return err;
	}
	update->differs[family] =
	    decided->action == HOST_UPDATE_REMOVE
		? rrset->count > 0
		: !response_rrset_is(rrset, &decided->addr, update->host->ttl);
	return ERR_OK;
}

/* One family of one change, which needs a query. */
struct lookup {
	struct host_update *update;
	enum ipaddr_family family;
};

/* Lists the lookups that the changes need, in the order of the queries. */
static size_t
list_lookups(struct host_update *const updates[], size_t count,
    struct lookup lookups[LOOKUPS_MAX])
{
	size_t listed = 0;

	for (size_t i = 0; i < count * IPADDR_FAMILIES; i++) {
		struct host_update *update = updates[i / IPADDR_FAMILIES];
		enum ipaddr_family family =
		    (enum ipaddr_family)(i % IPADDR_FAMILIES);
		if (update->decided[family].action != HOST_UPDATE_KEEP)
			lookups[listed++] = (struct lookup){update, family};
	}
	return listed;
}

static enum err
compare_some(const struct transaction *transaction,
    const struct lookup lookups[], size_t count)
{
	enum err first = ERR_OK;

	for (size_t i = 0; i < count; i++) {
		struct host_update *update = lookups[i].update;
		enum err err = transaction_outcome(transaction, i);
		if (err == ERR_OK)
			err = compare(update, lookups[i].family,
			    transaction_rrset(transaction, i));
		if (update->outcome == ERR_OK)
			update->outcome = err;
		if (first == ERR_OK)
			first = err;
	}
	return first;
}

/* As many as one transaction takes. */
static enum err
query_some(struct transaction *transaction, const struct lookup lookups[],
    size_t count)
{
	transaction_reset(transaction);
	for (size_t i = 0; i < count; i++) {
		enum err err = transaction_add_query(transaction,
		    lookups[i].update->host->name, lookups[i].family);
		if (err != ERR_OK)
			return err;
	}
	transaction_send(
	    transaction, DNS_REQUEST_QUERY, -1); /* see each outcome */
	return compare_some(transaction, lookups, count);
}

static enum err
query_all(struct transaction *transaction, const struct lookup lookups[],
    size_t count)
{
	enum err first = ERR_OK;
	size_t some;

	for (size_t i = 0; i < count; i += some) {
		some = count - i;
		if (some > TRANSACTION_REQUESTS_MAX)
			some = TRANSACTION_REQUESTS_MAX;
		enum err err = query_some(transaction, lookups + i, some);
		if (first == ERR_OK)
			first = err;
	}
	return first;
}

static void
reset(struct host_update *const updates[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		memset(updates[i]->had, 0, sizeof(updates[i]->had));
		memset(updates[i]->had_count, 0, sizeof(updates[i]->had_count));
		memset(updates[i]->differs, 0, sizeof(updates[i]->differs));
		updates[i]->outcome = ERR_OK;
	}
}

enum err
lookup_updates(struct transaction *transaction, const struct site_zone *zone,
    struct host_update *const updates[], size_t count,
    struct clock_deadline deadline, struct transaction_report *ret_report)
{
	struct lookup lookups[LOOKUPS_MAX];
	enum err err = ERR_RANGE;

	reset(updates, count);
	transaction_begin(transaction, zone, deadline);
	if (count <= LOOKUP_UPDATES_MAX)
		err = query_all(transaction, lookups,
		    list_lookups(updates, count, lookups));
	host_update_fail(updates, count, err);
	*ret_report = transaction_report(transaction);
	return err;
}

enum err
lookup_rrset(struct transaction *transaction, const struct site_zone *zone,
    const char *name, enum ipaddr_family family, struct clock_deadline deadline,
    struct response_rrset *ret, struct transaction_report *ret_report)
{
	transaction_begin(transaction, zone, deadline);
	enum err err = transaction_add_query(transaction, name, family);
	if (err == ERR_OK)
		err = transaction_send(transaction, DNS_REQUEST_QUERY, -1);
	if (err == ERR_OK)
		*ret = *transaction_rrset(transaction, 0);
	*ret_report = transaction_report(transaction);
	return err;
}
