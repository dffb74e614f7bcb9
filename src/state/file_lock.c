#include "ddnsgate/state/file_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "ddnsgate/base/run_slot.h"

void
file_lock_init(struct file_lock *lock)
{
	pthread_mutex_init(&lock->one_writer, NULL);
}

void
file_lock_done(struct file_lock *lock)
{
	pthread_mutex_destroy(&lock->one_writer);
}

int
file_lock_take(struct file_lock *lock, int fd)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int failed;

	run_slot_release(); /* another process may wait for its disk */
	pthread_mutex_lock(&lock->one_writer);
	do
		failed = fcntl(fd, F_SETLKW, &whole) != 0 ? errno : 0;
	while (failed == EINTR);
	if (failed != 0)
		pthread_mutex_unlock(&lock->one_writer);
	return failed;
}

void
file_lock_release(struct file_lock *lock, int fd)
{
	struct flock whole = {.l_type = F_UNLCK, .l_whence = SEEK_SET};

	fcntl(fd, F_SETLK, &whole);
	pthread_mutex_unlock(&lock->one_writer);
}
