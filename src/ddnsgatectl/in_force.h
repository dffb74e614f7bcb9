#ifndef DDNSGATECTL_IN_FORCE_H
#define DDNSGATECTL_IN_FORCE_H

/* Whether running handlers serve by the configuration that is on disk. */

#include "ddnsgate/state/process_file.h"

#include "ctl.h"

/* How long a handler may take to read what has changed. */
#define IN_FORCE_WAIT_MS 10000

typedef void
in_force_visit(void *ctx, const struct process_status *status, bool in_force);

/*
 * Calls visit for each running handler that has its state in this directory and
 * was started with the configuration of this path, absolute and without links;
 * files is what is on disk.  ERR_IO, and errno says why.
 */
enum err
in_force_each(const char *dir, const char *conf,
    const struct secret_digest *files, in_force_visit *visit, void *ctx);

/*
 * Writes why the configuration is not in force in a handler, with NUL,
 * PROCESS_WHY_SIZE bytes; otherwise stands for that it did not say.  What is in
 * its file is not believed: only what is safe on a terminal is written.
 */
void
in_force_format_why(
    const struct process_status *status, const char *otherwise, char *buf);

/*
 * Called after a change: has the handlers that use this configuration read it,
 * waits until they have, and prints how it went.  CTL_FAILED, after an error
 * message, if one goes on with what was before.
 */
enum ctl_exit
in_force_wait(const struct ctl *ctl);

#endif
