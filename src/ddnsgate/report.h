#ifndef DDNSGATE_REPORT_H
#define DDNSGATE_REPORT_H

/* What is wrong with our surroundings, to the log. */

#include "ddnsgate/state/limits.h"
#include "ddnsgate/syntax/diagnostic.h"

void
report_diagnostics(const struct diagnostic_list *diagnostics);

/* What keeps the limits from being shared, to the log. */
void
report_limits(struct limits *limits);

#endif
