#ifndef DDNSGATE_HANDLER_METRICS_PAGE_H
#define DDNSGATE_HANDLER_METRICS_PAGE_H

/* What /metrics replies: to whom, and in which memory, as it is larger than all
 * other replies. */

#include <stdbool.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"
#include "ddnsgate/dns/ipaddr.h"
#include "ddnsgate/site/site.h"
#include "ddnsgate/state/counters.h"

/* Is it shown to this caller? */
bool
metrics_page_is_shown(
    const struct site_settings *settings, const struct ipaddr *caller);

/* The memory of one request; all zeroes: none. */
struct metrics_page {
	char *buffer;
	struct span body; /* in the buffer */
};

/* Writes the page, with REPLY_SIZE bytes free in front of the body. */
enum err
metrics_page_make(struct metrics_page *page, struct counters *counters);

/* Has the reply written to the page's memory, if there is a page. */
void
metrics_page_take_reply(const struct metrics_page *page, struct text *out);

/* Frees the memory; there is none afterwards. */
void
metrics_page_done(struct metrics_page *page);

#endif
