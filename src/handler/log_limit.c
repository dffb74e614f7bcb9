#include "ddnsgate/handler/log_limit.h"

#include <pthread.h>
#include <string.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/page_buffer.h"
#include "ddnsgate/base/secret.h"
#include "ddnsgate/limits/limits.h"

#define REASON_SIZE 256
#define US_PER_S 1000000

/* A counter that is beyond the lines has been counted as a source of which
 * lines were left out. */
#define LEFT_OUT (LOG_LIMIT_SOURCE_LINES + 1)
_Static_assert(LEFT_OUT <= UINT8_MAX, "");

struct kind {
	uint64_t lines;
	uint64_t left_out;
	uint64_t sources; /* of what was left out */
	enum log_level level;
	char last[LOG_LIMIT_SOURCE_SIZE]; /* one of them */
};

/* The two groups of sources. */
enum { CLIENTS, STRANGERS, GROUPS };

static const struct group {
	const char *key;    /* for a source, in a summary */
	uint64_t lines_max; /* of a kind */
} groups[GROUPS] = {
    [CLIENTS] = {"last_client", UINT64_MAX},
    [STRANGERS] = {"last_from", LOG_LIMIT_STRANGER_LINES},
};

struct log_limit {
	pthread_mutex_t lock;
	uint64_t seed; /* so that strangers cannot choose their counter */
	int64_t since_us;
	struct kind kinds[GROUPS][ERR_COUNT];
	uint8_t counters[GROUPS][LOG_LIMIT_COUNTERS];
};

enum err
log_limit_new(struct log_limit **ret)
{
	struct log_limit *limit = page_buffer_new(sizeof(*limit));

	if (limit == NULL)
		return ERR_MEMORY;
	enum err err = secret_random(&limit->seed, sizeof(limit->seed));
	if (err != ERR_OK) {
		page_buffer_free(limit, sizeof(*limit));
		return err;
	}
	pthread_mutex_init(&limit->lock, NULL);
	limit->since_us = clock_now_us();
	*ret = limit;
	return ERR_OK;
}

void
log_limit_free(struct log_limit *limit)
{
	if (limit == NULL)
		return;
	pthread_mutex_destroy(&limit->lock);
	page_buffer_free(limit, sizeof(*limit));
}

/* The counter of the request's source and kind. */
static uint8_t *
counter_of(
    struct log_limit *limit, int group, const struct log_limit_request *request)
{
	static const struct ipaddr unknown = {.family = IPADDR_V6};
	const struct ipaddr *caller =
	    request->caller != NULL ? request->caller : &unknown;
	const struct limits_key key =
	    group == CLIENTS ? limits_key_client(span_of(request->client))
			     : limits_key_source(caller);
	uint64_t hash =
	    limits_set_hash(&key, limit->seed + (uint64_t)request->outcome);

	return &limit->counters[group][hash % LOG_LIMIT_COUNTERS];
}

static void
name_source(const struct log_limit_request *request, char *name)
{
	char addr[IPADDR_TEXT_SIZE] = "unknown";
	struct text text;

	if (request->caller != NULL)
		ipaddr_format(request->caller, addr);
	text_init(&text, name, LOG_LIMIT_SOURCE_SIZE);
	text_put_quoted(
	    &text, span_of(request->client != NULL ? request->client : addr));
}

bool
log_limit_admits(
    struct log_limit *limit, const struct log_limit_request *request)
{
	int group = request->client != NULL ? CLIENTS : STRANGERS;
	struct kind *kind = &limit->kinds[group][request->outcome];
	uint8_t *counter = counter_of(limit, group, request);

	pthread_mutex_lock(&limit->lock);
	bool admitted = !request->told && *counter < LOG_LIMIT_SOURCE_LINES &&
			kind->lines < groups[group].lines_max;
	if (admitted) {
		++*counter;
		kind->lines++;
	} else {
		kind->sources += *counter != LEFT_OUT;
		*counter = LEFT_OUT;
		kind->left_out++;
		kind->level = request->level;
		name_source(request, kind->last);
	}
	pthread_mutex_unlock(&limit->lock);
	return admitted;
}

static void
summarize(const struct kind *kind, const char *key, enum err outcome,
    int64_t period_us)
{
	char buf[REASON_SIZE];
	struct text reason;

	TEXT_INIT(&reason, buf);
	text_put_quoted(
	    &reason, span_of(outcome != ERR_OK ? err_text(outcome) : "-"));
	log_line(kind->level,
	    "not logged: reason=%s requests=%llu sources=%llu %s=%s "
	    "seconds=%lld",
	    buf, (unsigned long long)kind->left_out,
	    (unsigned long long)kind->sources, key, kind->last,
	    (long long)(period_us / US_PER_S));
}

/* Copies what was counted, and counts from zero; not at the end of a period
 * yet, if false. */
static bool
begin_period(struct log_limit *limit, bool force,
    struct kind kinds[GROUPS][ERR_COUNT], int64_t *ret_us)
{
	int64_t now_us = clock_now_us();

	pthread_mutex_lock(&limit->lock);
	*ret_us = now_us - limit->since_us;
	bool is_over = force || *ret_us >= LOG_LIMIT_PERIOD_US;
	if (is_over) {
		limit->since_us = now_us;
		memcpy(kinds, limit->kinds, sizeof(limit->kinds));
		memset(limit->kinds, 0, sizeof(limit->kinds));
		memset(limit->counters, 0, sizeof(limit->counters));
	}
	pthread_mutex_unlock(&limit->lock);
	return is_over;
}

void
log_limit_check(struct log_limit *limit, bool force)
{
	struct kind kinds[GROUPS][ERR_COUNT];
	int64_t period_us;

	if (!begin_period(limit, force, kinds, &period_us))
		return;
	for (int group = 0; group < GROUPS; group++) {
		for (int outcome = 0; outcome < ERR_COUNT; outcome++) {
			if (kinds[group][outcome].left_out > 0)
				summarize(&kinds[group][outcome],
				    groups[group].key, (enum err)outcome,
				    period_us);
		}
	}
}
