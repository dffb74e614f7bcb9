#ifndef CONFINED_H
#define CONFINED_H

/* What of the sandbox is in force for a handler. */

#include "ctl.h"

/*
 * Prints a line for each part, as it is for a handler that this user starts
 * here: a child enters the same sandbox to find out.
 */
enum ctl_exit
sandbox_report_print(const struct ctl *ctl);

#endif
