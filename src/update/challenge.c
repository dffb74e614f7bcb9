#include "ddnsgate/update/challenge.h"

#include <string.h>

#include "ddnsgate/update/commit.h"

/* What DNS has */

static bool
has_value(const struct response_txt *txt, const char *value)
{
	for (size_t i = 0; i < txt->count && i < RESPONSE_TXT_MAX; i++) {
		if (strcmp(txt->values[i], value) == 0)
			return true;
	}
	return false;
}

/* Does this speak for the wanted state, or for the other one?  A value is to be
 * there, or it is not, or there is to be none at all. */
static bool
is_there(const struct host_update *update, const struct response_txt *txt)
{
	return update->txt == REQUEST_TXT_REMOVE_ALL
		   ? txt->count > 0
		   : has_value(txt, update->txt_value);
}

/* What is to go may be among the records that were not read. */
static bool
is_to_change(const struct host_update *update, const struct response_txt *had)
{
	bool adds = update->txt == REQUEST_TXT_ADD;

	return is_there(update, had) != adds ||
	       (!adds && had->count > RESPONSE_TXT_MAX);
}

static enum err
ask(const struct challenge_tools *tools, struct challenge *challenge,
    struct clock_deadline deadline)
{
	return lookup_txt(tools->lookup, challenge->update->zone,
	    challenge->name, deadline, &challenge->had, &challenge->report);
}

/* After ask: records that a wildcard made count as none. */
static enum err
ask_whose(const struct challenge_tools *tools, struct challenge *challenge)
{
	bool own = true;

	enum err err = lookup_own_txt(tools->lookup, challenge->name, &own);
	if (!own)
		challenge->had.count = 0;
	return err;
}

enum err
challenge_look_up(const struct challenge_tools *tools,
    struct host_update *update, struct clock_deadline deadline,
    struct challenge *ret)
{
	ret->update = update;
	ret->report = (struct transaction_report){.server = -1, .rcode = "-"};
	update->txt_differs = false;
	enum err err = acme_name(update->host->name, ret->name);
	if (err == ERR_OK)
		err = ask(tools, ret, deadline);
	if (err == ERR_OK && is_there(update, &ret->had))
		err = ask_whose(tools, ret);
	if (err == ERR_OK)
		update->txt_differs = is_to_change(update, &ret->had);
	update->outcome = err;
	return err;
}

/* Which values are young: each is remembered with the minute in which it was
 * added. */

static struct secret_digest
digest_of(const struct challenge *challenge, const char *value)
{
	char buf[DNAME_SIZE + ACME_VALUE_SIZE + 1];
	struct text text;

	TEXT_INIT(&text, buf);
	text_printf(&text, "%s %s", challenge->name, value);
	return secret_digest(text_span(&text));
}

static struct secret_digest
minute_before(uint64_t minutes)
{
	uint64_t minute = clock_calendar() / 60 - minutes;

	return secret_digest(
	    (struct span){(const char *)&minute, sizeof(minute)});
}

static bool
is_young(const struct challenge *challenge, struct digest_cache *recent,
    const char *value)
{
	struct secret_digest key = digest_of(challenge, value);

	for (uint64_t i = 0; i <= CHALLENGE_YOUNG_MIN && recent != NULL; i++) {
		struct secret_digest minute = minute_before(i);
		if (digest_cache_has(recent, &key, &minute))
			return true;
	}
	return false;
}

static void
remember(const struct challenge *challenge, struct digest_cache *recent)
{
	struct secret_digest key =
	    digest_of(challenge, challenge->update->txt_value);
	struct secret_digest now = minute_before(0);

	if (recent != NULL)
		digest_cache_put(recent, &key, &now);
}

/* The change */

static size_t
count_values(const struct response_txt *txt)
{
	size_t count = 0;

	for (size_t i = 0; i < txt->count && i < RESPONSE_TXT_MAX; i++)
		count += txt->values[i][0] != '\0';
	return count;
}

/* Removes what is too much beside one more.  Records that are no values are
 * somebody else's, and stay. */
static enum err
make_room(const struct challenge *challenge, struct digest_cache *recent,
    struct message_txt *change)
{
	const struct response_txt *had = &challenge->had;
	size_t count = count_values(had);

	for (size_t i = 0; i < had->count && i < RESPONSE_TXT_MAX; i++) {
		const char *value = had->values[i];
		if (count < CHALLENGE_VALUES_MAX)
			break;
		if (value[0] == '\0' || is_young(challenge, recent, value))
			continue;
		change->remove[change->remove_count++] = value;
		count--;
	}
	return count < CHALLENGE_VALUES_MAX ? ERR_OK : ERR_TXT_FULL;
}

static enum err
make_change(const struct challenge *challenge, struct digest_cache *recent,
    struct message_txt *ret)
{
	const struct host_update *update = challenge->update;

	*ret = (struct message_txt){.name = challenge->name, .ttl = ACME_TTL};
	if (update->txt == REQUEST_TXT_ADD) {
		ret->add = update->txt_value;
		return make_room(challenge, recent, ret);
	}
	ret->remove_all = update->txt == REQUEST_TXT_REMOVE_ALL;
	if (!ret->remove_all)
		ret->remove[ret->remove_count++] = update->txt_value;
	return ERR_OK;
}

/* A commit_add. */
static enum err
add_change(struct transaction *transaction, const void *ctx)
{
	return transaction_add_update_txt(transaction, ctx);
}

static enum err
send(const struct challenge_tools *tools, struct challenge *challenge,
    const struct message_txt *change, struct clock_deadline deadline)
{
	const struct site_zone *zone = challenge->update->zone;

	transaction_begin(tools->transaction, zone, deadline);
	enum err err = commit_send(tools->transaction, zone, add_change, change,
	    challenge->report.server, deadline);
	challenge->report = transaction_report(tools->transaction);
	return err;
}

/* BIND's update-policy can limit how many TXT records there are, and then
 * confirms what it does not do. */
static enum err
read_back(const struct challenge_tools *tools, struct challenge *challenge,
    struct clock_deadline deadline)
{
	const struct host_update *update = challenge->update;
	struct transaction_report sent = challenge->report;
	bool adds = update->txt == REQUEST_TXT_ADD;

	enum err err = ask(tools, challenge, deadline);
	if (err == ERR_OK && !adds && is_there(update, &challenge->had))
		err = ask_whose(tools, challenge);
	if (err == ERR_OK && is_there(update, &challenge->had) != adds)
		err = ERR_DNS_NOT_KEPT;
	if (err == ERR_OK)
		challenge->report = sent;
	challenge->report.may_have_changed = sent.may_have_changed;
	return err;
}

enum err
challenge_commit(const struct challenge_tools *tools,
    struct challenge *challenge, struct clock_deadline deadline)
{
	struct host_update *update = challenge->update;
	struct message_txt change;

	if (!update->txt_differs)
		return ERR_OK;
	enum err err = make_change(challenge, tools->recent, &change);
	if (err == ERR_OK)
		err = send(tools, challenge, &change, deadline);
	if (err == ERR_OK && update->txt == REQUEST_TXT_ADD)
		remember(challenge, tools->recent);
	if (err == ERR_OK)
		err = read_back(tools, challenge, deadline);
	update->outcome = err;
	return err;
}
