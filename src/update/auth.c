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
static enum err
find_by_host(
    const struct site *site, struct span user, struct client_found *ret)
{
	char name[DNAME_SIZE];
	char buf[2 * DNAME_SIZE];
	struct text full;

	if (dname_canonical(user, true, name) != ERR_OK)
		return ERR_ABSENT;
	TEXT_INIT(&full, buf);
	text_puts(&full, name);
	if (strchr(name, '.') == NULL && site_zone_count(site) == 1)
		text_printf(&full, ".%s", site_zone(site, 0)->name);
	return client_find_host(site, text_span(&full), ret);
}

static enum err
find_by_user(
    const struct site *site, struct span user, struct client_found *ret)
{
	enum err err = client_find_name(site, user, ret);

	return err == ERR_ABSENT ? find_by_host(site, user, ret) : err;
}

struct login {
	const struct site *site;
	const struct ipaddr *caller;
	const struct auth_memory *memory;
};

static bool
is_suspect(const struct login *login)
{
	struct limits *limits = login->memory->limits;

	return limits != NULL && limits_is_suspect(limits, login->caller,
				     &site_settings(login->site)->failures);
}

/* All are looked at, also those of a decoy, for the time that it takes. */
static bool
any_is_proven(const struct login *login, const struct site_crypts *crypts,
    struct span password)
{
	bool proven = false;

	for (size_t i = 0; i < crypts->count; i++)
		proven |= password_check_is_proven(
		    login->memory->passwords, crypts->first[i].hash, password);
	return proven && !crypts->decoy;
}

static enum password_verdict
check_hashes(const struct login *login, const struct site_crypts *crypts,
    const struct credentials *credentials)
{
	struct password_try try = {.user = credentials->user,
	    .password = credentials->secret,
	    .decoy = crypts->decoy};
	enum password_verdict verdict = PASSWORD_WRONG;

	if (any_is_proven(login, crypts, credentials->secret))
		return PASSWORD_RIGHT;
	try.suspect = crypts->count > 0 && is_suspect(login);
	for (size_t i = 0; i < crypts->count && verdict == PASSWORD_WRONG;
	     i++) {
		try.hash = crypts->first[i].hash;
		verdict = password_check(login->memory->passwords, &try);
	}
	return verdict;
}

static enum err
check_password(const struct login *login, const struct client_found *found,
    const struct credentials *credentials)
{
	struct client_found decoy = {.client = NULL};
	enum password_verdict verdict = PASSWORD_WRONG;
	struct site_crypts crypts;

	enum err err = client_find_crypts(
	    login->site, found, credentials->user, &crypts, &decoy);
	if (err == ERR_OK)
		verdict = check_hashes(login, &crypts, credentials);
	client_found_done(&decoy);
	if (err != ERR_OK)
		return err;
	return verdict == PASSWORD_RIGHT   ? ERR_OK
	       : verdict == PASSWORD_WRONG ? ERR_CREDENTIALS
					   : ERR_FAILURES;
}

static enum err
find_by_password(const struct login *login,
    const struct credentials *credentials, struct client_found *ret)
{
	if (credentials->user.len == 0)
		return ERR_CREDENTIALS;
	enum err err = find_by_user(login->site, credentials->user, ret);
	if (err == ERR_OK || err == ERR_ABSENT)
		err = check_password(login, ret, credentials);
	if (err != ERR_OK)
		client_found_done(ret);
	return err;
}

/* ERR_CREDENTIALS or ERR_FAILURES if there is none. */
static enum err
find_client(const struct login *login, const struct credentials *credentials,
    struct client_found *ret)
{
	struct span secret = credentials->secret;
	/* Looked up even if it is malformed, so that the time that it takes
	 * does not tell which secrets are. */
	struct secret_digest digest = secret_digest(secret);
	enum err err = client_find_secret(login->site, &digest, ret);

	if (err == ERR_OK && secret_is_wellformed(secret))
		return ERR_OK;
	client_found_done(ret);
	return err == ERR_OK || err == ERR_ABSENT
		   ? find_by_password(login, credentials, ret)
		   : err;
}

/* A secret without a user's name tries no more than the same one with it. */
static bool
is_same_guess(const struct credentials *a, const struct credentials *b)
{
	return span_equal(a->secret, b->secret) &&
	       (a->user.len == 0 || b->user.len == 0 ||
		   span_equal(a->user, b->user));
}

static bool
was_tried(const struct request *request, size_t number)
{
	for (size_t i = 0; i < number; i++) {
		if (is_same_guess(&request->credentials[i],
			&request->credentials[number]))
			return true;
	}
	return false;
}

/* The first valid credentials; else the first failure.  What the table of
 * clients does not tell is no guess. */
static enum err
try_all(
    const struct login *login, const struct request *request, struct auth *ret)
{
	enum err failure = ERR_CREDENTIALS;

	for (size_t i = 0; i < request->credential_count; i++) {
		enum err err =
		    find_client(login, &request->credentials[i], &ret->found);
		if (err == ERR_OK || err == ERR_TABLE || err == ERR_MEMORY)
			return err;
		ret->wrong += !was_tried(request, i);
		if (err == ERR_FAILURES)
			failure = err;
	}
	return failure;
}

enum err
auth_client(const struct site *site, const struct request *request,
    const struct ipaddr *caller, const struct auth_memory *memory,
    struct auth *ret)
{
	const struct login login = {site, caller, memory};

	*ret = (struct auth){.wrong = 0};
	if (request->credential_count == 0)
		return ERR_CHALLENGE;
	enum err err = try_all(&login, request, ret);
	if (err == ERR_CREDENTIALS && request->dialect->paths == NULL)
		return ERR_SECRET;
	if (err != ERR_OK)
		return err;
	return may_call_from(ret->found.client->rules, caller) ? ERR_OK
							       : ERR_FROM;
}
