#ifndef DDNSGATE_UPDATE_CHALLENGE_H
#define DDNSGATE_UPDATE_CHALLENGE_H

/*
 * Adds and removes a host's TXT record for a certificate (acme.h), one value at
 * a time, and never together with addresses:
 *
 *	challenge_look_up    what does DNS have?
 *	challenge_commit     UPDATE, if that differs, and the same question
 *again
 *
 * The record is added to those that are there: a certificate for a name and its
 * wildcard needs two, and so do two programs that renew at once.  Many clients
 * never remove theirs.  So an added value may push older ones out, but none
 * that is known to be younger than CHALLENGE_YOUNG_MIN minutes.
 */

#include <stdbool.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/err.h"
#include "ddnsgate/dns/dname.h"
#include "ddnsgate/dns/response.h"
#include "ddnsgate/limits/digest_cache.h"
#include "ddnsgate/server/transaction.h"
#include "ddnsgate/update/host_update.h"
#include "ddnsgate/update/lookup.h"

/* Values of one name. */
#define CHALLENGE_VALUES_MAX 8
#define CHALLENGE_YOUNG_MIN 10

/* What it uses; all of it is borrowed. */
struct challenge_tools {
	struct transaction *transaction;
	struct lookup *lookup; /* with this transaction */
	/* Which values are young, of all threads; NULL: none is known to be */
	struct digest_cache *recent;
};

/* One host's record, between the two steps. */
struct challenge {
	struct host_update *update; /* its txt says what becomes of it */
	char name[DNAME_SIZE];      /* of the record */
	struct response_txt had;
	struct transaction_report report;
};

/*
 * Asks what the host's name has, and sets txt_differs and outcome of the
 * update, and all of *ret.
 */
enum err
challenge_look_up(const struct challenge_tools *tools,
    struct host_update *update, struct clock_deadline deadline,
    struct challenge *ret);

/*
 * Makes the change, if there is one, and sets the outcome.  ERR_OK: a verified
 * answer says that DNS has the value, or has it no more.  ERR_TXT_FULL: it has
 * CHALLENGE_VALUES_MAX of others that are all known to be young.
 */
enum err
challenge_commit(const struct challenge_tools *tools,
    struct challenge *challenge, struct clock_deadline deadline);

#endif
