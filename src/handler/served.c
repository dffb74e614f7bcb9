#include "ddnsgate/handler/served.h"

void
served_begin(struct served *served, const struct site *site)
{
	served->site = site;
	served->caller_known = false;
	served->client = NULL;
	served->found = (struct client_found){.client = NULL};
	served->is_admitted = false;
	served->is_for_devices = false;
	served->retry_s = 0;
	served->logged_already = false;
	served->update_count = 0;
	zone_jobs_make(&served->zone_jobs, NULL, 0);
}

void
served_end(struct served *served)
{
	request_done(&served->request);
	served->client = NULL;
	client_found_done(&served->found);
}
