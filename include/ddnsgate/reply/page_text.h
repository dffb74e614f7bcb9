#ifndef DDNSGATE_REPLY_PAGE_TEXT_H
#define DDNSGATE_REPLY_PAGE_TEXT_H

/* The sentences of the page, in one table: a translation is another one. */

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"

/* NULL: there is no sentence of this name. */
const char *
page_text_find(struct span name);

/* The name of the sentence that says what to do about an outcome. */
const char *
page_text_error(enum err outcome);

#endif
