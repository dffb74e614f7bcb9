#ifndef DDNSGATE_REPLY_PAGE_HEAD_H
#define DDNSGATE_REPLY_PAGE_HEAD_H

/* The headers of the page (page.h), and what they are made of. */

#include "ddnsgate/base/text.h"

#define PAGE_HEAD_TYPE "text/html; charset=utf-8"

/* Writes those that say what a browser may do with the page: use its own style
 * and send its own forms, nothing else. */
void
page_head_put(struct text *out);

/* The page with its style, before it is filled in; generated from
 * src/reply/page. */
extern const char page_template[];

#endif
