#include "ddnsgate/limits/limits_redis.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "ddnsgate/base/run_slot.h"

#define US_PER_MS 1000

/*
 * The arithmetic of bucket.c, on the same record.  ARGV: the verb, the burst
 * and the interval in ms.  The answer: a letter, then after how many ms there
 * is a token.  Numbers of Lua are doubles, exact up to 2^53; the largest here
 * is twice a time in ms.
 */
// clang-format off
static const char script[] =
"local now = redis.call('TIME')\n"
"now = now[1] * 1000 + math.floor(now[2] / 1000)\n"
"local verb, interval = ARGV[1], tonumber(ARGV[3])\n"
"local empty = ARGV[2] * interval\n"
"local old = tonumber(redis.call('GET', KEYS[1])) or 0\n"
"local function put(new, full)\n"
"  if full <= 0 then\n"
"    redis.call('DEL', KEYS[1])\n"
"  elseif new ~= old then\n"
"    redis.call('SET', KEYS[1], string.format('%.0f', new),\n"
"      'PX', string.format('%.0f', full))\n"
"  end\n"
"end\n"
"local full = math.max(0, math.min(math.floor(old / 2) - now, empty))\n"
"local wait = math.max(0, full + interval - empty)\n"
"local said\n"
"if verb == 'give' then\n"
"  put(2 * (now + full - interval), full - interval)\n"
"  said = 'g'\n"
"elseif verb == 'look' then\n"
"  said = wait > 0 and 'e' or 'n'\n"
"elseif wait > 0 then\n"
"  put(2 * (now + full) + 1, full)\n"
"  said = old % 2 == 1 and 'r' or 'f'\n"
"else\n"
"  put(2 * (now + full + interval), full + interval)\n"
"  said = 't'\n"
"end\n"
"return said .. ' ' .. string.format('%.0f', wait)\n";
// clang-format on

/* SHA-1 of the script, which the server knows it by. */
#define SCRIPT_NAME "73861bb52939168744073d36fd27e05a531cdbb4"

#define KEY_SIZE (sizeof(LIMITS_REDIS_PREFIX) + 2 * (size_t)LIMITS_KEY_LEN)
#define NUMBER_SIZE 24
/* Letter, blank, digits */
#define ANSWER_MIN 3

struct limits_redis {
	struct redis_link_server server;
	sem_t free;                    /* links that are not in use */
	pthread_mutex_t lock;          /* for: */
	int links[LIMITS_REDIS_LINKS]; /* not in use, and open */
	unsigned open;                 /* of these */
	/* Until then nobody asks; 0: the server answers. */
	atomic_int_fast64_t quiet_until_us;
	_Atomic(const char *) why; /* it does not answer; NULL: it does */
	atomic_bool is_told;       /* that it does not */
	atomic_int_fast64_t no_news_until_us;
};

enum err
limits_redis_new(
    const struct redis_link_server *server, struct limits_redis **ret)
{
	struct limits_redis *redis = calloc(1, sizeof(*redis));

	if (redis == NULL)
		return ERR_MEMORY;
	redis->server = *server;
	sem_init(&redis->free, 0, LIMITS_REDIS_LINKS);
	pthread_mutex_init(&redis->lock, NULL);
	*ret = redis;
	return ERR_OK;
}

static int
take_link(struct limits_redis *redis)
{
	int fd = -1;

	pthread_mutex_lock(&redis->lock);
	if (redis->open > 0)
		fd = redis->links[--redis->open];
	pthread_mutex_unlock(&redis->lock);
	return fd;
}

/* All that are not in use: what has happened to one has to the others, as when
 * a firewall has forgotten them, or the server was started anew. */
static void
close_links(struct limits_redis *redis)
{
	int fd;

	while ((fd = take_link(redis)) >= 0)
		redis_link_close(fd);
}

void
limits_redis_free(struct limits_redis *redis)
{
	if (redis == NULL)
		return;
	close_links(redis);
	pthread_mutex_destroy(&redis->lock);
	sem_destroy(&redis->free);
	free(redis);
}

/* Questions and answers */

/* The words of a question; the third, how many keys there are, is "1". */
struct question {
	char key[KEY_SIZE], burst[NUMBER_SIZE], interval[NUMBER_SIZE];
	enum limits_redis_verb verb;
};

static void
put_number(char buf[NUMBER_SIZE], uint64_t number)
{
	struct text text;

	text_init(&text, buf, NUMBER_SIZE);
	text_printf(&text, "%llu", (unsigned long long)number);
}

static struct question
make_question(const struct limits_key *key, const struct bucket_rule *rule,
    enum limits_redis_verb verb)
{
	struct question question = {.verb = verb};
	struct text text;

	TEXT_INIT(&text, question.key);
	text_puts(&text, LIMITS_REDIS_PREFIX);
	text_put_hex(&text, key->bytes, sizeof(key->bytes));
	put_number(question.burst, rule->burst);
	put_number(question.interval, rule->interval_ms);
	return question;
}

/* By verb: what it is called, and the letters of its answers. */
static const struct {
	const char *name, *letters;
} verbs[] = {
    [LIMITS_REDIS_TAKE] = {"take", "tfr"},
    [LIMITS_REDIS_GIVE] = {"give", "g"},
    [LIMITS_REDIS_LOOK] = {"look", "en"},
};

static const enum bucket_verdict verdicts[] = {
    ['t'] = BUCKET_TAKEN,
    ['f'] = BUCKET_REFUSED_FIRST,
    ['r'] = BUCKET_REFUSED,
};

static enum err
read_answer(const struct redis_link_reply *reply, enum limits_redis_verb verb,
    struct limits_redis_answer *ret)
{
	struct span text = {reply->text, reply->len};
	uint64_t wait_ms;

	if (text.len < ANSWER_MIN || text.ptr[0] == '\0' ||
	    strchr(verbs[verb].letters, text.ptr[0]) == NULL ||
	    text.ptr[1] != ' ' ||
	    span_number((struct span){text.ptr + 2, text.len - 2},
		UINT64_MAX / 2, &wait_ms) != ERR_OK)
		return ERR_SYNTAX;
	*ret = (struct limits_redis_answer){
	    .empty = text.ptr[0] == 'e', .wait_ms = wait_ms};
	if (verb == LIMITS_REDIS_TAKE)
		ret->verdict = verdicts[(unsigned char)text.ptr[0]];
	return ERR_OK;
}

static enum err
ask(int fd, const struct question *question, bool whole,
    struct clock_deadline deadline, struct redis_link_reply *ret,
    const char **ret_why)
{
	const struct span words[] = {
	    span_of(whole ? "EVAL" : "EVALSHA"),
	    span_of(whole ? script : SCRIPT_NAME),
	    span_of("1"),
	    span_of(question->key),
	    span_of(verbs[question->verb].name),
	    span_of(question->burst),
	    span_of(question->interval),
	};

	return redis_link_ask(fd, words, sizeof(words) / sizeof(words[0]),
	    deadline, ret, ret_why);
}

/* What an error of the server begins with, and what it means for us. */
// clang-format off
static const struct {
	const char *start, *why;
} errors[] = {
	{ "NOAUTH",      "it wants a password" },
	{ "NOPERM",      "its access list allows not all of the script" },
	{ "READONLY",    "it is a replica that may not be written to" },
	{ "LOADING",     "it has not loaded its data yet" },
	{ "OOM",         "its memory is full" },
	{ "MISCONF",     "it cannot save its data and takes no more" },
	{ "MASTERDOWN",  "it is a replica without its primary" },
	{ "DENIED",      "its protected mode refuses other machines" },
	{ "",            "it answered with an error" },
};
// clang-format on

static bool
is_error(const struct redis_link_reply *reply, const char *start)
{
	return reply->is_error &&
	       span_starts(
		   (struct span){reply->text, reply->len}, span_of(start));
}

static const char *
meaning_of(const struct redis_link_reply *reply)
{
	size_t i = 0;

	while (!is_error(reply, errors[i].start))
		i++;
	return errors[i].why;
}

/* Asks by the script's name; a server that does not know it gets all of it. */
static enum err
converse(int fd, const struct question *question,
    struct clock_deadline deadline, struct limits_redis_answer *ret,
    const char **ret_why)
{
	struct redis_link_reply reply;

	enum err err = ask(fd, question, false, deadline, &reply, ret_why);
	if (err == ERR_OK && is_error(&reply, "NOSCRIPT "))
		err = ask(fd, question, true, deadline, &reply, ret_why);
	if (err != ERR_OK)
		return err;
	if (reply.is_error) {
		*ret_why = meaning_of(&reply);
		return ERR_IO;
	}
	if (read_answer(&reply, question->verb, ret) == ERR_OK)
		return ERR_OK;
	*ret_why = "it answered what the script does not";
	return ERR_IO;
}

/* The links */

static void
put_link(struct limits_redis *redis, int fd)
{
	pthread_mutex_lock(&redis->lock);
	redis->links[redis->open++] = fd;
	pthread_mutex_unlock(&redis->lock);
}

static enum err
ask_by(struct limits_redis *redis, int fd, const struct question *question,
    struct clock_deadline deadline, struct limits_redis_answer *ret,
    const char **ret_why)
{
	enum err err = converse(fd, question, deadline, ret, ret_why);

	if (err == ERR_OK) {
		put_link(redis, fd);
		return ERR_OK;
	}
	redis_link_close(fd);
	close_links(redis);
	return err;
}

/* A link that was open may have been closed by the server since: with a
 * restart, or because nobody used it. */
static enum err
ask_by_any(struct limits_redis *redis, const struct question *question,
    struct clock_deadline deadline, struct limits_redis_answer *ret,
    const char **ret_why)
{
	enum err err = ERR_ABSENT;
	int fd = take_link(redis);

	if (fd >= 0)
		err = ask_by(redis, fd, question, deadline, ret, ret_why);
	if (err != ERR_ABSENT)
		return err;
	err = redis_link_open(&redis->server, &fd, ret_why);
	if (err != ERR_OK)
		return err;
	return ask_by(redis, fd, question, deadline, ret, ret_why);
}

/* When nobody asks */

/* May this thread ask?  *ret_seen: what it has to be the first to change. */
static bool
may_ask(struct limits_redis *redis, int_fast64_t *ret_seen)
{
	*ret_seen = atomic_load(&redis->quiet_until_us);
	return *ret_seen == 0 || clock_now_us() >= *ret_seen;
}

/* The others stay quiet while one tries; false if another one does. */
static bool
begin_trial(struct limits_redis *redis, int_fast64_t seen)
{
	return seen == 0 ||
	       atomic_compare_exchange_strong(&redis->quiet_until_us, &seen,
		   clock_now_us() + LIMITS_REDIS_QUIET_MS * US_PER_MS);
}

/* Only who tried makes the others ask again: who began before the failure knows
 * nothing of what came after it. */
static void
note(struct limits_redis *redis, bool is_trial, enum err err, const char *why)
{
	if (err == ERR_OK && is_trial) {
		atomic_store(&redis->why, NULL);
		atomic_store(&redis->quiet_until_us, 0);
	}
	if (err != ERR_OK) {
		atomic_store(&redis->why, why);
		atomic_store(&redis->quiet_until_us,
		    clock_now_us() + LIMITS_REDIS_QUIET_MS * US_PER_MS);
	}
}

/* Waiting for a link counts as waiting for the server; who has waited in vain,
 * or until the server was given up, does not ask. */
static bool
wait_for_link(
    struct limits_redis *redis, bool is_trial, struct clock_deadline deadline)
{
	int_fast64_t seen;

	run_slot_release();
	if (!clock_sem_wait(&redis->free, deadline))
		return false;
	if (is_trial || may_ask(redis, &seen))
		return true;
	sem_post(&redis->free);
	return false;
}

enum err
limits_redis_change(struct limits_redis *redis, const struct limits_key *key,
    const struct bucket_rule *rule, enum limits_redis_verb verb,
    struct limits_redis_answer *ret)
{
	const char *why = NULL;
	int_fast64_t seen;

	if (!may_ask(redis, &seen) || !begin_trial(redis, seen))
		return ERR_IO;
	struct clock_deadline deadline = clock_after_ms(LIMITS_REDIS_WAIT_MS);
	bool is_trial = seen != 0;
	if (!wait_for_link(redis, is_trial, deadline))
		return ERR_IO;
	const struct question question = make_question(key, rule, verb);
	enum err err = ask_by_any(redis, &question, deadline, ret, &why);
	sem_post(&redis->free);
	note(redis, is_trial, err, why);
	return err == ERR_OK ? ERR_OK : ERR_IO;
}

bool
limits_redis_news(struct limits_redis *redis, const char **ret_why)
{
	const char *why = atomic_load(&redis->why);
	bool is_told = atomic_load(&redis->is_told);
	int64_t now_us = clock_now_us();

	if ((why != NULL) == is_told ||
	    (why != NULL && now_us < atomic_load(&redis->no_news_until_us)))
		return false;
	if (!atomic_compare_exchange_strong(
		&redis->is_told, &is_told, why != NULL))
		return false;
	if (why != NULL)
		atomic_store(&redis->no_news_until_us,
		    now_us + LIMITS_REDIS_NEWS_MS * US_PER_MS);
	*ret_why = why;
	return true;
}
