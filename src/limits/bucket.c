#include "ddnsgate/limits/bucket.h"

#include <limits.h>

#define MS_PER_S 1000

/* How long the bucket takes to be full; never longer than an empty one. */
static uint64_t
time_to_full_ms(
    const struct bucket_rule *rule, uint64_t now_ms, bucket_record record)
{
	uint64_t full_ms = record / 2;
	uint64_t empty = rule->burst * rule->interval_ms;

	if (full_ms <= now_ms)
		return 0;
	return full_ms - now_ms < empty ? full_ms - now_ms : empty;
}

/* How long the bucket takes to have one token. */
static uint64_t
time_to_token_ms(
    const struct bucket_rule *rule, uint64_t now_ms, bucket_record record)
{
	uint64_t after =
	    time_to_full_ms(rule, now_ms, record) + rule->interval_ms;
	uint64_t empty = rule->burst * rule->interval_ms;

	return after > empty ? after - empty : 0;
}

bool
bucket_is_empty(
    const struct bucket_rule *rule, uint64_t now_ms, bucket_record record)
{
	return rule->burst > 0 && time_to_token_ms(rule, now_ms, record) > 0;
}

enum bucket_verdict
bucket_take(
    const struct bucket_rule *rule, uint64_t now_ms, bucket_record *record)
{
	uint64_t to_full = time_to_full_ms(rule, now_ms, *record);

	if (rule->burst == 0)
		return BUCKET_TAKEN;
	if (bucket_is_empty(rule, now_ms, *record)) {
		bool reported = *record % 2 != 0;
		*record = 2 * (now_ms + to_full) + 1;
		return reported ? BUCKET_REFUSED : BUCKET_REFUSED_FIRST;
	}
	*record = 2 * (now_ms + to_full + rule->interval_ms);
	return BUCKET_TAKEN;
}

void
bucket_give(
    const struct bucket_rule *rule, uint64_t now_ms, bucket_record *record)
{
	uint64_t to_full = time_to_full_ms(rule, now_ms, *record);

	if (to_full > rule->interval_ms)
		*record = 2 * (now_ms + to_full - rule->interval_ms);
	else
		*record = 0;
}

unsigned
bucket_to_seconds(uint64_t ms)
{
	uint64_t seconds = ms / MS_PER_S + (ms % MS_PER_S != 0);

	if (seconds == 0)
		return 1;
	return seconds < UINT_MAX ? (unsigned)seconds : UINT_MAX;
}

unsigned
bucket_wait_s(
    const struct bucket_rule *rule, uint64_t now_ms, bucket_record record)
{
	return bucket_to_seconds(time_to_token_ms(rule, now_ms, record));
}
