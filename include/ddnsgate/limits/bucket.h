#ifndef DDNSGATE_LIMITS_BUCKET_H
#define DDNSGATE_LIMITS_BUCKET_H

/*
 * A token bucket: allows burst operations at once, then one per interval.
 * Arithmetic only.  The state of a bucket is a record of one number; limits.h
 * decides whose bucket it is and where it is kept, so a record may be read by
 * another process, or after a restart.
 */

#include <stdbool.h>
#include <stdint.h>

struct bucket_rule {
	uint64_t burst;       /* tokens in a full bucket; 0: no limit */
	uint64_t interval_ms; /* in which one token is added; not 0 */
};

/*
 * Bits 63 to 1: when the bucket is full again, in ms since 1970.  Bit 0: has a
 * refusal been reported since a token was taken?  0 is a full bucket.
 */
typedef uint64_t bucket_record;

enum bucket_verdict {
	BUCKET_TAKEN,
	BUCKET_REFUSED_FIRST, /* for the first time since one was taken */
	BUCKET_REFUSED,
};

/*
 * Takes a token if there is one.  now_ms is calendar time: a clock that is set
 * back empties the bucket at worst, one that is set forward fills it.
 */
enum bucket_verdict
bucket_take(
    const struct bucket_rule *rule, uint64_t now_ms, bucket_record *record);

/* Puts a token back, into a bucket that is not full. */
void
bucket_give(
    const struct bucket_rule *rule, uint64_t now_ms, bucket_record *record);

/* Is there no token? */
bool
bucket_is_empty(
    const struct bucket_rule *rule, uint64_t now_ms, bucket_record record);

/* Whole seconds, rounded up; at least 1. */
unsigned
bucket_to_seconds(uint64_t ms);

/* Whole seconds until there is a token, likewise. */
unsigned
bucket_wait_s(
    const struct bucket_rule *rule, uint64_t now_ms, bucket_record record);

#endif
