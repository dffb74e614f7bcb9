#ifndef DDNSGATE_STATE_LMDB_PAGE_H
#define DDNSGATE_STATE_LMDB_PAGE_H

/*
 * Looks at the pages of a file of LMDB without LMDB, which takes on trust what
 * is in them: it divides by the size of pages, and copies them before it
 * changes them, by the lengths that they tell, wherever that leads.
 */

#include <stdbool.h>

#include "ddnsgate/base/text.h"

/* A tree is not deeper. */
#define LMDB_PAGE_DEPTH_MAX 32

/* Are the two first pages as LMDB writes them on such a machine, and is the
 * last page within so many bytes? */
bool
lmdb_page_heads_are_sound(int fd, size_t size_max);

/* Are the pages sound that tell what is free? */
bool
lmdb_page_free_is_sound(int fd);

/* Are the pages sound that a change of this entry, which need not be there,
 * would change?  Keys of a table are uint32_t if it is numbered. */
bool
lmdb_page_entry_is_sound(
    int fd, struct span table, bool is_numbered, struct span key);

#endif
