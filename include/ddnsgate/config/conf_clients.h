#ifndef DDNSGATE_CONFIG_CONF_CLIENTS_H
#define DDNSGATE_CONFIG_CONF_CLIENTS_H

/* The places where clients are written: lists, a table, a folder. */

#include "ddnsgate/config/conf_build.h"
#include "ddnsgate/syntax/conf_tree.h"

/* An element of "clients". */
void
conf_clients_add(struct conf_build *build, const struct conf_node *group);

/* All lines of "clients_file". */
void
conf_clients_add_file(struct conf_build *build, const struct conf_node *file);

/* All files of "clients_dir". */
void
conf_clients_add_dir(struct conf_build *build, const struct conf_node *folder);

#endif
