#ifndef DDNSGATE_STATE_BUCKET_H
#define DDNSGATE_STATE_BUCKET_H

/*
 * A token bucket: so many deeds at once, then one more each so often.  Pure
 * arithmetic on a record of one number, which is kept elsewhere and may be
 * read by another process, or after a restart.
 */

#include <stdbool.h>
#include <stdint.h>

struct bucket_rule {
	uint64_t burst;       /* tokens in a full bucket; 0: no limit */
	uint64_t interval_ms; /* after which there is one more, not 0 */
};

/*
 * When the bucket is full again, in ms since 1970, twice; and one more once
 * a refusal has been told.  0 is a full bucket.
 */
typedef uint64_t bucket_record;

enum bucket_verdict {
	BUCKET_TAKEN,
	BUCKET_REFUSED_FIRST, /* since a token was taken last */
	BUCKET_REFUSED,
};

/*
 * Takes a token if there is one.  A clock that is set back empties the bucket
 * at most; one that is set forward fills it.
 */
enum bucket_verdict
bucket_take(
    const struct bucket_rule *rule, uint64_t now_ms, bucket_record *record);

/* Gives a token back. */
void
bucket_give(
    const struct bucket_rule *rule, uint64_t now_ms, bucket_record *record);

/* Is there no token? */
bool
bucket_is_empty(
    const struct bucket_rule *rule, uint64_t now_ms, bucket_record record);

/* Seconds, rounded up, until there is a token; at least 1. */
unsigned
bucket_wait_s(
    const struct bucket_rule *rule, uint64_t now_ms, bucket_record record);

/* Is the bucket full, so that the record need not be kept? */
bool
bucket_is_idle(uint64_t now_ms, bucket_record record);

#endif
