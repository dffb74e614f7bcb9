#ifndef DDNSGATE_CONF_H
#define DDNSGATE_CONF_H

/*
 * Files to site, every complaint with file and line (ddnsgate.conf(5)).
 * Door: libconfig.
 */

#include <stdbool.h>
#include <stddef.h>

#include "ddnsgate/complaint.h"
#include "ddnsgate/err.h"
#include "ddnsgate/site.h"

/* The files and folders that a site was read from, for reload to watch. */
struct conf_files {
	char **paths;
	size_t count;
};

void
conf_files_done(struct conf_files *files);

/*
 * Reads the configuration file and all that it names.  ERR_OK with a new site
 * (the caller's reference) when there is no error; warnings are added all the
 * same.  On failure *ret is untouched.  ret_files is filled in either case,
 * to know what to watch for a repaired configuration.
 */
enum err
conf_load(const char *path, struct complaint_list *complaints,
    struct conf_files *ret_files, struct site **ret);

/* The settings that exist, for --help, and for the test of the man page. */
struct conf_setting_info {
	const char *where; /* "", "zone", "key", "client", "host" */
	const char *name;
};

const struct conf_setting_info *
conf_settings(size_t *ret_count);

#endif
