#ifndef DDNSGATE_CONFIG_CONF_H
#define DDNSGATE_CONFIG_CONF_H

/*
 * Files to site, every complaint with file and line (ddnsgate.conf(5)).  The
 * modules conf_... are its parts.
 */

#include "ddnsgate/base/err.h"
#include "ddnsgate/config/conf_setting.h"
#include "ddnsgate/config/site.h"
#include "ddnsgate/syntax/conf_files.h"
#include "ddnsgate/syntax/diagnostic.h"

/*
 * Reads the configuration file and all that it names.  ERR_OK with a new site
 * (the caller's reference) when there is no error; warnings are added all the
 * same.  On failure *ret is untouched.  ret_files is filled in either case,
 * to know what to watch for a repaired configuration.
 */
enum err
conf_load(const char *path, struct diagnostic_list *diagnostics,
    struct conf_files *ret_files, struct site **ret);

/* The same, as it would be with a new file in clients_dir. */
enum err
conf_load_candidate(const char *path, const struct conf_candidate *candidate,
    struct diagnostic_list *diagnostics, struct conf_files *ret_files,
    struct site **ret);

#endif
