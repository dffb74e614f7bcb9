#ifndef DDNSGATE_SANDBOX_SANDBOX_SECCOMP_H
#define DDNSGATE_SANDBOX_SANDBOX_SECCOMP_H

/*
 * Restricts the system calls of a process (seccomp(2)).  Others fail with
 * EPERM, since a library that begins to use one must not end the service; but
 * those that only an intruder makes, such as execve(2), end the process.  The
 * only file that includes seccomp.h.
 */

#include <stdbool.h>

#include "ddnsgate/base/err.h"

/*
 * Restricts this thread and those that it makes; removes: unlink(2) is allowed.
 * ERR_UNSUPPORTED: the program was built without libseccomp, or no filter can
 * be had here.  ERR_IO.
 */
enum err
sandbox_seccomp_enter(bool removes);

#endif
