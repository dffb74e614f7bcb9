#ifndef DDNSGATECTL_ACME_NAMES_H
#define DDNSGATECTL_ACME_NAMES_H

/* The names of the TXT records for certificates of a zone's hosts. */

#include "ddnsgate/base/arena.h"
#include "ddnsgate/base/table.h"
#include "ddnsgate/site/site.h"

#include "ctl.h"

/* Those of hosts with acme, each once. */
struct acme_names {
	struct arena arena;
	struct table table; /* const char * */
};

void
acme_names_init(struct acme_names *names);

void
acme_names_done(struct acme_names *names);

/* Adds those of a zone's hosts, in the order of the configuration.  ERR_MEMORY;
 * ERR_TABLE, after an error message: clients of the table cannot be read. */
enum err
acme_names_add_zone(struct acme_names *names, const struct ctl *ctl,
    const struct site_zone *zone);

/* The name of this number, from 0 on; it must exist. */
const char *
acme_names_get(const struct acme_names *names, size_t index);

#endif
