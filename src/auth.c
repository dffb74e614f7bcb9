#include "ddnsgate/auth.h"

#include "ddnsgate/secret.h"

static bool
may_call_from(const struct site_rules *rules, const struct ipaddr *caller)
{
	for (size_t i = 0; i < rules->from_count; i++) {
		if (ipaddr_net_contains(&rules->from[i], caller))
			return true;
	}
	return rules->from_count == 0;
}

enum err
auth_client(const struct site *site, const struct request *request,
    const struct ipaddr *caller, const struct site_client **ret)
{
	/* Looked for in any case, so that the time tells nothing. */
	struct secret_digest digest = secret_digest(request->secret);
	const struct site_client *client = site_find_secret(site, &digest);

	if (!secret_is_wellformed(request->secret) || client == NULL)
		return ERR_SECRET;
	*ret = client;
	return may_call_from(client->rules, caller) ? ERR_OK : ERR_FROM;
}
