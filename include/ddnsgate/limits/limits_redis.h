#ifndef DDNSGATE_LIMITS_LIMITS_REDIS_H
#define DDNSGATE_LIMITS_LIMITS_REDIS_H

/*
 * Keeps the records of limits.h in a Redis or Valkey server, for all machines
 * that ask it.  The arithmetic of bucket.h is done there, by one script and by
 * that server's clock, so that an operation is one question and its answer:
 *
 *	limits_redis_change --> one of few connections --> EVALSHA
 *	                                                   if unknown: EVAL
 *
 * A server that is away must cost nothing: an operation waits for it no longer
 * than LIMITS_REDIS_WAIT_MS, and after a failure all fail at once, without
 * asking, for LIMITS_REDIS_QUIET_MS; then one thread tries again.
 *
 * Keys in the server are LIMITS_REDIS_PREFIX and the digits of the key, and are
 * gone when the bucket is full.
 */

#include <stdbool.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/limits/bucket.h"
#include "ddnsgate/limits/limits_set.h"
#include "ddnsgate/limits/redis_link.h"

#define LIMITS_REDIS_PREFIX "ddns:"
/* For an operation with all that it takes: connection, question, answer. */
#define LIMITS_REDIS_WAIT_MS 20
#define LIMITS_REDIS_QUIET_MS 2000
/* Connections, which all threads of a process share. */
#define LIMITS_REDIS_LINKS 4
/* A change for the worse is told again after this time at the earliest. */
#define LIMITS_REDIS_NEWS_MS 60000

enum limits_redis_verb {
	LIMITS_REDIS_TAKE,
	LIMITS_REDIS_GIVE,
	LIMITS_REDIS_LOOK, /* changes nothing */
};

struct limits_redis_answer {
	enum bucket_verdict verdict; /* of TAKE */
	bool empty;                  /* of LOOK: is there no token? */
	uint64_t wait_ms;            /* of TAKE and LOOK: until there is one */
};

struct limits_redis;

/* Asks nobody yet.  ERR_MEMORY. */
enum err
limits_redis_new(
    const struct redis_link_server *server, struct limits_redis **ret);

/* NULL is allowed. */
void
limits_redis_free(struct limits_redis *redis);

/* Releases the run slot unless it fails at once.  ERR_IO: the server has not
 * answered, or was not asked; limits_redis_news tells. */
enum err
limits_redis_change(struct limits_redis *redis, const struct limits_key *key,
    const struct bucket_rule *rule, enum limits_redis_verb verb,
    struct limits_redis_answer *ret);

/*
 * Has the server ceased to answer, or begun again, since this was told last?
 * *ret_why: why it does not answer, a static text; NULL: it answers again.
 */
bool
limits_redis_news(struct limits_redis *redis, const char **ret_why);

#endif
