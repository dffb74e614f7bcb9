#ifndef DDNSGATE_CONFIG_CONF_ZONE_H
#define DDNSGATE_CONFIG_CONF_ZONE_H

/* Adds the keys and zones of the configuration to the site. */

#include "ddnsgate/config/conf_build.h"
#include "ddnsgate/syntax/conf_tree.h"

/* A group of "keys". */
void
conf_zone_add_key(struct conf_build *build, const struct conf_node *group);

/* A group of "zones"; the keys have been added before. */
void
conf_zone_add(struct conf_build *build, const struct conf_node *group);

#endif
