#ifndef DDNSGATE_CONFINE_H
#define DDNSGATE_CONFINE_H

/* The service's way into the sandbox, and what the log is told of it. */

#include "ddnsgate/base/err.h"
#include "ddnsgate/config/reload.h"
#include "ddnsgate/sandbox/sandbox.h"

/*
 * Enters.  socket is the file to remove at the end; NULL: none.  What fails,
 * or is not in force, is logged.
 */
enum err
service_sandbox_enter(
    struct reload *reload, const char *socket, struct sandbox **ret);

/* After a reload: logs what in it the sandbox keeps from working. */
void
service_sandbox_check(const struct sandbox *sandbox, struct reload *reload);

#endif
