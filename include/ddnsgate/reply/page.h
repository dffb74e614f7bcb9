#ifndef DDNSGATE_REPLY_PAGE_H
#define DDNSGATE_REPLY_PAGE_H

/*
 * The page for people, in HTML: what DNS has for a client's hosts, buttons that
 * change it, and how to set up a router.  Its look is in src/reply/page, its
 * sentences are in page_text.  It needs nothing but itself: no script, no
 * image.
 */

#include "ddnsgate/base/text.h"
#include "ddnsgate/reply/page_fill.h"

/* Writes the page, of PAGE_SIZE_MAX bytes at most: a text for setting up that
 * has no room is left out, and the last hosts then come on the next page. */
void
page_write(struct text *out, const struct page *page);

#endif
