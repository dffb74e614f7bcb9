#ifndef DDNSGATE_SANDBOX_SANDBOX_SECCOMP_H
#define DDNSGATE_SANDBOX_SANDBOX_SECCOMP_H

/*
 * What system calls a process may make (seccomp(2)).  Others fail with EPERM,
 * since a library that asks for something new must not end the service.
 * Those that only an intruder makes, such as execve(2), end the process.
 * Door: libseccomp.
 */

#include <stdbool.h>

#include "ddnsgate/base/err.h"

/*
 * For this thread and those that it makes; removes: files may be unlinked.
 * ERR_UNSUPPORTED: the program was built without libseccomp, or no filter can
 * be had here.  ERR_IO.
 */
enum err
sandbox_seccomp_enter(bool removes);

#endif
