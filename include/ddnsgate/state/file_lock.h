#ifndef DDNSGATE_STATE_FILE_LOCK_H
#define DDNSGATE_STATE_FILE_LOCK_H

/*
 * Lets one thread of one process at a time change a file.  When the process
 * ends, however it does, the kernel unlocks.
 */

#include <pthread.h>

/* A file lock is the process's, so its threads need one as well. */
struct file_lock {
	pthread_mutex_t one_writer;
};

void
file_lock_init(struct file_lock *lock);

void
file_lock_done(struct file_lock *lock);

/* Waits for the whole file of this descriptor, which no other descriptor of the
 * process may be open for.  Releases the run slot.  Gives 0 or an errno, and
 * then nothing is locked. */
int
file_lock_take(struct file_lock *lock, int fd);

void
file_lock_release(struct file_lock *lock, int fd);

#endif
