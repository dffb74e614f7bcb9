#ifndef DDNSGATE_CONFIG_CONF_GROUP_H
#define DDNSGATE_CONFIG_CONF_GROUP_H

/*
 * Reads a group of the configuration into its raw settings: each setting is
 * looked up in the table of conf_setting and checked against its row.  Settings
 * that are unknown, not valid or missing become diagnostics.
 */

#include "ddnsgate/config/conf_setting.h"
#include "ddnsgate/syntax/conf_tree.h"
#include "ddnsgate/syntax/diagnostic.h"

/*
 * raw is the struct of raw settings for where, which the caller has filled
 * with the defaults of the settings that are not given.
 */
void
conf_group_read(enum conf_where where, const struct conf_node *group,
    struct diagnostic_list *diagnostics, void *raw);

#endif
