#ifndef DDNSGATE_SANDBOX_SANDBOX_PROCESS_H
#define DDNSGATE_SANDBOX_SANDBOX_PROCESS_H

/*
 * What a process can promise of itself: no new privileges, no core dumps, no
 * other process of its user that reads its memory.  Door: prctl(2).
 */

#include "ddnsgate/base/err.h"

/* For all threads that are made from here on.  ERR_IO. */
enum err
sandbox_process_enter(void);

#endif
