#include "ddnsgate/base/page_buffer.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

void *
pages_new(size_t size)
{
	void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return pages != MAP_FAILED ? pages : NULL;
}

void
pages_free(void *pages, size_t size)
{
	if (pages != NULL)
		munmap(pages, size);
}

void
pages_give_back(void *start, size_t len)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t begin = ((uintptr_t)start + page - 1) / page * page;
	uintptr_t end = ((uintptr_t)start + len) / page * page;

	/* If it cannot, they are only kept. */
	if (begin < end)
		madvise((void *)begin, end - begin, MADV_DONTNEED);
}
