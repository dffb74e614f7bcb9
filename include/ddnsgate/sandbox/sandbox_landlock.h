#ifndef DDNSGATE_SANDBOX_SANDBOX_LANDLOCK_H
#define DDNSGATE_SANDBOX_SANDBOX_LANDLOCK_H

/*
 * Restricts which files and TCP ports a process can reach (landlock(7)).
 * Landlock does not restrict UDP.  The only file that includes
 * linux/landlock.h.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"

struct sandbox_landlock_rules {
	const char *const *read; /* folders, with all that is below them */
	size_t read_count;
	const char *remove;      /* files in this folder; NULL: none */
	const uint16_t *connect; /* ports of TCP */
	size_t connect_count;
};

/*
 * Restricts this thread, and those that it makes, to these rules.  Requires
 * PR_SET_NO_NEW_PRIVS.  Older kernels restrict files only: *ret_ports says
 * whether ports are restricted, too.  ERR_UNSUPPORTED: the kernel has no
 * Landlock.  ERR_IO.
 */
enum err
sandbox_landlock_enter(
    const struct sandbox_landlock_rules *rules, bool *ret_ports);

#endif
