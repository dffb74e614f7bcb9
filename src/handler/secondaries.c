#include "ddnsgate/handler/secondaries.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/run_slot.h"

struct secondaries {
	unsigned max;
	atomic_uint waiting;
};

enum err
secondaries_new(unsigned threads, struct secondaries **ret)
{
	struct secondaries *secondaries = calloc(1, sizeof(*secondaries));
	unsigned max = threads / SECONDARIES_DIVISOR;

	if (secondaries == NULL)
		return ERR_MEMORY;
	secondaries->max = max > 0 ? max : 1;
	*ret = secondaries;
	return ERR_OK;
}

void
secondaries_free(struct secondaries *secondaries)
{
	free(secondaries);
}

/* The record that is waited for. */
struct record {
	const struct site_zone *zone;
	const char *name;
	const char *value;
};

/* The transaction knows a server as one of a zone's primaries. */
static bool
has_record(struct transaction *transaction, const struct record *record,
    size_t secondary, struct clock_deadline deadline)
{
	const struct site_zone asked = {.name = record->zone->name,
	    .servers = {record->zone->secondaries[secondary]},
	    .server_count = 1};

	transaction_begin(transaction, &asked,
	    clock_earlier(clock_after_ms(SECONDARIES_QUESTION_MS), deadline));
	if (transaction_query(transaction, record->name, MESSAGE_TXT) != ERR_OK)
		return false;
	const struct response_txt *txt = transaction_txt(transaction);
	for (size_t i = 0; i < txt->count && i < RESPONSE_TXT_MAX; i++) {
		if (strcmp(txt->values[i], record->value) == 0)
			return true;
	}
	return false;
}

/* Asks those that lacked it, and gives how many still do. */
static size_t
ask_all(struct transaction *transaction, const struct record *record,
    size_t lacking[], size_t count, struct clock_deadline deadline)
{
	size_t left = 0;

	for (size_t i = 0; i < count; i++) {
		if (!has_record(transaction, record, lacking[i], deadline))
			lacking[left++] = lacking[i];
	}
	return left;
}

static size_t
wait(struct transaction *transaction, const struct record *record,
    size_t lacking[], size_t count)
{
	struct clock_deadline deadline = clock_after_ms(SECONDARIES_WAIT_MS);
	int pause_ms = SECONDARIES_FIRST_PAUSE_MS;

	while (count > 0 && !clock_passed(deadline)) {
		run_slot_release();
		clock_sleep_ms(pause_ms, deadline);
		count = ask_all(transaction, record, lacking, count, deadline);
		pause_ms = SECONDARIES_PAUSE_MS;
	}
	return count;
}

size_t
secondaries_wait(struct secondaries *secondaries,
    struct transaction *transaction, const struct site_zone *zone,
    const char *name, const char *value,
    size_t ret_lacking[SITE_SECONDARIES_MAX])
{
	const struct record record = {zone, name, value};
	size_t count = zone->secondary_count;

	for (size_t i = 0; i < count; i++)
		ret_lacking[i] = i;
	if (count == 0)
		return 0;
	if (atomic_fetch_add(&secondaries->waiting, 1) < secondaries->max)
		count = wait(transaction, &record, ret_lacking, count);
	atomic_fetch_sub(&secondaries->waiting, 1);
	return count;
}
