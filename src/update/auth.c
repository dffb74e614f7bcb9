#include "ddnsgate/update/auth.h"

#include <string.h>

#include "ddnsgate/base/secret.h"
#include "ddnsgate/dns/dname.h"

static bool
may_call_from(const struct site_rules *rules, const struct ipaddr *caller)
{
	for (size_t i = 0; i < rules->from_count; i++) {
		if (ipaddr_net_contains(&rules->from[i], caller))
			return true;
	}
	return rules->from_count == 0;
}

/* The client that has this host; the first, if several have it. */
static const struct site_client *
find_by_host(const struct site *site, struct span user)
{
	const struct site_client *client = NULL;
	char name[DNAME_SIZE];
	char buf[2 * DNAME_SIZE];
	struct text full;

	if (dname_canonical(user, true, name) != ERR_OK)
		return NULL;
	TEXT_INIT(&full, buf);
	text_puts(&full, name);
	if (strchr(name, '.') == NULL && site_zone_count(site) == 1)
		text_printf(&full, ".%s", site_zone(site, 0)->name);
	(void)site_find_host(site, text_span(&full), &client);
	return client;
}

static const struct site_client *
find_by_user(const struct site *site, struct span user)
{
	const struct site_client *client = site_find_client(site, user);

	return client != NULL ? client : find_by_host(site, user);
}

struct login {
	const struct site *site;
	const struct ipaddr *caller;
	struct limits *limits;
};

static bool
password_matches(const struct login *login, const struct site_client *client,
    struct span password)
{
	struct limits *limits = login->limits;
	struct limits_key source = limits_key_source(login->caller);
	bool suspect =
	    limits != NULL && limits_is_empty(limits, &source,
				  &site_settings(login->site)->failures);

	if (suspect && !limits_serialize(limits))
		return false;
	bool matches = site_crypt_matches(login->site, client, password);
	if (suspect)
		limits_serialize_end(limits);
	return matches;
}

static const struct site_client *
find_client(const struct login *login, const struct credentials *credentials)
{
	const struct site *site = login->site;
	struct span secret = credentials->secret;
	/* Looked up even if it is malformed, so that the time that it takes
	 * does not tell which secrets are. */
	struct secret_digest digest = secret_digest(secret);
	const struct site_client *client = site_find_secret(site, &digest);

	if (client != NULL && secret_is_wellformed(secret))
		return client;
	if (credentials->user.len == 0)
		return NULL;
	client = find_by_user(site, credentials->user);
	return password_matches(login, client, secret) ? client : NULL;
}

enum err
auth_client(const struct site *site, const struct request *request,
    const struct ipaddr *caller, struct limits *limits,
    const struct site_client **ret)
{
	const struct login login = {site, caller, limits};
	const struct site_client *client = NULL;

	if (request->credential_count == 0)
		return ERR_CHALLENGE;
	for (size_t i = 0; i < request->credential_count && client == NULL; i++)
		client = find_client(&login, &request->credentials[i]);
	if (client == NULL)
		return request->dialect->paths == NULL ? ERR_SECRET
						       : ERR_CREDENTIALS;
	*ret = client;
	return may_call_from(client->rules, caller) ? ERR_OK : ERR_FROM;
}
