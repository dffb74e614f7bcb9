#ifndef DDNSGATE_SERVER_TRANSACTION_H
#define DDNSGATE_SERVER_TRANSACTION_H

/*
 * Transactions with a zone's servers: signs requests with the zone's TSIG key
 * (RFC 8945), sends them, and accepts verified responses only.
 *
 *	transaction_begin          a session with a zone until a deadline
 *	  transaction_add_query    one or several, or
 *	  transaction_add_update   a single one
 *	  transaction_send         fails over between the servers
 *	  transaction_outcome, transaction_rrset
 *	  transaction_reset        and again, within the same session
 *	transaction_report         for the log
 */

#include <stdbool.h>
#include <stddef.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/err.h"
#include "ddnsgate/dns/message.h"
#include "ddnsgate/dns/response.h"
#include "ddnsgate/server/exchange.h"
#include "ddnsgate/site/site.h"

/* So many queries can be sent together; most requests need one or two. */
#define TRANSACTION_REQUESTS_MAX 8

/* What the log has about a session. */
struct transaction_report {
	int server;        /* the last one, by index in the zone; -1: none */
	const char *rcode; /* of the last response to a request; "-": none */
	/* An UPDATE with changes was confirmed; or it was sent, and the server
	 * has not told what became of it. */
	bool may_have_changed;
};

/* The memory of one thread, and its present session. */
struct transaction;

/* The transport is copied; its ctx has to outlive the transaction. */
enum err
transaction_new(
    const struct exchange_transport *transport, struct transaction **ret);

void
transaction_free(struct transaction *transaction);

/* Begins a session with the servers of a zone, without requests and with an
 * empty report. */
void
transaction_begin(struct transaction *transaction, const struct site_zone *zone,
    struct clock_deadline deadline);

/* Removes all requests, and returns to the system the memory that a large
 * UPDATE took. */
void
transaction_reset(struct transaction *transaction);

/* Adds a query for the name's records of one type.  The name is borrowed until
 * the reset.  ERR_RANGE: TRANSACTION_REQUESTS_MAX are there. */
enum err
transaction_add_query(
    struct transaction *transaction, const char *name, enum message_type type);

/* Makes an UPDATE (message_update) the only request.  ERR_RANGE: too large. */
enum err
transaction_add_update(struct transaction *transaction,
    const struct message_change changes[], size_t count);

/* Makes an UPDATE of TXT records (message_update_txt) the only request. */
enum err
transaction_add_update_txt(
    struct transaction *transaction, const struct message_txt *change);

/* Makes an UPDATE that changes nothing (message_probe) the only request. */
enum err
transaction_add_probe(
    struct transaction *transaction, const char *name, uint8_t families);

/* Makes an UPDATE that asks whether the name itself has records of this type
 * (message_absence) the only request: ERR_DNS_CNAME if it has, else ERR_OK. */
enum err
transaction_add_absence(struct transaction *transaction, const char *name,
    enum message_type type, uint8_t families);

/*
 * Sends the requests, to this server first (index in the zone, or -1 for the
 * usual order).  Blocks until all have an outcome.  Gives ERR_OK or the first
 * failure.
 */
enum err
transaction_send(
    struct transaction *transaction, enum dns_request_kind kind, int server);

/* Makes a query the only request, and sends it. */
enum err
transaction_query(
    struct transaction *transaction, const char *name, enum message_type type);

/* The outcome of a request, counted from 0 in the order of adding. */
enum err
transaction_outcome(const struct transaction *transaction, size_t index);

/* The records that a query has found, if its outcome is ERR_OK. */
const struct response_rrset *
transaction_rrset(const struct transaction *transaction, size_t index);

/* The TXT records that the last query for some has found, likewise; valid until
 * the next one. */
const struct response_txt *
transaction_txt(const struct transaction *transaction);

/* The zone that the query's answer says the name is in, likewise. */
const struct response_soa *
transaction_soa(const struct transaction *transaction, size_t index);

struct transaction_report
transaction_report(const struct transaction *transaction);

/* Those of the transport. */
struct counters *
transaction_counters(const struct transaction *transaction);

#endif
