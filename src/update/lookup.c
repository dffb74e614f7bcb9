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

/* What the server says of the zone that a name is in. */
struct own_zone {
	bool by_records; /* it is ours, as an answer about records says */
	bool asked;      /* for the name's SOA record, with this outcome */
	enum err outcome;
};

/* What comes of the records that the name itself has. */
typedef enum err
judge_records(struct lookup *lookup, const struct question *question,
    const struct response_rrset *rrset);

struct lookup {
	struct transaction *transaction;
	struct parent_cache *cache;
	const struct site_zone *zone; /* of the last lookup */
	char detail[DNAME_SIZE + 2];
	/* The last lookup had to know it before an UPDATE: so the next one had
	 * better ask at once, with the records, and not wait twice */
	bool asks_zones_early;
	/* Of the updates that are being looked up */
	judge_records *judge;
	struct own_zone zones[LOOKUP_UPDATES_MAX];
	size_t unsure_count;
	size_t parent_count;
	struct parent_info parents[LOOKUP_UPDATES_MAX];
	struct unsure unsure[LOOKUP_UPDATES_MAX * IPADDR_FAMILIES];
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

/* A question_is_asked, as the next one. */
static bool
was_decided(const struct host_update *update, enum ipaddr_family family)
{
	return update->decided[family].action != HOST_UPDATE_KEEP;
}

static bool
was_changed(const struct host_update *update, enum ipaddr_family family)
{
	return update->differs[family];
}

static enum err
look_up_parents(
    struct lookup *lookup, const struct question questions[], size_t count)
{
	enum err err = ERR_OK;

	lookup->parent_count = 0;
	for (size_t i = 0; i < count && err == ERR_OK; i++) {
		struct parent_info *info =
		    &lookup->parents[lookup->parent_count];
		const char *name = parent_of(
		    questions[i].update->host->name, lookup->zone->name);
		if (name == NULL || find_parent(lookup, name) != NULL)
			continue;
		err = parent_look_up(lookup->transaction, lookup->cache,
		    lookup->zone, name, info);
		if (err == ERR_OK)
			err = check_zone(lookup, info->zone);
		lookup->parent_count += err == ERR_OK;
	}
	return err;
}

/* Comparing */

/* Makes an address of the prefix and the low bits of the host's only address
 * in DNS. */
static enum err
resolve_prefix(struct lookup *lookup, struct host_update *update,
    enum ipaddr_family family, const struct response_rrset *rrset)
{
	struct host_update_decision *decided = &update->decided[family];

	if (rrset->count != 1)
		return fail_for_host(lookup, ERR_ADDR_PREFIX, update->host);
	struct ipaddr addr = ipaddr_combine(
	    &decided->addr, decided->prefix_len, &rrset->addrs[0]);
	if (!policy_publishes(&addr, update->allow_private))
		return ERR_ADDR_KIND;
	*decided = (struct host_update_decision){
	    .action = HOST_UPDATE_SET, .addr = addr};
	return ERR_OK;
}

/* A judge_records: does DNS have what was decided? */
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

/* Asking */

static void
note(struct host_update *update, enum err err, enum err *first)
{
	if (update->outcome == ERR_OK)
		update->outcome = err;
	if (*first == ERR_OK)
		*first = err;
}

/* Judges the records, unless it has to be asked whose they are. */
static enum err
read_records(
    struct lookup *lookup, const struct question *question, size_t position)
{
	const struct response_rrset *rrset =
	    transaction_rrset(lookup->transaction, position);
	const char *found =
	    transaction_soa(lookup->transaction, position)->zone;
	const struct parent_info *parent = find_parent(lookup,
	    parent_of(question->update->host->name, lookup->zone->name));
	enum err err = transaction_outcome(lookup->transaction, position);

	if (err == ERR_OK)
		err = check_zone(lookup, found);
	if (err != ERR_OK)
		return err;
	lookup->zones[question->index].by_records |= found[0] != '\0';
	if (parent == NULL ||
	    !parent_may_have_made(parent, question->family, rrset))
		return lookup->judge(lookup, question, rrset);
	lookup->unsure[lookup->unsure_count++] =
	    (struct unsure){*question, *rrset};
	return ERR_OK;
}

/* That it was not answered counts only where the zone has to be known; that it
 * is another one, always. */
static enum err
read_zone(struct lookup *lookup, struct own_zone *zone, size_t position)
{
	zone->asked = true;
	zone->outcome = transaction_outcome(lookup->transaction, position);
	if (zone->outcome != ERR_OK)
		return ERR_OK;
	return check_zone(
	    lookup, transaction_soa(lookup->transaction, position)->zone);
}

/* A question_do. */
static enum err
ask(void *ctx, const struct question questions[], size_t count)
{
	struct lookup *lookup = ctx;
	enum err first = question_send(lookup->transaction, questions, count);

	if (first != ERR_OK)
		return first;
	for (size_t i = 0; i < count; i++) {
		const struct question *question = &questions[i];
		enum err err =
		    question->type == MESSAGE_SOA
			? read_zone(lookup, &lookup->zones[question->index], i)
			: read_records(lookup, question, i);
		note(question->update, err, &first);
	}
	return first;
}

/* Whether the name has records of this type itself; *own is untouched on
 * failure.  The bits say which rights that needs (message_absence). */
static enum err
ask_own(struct lookup *lookup, const char *name, enum message_type type,
    uint8_t bits, bool *own)
{
	struct transaction *transaction = lookup->transaction;
	int server = transaction_report(transaction).server;

	enum err err = transaction_add_absence(transaction, name, type, bits);
	if (err == ERR_OK)
		err = transaction_send(transaction, DNS_REQUEST_UPDATE, server);
	if (err != ERR_OK && err != ERR_DNS_CNAME)
		return err;
	*own = err == ERR_DNS_CNAME;
	return ERR_OK;
}

static enum err
ask_whose(struct lookup *lookup, const struct unsure *unsure, bool *own)
{
	const struct site_host *host = unsure->question.update->host;

	return ask_own(lookup, host->name,
	    unsure->rrset.cname ? MESSAGE_CNAME : unsure->question.type,
	    host->families, own);
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
			err = lookup->judge(lookup, &unsure->question,
			    own ? &unsure->rrset : &none);
		note(unsure->question.update, err, &first);
	}
	return first;
}

static bool
is_zone_itself(const struct lookup *lookup, const struct host_update *update)
{
	return strcmp(update->host->name, lookup->zone->name) == 0;
}

/* Judges the name's own records of all families that this is asked for, and
 * asks for the zones as well if that is to be done early. */
static enum err
judge_all(struct lookup *lookup, struct host_update *const updates[],
    size_t count, question_is_asked *is_asked, bool zones_early,
    judge_records *judge)
{
	struct question questions[QUESTIONS_MAX];
	size_t listed = question_list(updates, count, is_asked, questions);

	lookup->judge = judge;
	lookup->unsure_count = 0;
	memset(lookup->zones, 0, sizeof(lookup->zones));
	enum err err = look_up_parents(lookup, questions, listed);
	for (size_t i = 0; i < count && zones_early; i++) {
		if (!is_zone_itself(lookup, updates[i]))
			questions[listed++] = question_of_zone(updates[i], i);
	}
	if (err == ERR_OK)
		err = question_in_sets(questions, listed, ask, lookup);
	if (err == ERR_OK)
		err = resolve_unsure(lookup);
	return err;
}

/* Does it have to be asked in which zone the name itself is?  Before an UPDATE,
 * where it has records of all that was asked for, so that no answer has told.
 */
static bool
needs_zone(
    const struct lookup *lookup, const struct host_update *update, size_t index)
{
	return host_update_differs(update) &&
	       !lookup->zones[index].by_records &&
	       !is_zone_itself(lookup, update);
}

static enum err
check_own_zones(
    struct lookup *lookup, struct host_update *const updates[], size_t count)
{
	struct question questions[LOOKUP_UPDATES_MAX];
	enum err first = ERR_OK;
	size_t listed = 0;

	lookup->asks_zones_early = false;
	for (size_t i = 0; i < count; i++) {
		if (!needs_zone(lookup, updates[i], i))
			continue;
		lookup->asks_zones_early = true;
		if (!lookup->zones[i].asked)
			questions[listed++] = question_of_zone(updates[i], i);
	}
	if (listed > 0)
		first = question_in_sets(questions, listed, ask, lookup);
	for (size_t i = 0; i < count; i++) {
		if (needs_zone(lookup, updates[i], i))
			note(updates[i], lookup->zones[i].outcome, &first);
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
lookup_updates(struct lookup *lookup, const struct site_zone *zone,
    struct host_update *const updates[], size_t count,
    struct clock_deadline deadline, struct transaction_report *ret_report)
{
	enum err err = ERR_RANGE;

	reset(updates, count);
	lookup->zone = zone;
	transaction_begin(lookup->transaction, zone, deadline);
	if (count <= LOOKUP_UPDATES_MAX)
		err = judge_all(lookup, updates, count, was_decided,
		    lookup->asks_zones_early, compare);
	if (err == ERR_OK)
		err = check_own_zones(lookup, updates, count);
	host_update_fail(updates, count, err);
	*ret_report = transaction_report(lookup->transaction);
	return err;
}

/* Reading back */

/* A judge_records: does DNS have what the UPDATE has changed? */
static enum err
check_kept(struct lookup *lookup, const struct question *question,
    const struct response_rrset *rrset)
{
	const struct host_update *update = question->update;
	const struct host_update_decision *decided =
	    &update->decided[question->family];
	bool is_kept =
	    decided->action == HOST_UPDATE_SET
		? response_rrset_is(rrset, &decided->addr, update->host->ttl)
		: rrset->count == 0 && !rrset->cname;

	(void)lookup;
	return is_kept ? ERR_OK : ERR_DNS_NOT_KEPT;
}

enum err
lookup_read_back(struct lookup *lookup, const struct site_zone *zone,
    struct host_update *const updates[], size_t count,
    struct clock_deadline deadline, struct transaction_report *ret_report)
{
	bool differs = false;

	for (size_t i = 0; i < count; i++)
		differs = differs || host_update_differs(updates[i]);
	if (!differs)
		return ERR_OK;
	lookup->zone = zone;
	transaction_begin(lookup->transaction, zone, deadline);
	enum err err =
	    judge_all(lookup, updates, count, was_changed, false, check_kept);
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

/* TXT */

/* The zone is that of the SOA record, which no answer with records has. */
enum err
lookup_txt(struct lookup *lookup, const struct site_zone *zone,
    const char *name, struct clock_deadline deadline, struct response_txt *ret,
    struct transaction_report *ret_report)
{
	struct transaction *transaction = lookup->transaction;

	lookup->zone = zone;
	transaction_begin(transaction, zone, deadline);
	enum err err = transaction_add_query(transaction, name, MESSAGE_TXT);
	if (err == ERR_OK)
		err = transaction_add_query(transaction, name, MESSAGE_SOA);
	if (err == ERR_OK)
		err = transaction_send(transaction, DNS_REQUEST_QUERY, -1);
	*ret_report = transaction_report(transaction);
	for (size_t i = 0; i < 2 && err == ERR_OK; i++)
		err = check_zone(lookup, transaction_soa(transaction, i)->zone);
	if (err == ERR_OK)
		*ret = *transaction_txt(transaction);
	return err;
}

enum err
lookup_own_txt(struct lookup *lookup, const char *name, bool *ret)
{
	return ask_own(lookup, name, MESSAGE_TXT, MESSAGE_TXT_BIT, ret);
}
