#ifndef DDNSGATE_REPORT_H
#define DDNSGATE_REPORT_H

/* Complaints about the configuration to the log. */

#include "ddnsgate/complaint.h"

void
report_complaints(const struct complaint_list *complaints);

#endif
