#ifndef DDNSGATE_CONFIG_RELOAD_H
#define DDNSGATE_CONFIG_RELOAD_H

/*
 * Keeps the site in force: loads it, sees when its files change, and swaps it
 * under running requests, which keep the one that they started with.
 */

#include <stdbool.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/config/site.h"
#include "ddnsgate/syntax/conf_files.h"
#include "ddnsgate/syntax/diagnostic.h"

/* Callers wait so long from one look at the files to the next. */
#define RELOAD_INTERVAL_MS 1000

struct reload;

/* Loads for the first time.  Fails with ERR_CONFIG, ERR_MEMORY. */
enum err
reload_new(
    const char *path, struct diagnostic_list *diagnostics, struct reload **ret);

void
reload_free(struct reload *reload);

/* The site in force, with a reference for the caller. */
const struct site *
reload_acquire(struct reload *reload);

/* What is watched; as it is until the next check. */
const struct conf_files *
reload_files(const struct reload *reload);

/*
 * Loads again if a file has changed and has then been left alone from one
 * call to the next (it may still be being written), or at once with force.
 * ERR_OK: a new site is in force.  ERR_UNCHANGED: nothing to do.  ERR_CONFIG and
 * others: not valid, the old site stays; it is tried again when a file has
 * changed again.  One thread calls this.
 */
enum err
reload_check(
    struct reload *reload, bool force, struct diagnostic_list *diagnostics);

#endif
