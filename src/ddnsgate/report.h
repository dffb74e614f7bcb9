#ifndef DDNSGATE_REPORT_H
#define DDNSGATE_REPORT_H

/* Logs what is wrong with the configuration and its directories. */

#include "ddnsgate/state/limits.h"
#include "ddnsgate/syntax/diagnostic.h"

void
report_diagnostics(const struct diagnostic_list *diagnostics);

/* Logs why the limits are not shared, if that is so. */
void
report_limits(struct limits *limits);

#endif
