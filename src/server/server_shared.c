#include "ddnsgate/server/server_shared.h"

enum err
server_shared_init(unsigned threads, struct server_shared *ret)
{
	*ret = (struct server_shared){0};
	enum err err = health_new(&ret->health);

	if (err == ERR_OK)
		err = in_flight_new(&ret->in_flight);
	if (err == ERR_OK)
		err = overdue_new(threads, &ret->overdue);
	return err;
}

void
server_shared_done(struct server_shared *shared)
{
	overdue_free(shared->overdue);
	in_flight_free(shared->in_flight);
	health_free(shared->health);
	*shared = (struct server_shared){0};
}
