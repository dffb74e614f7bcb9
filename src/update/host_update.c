#include "ddnsgate/update/host_update.h"

#include <assert.h>

bool
host_update_differs(const struct host_update *update)
{
	for (size_t family = 0; family < IPADDR_FAMILIES; family++) {
		if (update->differs[family])
			return true;
	}
	return update->txt_differs;
}

struct message_change
host_update_message(const struct host_update *update)
{
	struct message_change message = {.name = update->host->name,
	    .ttl = update->host->ttl,
	    .only_new = update->only_new};

	for (size_t i = 0; i < IPADDR_FAMILIES; i++) {
		const struct host_update_decision *decided =
		    &update->decided[i];
		struct message_family *family = &message.families[i];
		if (!update->differs[i])
			continue;
		assert(decided->action == HOST_UPDATE_SET ||
		       decided->action == HOST_UPDATE_REMOVE);
		family->action = decided->action == HOST_UPDATE_SET
				     ? MESSAGE_SET
				     : MESSAGE_REMOVE;
		family->addr = decided->addr;
	}
	return message;
}

void
host_update_fail(
    struct host_update *const updates[], size_t count, enum err err)
{
	for (size_t i = 0; i < count; i++) {
		if (updates[i]->outcome == ERR_OK)
			updates[i]->outcome = err;
	}
}
