#include "ddnsgate/limits/limits.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/secret.h"
#include "ddnsgate/limits/limits_file.h"
#include "ddnsgate/limits/limits_memory.h"
#include "ddnsgate/limits/limits_redis.h"
#include "ddnsgate/limits/refusals.h"

#define MS_PER_S 1000

/* Where in a key its kind is. */
#define KIND (LIMITS_KEY_LEN - 1)
enum {
	CLIENT = 'c',
	HOST = 'h',
	SOURCE_V4 = '4',
	SOURCE_V6 = '6',
	NETWORK_V6 = 'n'
};

struct limits {
	struct limits_redis *redis; /* NULL: none */
	struct redis_link_server redis_server;
	char *redis_path;
	struct limits_memory *refusals; /* by Redis; NULL: none */
	struct counters *counters;      /* NULL: nothing is counted */
	char *dir;                      /* NULL: none */
	struct limits_file *shared;     /* NULL: no dir, or it cannot be used */
	/* Apart, so that failures of many sources replace no client. */
	struct limits_memory *clients;
	struct limits_memory *sources;
	_Atomic(const char *) trouble; /* not reported yet; or NULL */
	atomic_int_fast64_t quiet_until_us;
	atomic_int_fast64_t no_repair_until_us; /* is reported */
};

/* A directory that cannot be used is no failure. */
static enum err
open_dir(struct limits *limits, const char *dir, const char **ret_why)
{
	limits->dir = strdup(dir);
	if (limits->dir == NULL)
		return ERR_MEMORY;
	enum err err = limits_file_open(dir, &limits->shared, ret_why);
	return err == ERR_MEMORY ? ERR_MEMORY : ERR_OK;
}

enum err
limits_new(const char *dir, struct limits **ret)
{
	struct limits *limits = calloc(1, sizeof(*limits));
	const char *why = NULL;

	if (limits == NULL)
		return ERR_MEMORY;
	enum err err = limits_memory_new(&limits->clients);
	if (err == ERR_OK)
		err = limits_memory_new(&limits->sources);
	if (err == ERR_OK && dir != NULL)
		err = open_dir(limits, dir, &why);
	if (err != ERR_OK) {
		limits_free(limits);
		return err;
	}
	limits->trouble = why;
	*ret = limits;
	return ERR_OK;
}

void
limits_free(struct limits *limits)
{
	if (limits == NULL)
		return;
	limits_redis_free(limits->redis);
	free(limits->redis_path);
	limits_memory_free(limits->refusals);
	limits_file_close(limits->shared);
	limits_memory_free(limits->clients);
	limits_memory_free(limits->sources);
	free(limits->dir);
	free(limits);
}

bool
limits_is_in(const struct limits *limits, const char *dir)
{
	if (dir == NULL || limits->dir == NULL)
		return dir == limits->dir;
	return strcmp(dir, limits->dir) == 0;
}

enum err
limits_use_redis(struct limits *limits, const struct redis_link_server *server)
{
	if (!redis_link_has_server(server))
		return ERR_OK;
	limits->redis_server = *server;
	if (server->path != NULL) {
		limits->redis_path = strdup(server->path);
		if (limits->redis_path == NULL)
			return ERR_MEMORY;
		limits->redis_server.path = limits->redis_path;
	}
	enum err err = limits_memory_new(&limits->refusals);
	if (err != ERR_OK)
		return err;
	return limits_redis_new(&limits->redis_server, &limits->redis);
}

void
limits_count_in(struct limits *limits, struct counters *counters)
{
	limits->counters = counters;
}

bool
limits_is_at(
    const struct limits *limits, const struct redis_link_server *server)
{
	const struct redis_link_server *ours = &limits->redis_server;

	if (server->path != NULL && ours->path != NULL)
		return strcmp(server->path, ours->path) == 0;
	return server->path == ours->path &&
	       server_addr_equal(&server->addr, &ours->addr);
}

bool
limits_redis_changed(struct limits *limits, const char **ret_why)
{
	return limits->redis != NULL &&
	       limits_redis_news(limits->redis, ret_why);
}

const char *
limits_trouble(struct limits *limits)
{
	return atomic_exchange(&limits->trouble, NULL);
}

const char *
limits_repair(struct limits *limits)
{
	int64_t now_us = clock_now_us();

	if (limits->shared == NULL ||
	    now_us < atomic_load(&limits->no_repair_until_us))
		return NULL;
	const char *repair = limits_file_repair(limits->shared);
	if (repair != NULL)
		atomic_store(
		    &limits->no_repair_until_us, now_us + LIMITS_TROUBLE_US);
	return repair;
}

static struct limits_key
make_key(uint8_t kind, struct span name)
{
	struct secret_digest digest = secret_digest(name);
	struct limits_key key;

	memcpy(key.bytes, digest.bytes, KIND);
	key.bytes[KIND] = kind;
	return key;
}

struct limits_key
limits_key_client(struct span name)
{
	return make_key(CLIENT, name);
}

struct limits_key
limits_key_host(struct span name)
{
	return make_key(HOST, name);
}

struct limits_key
limits_key_source(const struct ipaddr *addr)
{
	bool is_v4 = addr->family == IPADDR_V4;
	size_t len = is_v4 ? ipaddr_len(addr) : LIMITS_SOURCE_BITS / 8;

	return make_key(is_v4 ? SOURCE_V4 : SOURCE_V6,
	    (struct span){(const char *)addr->bytes, len});
}

/* Changes the record in the directory, and notes trouble for limits_trouble. */
static enum err
change_shared(struct limits *limits, const struct limits_key *key,
    limits_step *step, void *ctx)
{
	const char *why;

	if (limits->shared == NULL)
		return ERR_ABSENT;
	enum err err = limits_file_change(limits->shared, key, step, ctx, &why);
	if (err == ERR_OK)
		return ERR_OK;
	int64_t now_us = clock_now_us();
	if (now_us >= atomic_load(&limits->quiet_until_us)) {
		atomic_store(
		    &limits->quiet_until_us, now_us + LIMITS_TROUBLE_US);
		atomic_store(&limits->trouble, why);
	}
	return err;
}

/* An operation on a record: its input, then its results. */
struct operation {
	const struct bucket_rule *rule;
	uint64_t now_ms;
	enum bucket_verdict verdict;
	unsigned wait_s;
	bool empty;
};

/* Of the configuration, so that strangers cannot add any. */
static bool
is_ours(const struct limits_key *key)
{
	return key->bytes[KIND] == CLIENT || key->bytes[KIND] == HOST;
}

static bool
ask_redis(struct limits *limits, const struct limits_key *key,
    enum limits_redis_verb verb, struct operation *operation)
{
	struct limits_redis_answer answer;
	enum err err = limits_redis_change(
	    limits->redis, key, operation->rule, verb, &answer);

	if (err != ERR_OK && verb == LIMITS_REDIS_TAKE)
		counters_add(limits->counters, COUNTERS_REDIS_MISSED, 1);
	if (err != ERR_OK)
		return false;
	operation->verdict = answer.verdict;
	operation->wait_s = bucket_to_seconds(answer.wait_ms);
	operation->empty = answer.empty;
	/* Not what a look has found, as the first refusal is one to report. */
	if (verb == LIMITS_REDIS_TAKE && answer.verdict != BUCKET_TAKEN)
		refusals_note(limits->refusals, key, answer.wait_ms);
	if (verb == LIMITS_REDIS_GIVE)
		refusals_forget(limits->refusals, key);
	return true;
}

static bool
change_in_redis(struct limits *limits, const struct limits_key *key,
    enum limits_redis_verb verb, struct operation *operation)
{
	if (limits->redis == NULL)
		return false;
	if (verb == LIMITS_REDIS_GIVE ||
	    !refusals_find(limits->refusals, key, &operation->wait_s))
		return ask_redis(limits, key, verb, operation);
	operation->verdict = BUCKET_REFUSED;
	operation->empty = true;
	return true;
}

static void
take(void *ctx, bucket_record *record)
{
	struct operation *operation = ctx;

	operation->wait_s =
	    bucket_wait_s(operation->rule, operation->now_ms, *record);
	operation->verdict =
	    bucket_take(operation->rule, operation->now_ms, record);
}

static void
give(void *ctx, bucket_record *record)
{
	struct operation *operation = ctx;

	bucket_give(operation->rule, operation->now_ms, record);
}

static void
is_empty(void *ctx, bucket_record *record)
{
	struct operation *operation = ctx;

	operation->empty =
	    bucket_is_empty(operation->rule, operation->now_ms, *record);
}

/* What is done here for each verb. */
static limits_step *const steps[] = {
    [LIMITS_REDIS_TAKE] = take,
    [LIMITS_REDIS_GIVE] = give,
    [LIMITS_REDIS_LOOK] = is_empty,
};

/* Changes the record, wherever it is kept. */
static void
change(struct limits *limits, const struct limits_key *key,
    enum limits_redis_verb verb, struct operation *operation)
{
	if (change_in_redis(limits, key, verb, operation))
		return;
	operation->now_ms = clock_calendar() * MS_PER_S;
	if (change_shared(limits, key, steps[verb], operation) != ERR_OK)
		limits_memory_change(
		    is_ours(key) ? limits->clients : limits->sources, key,
		    steps[verb], operation);
}

enum bucket_verdict
limits_take(struct limits *limits, const struct limits_key *key,
    const struct bucket_rule *rule, unsigned *ret_wait_s)
{
	struct operation operation = {.rule = rule};

	if (rule->burst == 0)
		return BUCKET_TAKEN;
	change(limits, key, LIMITS_REDIS_TAKE, &operation);
	if (operation.verdict != BUCKET_TAKEN)
		*ret_wait_s = operation.wait_s;
	return operation.verdict;
}

void
limits_give(struct limits *limits, const struct limits_key *key,
    const struct bucket_rule *rule)
{
	struct operation operation = {.rule = rule};

	if (rule->burst > 0)
		change(limits, key, LIMITS_REDIS_GIVE, &operation);
}

bool
limits_is_empty(struct limits *limits, const struct limits_key *key,
    const struct bucket_rule *rule)
{
	struct operation operation = {.rule = rule};

	if (rule->burst > 0)
		change(limits, key, LIMITS_REDIS_LOOK, &operation);
	return operation.empty;
}

/* IPv4 has no wider network: false. */
static bool
network_of(const struct ipaddr *addr, const struct bucket_rule *rule,
    struct limits_key *ret_key, struct bucket_rule *ret_rule)
{
	if (addr->family == IPADDR_V4 || rule->burst == 0)
		return false;
	*ret_key = make_key(NETWORK_V6,
	    (struct span){(const char *)addr->bytes, LIMITS_NETWORK_BITS / 8});
	ret_rule->burst = rule->burst * LIMITS_NETWORK_FACTOR;
	ret_rule->interval_ms = rule->interval_ms / LIMITS_NETWORK_FACTOR;
	ret_rule->interval_ms += ret_rule->interval_ms == 0;
	return true;
}

enum bucket_verdict
limits_count_failure(struct limits *limits, const struct ipaddr *addr,
    const struct bucket_rule *rule, unsigned *ret_wait_s)
{
	struct limits_key key = limits_key_source(addr);
	struct bucket_rule wider;

	enum bucket_verdict verdict =
	    limits_take(limits, &key, rule, ret_wait_s);
	if (verdict == BUCKET_TAKEN && network_of(addr, rule, &key, &wider))
		verdict = limits_take(limits, &key, &wider, ret_wait_s);
	return verdict;
}

bool
limits_is_suspect(struct limits *limits, const struct ipaddr *addr,
    const struct bucket_rule *rule)
{
	struct limits_key key = limits_key_source(addr);
	struct bucket_rule wider;

	if (limits_is_empty(limits, &key, rule))
		return true;
	return network_of(addr, rule, &key, &wider) &&
	       limits_is_empty(limits, &key, &wider);
}
