#ifndef DDNSGATE_REPLY_LOGLINE_H
#define DDNSGATE_REPLY_LOGLINE_H

/*
 * The fields of one request in the log, of which this module alone knows.  It
 * contains no secret, not even one that a client has sent in the wrong place.
 */

#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/log.h"
#include "ddnsgate/base/text.h"
#include "ddnsgate/dns/ipaddr.h"
#include "ddnsgate/request/request.h"
#include "ddnsgate/server/transaction.h"
#include "ddnsgate/site/site.h"
#include "ddnsgate/update/host_update.h"

/* A zone whose servers were asked. */
struct logline_zone {
	const struct site_zone *zone;
	struct transaction_report report;
};

/* A request, as far as it is known. */
struct logline {
	const struct request *request;
	const struct site_client *client; /* NULL: not known */
	const struct ipaddr *caller;      /* NULL: not known; then */
	const char *remote_addr;          /* REMOTE_ADDR as it came, or NULL */
	const struct host_update *updates;
	size_t update_count;
	const struct logline_zone *zones;
	size_t zone_count;
	enum err outcome;
	const char *detail; /* as in struct reply */
	int64_t took_us;
};

/*
 * Appends the fields: as text without a newline, which fits in LOG_LINE_MAX
 * bytes, else as log_line_with wants them, and what does not fit in
 * LOG_FIELDS_MAX bytes is left out field by field.
 */
void
logline_write(
    struct text *out, enum log_fields form, const struct logline *line);

#endif
