#ifndef DDNSGATE_REPLY_PAGE_TEXT_H
#define DDNSGATE_REPLY_PAGE_TEXT_H

/* What the page (page.h) is made of: its template, its headers, and its
 * sentences, in one table: a translation is another one. */

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"

#define PAGE_TEXT_TYPE "text/html; charset=utf-8"

/* The page with its style, before it is filled in; generated from
 * src/reply/page. */
extern const char page_template[];

/* Writes the headers that say what a browser may do with the page: use its own
 * style and send its own forms, nothing else. */
void
page_text_put_head(struct text *out);

/* NULL: there is no sentence of this name. */
const char *
page_text_find(struct span name);

/* The name of the sentence that says what to do about an outcome. */
const char *
page_text_error(enum err outcome);

#endif
