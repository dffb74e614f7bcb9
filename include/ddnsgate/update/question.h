#ifndef DDNSGATE_UPDATE_QUESTION_H
#define DDNSGATE_UPDATE_QUESTION_H

/* Queries for the records of hosts, as many in a transaction as it takes; and
 * single ones, each in a session of its own. */

#include <stdbool.h>
#include <stddef.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/dns/ipaddr.h"
#include "ddnsgate/request/request.h"
#include "ddnsgate/server/transaction.h"
#include "ddnsgate/update/host_update.h"

/* Of each host, either family and the zone. */
#define QUESTIONS_MAX (REQUEST_HOSTS_MAX * (IPADDR_FAMILIES + 1))

/* What is asked about one host. */
struct question {
	struct host_update *update;
	size_t index; /* of the update */
	enum message_type type;
	enum ipaddr_family family; /* of A and AAAA */
};

/* Is there a question about this family? */
typedef bool
question_is_asked(const struct host_update *update, enum ipaddr_family family);

/* Asks for the zone that the name of an update, which has this index, is in. */
struct question
question_of_zone(struct host_update *update, size_t index);

/* Lists the questions about the updates, REQUEST_HOSTS_MAX at most, in their
 * order; gives how many. */
size_t
question_list(struct host_update *const updates[], size_t count,
    question_is_asked *is_asked, struct question ret[QUESTIONS_MAX]);

/* Sends these questions, TRANSACTION_REQUESTS_MAX at most, in a transaction
 * that has begun; its outcomes and RRsets have their order.  A failure is
 * ours: nothing was sent. */
enum err
question_send(struct transaction *transaction,
    const struct question questions[], size_t count);

/* Does something with the questions of one transaction. */
typedef enum err
question_do(void *ctx, const struct question questions[], size_t count);

/* Takes all questions in turn, as many as one transaction takes.  Gives the
 * first failure. */
enum err
question_in_sets(const struct question questions[], size_t count,
    question_do *some, void *ctx);

/* Queries the records of one name and family; a CNAME is no failure here. */
enum err
question_rrset(struct transaction *transaction, const struct site_zone *zone,
    const char *name, enum ipaddr_family family, struct clock_deadline deadline,
    struct response_rrset *ret, struct transaction_report *ret_report);

/* Queries the SOA record of a configured zone.  ERR_DNS_LAME when the server
 * has another zone there. */
enum err
question_soa(struct transaction *transaction, const struct site_zone *zone,
    struct clock_deadline deadline, struct response_soa *ret,
    struct transaction_report *ret_report);

#endif
