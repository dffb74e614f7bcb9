#ifndef DDNSGATE_REPORT_H
#define DDNSGATE_REPORT_H

/* Logs what is wrong with the configuration and its directories. */

#include "ddnsgate/limits/limits.h"
#include "ddnsgate/site/site.h"
#include "ddnsgate/state/counters.h"
#include "ddnsgate/state/seen.h"
#include "ddnsgate/syntax/diagnostic.h"

void
report_diagnostics(const struct diagnostic_list *diagnostics);

/* Makes the limits, with all that the site says of where they are kept.
 * ERR_MEMORY, ERR_IO. */
enum err
report_open_limits(const struct site *site, struct limits **ret);

/* Logs why the limits are not shared, if that is so. */
void
report_limits(struct limits *limits);

/* Opens the site's file of hosts that were seen; logs why it cannot, or that it
 * was begun anew.  NULL: there is none. */
struct seen *
report_open_seen(const struct site *site);

/* Logs why what was seen could not be noted, if that is so. */
void
report_seen(struct seen *seen);

/* Opens the site's counters, or makes some of this process alone and logs why,
 * if that is of interest.  ERR_MEMORY. */
enum err
report_open_counters(const struct site *site, struct counters **ret);

/* Logs why the file of the counters is no longer used, if that is so. */
void
report_counters(struct counters *counters);

/* The clients and hosts of the site, and of its table as it is now. */
struct report_counts {
	size_t clients, hosts;
};

struct report_counts
report_count(const struct site *site);

/* Counts how much there is now, where it changes without being loaded. */
void
report_changed(struct counters *counters, const struct site *site);

/* Counts that the site has been loaded, and how much is in it. */
void
report_loaded(struct counters *counters, const struct site *site);

#endif
