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

/* What has grown beyond this size grows by half from then on, so that what
 * grows in small steps, as libconfig's lists, is seldom copied. */
#define ROOMY_MIN 1024

/* What glibc notes of a block in the word before it: it is mapped by itself.  A
 * large one is not if there was room for it between others. */
#define IS_MMAPPED 2

static bool
is_mapped(const void *block)
{
	return (((const size_t *)block)[-1] & IS_MMAPPED) != 0;
}

void
free(void *block)
{
	if (block != NULL && !is_mapped(block))
		explicit_bzero(block, malloc_usable_size(block));
	__libc_free(block);
}

static void *
new_block(size_t old, size_t size)
{
	bool is_roomy =
	    size > old && old >= ROOMY_MIN && size < WIPED_MEMORY_MAPPED_MIN;
	void *roomy = is_roomy ? malloc(size + size / 2) : NULL;

	return roomy != NULL ? roomy : malloc(size);
}

/*
 * A block that does not fit is copied, so that free wipes the old one; but one
 * that is mapped grows in place or is moved page by page.  What is cut off is
 * wiped.
 */
void *
realloc(void *block, size_t size)
{
	size_t old = block != NULL ? malloc_usable_size(block) : 0;

	if (size < old)
		explicit_bzero((char *)block + size, old - size);
	if (old == 0 || is_mapped(block))
		return __libc_realloc(block, size);
	if (size == 0) {
		free(block);
		return NULL;
	}
	if (size <= old && size > old / 2)
		return block;
	void *moved = new_block(old, size);
	if (moved == NULL)
		return size <= old ? block : NULL;
	memcpy(moved, block, old < size ? old : size);
	free(block);
	return moved;
}

#endif

void
wiped_memory_map_large(void)
{
	/* Else glibc raises the limit when a large block is freed. */
	mallopt(M_MMAP_THRESHOLD, (int)WIPED_MEMORY_MAPPED_MIN);
}

/* No system has smaller ones. */
#define PAGE_MIN 4096

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

/* Which pages were written to tells mincore(2): most were not, and to overwrite
 * those would first make them.  In the sandbox it may not be asked. */
static void
wipe_pages(char *start, size_t len, size_t page)
{
	unsigned char resident[WIPED_MEMORY_STACK_SIZE / PAGE_MIN];
	bool known = len / page <= sizeof(resident) &&
		     mincore(start, len, resident) == 0;

	for (size_t i = 0; i < len / page; i++) {
		if (!known || (resident[i] & 1) != 0)
			secret_wipe(start + i * page, page);
	}
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
		wipe_pages(area + guard, WIPED_MEMORY_STACK_SIZE, guard);
	munmap(area, size);
	return called;
}
