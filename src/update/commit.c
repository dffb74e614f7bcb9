#include "ddnsgate/update/commit.h"

#include <stdlib.h>

#include "ddnsgate/base/run_slot.h"
#include "ddnsgate/base/secret.h"
#include "ddnsgate/request/request.h"

static void
pause_at_random(struct clock_deadline deadline)
{
	uint16_t random = 0; /* stays so if secret_random fails */
	int span = COMMIT_SERVFAIL_PAUSE_MAX_MS - COMMIT_SERVFAIL_PAUSE_MIN_MS;

	secret_random(&random, sizeof(random));
	run_slot_release();
	clock_sleep_ms(
	    COMMIT_SERVFAIL_PAUSE_MIN_MS + random % (span + 1), deadline);
}

/* Sends the changes of so many requests, its members. */
static enum err
send_once(struct transaction *transaction, size_t members, commit_add *add,
    const void *ctx, int server)
{
	struct counters *counters = transaction_counters(transaction);
	enum err err = add(transaction, ctx);

	if (err != ERR_OK)
		return err;
	counters_add(counters, COUNTERS_UPDATES, 1);
	counters_add(counters, COUNTERS_UPDATE_MEMBERS, members);
	return transaction_send(transaction, DNS_REQUEST_UPDATE, server);
}

static bool
says_less_than_servfail(enum err err)
{
	return err == ERR_DNS_SILENT || err == ERR_DNS_FOREIGN ||
	       err == ERR_DNS_UNREACHABLE;
}

enum err
commit_send(struct transaction *transaction, const struct site_zone *zone,
    commit_add *add, const void *ctx, int server,
    struct clock_deadline deadline)
{
	enum err err = send_once(transaction, 1, add, ctx, server);

	for (int left = COMMIT_SERVFAIL_RETRIES;
	     err == ERR_DNS_SERVFAIL && left > 0; left--) {
		server = transaction_report(transaction).server;
		if (left == 1)
			server = (server + 1) % (int)zone->server_count;
		pause_at_random(deadline);
		if (clock_passed(deadline))
			break;
		enum err again = send_once(transaction, 1, add, ctx, server);
		if (says_less_than_servfail(again))
			break;
		err = again;
	}
	return err;
}

/* One request's changes in one zone, and what sends them. */
struct submission {
	struct group_commit *group;
	struct transaction *transaction;
	struct waiter waiter;
};

struct changes {
	const struct message_change *first;
	size_t count;
};

/* A commit_add. */
static enum err
add_changes(struct transaction *transaction, const void *ctx)
{
	const struct changes *changes = ctx;

	return transaction_add_update(
	    transaction, changes->first, changes->count);
}

/* Sends an UPDATE with these changes only. */
static enum err
send_changes(struct submission *submission,
    const struct message_change changes[], size_t count)
{
	const struct waiter *waiter = &submission->waiter;
	const struct changes added = {changes, count};

	return commit_send(submission->transaction, waiter->zone, add_changes,
	    &added, waiter->report.server, waiter->deadline);
}

/* How servers say that the key has no right to all of a message. */
static bool
is_denied(enum err err)
{
	return err == ERR_DNS_BADKEY || err == ERR_DNS_NOTAUTH ||
	       err == ERR_DNS_REFUSED;
}

/*
 * Sends this request's changes only.  Knot DNS wants one ACL rule for all
 * records of a message, so several hosts that are denied together may be
 * allowed one by one: they are sent so, in order, up to the first failure.
 */
static void
send_alone(struct submission *submission)
{
	struct waiter *waiter = &submission->waiter;
	enum err err = send_changes(submission, waiter->changes, waiter->count);

	if (is_denied(err) && waiter->count > 1) {
		err = ERR_OK;
		for (size_t i = 0; i < waiter->count && err == ERR_OK; i++)
			err = send_changes(submission, &waiter->changes[i], 1);
	}
	bool may_have_changed = waiter->report.may_have_changed;
	waiter->outcome = err;
	waiter->report = transaction_report(submission->transaction);
	waiter->report.may_have_changed |= may_have_changed;
}

/* Sends an UPDATE with the changes of the whole batch. */
static enum err
send_batch(struct submission *submission)
{
	struct message_change *updates;
	size_t count;

	enum err err = group_commit_changes(
	    submission->group, &submission->waiter, &updates, &count);
	if (err != ERR_OK)
		return err;
	const struct changes added = {updates, count};
	err = send_once(submission->transaction, submission->waiter.batch_size,
	    add_changes, &added, submission->waiter.report.server);
	free(updates);
	return err;
}

static void
send_together(struct submission *submission)
{
	submission->waiter.outcome = send_batch(submission);
	submission->waiter.report = transaction_report(submission->transaction);
}

/*
 * May the batch have failed for one of its members?  Not if the answer is not
 * to be believed or did not come.  It may with ERR_DNS_UNREACHABLE, since only
 * a large message goes over TCP, on which the server may refuse connections.
 */
static bool
may_be_one_members_fault(enum err err)
{
	switch (err) {
	case ERR_OK:
	case ERR_DNS_SILENT:
	case ERR_DNS_FOREIGN:
	case ERR_DNS_TRUNCATED:
	case ERR_DNS_UNSIGNED:
	case ERR_DNS_MAC:
	case ERR_DNS_STALE:
	case ERR_DNS_GARBAGE:
	case ERR_DNS_BADSIG:
	case ERR_DNS_BADTIME:
		return false;
	default:
		return true;
	}
}

static enum waiter_result
lead(struct submission *submission)
{
	struct waiter *waiter = &submission->waiter;
	bool together = waiter->batch_size > 1;

	if (together)
		send_together(submission);
	else
		send_alone(submission);
	if (together && may_be_one_members_fault(waiter->outcome)) {
		group_commit_retry_individually(submission->group, waiter);
		return WAITER_ALONE;
	}
	group_commit_complete(submission->group, waiter);
	return WAITER_DONE;
}

static void
submit(struct submission *submission)
{
	struct waiter *waiter = &submission->waiter;
	enum waiter_result result =
	    group_commit_wait(submission->group, waiter);

	if (result == WAITER_LEADS)
		result = lead(submission);
	if (result == WAITER_ALONE) {
		send_alone(submission);
		group_commit_leave(submission->group, waiter);
	} else if (result == WAITER_TIMED_OUT) {
		waiter->outcome = ERR_DNS_SILENT;
	}
}

void
commit_mark_contended(struct group_commit *group, const struct site_zone *zone,
    struct host_update *const updates[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		for (int family = 0; family < IPADDR_FAMILIES; family++)
			updates[i]->contended[family] =
			    group != NULL &&
			    updates[i]->decided[family].action !=
				HOST_UPDATE_KEEP &&
			    group_commit_contains(group, zone,
				updates[i]->host->name,
				(enum ipaddr_family)family);
	}
}

static void
force_contended(struct group_commit *group, const struct site_zone *zone,
    struct host_update *update)
{
	for (int i = 0; i < IPADDR_FAMILIES; i++) {
		if (update->decided[i].action != HOST_UPDATE_KEEP &&
		    !update->differs[i])
			update->differs[i] =
			    update->contended[i] ||
			    group_commit_contains(group, zone,
				update->host->name, (enum ipaddr_family)i);
	}
}

void
commit_force_contended(struct group_commit *group, const struct site_zone *zone,
    struct host_update *const updates[], size_t count)
{
	for (size_t i = 0; i < count && group != NULL; i++)
		force_contended(group, zone, updates[i]);
}

enum err
commit_updates(struct group_commit *group, struct transaction *transaction,
    const struct site_zone *zone, struct host_update *const updates[],
    size_t count, struct clock_deadline deadline,
    struct transaction_report *report)
{
	struct message_change differing[REQUEST_HOSTS_MAX];
	struct submission submission = {group, transaction,
	    {.zone = zone,
		.changes = differing,
		.deadline = deadline,
		.report = {report->server, "-", false}}};

	commit_force_contended(group, zone, updates, count);
	for (size_t i = 0; i < count; i++) {
		if (host_update_differs(updates[i]))
			differing[submission.waiter.count++] =
			    host_update_message(updates[i]);
	}
	if (submission.waiter.count == 0)
		return ERR_OK;
	transaction_begin(transaction, zone, deadline);
	if (group != NULL)
		submit(&submission);
	else
		send_alone(&submission);
	transaction_reset(transaction); /* a leader's UPDATE may be large */
	for (size_t i = 0; i < count; i++) {
		if (host_update_differs(updates[i]))
			host_update_fail(
			    &updates[i], 1, submission.waiter.outcome);
	}
	*report = submission.waiter.report;
	return submission.waiter.outcome;
}

static enum err
probe(struct transaction *transaction, const struct site_zone *zone, int server,
    const char *name, uint8_t bits, struct clock_deadline deadline,
    struct transaction_report *ret_report)
{
	struct site_zone alone = *zone;

	alone.servers[0] = zone->servers[server];
	alone.server_count = 1;
	transaction_begin(transaction, &alone, deadline);
	enum err err = transaction_add_probe(transaction, name, bits);
	if (err == ERR_OK)
		err = transaction_send(transaction, DNS_REQUEST_UPDATE, 0);
	*ret_report = transaction_report(transaction);
	if (ret_report->server >= 0)
		ret_report->server = server;
	if (err == ERR_OK) /* the server ignored the prerequisite */
		return ERR_DNS_RCODE;
	return err == ERR_DNS_YXDOMAIN ? ERR_OK : err;
}

enum err
commit_probe(struct transaction *transaction, const struct site_zone *zone,
    int server, const struct site_host *host, struct clock_deadline deadline,
    struct transaction_report *ret_report)
{
	return probe(transaction, zone, server, host->name, host->families,
	    deadline, ret_report);
}

enum err
commit_probe_txt(struct transaction *transaction, const struct site_zone *zone,
    int server, const struct site_host *host, struct clock_deadline deadline,
    struct transaction_report *ret_report)
{
	char name[DNAME_SIZE];

	enum err err = acme_name(host->name, name);
	if (err != ERR_OK)
		return err;
	return probe(transaction, zone, server, name, MESSAGE_TXT_BIT, deadline,
	    ret_report);
}
