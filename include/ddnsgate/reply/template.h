#ifndef DDNSGATE_REPLY_TEMPLATE_H
#define DDNSGATE_REPLY_TEMPLATE_H

/*
 * Fills in a template.  @NAME@, in capitals, is replaced by a value, and @name@
 * by a sentence, which may have values itself; either stays when there is none
 * of that name.  A line "@for WORD" starts a block that is written any number
 * of times, also none; a line "@end" ends it.  Blocks may stand in blocks.
 */

#include <stdbool.h>
#include <stddef.h>

#include "ddnsgate/base/text.h"

struct template_filler {
	void *data;
	/* NULL when there is no value of this name. */
	const char *(*value)(void *data, struct span name);
	/* The same for sentences; NULL: there are none. */
	const char *(*sentence)(void *data, struct span name);
	/* Prepares the repetition of this index of the block @for word; false
	 * when the one before was the last. */
	bool (*repeat)(void *data, struct span word, size_t index);
	/* Writes a value, or what stands around values in a sentence:
	 * text_put, or template_put_html.  No text comes into the output
	 * without it but that of the template. */
	void (*put)(struct text *out, struct span text);
};

/* Goes on until the text overflows. */
void
template_put(
    struct text *out, struct span text, const struct template_filler *filler);

/* Escapes what is special in HTML, in text and in quoted attributes; bytes that
 * are no printable ASCII, nor a line's end or a tab, are left out unless they
 * are UTF-8. */
void
template_put_html(struct text *out, struct span text);

#endif
