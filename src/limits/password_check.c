#include "ddnsgate/limits/password_check.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdlib.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/locked_memory.h"
#include "ddnsgate/base/run_slot.h"
#include "ddnsgate/base/secret.h"
#include "ddnsgate/limits/digest_cache.h"

enum waiter_state { WAITING, ADMITTED, TURNED_AWAY };

/* A thread in the line; it is on that thread's stack. */
struct waiter {
	struct secret_digest hash; /* keyed digest of it */
	bool returning;            /* was turned away with this try before */
	enum waiter_state state;
	sem_t told; /* posted, with the lock, when the state changes */
};

struct password_check {
	password_check_compute *compute;
	struct secret_digest *key; /* of all digests; in locked memory */
	/* By the hash, the password that was right. */
	struct digest_cache *proven;
	/* Tries that were wrong, and tries that were turned away. */
	struct digest_cache *refuted, *deferred;
	pthread_mutex_t lock; /* of all that follows */
	bool busy;            /* one from the line is being checked */
	size_t places, waiting_count;
	/* In the order in which they came; one more until it is turned away. */
	struct waiter *waiting[PASSWORD_CHECK_WAITING_MAX + 1];
};

static enum err
make_key(struct secret_digest **ret)
{
	struct secret_digest key;

	enum err err = secret_random(&key, sizeof(key));
	if (err != ERR_OK)
		return err;
	*ret = locked_memory_dup(&key, sizeof(key));
	secret_wipe(&key, sizeof(key));
	return *ret != NULL ? ERR_OK : ERR_MEMORY;
}

static size_t
places_for(unsigned threads)
{
	size_t places = threads / PASSWORD_CHECK_SHARE;

	if (places > PASSWORD_CHECK_WAITING_MAX)
		return PASSWORD_CHECK_WAITING_MAX;
	return places > 0 ? places : 1;
}

enum err
password_check_new(unsigned threads, password_check_compute *compute,
    struct password_check **ret)
{
	struct password_check *check = calloc(1, sizeof(*check));

	if (check == NULL)
		return ERR_MEMORY;
	check->compute = compute;
	check->places = places_for(threads);
	pthread_mutex_init(&check->lock, NULL);
	enum err err = make_key(&check->key);
	if (err == ERR_OK)
		err = digest_cache_new(&check->proven);
	if (err == ERR_OK)
		err = digest_cache_new(&check->refuted);
	if (err == ERR_OK)
		err = digest_cache_new(&check->deferred);
	if (err != ERR_OK) {
		password_check_free(check);
		return err;
	}
	*ret = check;
	return ERR_OK;
}

void
password_check_free(struct password_check *check)
{
	if (check == NULL)
		return;
	digest_cache_free(check->proven);
	digest_cache_free(check->refuted);
	digest_cache_free(check->deferred);
	locked_memory_free(check->key, sizeof(*check->key));
	pthread_mutex_destroy(&check->lock);
	free(check);
}

/* Digests */

/* Of all parts, each of which has its own digest, so that none can pass for
 * part of another. */
static struct secret_digest
keyed_digest(const struct password_check *check, const char *hash,
    struct span user, struct span password)
{
	struct secret_digest parts[] = {*check->key,
	    secret_digest(span_of(hash)), secret_digest(user),
	    secret_digest(password)};
	struct secret_digest digest =
	    secret_digest((struct span){(const char *)parts, sizeof(parts)});

	secret_wipe(parts, sizeof(parts));
	return digest;
}

static const struct span nothing = {"", 0};

bool
password_check_is_proven(
    struct password_check *check, const char *hash, struct span password)
{
	if (check == NULL)
		return false;
	struct secret_digest key = keyed_digest(check, hash, nothing, nothing);
	struct secret_digest value =
	    keyed_digest(check, hash, nothing, password);
	return digest_cache_has(check->proven, &key, &value);
}

static void
remember(struct password_check *check, const struct password_try *try,
    const struct secret_digest *id, bool right)
{
	if (!right) {
		digest_cache_put(check->refuted, id, id);
		return;
	}
	struct secret_digest key =
	    keyed_digest(check, try->hash, nothing, nothing);
	struct secret_digest value =
	    keyed_digest(check, try->hash, nothing, try->password);
	digest_cache_put(check->proven, &key, &value);
}

/* What is remembered of this try; PASSWORD_UNCHECKED: nothing. */
static enum password_verdict
recall(struct password_check *check, const struct password_try *try,
    const struct secret_digest *id)
{
	/* Also for a decoy, for the time that it takes. */
	bool proven = password_check_is_proven(check, try->hash, try->password);

	if (digest_cache_has(check->refuted, id, id))
		return PASSWORD_WRONG;
	return proven && !try->decoy ? PASSWORD_RIGHT : PASSWORD_UNCHECKED;
}

/* The line.  These have the lock. */

static void
tell(struct password_check *check, size_t at, enum waiter_state state)
{
	struct waiter *waiter = check->waiting[at];

	check->waiting_count--;
	for (size_t i = at; i < check->waiting_count; i++)
		check->waiting[i] = check->waiting[i + 1];
	waiter->state = state;
	sem_post(&waiter->told);
}

static size_t
count_same_hash(const struct password_check *check, const struct waiter *as)
{
	size_t count = 0;

	for (size_t i = 0; i < check->waiting_count; i++)
		count +=
		    secret_digest_equal(&check->waiting[i]->hash, &as->hash);
	return count;
}

/* How readily it is turned away: first those that come for the first time, of
 * them those for the hash that most are for. */
static size_t
dispensability(const struct password_check *check, const struct waiter *waiter)
{
	size_t crowd = count_same_hash(check, waiter);

	return waiter->returning ? crowd
				 : crowd + PASSWORD_CHECK_WAITING_MAX + 1;
}

static void
turn_one_away(struct password_check *check)
{
	size_t chosen = 0, most = 0;
	uint32_t equals = 0, random = 0;

	for (size_t i = 0; i < check->waiting_count; i++) {
		size_t own = dispensability(check, check->waiting[i]);
		if (own < most)
			continue;
		equals = own == most ? equals + 1 : 1;
		most = own;
		(void)secret_random(&random, sizeof(random));
		if (random % equals == 0)
			chosen = i;
	}
	tell(check, chosen, TURNED_AWAY);
}

/* Those that were turned away before come first. */
static void
admit_next(struct password_check *check)
{
	size_t next = 0;

	check->busy = check->waiting_count > 0;
	while (next < check->waiting_count && !check->waiting[next]->returning)
		next++;
	if (check->busy)
		tell(check, next < check->waiting_count ? next : 0, ADMITTED);
}

/* At the end of its time it may have been admitted just so. */
static void
give_up(struct password_check *check, const struct waiter *waiter)
{
	size_t at = 0;

	if (waiter->state != WAITING)
		return;
	while (check->waiting[at] != waiter)
		at++;
	tell(check, at, TURNED_AWAY);
}

/* The line, for the thread that waits */

static void
wait_to_be_told(struct password_check *check, struct waiter *waiter)
{
	struct clock_deadline until = clock_after_ms(PASSWORD_CHECK_WAIT_MS);

	sem_init(&waiter->told, 0, 0);
	check->waiting[check->waiting_count++] = waiter;
	if (check->waiting_count > check->places)
		turn_one_away(check);
	pthread_mutex_unlock(&check->lock);
	run_slot_release(); /* those before do what takes long */
	(void)clock_sem_wait(&waiter->told, until);
	pthread_mutex_lock(&check->lock);
	give_up(check, waiter);
	sem_destroy(&waiter->told);
}

/* False: turned away. */
static bool
enter_line(struct password_check *check, const struct password_try *try,
    const struct secret_digest *id)
{
	struct waiter waiter = {
	    .hash = keyed_digest(check, try->hash, nothing, nothing),
	    .returning = digest_cache_has(check->deferred, id, id),
	    .state = ADMITTED};

	pthread_mutex_lock(&check->lock);
	if (check->busy) {
		waiter.state = WAITING;
		wait_to_be_told(check, &waiter);
	} else {
		check->busy = true;
	}
	pthread_mutex_unlock(&check->lock);
	if (waiter.state != ADMITTED)
		digest_cache_put(check->deferred, id, id);
	return waiter.state == ADMITTED;
}

static void
leave_line(struct password_check *check)
{
	pthread_mutex_lock(&check->lock);
	admit_next(check);
	pthread_mutex_unlock(&check->lock);
}

/* Checking */

static enum password_verdict
verdict_of(enum err err, bool decoy)
{
	if (err == ERR_MEMORY)
		return PASSWORD_UNCHECKED;
	return err == ERR_OK && !decoy ? PASSWORD_RIGHT : PASSWORD_WRONG;
}

static enum password_verdict
compute(struct password_check *check, const struct password_try *try,
    const struct secret_digest *id)
{
	enum password_verdict verdict =
	    verdict_of(check->compute(try->hash, try->password), try->decoy);

	if (verdict != PASSWORD_UNCHECKED)
		remember(check, try, id, verdict == PASSWORD_RIGHT);
	return verdict;
}

enum password_verdict
password_check(struct password_check *check, const struct password_try *try)
{
	if (check == NULL)
		return verdict_of(
		    secret_crypt_check(try->hash, try->password), try->decoy);
	struct secret_digest id =
	    keyed_digest(check, try->hash, try->user, try->password);
	enum password_verdict verdict = recall(check, try, &id);
	if (verdict != PASSWORD_UNCHECKED)
		return verdict;
	if (!try->suspect)
		return compute(check, try, &id);
	if (!enter_line(check, try, &id))
		return PASSWORD_UNCHECKED;
	/* The same one may have been checked meanwhile. */
	verdict = recall(check, try, &id);
	if (verdict == PASSWORD_UNCHECKED)
		verdict = compute(check, try, &id);
	leave_line(check);
	return verdict;
}
