/*
 * Preloaded into a program: opening a file whose path ends in $HELD_FILE waits
 * as long as there is a file $HELD_WHILE.  So a test can hold a reading of the
 * configuration for as long as it likes.
 */

#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static int
is_held(const char *path)
{
	const char *end = getenv("HELD_FILE");
	size_t len = strlen(path);

	return end != NULL && len >= strlen(end) &&
	       strcmp(path + len - strlen(end), end) == 0;
}

static void
wait_while_held(void)
{
	const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
	const char *mark = getenv("HELD_WHILE");
	struct stat about;

	while (mark != NULL && stat(mark, &about) == 0)
		nanosleep(&pause, NULL);
}

int
open(const char *path, int flags, ...)
{
	static int (*next)(const char *path, int flags, ...);
	mode_t mode = 0;
	va_list args;

	if (next == NULL)
		*(void **)&next = dlsym(RTLD_NEXT, "open64");
	va_start(args, flags);
	if (flags & O_CREAT)
		mode = (mode_t)va_arg(args, int);
	va_end(args);
	if (is_held(path))
		wait_while_held();
	return next(path, flags, mode);
}

/* As it is called where offsets have 64 bits. */
int
open64(const char *path, int flags, ...) __attribute__((alias("open")));
