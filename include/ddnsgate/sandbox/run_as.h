#ifndef DDNSGATE_SANDBOX_RUN_AS_H
#define DDNSGATE_SANDBOX_RUN_AS_H

/* Gives up root for another user, for good. */

#include <sys/types.h>

#include "ddnsgate/base/err.h"

/* Enough for the name of a user of this system (useradd(8)), and NUL. */
#define RUN_AS_NAME_SIZE 64

struct run_as_user {
	char name[RUN_AS_NAME_SIZE];
	uid_t uid;
	gid_t gid; /* the user's first group */
};

/* The user of this name.  ERR_ABSENT: there is none; ERR_IO: it is not known
 * whether there is. */
enum err
run_as_find(const char *name, struct run_as_user *ret);

/* The user that this process is now; a user without a name is its number. */
void
run_as_self(struct run_as_user *ret);

/*
 * Becomes the user, with its groups and no others, in a process of one thread
 * that is root's.  Root's capabilities go with root.  ERR_IO: it may have
 * happened in part, or can be undone, so the process should end; also for a
 * user who is root.
 */
enum err
run_as(const struct run_as_user *user);

#endif
