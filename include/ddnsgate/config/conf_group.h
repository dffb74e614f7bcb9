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

/*
 * Likewise of settings in a line of clients_file, NAME=VALUE[,NAME=VALUE...],
 * in which HOST/NAME=VALUE is one of a host: with CONF_IN_CLIENT those of the
 * client, with CONF_IN_HOST those of this host, as the line writes it.
 */
struct conf_line {
	struct diagnostic_location location;
	struct span settings;
	bool exposed; /* as in struct conf_node */
};

void
conf_group_read_line(enum conf_where where, const struct conf_line *line,
    struct span host, struct diagnostic_list *diagnostics, void *raw);

/* The next setting of a line: host is empty for one of the client, and value
 * has no bytes and no pointer without a "=".  False at the end. */
struct conf_line_setting {
	struct span host, name, value;
};

bool
conf_line_next(struct span *rest, struct conf_line_setting *ret);

#endif
