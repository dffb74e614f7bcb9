#include "ddnsgate/base/page_buffer.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

void *
page_buffer_new(size_t size)
{
	void *buffer = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return buffer != MAP_FAILED ? buffer : NULL;
}

void
page_buffer_free(void *buffer, size_t size)
{
	if (buffer != NULL)
		munmap(buffer, size);
}

void
page_buffer_discard(void *start, size_t len)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t begin = ((uintptr_t)start + page - 1) / page * page;
	uintptr_t end = ((uintptr_t)start + len) / page * page;

	/* If it fails, the pages are only kept. */
	if (begin < end)
		madvise((void *)begin, end - begin, MADV_DONTNEED);
}
