#ifndef DDNSGATE_REPLY_METRICS_H
#define DDNSGATE_REPLY_METRICS_H

/*
 * What was counted (counters.h) as text for Prometheus, format 0.0.4: which
 * metric a cell belongs to, what it is called, and which labels it has.  No
 * label has a value that comes from a request.
 */

#include "ddnsgate/base/secret.h"
#include "ddnsgate/base/text.h"
#include "ddnsgate/state/counters.h"

/* Of the longest text, and NUL. */
#define METRICS_SIZE_MAX (512 * 1024)

/* Stands for the meaning of the cells, for counters_open. */
struct secret_digest
metrics_layout(void);

/* Appends all metrics, to a buffer with METRICS_SIZE_MAX bytes left.  Cells
 * that have the same labels are added up in the snapshot. */
void
metrics_write(struct text *out, struct counters_snapshot *snapshot);

/* Appends a gauge of one value; help is one line without a backslash. */
void
metrics_put_gauge(
    struct text *out, const char *name, const char *help, int64_t value);

#endif
