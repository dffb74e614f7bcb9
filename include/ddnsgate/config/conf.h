#ifndef DDNSGATE_CONFIG_CONF_H
#define DDNSGATE_CONFIG_CONF_H

/*
 * Loads the configuration (ddnsgate.conf(5)) into a new snapshot; what is
 * wrong becomes diagnostics with file and line.
 *
 *	conf_tree     a file in libconfig's syntax -> tree of values
 *	conf_group    a group of the tree -> raw settings, by conf_setting
 *	conf_zone, conf_client(s)
 *	              raw settings -> keys, zones, clients of the site
 *	conf_build    what these share while they build
 */

#include "ddnsgate/base/err.h"
#include "ddnsgate/config/conf_setting.h"
#include "ddnsgate/site/site.h"
#include "ddnsgate/syntax/conf_files.h"
#include "ddnsgate/syntax/diagnostic.h"

/*
 * Reads the configuration file and all files that it names.  ERR_OK with a new
 * site, whose reference is the caller's, if there are no errors; there may be
 * warnings.  ERR_CONFIG when there are errors, ERR_MEMORY; *ret is untouched
 * then.  *ret_files is filled in any case, so that the caller can watch the
 * files until they are mended.
 */
enum err
conf_load(const char *path, struct diagnostic_list *diagnostics,
    struct conf_files *ret_files, struct site **ret);

/* The same with a file of clients_dir replaced or added. */
enum err
conf_load_candidate(const char *path, const struct conf_candidate *candidate,
    struct diagnostic_list *diagnostics, struct conf_files *ret_files,
    struct site **ret);

#endif
