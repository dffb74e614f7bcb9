#ifndef DDNSGATE_BASE_PAGE_BUFFER_H
#define DDNSGATE_BASE_PAGE_BUFFER_H

/*
 * Large buffers that are seldom used whole.  The system provides their memory
 * page by page as it is first written to.  malloc does not do this for all of
 * them, and free overwrites the whole of what it takes (wiped_memory.h).
 */

#include <stddef.h>

/* Allocates size bytes, all zero; or NULL. */
void *
page_buffer_new(size_t size);

/* Takes the size that the buffer was allocated with; NULL is allowed. */
void
page_buffer_free(void *buffer, size_t size);

/* Returns the whole pages within these bytes to the system; they read as zero
 * then. */
void
page_buffer_discard(void *start, size_t len);

#endif
