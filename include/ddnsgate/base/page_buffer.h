#ifndef DDNSGATE_BASE_PAGE_BUFFER_H
#define DDNSGATE_BASE_PAGE_BUFFER_H

/*
 * Memory for what there has to be room for, but is seldom needed whole: it is
 * taken from the system page by page as it is touched, whatever malloc is
 * told to do with what it gives (secret_wipe_freed).
 */

#include <stddef.h>

/* Zeroes, or NULL. */
void *
page_buffer_new(size_t size);

/* NULL is allowed. */
void
page_buffer_free(void *buffer, size_t size);

/* Gives the system back what whole pages lie within; they read as zeroes. */
void
page_buffer_discard(void *start, size_t len);

#endif
