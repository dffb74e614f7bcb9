#ifndef DDNSGATE_CONFIG_RELOAD_H
#define DDNSGATE_CONFIG_RELOAD_H

/*
 * Holds the current site and replaces it when the files of the configuration
 * change.  A request keeps the site with which it started.
 */

#include <stdbool.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/site/site.h"
#include "ddnsgate/syntax/conf_files.h"
#include "ddnsgate/syntax/diagnostic.h"

/* The interval at which callers should call reload_check. */
#define RELOAD_INTERVAL_MS 1000

struct reload;

/* Loads the configuration for the first time.  ERR_CONFIG, ERR_MEMORY. */
enum err
reload_new(
    const char *path, struct diagnostic_list *diagnostics, struct reload **ret);

void
reload_free(struct reload *reload);

/* The current site, with a reference that the caller releases. */
const struct site *
reload_acquire(struct reload *reload);

/* The files that are watched; valid until the next reload_check. */
const struct conf_files *
reload_files(const struct reload *reload);

/*
 * Loads the configuration if a file has changed since it was loaded, and has
 * not changed since the last call, as it may still be being written; with
 * force, at once.  Not thread-safe.
 *
 * ERR_OK: the new site is current.  ERR_UNCHANGED: nothing was loaded.
 * ERR_CONFIG and others: the old site stays current, and files have to change
 * again before they are loaded again.
 */
enum err
reload_check(
    struct reload *reload, bool force, struct diagnostic_list *diagnostics);

#endif
