#ifndef DDNSGATE_CONFIG_CONF_ACCESS_H
#define DDNSGATE_CONFIG_CONF_ACCESS_H

/*
 * Warns of what other users of the machine, or others who reach it, could do
 * to the service: change its configuration, reset its limits, forge a caller's
 * address.  These are warnings only, as the configuration may be used so.
 */

#include "ddnsgate/config/conf_build.h"
#include "ddnsgate/syntax/conf_tree.h"

/* The files of the configuration and the folders that they are in. */
void
conf_access_check_files(struct conf_build *build);

/* A state_dir, by its path. */
void
conf_access_check_state(
    struct conf_build *build, const struct conf_node *dir, const char *path);

/* The setting listen. */
void
conf_access_check_listen(
    struct conf_build *build, const struct conf_node *listen);

#endif
