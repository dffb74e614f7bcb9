#include "ddnsgate/state/limits.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/secret.h"
#include "ddnsgate/state/limits_lmdb.h"

#define MS_PER_S 1000

/* The last byte of a key. */
#define KIND (STATE_KEY_LEN - 1)
enum { CLIENT = 'c', SOURCE_V4 = '4', SOURCE_V6 = '6' };

struct state {
	char *folder;              /* NULL: none */
	struct state_lmdb *shared; /* NULL: none, or it cannot be used */
	/* Strangers must not be able to push out what clients have done. */
	struct state_memory *clients;
	struct state_memory *sources;
	_Atomic(const char *) trouble; /* not told yet */
	atomic_int_fast64_t quiet_until_us;
	pthread_mutex_t one_at_a_time;
	atomic_uint admitted;
};

/* A folder that cannot be used is no failure. */
static enum err
open_folder(struct state *state, const char *folder, const char **ret_why)
{
	state->folder = strdup(folder);
	if (state->folder == NULL)
		return ERR_MEMORY;
	enum err err = state_lmdb_open(folder, &state->shared, ret_why);
	return err == ERR_MEMORY ? ERR_MEMORY : ERR_OK;
}

enum err
state_new(const char *folder, struct state **ret)
{
	struct state *state = calloc(1, sizeof(*state));
	const char *why = NULL;

	if (state == NULL)
		return ERR_MEMORY;
	pthread_mutex_init(&state->one_at_a_time, NULL);
	enum err err = state_memory_new(&state->clients);
	if (err == ERR_OK)
		err = state_memory_new(&state->sources);
	if (err == ERR_OK && folder != NULL)
		err = open_folder(state, folder, &why);
	if (err != ERR_OK) {
		state_free(state);
		return err;
	}
	state->trouble = why;
	*ret = state;
	return ERR_OK;
}

void
state_free(struct state *state)
{
	if (state == NULL)
		return;
	state_lmdb_close(state->shared);
	state_memory_free(state->clients);
	state_memory_free(state->sources);
	pthread_mutex_destroy(&state->one_at_a_time);
	free(state->folder);
	free(state);
}

bool
state_is_in(const struct state *state, const char *folder)
{
	if (folder == NULL || state->folder == NULL)
		return folder == state->folder;
	return strcmp(folder, state->folder) == 0;
}

const char *
state_trouble(struct state *state)
{
	return atomic_exchange(&state->trouble, NULL);
}

static struct state_key
make_key(uint8_t kind, struct span who)
{
	struct secret_digest digest = secret_digest(who);
	struct state_key key;

	memcpy(key.bytes, digest.bytes, KIND);
	key.bytes[KIND] = kind;
	return key;
}

struct state_key
state_key_client(struct span name)
{
	return make_key(CLIENT, name);
}

struct state_key
state_key_source(const struct ipaddr *addr)
{
	bool is_v4 = addr->family == IPADDR_V4;
	size_t len = is_v4 ? ipaddr_len(addr) : STATE_SOURCE_BITS / 8;

	return make_key(is_v4 ? SOURCE_V4 : SOURCE_V6,
	    (struct span){(const char *)addr->bytes, len});
}

/* Trouble is told when it begins; and later, if there still is some. */
static enum err
change_shared(struct state *state, const struct state_key *key, uint64_t now_ms,
    state_step *step, void *ctx)
{
	const char *why;

	if (state->shared == NULL)
		return ERR_ABSENT;
	enum err err =
	    state_lmdb_change(state->shared, key, now_ms, step, ctx, &why);
	if (err == ERR_OK)
		return ERR_OK;
	int64_t now_us = clock_now_us();
	if (now_us >= atomic_load(&state->quiet_until_us)) {
		atomic_store(&state->quiet_until_us, now_us + STATE_TROUBLE_US);
		atomic_store(&state->trouble, why);
	}
	return err;
}

/* One step on a record, wherever it is kept. */
struct deed {
	const struct limit_rule *rule;
	uint64_t now_ms;
	enum limit_verdict verdict;
	unsigned wait_s;
	bool empty;
};

static void
change(struct state *state, const struct state_key *key, state_step *step,
    struct deed *deed)
{
	deed->now_ms = clock_calendar() * MS_PER_S;
	if (change_shared(state, key, deed->now_ms, step, deed) != ERR_OK)
		state_memory_change(key->bytes[KIND] == CLIENT ? state->clients
							       : state->sources,
		    key, step, deed);
}

static void
take(void *ctx, limit_record *record)
{
	struct deed *deed = ctx;

	deed->wait_s = limit_wait_s(deed->rule, deed->now_ms, *record);
	deed->verdict = limit_take(deed->rule, deed->now_ms, record);
}

static void
give(void *ctx, limit_record *record)
{
	struct deed *deed = ctx;

	limit_give(deed->rule, deed->now_ms, record);
}

static void
look(void *ctx, limit_record *record)
{
	struct deed *deed = ctx;

	deed->empty = limit_is_empty(deed->rule, deed->now_ms, *record);
}

enum limit_verdict
state_take(struct state *state, const struct state_key *key,
    const struct limit_rule *rule, unsigned *ret_wait_s)
{
	struct deed deed = {.rule = rule};

	if (rule->burst == 0)
		return LIMIT_TAKEN;
	change(state, key, take, &deed);
	if (deed.verdict != LIMIT_TAKEN)
		*ret_wait_s = deed.wait_s;
	return deed.verdict;
}

void
state_give(struct state *state, const struct state_key *key,
    const struct limit_rule *rule)
{
	struct deed deed = {.rule = rule};

	if (rule->burst > 0)
		change(state, key, give, &deed);
}

bool
state_is_empty(struct state *state, const struct state_key *key,
    const struct limit_rule *rule)
{
	struct deed deed = {.rule = rule};

	if (rule->burst > 0)
		change(state, key, look, &deed);
	return deed.empty;
}

bool
state_admit(struct state *state)
{
	if (atomic_fetch_add(&state->admitted, 1) >= STATE_ADMITTED_MAX) {
		atomic_fetch_sub(&state->admitted, 1);
		return false;
	}
	pthread_mutex_lock(&state->one_at_a_time);
	return true;
}

void
state_dismiss(struct state *state)
{
	pthread_mutex_unlock(&state->one_at_a_time);
	atomic_fetch_sub(&state->admitted, 1);
}
