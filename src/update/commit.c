#include "ddnsgate/update/commit.h"

#include <stdlib.h>

#include "ddnsgate/base/run_slot.h"
#include "ddnsgate/base/secret.h"
#include "ddnsgate/request/request.h"

static void
pause_at_random(struct clock_deadline deadline)
{
	uint16_t random = 0; /* and so it stays if there is none */
	int span = COMMIT_SERVFAIL_PAUSE_MAX_MS - COMMIT_SERVFAIL_PAUSE_MIN_MS;

	secret_random(&random, sizeof(random));
	run_slot_release();
	clock_sleep_ms(
	    COMMIT_SERVFAIL_PAUSE_MIN_MS + random % (span + 1), deadline);
}

static enum err
send_once(struct transaction *transaction,
    const struct message_change changes[], size_t count, int server)
{
	enum err err = transaction_add_update(transaction, changes, count);

	return err == ERR_OK
		   ? transaction_send(transaction, DNS_REQUEST_UPDATE, server)
		   : err;
}

/* What is to be brought, and with whom. */
struct load {
	struct queue *queue;
	struct transaction *transaction;
	struct queue_ticket ticket;
};

/* Than SERVFAIL does. */
static bool
says_less(enum err err)
{
	return err == ERR_DNS_SILENT || err == ERR_DNS_FOREIGN ||
	       err == ERR_DNS_UNREACHABLE;
}

/*
 * One UPDATE for one's own changes, to the server that was asked.  After
 * SERVFAIL it is sent there again; the last time to the next one, as the
 * failure may be more than a bad moment.
 */
static void
send_alone(struct load *load)
{
	struct queue_ticket *ticket = &load->ticket;
	struct transaction *transaction = load->transaction;
	int server = ticket->report.server;
	enum err err =
	    send_once(transaction, ticket->changes, ticket->count, server);

	for (int left = COMMIT_SERVFAIL_RETRIES;
	     err == ERR_DNS_SERVFAIL && left > 0; left--) {
		server = transaction_report(transaction).server;
		if (left == 1)
			server = (server + 1) % (int)ticket->zone->server_count;
		pause_at_random(ticket->deadline);
		if (clock_passed(ticket->deadline))
			break;
		enum err again = send_once(
		    transaction, ticket->changes, ticket->count, server);
		if (says_less(again))
			break;
		err = again;
	}
	ticket->outcome = err;
	ticket->report = transaction_report(transaction);
}

/* One UPDATE for all who are aboard. */
static enum err
send_changes(struct load *load)
{
	struct message_change *changes;
	size_t count;

	enum err err =
	    queue_changes(load->queue, &load->ticket, &changes, &count);
	if (err != ERR_OK)
		return err;
	err = send_once(
	    load->transaction, changes, count, load->ticket.report.server);
	free(changes);
	return err;
}

static void
send_together(struct load *load)
{
	load->ticket.outcome = send_changes(load);
	load->ticket.report = transaction_report(load->transaction);
}

/*
 * May one member be to blame for what came of all?  Not for an answer that
 * cannot be believed, nor for none; but a large message goes over TCP, which
 * may be closed.
 */
static bool
is_ones_fault(enum err err)
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

static enum queue_turn
lead(struct load *load)
{
	struct queue_ticket *ticket = &load->ticket;
	bool together = ticket->company > 1;

	if (together)
		send_together(load);
	else
		send_alone(load);
	if (together && is_ones_fault(ticket->outcome)) {
		queue_scatter(load->queue, ticket);
		return QUEUE_ALONE;
	}
	queue_land(load->queue, ticket);
	return QUEUE_LANDED;
}

static void
travel(struct load *load)
{
	struct queue_ticket *ticket = &load->ticket;
	enum queue_turn turn = queue_wait(load->queue, ticket);

	if (turn == QUEUE_LEADS)
		turn = lead(load);
	if (turn == QUEUE_ALONE) {
		send_alone(load);
		queue_leave(load->queue, ticket);
	} else if (turn == QUEUE_LATE) {
		ticket->outcome = ERR_DNS_SILENT;
	}
}

void
commit_foresee(struct queue *queue, const struct site_zone *zone,
    struct change *const changes[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		for (int family = 0; family < IPADDR_FAMILIES; family++)
			changes[i]->contested[family] =
			    queue != NULL &&
			    changes[i]->want[family].action != CHANGE_KEEP &&
			    queue_holds(queue, zone, changes[i]->host->name,
				(enum ipaddr_family)family);
	}
}

/* An address that DNS still has must not be lost to one on its way there. */
static void
insist(struct queue *queue, const struct site_zone *zone, struct change *change)
{
	for (int i = 0; i < IPADDR_FAMILIES; i++) {
		if (change->want[i].action != CHANGE_KEEP &&
		    !change->differs[i])
			change->differs[i] =
			    change->contested[i] ||
			    queue_holds(queue, zone, change->host->name,
				(enum ipaddr_family)i);
	}
}

enum err
commit_changes(struct queue *queue, struct transaction *transaction,
    const struct site_zone *zone, struct change *const changes[], size_t count,
    struct clock_deadline deadline, struct transaction_report *report)
{
	struct message_change differing[REQUEST_HOSTS_MAX];
	struct load load = {queue, transaction,
	    {.zone = zone,
		.changes = differing,
		.deadline = deadline,
		.report = {report->server, "-"}}};

	for (size_t i = 0; i < count; i++) {
		if (queue != NULL)
			insist(queue, zone, changes[i]);
		if (change_differs(changes[i]))
			differing[load.ticket.count++] =
			    change_message(changes[i]);
	}
	if (load.ticket.count == 0)
		return ERR_OK;
	transaction_begin(transaction, zone, deadline);
	if (queue != NULL)
		travel(&load);
	else
		send_alone(&load);
	transaction_reset(transaction); /* who led has the UPDATE of all */
	for (size_t i = 0; i < count; i++) {
		if (change_differs(changes[i]))
			change_fail(&changes[i], 1, load.ticket.outcome);
	}
	*report = load.ticket.report;
	return load.ticket.outcome;
}

enum err
commit_probe(struct transaction *transaction, const struct site_zone *zone,
    int server, const struct site_host *host, struct clock_deadline deadline,
    struct transaction_report *ret_report)
{
	struct site_zone alone = *zone;

	alone.servers[0] = zone->servers[server];
	alone.server_count = 1;
	transaction_begin(transaction, &alone, deadline);
	enum err err =
	    transaction_add_probe(transaction, host->name, host->families);
	if (err == ERR_OK)
		err = transaction_send(transaction, DNS_REQUEST_UPDATE, 0);
	*ret_report = transaction_report(transaction);
	if (ret_report->server >= 0)
		ret_report->server = server;
	if (err == ERR_OK) /* it did not look at the prerequisite */
		return ERR_DNS_RCODE;
	return err == ERR_DNS_YXDOMAIN ? ERR_OK : err;
}
