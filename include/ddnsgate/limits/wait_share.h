#ifndef DDNSGATE_LIMITS_WAIT_SHARE_H
#define DDNSGATE_LIMITS_WAIT_SHARE_H

/*
 * Limits how many threads of a process wait for their peers, so that peers
 * which send nothing leave threads for requests that are there.  One object
 * serves all threads.
 *
 * When the share is used up and one more thread has to wait, the one that
 * accepted its connection first gives way: that connection is cut off, so that
 * what waits for it goes on.  Refusing the newcomer would be simpler, but then
 * whoever holds the share shuts all others out for as long as he likes.  What
 * an honest peer has not sent yet comes within milliseconds, so an attacker
 * would have to open the whole share anew within each of these, and to hold
 * connections is of no use to him.
 */

#include <stdbool.h>

#include "ddnsgate/base/err.h"

/* Half of the threads may wait. */
#define WAIT_SHARE_DIVISOR 2

struct wait_share;
struct wait_share_member; /* a thread */

/* Ends reading from a connection, which another thread does; what has come
 * before can still be read. */
typedef void
wait_share_cut_off(int fd);

/* For a process with this many threads, at least one; of two or more at least
 * one never waits. */
enum err
wait_share_new(
    unsigned threads, wait_share_cut_off *cut_off, struct wait_share **ret);

/* All members have to be gone. */
void
wait_share_free(struct wait_share *share);

enum err
wait_share_member_new(struct wait_share *share, struct wait_share_member **ret);

void
wait_share_member_free(struct wait_share_member *member);

/* The thread begins to serve another connection. */
void
wait_share_begin(struct wait_share_member *member);

/* Called before the thread waits for this connection, without a run slot; its
 * descriptor must stay open until wait_share_leave. */
void
wait_share_enter(struct wait_share_member *member, int fd);

/* As wait_share_enter, but for what may as well be given up: false, and the
 * thread must not wait, if the share is used up; and it is the first to give
 * way. */
bool
wait_share_enter_spare(struct wait_share_member *member, int fd);

/* Called after the wait.  False if the connection was cut off. */
bool
wait_share_leave(struct wait_share_member *member);

/* How many threads wait, for tests. */
unsigned
wait_share_count(struct wait_share *share);

#endif
