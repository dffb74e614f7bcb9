#ifndef DDNSGATECTL_SANDBOX_REPORT_H
#define DDNSGATECTL_SANDBOX_REPORT_H

/* Reports which parts of the sandbox are in force for a handler. */

#include "ctl.h"

/*
 * Prints a line for each part, as it would be for a handler that this user
 * starts: a child process enters the same sandbox to find out.
 */
enum ctl_exit
sandbox_report_print(const struct ctl *ctl);

#endif
