#ifndef DDNSGATE_REPLY_REPLY_H
#define DDNSGATE_REPLY_REPLY_H

/* The HTTP response: status, headers and body, in the request's dialect. */

#include <stdbool.h>
#include <stddef.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"
#include "ddnsgate/reply/reply_word.h"
#include "ddnsgate/request/dialect.h"
#include "ddnsgate/request/request.h"
#include "ddnsgate/update/host_update.h"

/* Enough for the headers and the longest names and addresses of a request. */
#define REPLY_SIZE 12288
/* Seconds until a client is asked to try again (Retry-After). */
#define REPLY_RETRY_S 60

/* The text format of Prometheus. */
#define REPLY_METRICS_TYPE "text/plain; version=0.0.4"

/* What the response is about, and in which form the client wants it. */
struct reply {
	enum err outcome;
	const char *detail; /* what the outcome is about; NULL: nothing */
	const struct dialect *dialect;     /* NULL: the path is of none */
	const struct host_update *updates; /* with ERR_OK, of an update */
	size_t count;
	/* IPADDR_FAMILIES of them, what the request says; NULL: nothing */
	const struct request_address *addresses;
	/* Of a TXT record: its value, and its name or host's as sent */
	const char *txt_value;
	struct span name;
	const struct ipaddr *caller; /* with ERR_OK, of DIALECT_ADDRESS */
	/* The body, with ERR_OK of DIALECT_METRICS, and of DIALECT_PAGE. */
	struct span page;
	bool unchanged_good;
	bool head; /* no body, but its length (RFC 3875, section 4.3.3) */
	bool json;
	bool verbose;
	unsigned retry_s; /* with 503; 0: REPLY_RETRY_S */
};

/* Room for an outcome's text and what it is about. */
#define REPLY_REASON_SIZE 512

/* Writes why the outcome is what it is: its text, and what it is about. */
void
reply_put_reason(struct text *out, enum err outcome, const char *detail);

/*
 * Writes a whole CGI response to an empty text whose buffer has at least
 * REPLY_SIZE bytes, and as many more as the page; that may lie in the buffer,
 * behind REPLY_SIZE.  The body is a line for each update in order, or "OK", or
 * the caller's address; after a failure the outcome's return code.
 */
void
reply_write(struct text *out, const struct reply *reply);

/*
 * Appends the addresses that were left out of these updates, each once and
 * separated by commas, with "..." in place of those beyond REPLY_LEFT_OUT_MAX
 * bytes.  False, and nothing is appended: there are none.
 */
#define REPLY_LEFT_OUT_MAX 120
bool
reply_put_left_out(
    struct text *out, const struct host_update *updates, size_t count);

/* The return code of an update that went well: "good", or that for a host whose
 * addresses did not change. */
const char *
reply_update_word(const struct host_update *update, bool unchanged_good);

#endif
