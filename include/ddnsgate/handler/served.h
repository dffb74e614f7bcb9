#ifndef DDNSGATE_HANDLER_SERVED_H
#define DDNSGATE_HANDLER_SERVED_H

/* The request that is being served, as far as it is known. */

#include <stdbool.h>

#include "ddnsgate/config/client_find.h"
#include "ddnsgate/dns/ipaddr.h"
#include "ddnsgate/handler/zone_jobs.h"
#include "ddnsgate/request/request.h"
#include "ddnsgate/site/site.h"
#include "ddnsgate/update/host_update.h"

struct served {
	const struct site *site;
	struct ipaddr caller;
	bool caller_known;
	const struct site_client *client; /* NULL: not known; in found */
	struct client_found found;
	bool is_admitted;    /* the client, from where it calls */
	bool is_for_devices; /* a browser opened a URL of theirs */
	unsigned retry_s; /* until a reached limit ends; 0: none is reached */
	bool logged_already; /* that this limit is reached */
	size_t update_count;
	struct host_update updates[REQUEST_HOSTS_MAX];
	struct zone_jobs zone_jobs;
	struct request request; /* last, as most of its pages are rarely used */
};

/* Nothing is known yet; zone_jobs has been initialised. */
void
served_begin(struct served *served, const struct site *site);

/* Frees what was known of it. */
void
served_end(struct served *served);

#endif
