#ifndef DDNSGATE_CONFIG_CONF_CLIENTS_H
#define DDNSGATE_CONFIG_CONF_CLIENTS_H

/*
 * Reads clients from the three places that there are for them: the lists
 * "clients", the table "clients_file" and the directory "clients_dir".
 */

#include "ddnsgate/config/conf_build.h"
#include "ddnsgate/syntax/conf_tree.h"

/* Files of clients_dir, each of which is looked at every few seconds. */
#define CONF_CLIENTS_DIR_MAX 100000

/* An element of "clients". */
void
conf_clients_add(struct conf_build *build, const struct conf_node *group);

/* All lines of "clients_file". */
void
conf_clients_add_file(struct conf_build *build, const struct conf_node *file);

/* All files of "clients_dir". */
void
conf_clients_add_dir(struct conf_build *build, const struct conf_node *dir);

#endif
