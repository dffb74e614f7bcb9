#ifndef DDNSGATE_STATE_MAP_GUARD_H
#define DDNSGATE_STATE_MAP_GUARD_H

/*
 * Reads and writes a mapped file.  When the file is cut short meanwhile, or its
 * disk fails, the kernel sends SIGBUS, and when what is in it leads astray,
 * SIGSEGV.  They would end the process; here they end the access alone.
 */

#include <stdbool.h>

/* Has the process take both signals.  Before any thread uses map_guard_run; the
 * second call does nothing. */
void
map_guard_init(void);

/* Must not lock, allocate, or call map_guard_run: it may end anywhere. */
typedef void
map_guard_access(void *ctx);

/* False: the access was broken off.  The thread must not block the signals. */
bool
map_guard_run(map_guard_access *access, void *ctx);

/* Breaks the access off; to be called within one. */
_Noreturn void
map_guard_break(void);

#endif
