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
