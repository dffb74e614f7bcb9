#ifndef DDNSGATE_STATE_BUCKET_H
#define DDNSGATE_STATE_BUCKET_H

/*
 * A token bucket: so many deeds at once, then one more each so often.  Pure
 * arithmetic on a record of one number, which is kept elsewhere and may be
 * read by another process, or after a restart.
 */

#include <stdbool.h>
#include <stdint.h>

struct limit_rule {
	uint64_t burst;       /* tokens in a full bucket; 0: no limit */
	uint64_t interval_ms; /* after which there is one more, not 0 */
};

/*
 * When the bucket is full again, in ms since 1970, twice; and one more once
 * a refusal has been told.  0 is a full bucket.
 */
typedef uint64_t limit_record;

enum limit_verdict {
	LIMIT_TAKEN,
	LIMIT_REFUSED_FIRST, /* since a token was taken last */
	LIMIT_REFUSED,
};

/*
 * Takes a token if there is one.  A clock that is set back empties the bucket
 * at most; one that is set forward fills it.
 */
enum limit_verdict
limit_take(
    const struct limit_rule *rule, uint64_t now_ms, limit_record *record);

/* Gives a token back. */
void
limit_give(
    const struct limit_rule *rule, uint64_t now_ms, limit_record *record);

/* Is there no token? */
bool
limit_is_empty(
    const struct limit_rule *rule, uint64_t now_ms, limit_record record);

/* Seconds, rounded up, until there is a token; at least 1. */
unsigned
limit_wait_s(
    const struct limit_rule *rule, uint64_t now_ms, limit_record record);

/* Is the bucket full, so that the record need not be kept? */
bool
limit_is_idle(uint64_t now_ms, limit_record record);

#endif
