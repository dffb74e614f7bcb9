#ifndef DDNSGATECTL_IN_FORCE_H
#define DDNSGATECTL_IN_FORCE_H

/* Whether running handlers serve by the configuration that is on disk. */

#include "ddnsgate/state/process_file.h"

#include "ctl.h"

/* How long a handler may take to read what has changed. */
#define IN_FORCE_WAIT_MS 10000

/*
 * Called after a change: has the handlers that use this configuration read it,
 * waits until they have, and prints how it went.  CTL_FAILED, after an error
 * message, if one goes on with what was before.
 */
enum ctl_exit
in_force_wait(const struct ctl *ctl);

#endif
