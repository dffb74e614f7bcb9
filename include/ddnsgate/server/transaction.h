#ifndef DDNSGATE_SERVER_TRANSACTION_H
#define DDNSGATE_SERVER_TRANSACTION_H

/*
 * Signs messages, has them carried to a zone's server, and believes only what
 * comes back verified.
 */

#include <stddef.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/err.h"
#include "ddnsgate/config/site.h"
#include "ddnsgate/dns/message.h"
#include "ddnsgate/dns/response.h"
#include "ddnsgate/server/exchange.h"

/* Messages that travel together; most who come need one or two. */
#define TRANSACTION_REQUESTS_MAX 8

/* What the log says about the way to the server. */
struct transaction_report {
	int server;        /* index in the zone, -1: none was asked */
	const char *rcode; /* of the last answer that was ours, "-": none */
};

/* Working memory of one thread, and the trip that it is on. */
struct transaction;

/* The carrier is copied; what it stands on lives longer. */
enum err
transaction_new(
    const struct exchange_transport *transport, struct transaction **ret);

void
transaction_free(struct transaction *transaction);

/*
 * Begins a trip to a zone: no server was asked yet.  The messages of a trip
 * may be packed and carried several times.
 */
void
transaction_begin(struct transaction *transaction, const struct site_zone *zone,
    struct clock_deadline deadline);

/* Empties the bag, whatever became of what was in it, and gives back the memory
 * that a large UPDATE has taken. */
void
transaction_reset(struct transaction *transaction);

/*
 * Packs a query for the name's records of one type beside the others.  The name
 * is borrowed until the bag is emptied.
 */
enum err
transaction_add_query(
    struct transaction *transaction, const char *name, enum message_type type);

/* Packs one UPDATE (message_update), alone; ERR_RANGE when it is too large. */
enum err
transaction_add_update(struct transaction *transaction,
    const struct message_change changes[], size_t count);

/* Packs an UPDATE that changes nothing (message_probe), alone. */
enum err
transaction_add_probe(
    struct transaction *transaction, const char *name, uint8_t families);

/* Adds an UPDATE that asks whether the name itself has records of this type
 * (message_absence), alone: then its outcome is ERR_DNS_CNAME, else ERR_OK. */
enum err
transaction_add_absence(struct transaction *transaction, const char *name,
    enum message_type type, uint8_t families);

/*
 * Carries what is packed, to the server given first; -1: any.  Gives ERR_OK
 * or the first message's failure.
 */
enum err
transaction_send(
    struct transaction *transaction, enum dns_request_kind kind, int server);

/* What came of the message that was packed as this one, from 0. */
enum err
transaction_outcome(const struct transaction *transaction, size_t index);

/* What the query that was packed as this one found, if it came out well. */
const struct response_rrset *
transaction_rrset(const struct transaction *transaction, size_t index);

/* The zone that the query's answer says the name is in, likewise. */
const struct response_soa *
transaction_soa(const struct transaction *transaction, size_t index);

struct transaction_report
transaction_report(const struct transaction *transaction);

#endif
