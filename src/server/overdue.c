#include "ddnsgate/server/overdue.h"

#include <stdatomic.h>
#include <stdlib.h>

struct overdue {
	atomic_uint waiting;
	unsigned max[2]; /* by role */
};

enum err
overdue_new(unsigned threads, struct overdue **ret)
{
	struct overdue *overdue = calloc(1, sizeof(*overdue));

	if (overdue == NULL)
		return ERR_MEMORY;
	overdue->max[OVERDUE_SENDER] = threads > 1 ? threads / 2 : 1;
	overdue->max[OVERDUE_WAITER] = (overdue->max[OVERDUE_SENDER] + 1) / 2;
	*ret = overdue;
	return ERR_OK;
}

void
overdue_free(struct overdue *overdue)
{
	free(overdue);
}

bool
overdue_acquire(struct overdue *overdue, enum overdue_role role)
{
	if (atomic_fetch_add(&overdue->waiting, 1) < overdue->max[role])
		return true;
	overdue_release(overdue);
	return false;
}

void
overdue_release(struct overdue *overdue)
{
	atomic_fetch_sub(&overdue->waiting, 1);
}
