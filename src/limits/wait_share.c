#include "ddnsgate/limits/wait_share.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "ddnsgate/base/clock.h"

/* Before all times of the clock. */
#define SPARE INT64_MIN

struct wait_share_member {
	struct wait_share *share;
	int64_t begun_us; /* with its connection */
	/* While it waits: */
	int64_t rank; /* begun_us, or SPARE */
	int fd;
	bool is_listed;
	struct wait_share_member *next; /* of a higher rank */
};

struct wait_share {
	wait_share_cut_off *cut_off;
	pthread_mutex_t lock;
	unsigned max;
	unsigned count;
	struct wait_share_member *first; /* to give way */
};

enum err
wait_share_new(
    unsigned threads, wait_share_cut_off *cut_off, struct wait_share **ret)
{
	struct wait_share *share = calloc(1, sizeof(*share));

	if (share == NULL)
		return ERR_MEMORY;
	pthread_mutex_init(&share->lock, NULL);
	share->cut_off = cut_off;
	share->max = threads > 1 ? threads / WAIT_SHARE_DIVISOR : 1;
	*ret = share;
	return ERR_OK;
}

void
wait_share_free(struct wait_share *share)
{
	if (share == NULL)
		return;
	assert(share->first == NULL);
	pthread_mutex_destroy(&share->lock);
	free(share);
}

enum err
wait_share_member_new(struct wait_share *share, struct wait_share_member **ret)
{
	struct wait_share_member *member = calloc(1, sizeof(*member));

	if (member == NULL)
		return ERR_MEMORY;
	member->share = share;
	*ret = member;
	return ERR_OK;
}

void
wait_share_member_free(struct wait_share_member *member)
{
	free(member);
}

void
wait_share_begin(struct wait_share_member *member)
{
	member->begun_us = clock_now_us();
}

/* The caller of these has the lock. */

static void
add_member(struct wait_share *share, struct wait_share_member *member)
{
	struct wait_share_member **link = &share->first;

	while (*link != NULL && (*link)->rank <= member->rank)
		link = &(*link)->next;
	member->next = *link;
	*link = member;
	member->is_listed = true;
	share->count++;
}

static void
remove_member(struct wait_share *share, struct wait_share_member *member)
{
	struct wait_share_member **link = &share->first;

	while (*link != member)
		link = &(*link)->next;
	*link = member->next;
	member->is_listed = false;
	share->count--;
}

/* The one that gives way may be the new one itself. */
static void
add_in_turn(struct wait_share *share, struct wait_share_member *member)
{
	add_member(share, member);
	if (share->count > share->max) {
		struct wait_share_member *first = share->first;
		remove_member(share, first);
		share->cut_off(first->fd);
	}
}

void
wait_share_enter(struct wait_share_member *member, int fd)
{
	struct wait_share *share = member->share;

	pthread_mutex_lock(&share->lock);
	member->rank = member->begun_us;
	member->fd = fd;
	add_in_turn(share, member);
	pthread_mutex_unlock(&share->lock);
}

bool
wait_share_enter_spare(struct wait_share_member *member, int fd)
{
	struct wait_share *share = member->share;

	pthread_mutex_lock(&share->lock);
	bool enters = share->count < share->max;
	if (enters) {
		member->rank = SPARE;
		member->fd = fd;
		add_member(share, member);
	}
	pthread_mutex_unlock(&share->lock);
	return enters;
}

bool
wait_share_leave(struct wait_share_member *member)
{
	struct wait_share *share = member->share;

	pthread_mutex_lock(&share->lock);
	bool was_listed = member->is_listed;
	if (was_listed)
		remove_member(share, member);
	pthread_mutex_unlock(&share->lock);
	return was_listed;
}

unsigned
wait_share_count(struct wait_share *share)
{
	pthread_mutex_lock(&share->lock);
	unsigned count = share->count;
	pthread_mutex_unlock(&share->lock);
	return count;
}
