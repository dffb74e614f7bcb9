#ifndef DDNSGATE_REPLY_REPLY_H
#define DDNSGATE_REPLY_REPLY_H

/* Outcomes to status, headers and body in the request's dialect. */

#include <stdbool.h>
#include <stddef.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"
#include "ddnsgate/request/dialect.h"
#include "ddnsgate/request/request.h"
#include "ddnsgate/update/host_update.h"

/* Room for the headers and twenty of the longest names and addresses. */
#define REPLY_SIZE 12288
/* Seconds that a client is asked to wait after a failure of ours. */
#define REPLY_RETRY_S 60

/* What there is to tell, and how the client wants it told. */
struct reply {
	enum err outcome;
	const struct dialect *dialect;     /* NULL: the request has none */
	const struct host_update *updates; /* with ERR_OK, of an update */
	size_t count;
	const struct ipaddr *caller; /* with ERR_OK, of DIALECT_ADDRESS */
	bool unchanged_good;
	bool json;
	bool verbose;
	unsigned retry_s; /* with 503, 0: REPLY_RETRY_S */
};

/* The word that a client gets for an outcome, such as "dnserr". */
const char *
reply_word(enum err outcome);

/* The HTTP status of an outcome. */
unsigned
reply_status(enum err outcome);

/*
 * Writes a whole CGI response to an empty text of at least REPLY_SIZE.  With
 * one line per change in order, or "OK", or the caller's address; else the
 * outcome's word.
 */
void
reply_write(struct text *out, const struct reply *reply);

/* The word for one change that went well: "good" or the word for unchanged. */
const char *
reply_update_word(const struct host_update *update, bool unchanged_good);

#endif
