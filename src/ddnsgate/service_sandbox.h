#ifndef DDNSGATE_SERVICE_SANDBOX_H
#define DDNSGATE_SERVICE_SANDBOX_H

/* Enters the sandbox (sandbox.h) for a FastCGI process, and logs about it. */

#include "ddnsgate/base/err.h"
#include "ddnsgate/config/reload.h"
#include "ddnsgate/sandbox/sandbox.h"

/*
 * Enters the sandbox.  socket is the file that is removed at the end, or NULL.
 * Parts that fail or that this system lacks are logged.
 */
enum err
service_sandbox_enter(
    struct reload *reload, const char *socket, struct sandbox **ret);

/* After a reload: logs what the new configuration needs and the sandbox does
 * not allow. */
void
service_sandbox_check(const struct sandbox *sandbox, struct reload *reload);

#endif
