#include "ddnsgate/update/host_update.h"

#include <assert.h>

bool
change_differs(const struct change *change)
{
	for (size_t family = 0; family < IPADDR_FAMILIES; family++) {
		if (change->differs[family])
			return true;
	}
	return false;
}

struct message_change
change_message(const struct change *change)
{
	struct message_change message = {
	    .name = change->host->name, .ttl = change->host->ttl};

	for (size_t i = 0; i < IPADDR_FAMILIES; i++) {
		const struct change_want *want = &change->want[i];
		struct message_family *family = &message.families[i];
		if (!change->differs[i])
			continue;
		assert(want->action == CHANGE_SET ||
		       want->action == CHANGE_REMOVE);
		family->action =
		    want->action == CHANGE_SET ? MESSAGE_SET : MESSAGE_REMOVE;
		family->addr = want->addr;
	}
	return message;
}

void
change_fail(struct change *const changes[], size_t count, enum err err)
{
	for (size_t i = 0; i < count; i++) {
		if (changes[i]->outcome == ERR_OK)
			changes[i]->outcome = err;
	}
}
