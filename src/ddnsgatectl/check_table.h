#ifndef DDNSGATECTL_CHECK_TABLE_H
#define DDNSGATECTL_CHECK_TABLE_H

/* What is wrong in the table of clients (clients_db), read as a whole. */

#include "ctl.h"

struct check_table {
	size_t clients, hosts;   /* all, also those in no table */
	size_t errors, warnings; /* printed, unless there were too many */
};

struct check_table
check_table(const struct ctl *ctl);

#endif
