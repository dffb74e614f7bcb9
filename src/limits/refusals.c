#include "ddnsgate/limits/refusals.h"

#include "ddnsgate/base/clock.h"

#define US_PER_MS 1000

/*
 * A record, which is compared as that of a bucket is (limits_set.h): until when
 * it holds, in ms of clock_now_us; below it the wait in seconds, or the longest
 * that there is room for, which is a year.
 */
#define WAIT_BITS 25
#define WAIT_MAX_S ((UINT64_C(1) << WAIT_BITS) - 1)

static uint64_t
now_ms(void)
{
	return (uint64_t)clock_now_us() / US_PER_MS;
}

/* A limits_step: the record becomes ctx. */
static void
set(void *ctx, bucket_record *record)
{
	*record = *(const bucket_record *)ctx;
}

/* The other way round. */
static void
get(void *ctx, bucket_record *record)
{
	*(bucket_record *)ctx = *record;
}

void
refusals_note(struct limits_memory *refusals, const struct limits_key *key,
    uint64_t wait_ms)
{
	uint64_t holds_ms = wait_ms < REFUSALS_MS ? wait_ms : REFUSALS_MS;
	uint64_t wait_s = bucket_to_seconds(wait_ms);
	bucket_record record = (now_ms() + holds_ms) << WAIT_BITS |
			       (wait_s < WAIT_MAX_S ? wait_s : WAIT_MAX_S);

	limits_memory_change(refusals, key, set, &record);
}

bool
refusals_find(struct limits_memory *refusals, const struct limits_key *key,
    unsigned *ret_wait_s)
{
	bucket_record record = 0;

	limits_memory_change(refusals, key, get, &record);
	if (now_ms() >= record >> WAIT_BITS)
		return false;
	*ret_wait_s = record & WAIT_MAX_S;
	return true;
}

void
refusals_forget(struct limits_memory *refusals, const struct limits_key *key)
{
	bucket_record record = 0;

	limits_memory_change(refusals, key, set, &record);
}
