#include "ddnsgate/base/wiped_memory.h"

#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ddnsgate/base/secret.h"

#ifndef DDNSGATE_SANITIZED

/* malloc(3): glibc's own, which these replace. */
void
__libc_free(void *block);

void *
__libc_realloc(void *block, size_t size);

/*
 * Blocks that glibc may put aside in a cache of the thread hold no more.  Of
 * larger ones M_PERTURB leaves out the last word alone.
 */
#define CACHED_MAX 1040

void
free(void *block)
{
	size_t size = block != NULL ? malloc_usable_size(block) : 0;

	if (size > 0 && size <= CACHED_MAX)
		explicit_bzero(block, size);
	__libc_free(block);
}

/*
 * A small block that does not fit is copied, so that free wipes the old one;
 * of a large one what is cut off is wiped.
 */
void *
realloc(void *block, size_t size)
{
	size_t old = block != NULL ? malloc_usable_size(block) : 0;

	if (size < old)
		explicit_bzero((char *)block + size, old - size);
	if (old == 0 || old > CACHED_MAX)
		return __libc_realloc(block, size);
	if (size == 0) {
		free(block);
		return NULL;
	}
	if (size <= old && size > old / 2)
		return block;
	void *moved = malloc(size);
	if (moved == NULL)
		return NULL;
	memcpy(moved, block, old < size ? old : size);
	free(block);
	return moved;
}

#endif

struct call {
	void (*function)(void *ctx);
	void *ctx;
};

static void *
run(void *arg)
{
	const struct call *call = arg;

	call->function(call->ctx);
	return NULL;
}

/* The thread inherits the mask of its creator.  What comes of what it does
 * itself is not for others, and would end the process if it were blocked. */
static int
create(void *stack, struct call *call, pthread_t *ret)
{
	static const int own[] = {SIGBUS, SIGFPE, SIGILL, SIGSEGV};
	pthread_attr_t attr;
	sigset_t others, before;

	pthread_attr_init(&attr);
	int failed =
	    pthread_attr_setstack(&attr, stack, WIPED_MEMORY_STACK_SIZE);
	sigfillset(&others);
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		sigdelset(&others, own[i]);
	pthread_sigmask(SIG_SETMASK, &others, &before);
	if (failed == 0)
		failed = pthread_create(ret, &attr, run, call);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return failed;
}

bool
wiped_memory_call(void (*function)(void *ctx), void *ctx)
{
	size_t guard = (size_t)sysconf(_SC_PAGESIZE);
	size_t size = guard + WIPED_MEMORY_STACK_SIZE;
	struct call call = {function, ctx};
	pthread_t thread;

	char *area = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (area == MAP_FAILED)
		return false;
	bool called = mprotect(area, guard, PROT_NONE) == 0 &&
		      madvise(area, size, MADV_DONTDUMP) == 0 &&
		      create(area + guard, &call, &thread) == 0;
	if (called)
		pthread_join(thread, NULL);
	/* The pages go back to the kernel, which clears them before reuse; but
	 * they are overwritten, so that they do not stay in its free memory. */
	if (called)
		secret_wipe(area + guard, WIPED_MEMORY_STACK_SIZE);
	munmap(area, size);
	return called;
}
