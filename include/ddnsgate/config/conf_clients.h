#ifndef DDNSGATE_CONFIG_CONF_CLIENTS_H
#define DDNSGATE_CONFIG_CONF_CLIENTS_H

/*
 * Reads clients from the three places that there are for them: the lists
 * "clients", the table "clients_file" and the directory "clients_dir".
 */

#include "ddnsgate/config/conf_build.h"
#include "ddnsgate/syntax/clientfile.h"
#include "ddnsgate/syntax/conf_tree.h"

/* Files of clients_dir, each of which is looked at every few seconds. */
#define CONF_CLIENTS_DIR_MAX 100000

/* An element of "clients". */
void
conf_clients_add(struct conf_build *build, const struct conf_node *group);

/* All lines of "clients_file". */
void
conf_clients_add_file(struct conf_build *build, const struct conf_node *file);

/*
 * Says what is wrong with a line, at its number in the file of this path, but
 * for what other clients have, and nothing if that is nothing.  Zones and what
 * a client may do unless its line says so are those of the site.  ERR_MEMORY.
 */
enum err
conf_clients_check_line(const struct site *site, const char *path,
    const struct clientfile_client *client,
    struct diagnostic_list *diagnostics);

/* All files of "clients_dir". */
void
conf_clients_add_dir(struct conf_build *build, const struct conf_node *dir);

#endif
