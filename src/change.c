#include "ddnsgate/change.h"

bool
change_differs(const struct change *change)
{
	for (size_t family = 0; family < IPADDR_FAMILIES; family++) {
		if (change->differs[family])
			return true;
	}
	return false;
}

void
change_fail(struct change *const changes[], size_t count, enum err err)
{
	for (size_t i = 0; i < count; i++) {
		if (changes[i]->outcome == ERR_OK)
			changes[i]->outcome = err;
	}
}
