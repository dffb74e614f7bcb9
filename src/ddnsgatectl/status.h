#ifndef DDNSGATECTL_STATUS_H
#define DDNSGATECTL_STATUS_H

/* What "status" prints, as a text or in JSON. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/state/process_file.h"
#include "ddnsgate/state/seen.h"

#include "ctl.h"
#include "dns.h"

struct status_process {
	struct process_status status;
	bool in_force;
};

struct status {
	const struct ctl *ctl; /* without a site if it could not be loaded */
	const char *conf;      /* its path, absolute and without links */
	const char *unknown;   /* why it is not known what runs; or NULL */
	struct status_process *processes;
	size_t count, in_force; /* of processes */
	struct seen *seen;      /* NULL: nothing is known of hosts */
	struct dns *dns;        /* NULL: it is not asked */
	/* The only ones that are meant; NULL: all */
	const char *client, *host;
	int64_t now_s;
};

/* Is what is on disk in force in all that runs, and does something run? */
bool
status_is_in_force(const struct status *status);

/* Why not, or NULL. */
const char *
status_why(const struct status *status);

/* A host of the selection.  What is not known of it is zero. */
struct status_host {
	const struct site_client *client;
	const struct site_host *host;
	const struct site_zone *zone;
	struct seen_host seen;
	struct dns_answer dns[IPADDR_FAMILIES]; /* if it is asked */
};

typedef void
status_visit(void *ctx, const struct status_host *host);

/* Calls visit for each host of the selection.  CTL_FAILED, after an error
 * message, if DNS could not be asked about one, which is left out. */
enum ctl_exit
status_each_host(const struct status *status, status_visit *visit, void *ctx);

enum ctl_exit
status_print_text(const struct status *status);

enum ctl_exit
status_print_json(const struct status *status);

#endif
