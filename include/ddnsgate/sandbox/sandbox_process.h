#ifndef DDNSGATE_SANDBOX_SANDBOX_PROCESS_H
#define DDNSGATE_SANDBOX_SANDBOX_PROCESS_H

/*
 * Settings of the process itself: no new privileges, no core dumps, and no
 * access to its memory by other processes of its user.  The only file that
 * includes sys/prctl.h.
 */

#include "ddnsgate/base/err.h"

/* For all threads that are made from here on.  ERR_IO. */
enum err
sandbox_process_enter(void);

#endif
