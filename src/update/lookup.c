#include "ddnsgate/update/lookup.h"

#include <stdio.h>
#include <string.h>

#include "ddnsgate/base/page_buffer.h"
#include "ddnsgate/update/parent.h"
#include "ddnsgate/update/policy.h"
#include "ddnsgate/update/question.h"

/* Records that may be the name's own or made by a wildcard. */
struct unsure {
	struct question question;
	struct response_rrset rrset;
};

struct lookup {
	struct transaction *transaction;
	struct parent_cache *cache;
	const struct site_zone *zone; /* of the last lookup */
	char detail[DNAME_SIZE + 2];
	/* Of the updates that are being looked up */
	bool zone_known[LOOKUP_UPDATES_MAX]; /* an answer has told it */
	size_t unsure_count;
	size_t parent_count;
	struct parent_info parents[LOOKUP_UPDATES_MAX];
	struct unsure unsure[QUESTIONS_MAX];
};

enum err
lookup_new(struct transaction *transaction, struct parent_cache *parents,
    struct lookup **ret)
{
	struct lookup *lookup = page_buffer_new(sizeof(*lookup));

	if (lookup == NULL)
		return ERR_MEMORY;
	lookup->transaction = transaction;
	lookup->cache = parents;
	*ret = lookup;
	return ERR_OK;
}

void
lookup_free(struct lookup *lookup)
{
	page_buffer_free(lookup, sizeof(*lookup));
}

void
lookup_begin(struct lookup *lookup)
{
	lookup->detail[0] = '\0';
}

const char *
lookup_detail(const struct lookup *lookup, enum err outcome)
{
	bool has_one = outcome == ERR_DNS_CHILD || outcome == ERR_ADDR_PREFIX;

	return has_one && lookup->detail[0] != '\0' ? lookup->detail : NULL;
}

static enum err
fail_with(struct lookup *lookup, enum err err, const char *detail)
{
	if (lookup->detail[0] == '\0')
		snprintf(lookup->detail, sizeof(lookup->detail), "%s", detail);
	return err;
}

static enum err
fail_for_host(struct lookup *lookup, enum err err, const struct site_host *host)
{
	char detail[sizeof(lookup->detail)];

	snprintf(detail, sizeof(detail), "(%s)", host->name);
	return fail_with(lookup, err, detail);
}

/* Zones */

/* Is this the configured zone, or does the answer not tell? */
static enum err
check_zone(struct lookup *lookup, const char *found)
{
	const char *zone = lookup->zone->name;

	if (found[0] == '\0' || strcmp(found, zone) == 0)
		return ERR_OK;
	return strlen(found) > strlen(zone)
		   ? fail_with(lookup, ERR_DNS_CHILD, found)
		   : ERR_DNS_LAME;
}

static const struct parent_info *
find_parent(const struct lookup *lookup, const char *name)
{
	for (size_t i = 0; name != NULL && i < lookup->parent_count; i++) {
		if (strcmp(lookup->parents[i].name, name) == 0)
			return &lookup->parents[i];
	}
	return NULL;
}

/* Was anything decided for it? */
static bool
is_changed(const struct host_update *update)
{
	return update->decided[IPADDR_V4].action != HOST_UPDATE_KEEP ||
	       update->decided[IPADDR_V6].action != HOST_UPDATE_KEEP;
}

static enum err
look_up_parents(
    struct lookup *lookup, struct host_update *const updates[], size_t count)
{
	enum err err = ERR_OK;

	for (size_t i = 0; i < count && err == ERR_OK; i++) {
		struct parent_info *info =
		    &lookup->parents[lookup->parent_count];
		const char *name =
		    parent_of(updates[i]->host->name, lookup->zone->name);
		if (name == NULL || !is_changed(updates[i]) ||
		    find_parent(lookup, name) != NULL)
			continue;
		err = parent_look_up(lookup->transaction, lookup->cache,
		    lookup->zone, name, info);
		if (err == ERR_OK)
			err = check_zone(lookup, info->zone);
		lookup->parent_count += err == ERR_OK;
	}
	return err;
}

/* Before an UPDATE: is the name itself in the configured zone?  Where it has
 * records of all that was asked for, no answer has told so far. */
static enum err
check_own_zones(
    struct lookup *lookup, struct host_update *const updates[], size_t count)
{
	struct transaction *transaction = lookup->transaction;
	enum err err = ERR_OK;

	for (size_t i = 0; i < count && err == ERR_OK; i++) {
		const char *name = updates[i]->host->name;
		if (lookup->zone_known[i] ||
		    strcmp(name, lookup->zone->name) == 0 ||
		    !host_update_differs(updates[i]))
			continue;
		transaction_reset(transaction);
		err = transaction_add_query(transaction, name, MESSAGE_SOA);
		if (err == ERR_OK)
			err = transaction_send(
			    transaction, DNS_REQUEST_QUERY, -1);
		if (err == ERR_OK)
			err = check_zone(
			    lookup, transaction_soa(transaction, 0)->zone);
	}
	return err;
}

/* Comparing */

/* Makes an address of the prefix and low bits: those that are configured for
 * the host, else those of its only address in DNS. */
static enum err
resolve_prefix(struct lookup *lookup, struct host_update *update,
    enum ipaddr_family family, const struct response_rrset *rrset)
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
		return fail_for_host(lookup, ERR_ADDR_PREFIX, host);
	low = ipaddr_combine(&decided->addr, decided->prefix_len, &low);
	if (!policy_publishes(&low, update->allow_private))
		return ERR_ADDR_KIND;
	*decided = (struct host_update_decision){
	    .action = HOST_UPDATE_SET, .addr = low};
	return ERR_OK;
}

static enum err
compare(struct lookup *lookup, const struct question *question,
    const struct response_rrset *rrset)
{
	struct host_update *update = question->update;
	enum ipaddr_family family = question->family;
	struct host_update_decision *decided = &update->decided[family];

	if (rrset->cname)
		return ERR_DNS_CNAME;
	update->had_count[family] = rrset->count;
	if (rrset->count > 0)
		update->had[family] = rrset->addrs[0];
	if (decided->action == HOST_UPDATE_PREFIX) {
		enum err err = resolve_prefix(lookup, update, family, rrset);
		if (err != ERR_OK)
			return err;
	}
	update->differs[family] =
	    decided->action == HOST_UPDATE_REMOVE
		? rrset->count > 0
		: !response_rrset_is(rrset, &decided->addr, update->host->ttl);
	return ERR_OK;
}

/* Reads the answer to a question, unless it has to be asked whose records they
 * are. */
static enum err
read_answer(
    struct lookup *lookup, const struct question *question, size_t position)
{
	const struct response_rrset *rrset =
	    transaction_rrset(lookup->transaction, position);
	const char *found =
	    transaction_soa(lookup->transaction, position)->zone;
	const struct parent_info *parent = find_parent(lookup,
	    parent_of(question->update->host->name, lookup->zone->name));

	enum err err = check_zone(lookup, found);
	if (err != ERR_OK)
		return err;
	lookup->zone_known[question->index] |= found[0] != '\0';
	if (parent == NULL ||
	    !parent_may_have_made(parent, question->family, rrset))
		return compare(lookup, question, rrset);
	lookup->unsure[lookup->unsure_count++] =
	    (struct unsure){*question, *rrset};
	return ERR_OK;
}

static void
note(struct host_update *update, enum err err, enum err *first)
{
	if (update->outcome == ERR_OK)
		update->outcome = err;
	if (*first == ERR_OK)
		*first = err;
}

/* A question_do. */
static enum err
ask_some(void *ctx, const struct question questions[], size_t count)
{
	struct lookup *lookup = ctx;
	struct transaction *transaction = lookup->transaction;
	enum err first = question_send(transaction, questions, count);

	if (first != ERR_OK)
		return first;
	for (size_t i = 0; i < count; i++) {
		enum err err = transaction_outcome(transaction, i);
		if (err == ERR_OK)
			err = read_answer(lookup, &questions[i], i);
		note(questions[i].update, err, &first);
	}
	return first;
}

/* Whether the name has the records itself; *own is untouched on failure. */
static enum err
ask_whose(struct lookup *lookup, const struct unsure *unsure, bool *own)
{
	const struct site_host *host = unsure->question.update->host;
	struct transaction *transaction = lookup->transaction;
	int server = transaction_report(transaction).server;

	enum err err = transaction_add_absence(transaction, host->name,
	    unsure->rrset.cname ? MESSAGE_CNAME
				: message_type_of(unsure->question.family),
	    host->families);
	if (err == ERR_OK)
		err = transaction_send(transaction, DNS_REQUEST_UPDATE, server);
	if (err != ERR_OK && err != ERR_DNS_CNAME)
		return err;
	*own = err == ERR_DNS_CNAME;
	return ERR_OK;
}

/* What a wildcard made counts as no records. */
static enum err
resolve_unsure(struct lookup *lookup)
{
	static const struct response_rrset none;
	enum err first = ERR_OK;

	for (size_t i = 0; i < lookup->unsure_count; i++) {
		const struct unsure *unsure = &lookup->unsure[i];
		bool own = false;
		enum err err = ask_whose(lookup, unsure, &own);
		if (err == ERR_OK)
			err = compare(lookup, &unsure->question,
			    own ? &unsure->rrset : &none);
		note(unsure->question.update, err, &first);
	}
	return first;
}

static bool
was_decided(const struct host_update *update, enum ipaddr_family family)
{
	return update->decided[family].action != HOST_UPDATE_KEEP;
}

static enum err
ask_all(
    struct lookup *lookup, struct host_update *const updates[], size_t count)
{
	struct question questions[QUESTIONS_MAX];
	size_t listed = question_list(updates, count, was_decided, questions);

	enum err err = look_up_parents(lookup, updates, count);
	if (err == ERR_OK)
		err = question_in_sets(questions, listed, ask_some, lookup);
	if (err == ERR_OK)
		err = resolve_unsure(lookup);
	if (err == ERR_OK)
		err = check_own_zones(lookup, updates, count);
	return err;
}

static void
reset(struct lookup *lookup, struct host_update *const updates[], size_t count)
{
	lookup->unsure_count = 0;
	lookup->parent_count = 0;
	memset(lookup->zone_known, 0, sizeof(lookup->zone_known));
	for (size_t i = 0; i < count; i++) {
		memset(updates[i]->had, 0, sizeof(updates[i]->had));
		memset(updates[i]->had_count, 0, sizeof(updates[i]->had_count));
		memset(updates[i]->differs, 0, sizeof(updates[i]->differs));
		updates[i]->outcome = ERR_OK;
	}
}

enum err
lookup_updates(struct lookup *lookup, const struct site_zone *zone,
    struct host_update *const updates[], size_t count,
    struct clock_deadline deadline, struct transaction_report *ret_report)
{
	enum err err = ERR_RANGE;

	reset(lookup, updates, count);
	lookup->zone = zone;
	transaction_begin(lookup->transaction, zone, deadline);
	if (count <= LOOKUP_UPDATES_MAX)
		err = ask_all(lookup, updates, count);
	host_update_fail(updates, count, err);
	*ret_report = transaction_report(lookup->transaction);
	return err;
}

/* Reading back */

static bool
is_kept(const struct lookup *lookup, const struct host_update *update,
    enum ipaddr_family family, const struct response_rrset *rrset)
{
	const struct host_update_decision *decided = &update->decided[family];
	const struct parent_info *parent = find_parent(
	    lookup, parent_of(update->host->name, lookup->zone->name));

	if (decided->action == HOST_UPDATE_SET)
		return response_rrset_is(
		    rrset, &decided->addr, update->host->ttl);
	return (rrset->count == 0 && !rrset->cname) ||
	       (parent != NULL && parent_may_have_made(parent, family, rrset));
}

/* A question_do. */
static enum err
read_back_some(void *ctx, const struct question questions[], size_t count)
{
	struct lookup *lookup = ctx;
	enum err first = question_send(lookup->transaction, questions, count);

	if (first != ERR_OK)
		return first;
	for (size_t i = 0; i < count; i++) {
		enum err err = transaction_outcome(lookup->transaction, i);
		if (err == ERR_OK &&
		    !is_kept(lookup, questions[i].update, questions[i].family,
			transaction_rrset(lookup->transaction, i)))
			err = ERR_DNS_NOT_KEPT;
		note(questions[i].update, err, &first);
	}
	return first;
}

static bool
was_changed(const struct host_update *update, enum ipaddr_family family)
{
	return update->differs[family];
}

enum err
lookup_read_back(struct lookup *lookup, const struct site_zone *zone,
    struct host_update *const updates[], size_t count,
    struct clock_deadline deadline, struct transaction_report *ret_report)
{
	struct question questions[QUESTIONS_MAX];
	size_t listed = question_list(updates, count, was_changed, questions);

	if (listed == 0)
		return ERR_OK;
	lookup->zone = zone;
	transaction_begin(lookup->transaction, zone, deadline);
	lookup->parent_count = 0;
	enum err err = look_up_parents(lookup, updates, count);
	if (err == ERR_OK)
		err =
		    question_in_sets(questions, listed, read_back_some, lookup);
	*ret_report = transaction_report(lookup->transaction);
	return err;
}

void
lookup_forget_wildcards(
    struct lookup *lookup, struct host_update *const updates[], size_t count)
{
	for (size_t i = 0; i < count && lookup->cache != NULL; i++) {
		if (updates[i]->host->name[0] == '*' &&
		    host_update_differs(updates[i]))
			parent_cache_clear(lookup->cache);
	}
}

enum err
lookup_rrset(struct transaction *transaction, const struct site_zone *zone,
    const char *name, enum ipaddr_family family, struct clock_deadline deadline,
    struct response_rrset *ret, struct transaction_report *ret_report)
{
	transaction_begin(transaction, zone, deadline);
	enum err err =
	    transaction_add_query(transaction, name, message_type_of(family));
	if (err == ERR_OK)
		err = transaction_send(transaction, DNS_REQUEST_QUERY, -1);
	if (err == ERR_OK)
		*ret = *transaction_rrset(transaction, 0);
	*ret_report = transaction_report(transaction);
	return err;
}

enum err
lookup_soa(struct transaction *transaction, const struct site_zone *zone,
    struct clock_deadline deadline, struct response_soa *ret,
    struct transaction_report *ret_report)
{
	transaction_begin(transaction, zone, deadline);
	enum err err =
	    transaction_add_query(transaction, zone->name, MESSAGE_SOA);
	if (err == ERR_OK)
		err = transaction_send(transaction, DNS_REQUEST_QUERY, -1);
	*ret_report = transaction_report(transaction);
	if (err != ERR_OK)
		return err;
	const struct response_soa *soa = transaction_soa(transaction, 0);
	if (strcmp(soa->zone, zone->name) != 0)
		return ERR_DNS_LAME;
	*ret = *soa;
	return ERR_OK;
}
