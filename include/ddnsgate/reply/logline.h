#ifndef DDNSGATE_REPLY_LOGLINE_H
#define DDNSGATE_REPLY_LOGLINE_H

/*
 * What the log says of one request: one line of KEY=VALUE, and no secret in
 * it, not even one in the wrong place.
 */

#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"
#include "ddnsgate/config/site.h"
#include "ddnsgate/dns/ipaddr.h"
#include "ddnsgate/request/request.h"
#include "ddnsgate/server/transaction.h"
#include "ddnsgate/update/host_update.h"

/* A zone that was visited. */
struct logline_zone {
	const struct site_zone *zone;
	struct transaction_report report;
};

/* As much of a request as is known. */
struct logline {
	const struct request *request;
	const struct site_client *client; /* NULL: not known */
	const struct ipaddr *caller;      /* NULL: not known, then */
	const char *remote_addr;          /* as it came, or NULL */
	const struct host_update *updates;
	size_t update_count;
	const struct logline_zone *zones;
	size_t zone_count;
	enum err outcome;
	int64_t took_us;
};

/* Writes the line without its end; LOG_LINE_MAX holds it. */
void
logline_write(struct text *out, const struct logline *line);

#endif
