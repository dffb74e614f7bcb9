#ifndef DDNSGATECTL_LOCK_WAIT_H
#define DDNSGATECTL_LOCK_WAIT_H

/* Waits until no other process has the file or folder locked by flock(2), and
 * says on standard error that it does when that takes long.  What fails is left
 * to whoever then locks it. */
void
lock_wait(const char *path);

#endif
