#include "ddnsgate/state/bucket.h"

#include <limits.h>

#define MS_PER_S 1000

/* How much is missing from a full bucket, as the time that it takes to fill
 * it; never more than all of it. */
static uint64_t
missing_ms(
    const struct bucket_rule *rule, uint64_t now_ms, bucket_record record)
{
	uint64_t full_ms = record / 2;
	uint64_t most = rule->burst * rule->interval_ms;

	if (full_ms <= now_ms)
		return 0;
	return full_ms - now_ms < most ? full_ms - now_ms : most;
}

/* How much longer it has to be filled for one token to be there. */
static uint64_t
lacking_ms(
    const struct bucket_rule *rule, uint64_t now_ms, bucket_record record)
{
	uint64_t wanted = missing_ms(rule, now_ms, record) + rule->interval_ms;
	uint64_t most = rule->burst * rule->interval_ms;

	return wanted > most ? wanted - most : 0;
}

bool
bucket_is_empty(
    const struct bucket_rule *rule, uint64_t now_ms, bucket_record record)
{
	return rule->burst > 0 && lacking_ms(rule, now_ms, record) > 0;
}

enum bucket_verdict
bucket_take(
    const struct bucket_rule *rule, uint64_t now_ms, bucket_record *record)
{
	uint64_t missing = missing_ms(rule, now_ms, *record);

	if (rule->burst == 0)
		return BUCKET_TAKEN;
	if (bucket_is_empty(rule, now_ms, *record)) {
		bool told = *record % 2 != 0;
		*record = 2 * (now_ms + missing) + 1;
		return told ? BUCKET_REFUSED : BUCKET_REFUSED_FIRST;
	}
	*record = 2 * (now_ms + missing + rule->interval_ms);
	return BUCKET_TAKEN;
}

void
bucket_give(
    const struct bucket_rule *rule, uint64_t now_ms, bucket_record *record)
{
	uint64_t missing = missing_ms(rule, now_ms, *record);

	if (missing > rule->interval_ms)
		*record = 2 * (now_ms + missing - rule->interval_ms);
	else
		*record = 0;
}

unsigned
bucket_wait_s(
    const struct bucket_rule *rule, uint64_t now_ms, bucket_record record)
{
	uint64_t lacking = lacking_ms(rule, now_ms, record);
	uint64_t seconds = lacking / MS_PER_S + (lacking % MS_PER_S != 0);

	if (seconds == 0)
		return 1;
	return seconds < UINT_MAX ? (unsigned)seconds : UINT_MAX;
}

bool
bucket_is_idle(uint64_t now_ms, bucket_record record)
{
	return record / 2 <= now_ms;
}
