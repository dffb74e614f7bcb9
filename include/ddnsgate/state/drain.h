#ifndef DDNSGATE_STATE_DRAIN_H
#define DDNSGATE_STATE_DRAIN_H

/* Whether this machine is to get no more requests from a load balancer: the
 * file DIR/drain is there, whatever its content. */

#include <stdbool.h>

#include "ddnsgate/base/err.h"

/* False also when it cannot be seen.  One system call, which neither blocks
 * nor opens anything, so that it works in the sandbox. */
bool
drain_is_on(const char *dir);

/* Makes or removes the file; done already is ERR_OK.  ERR_IO, and errno. */
enum err
drain_set(const char *dir, bool on);

#endif
