#ifndef DDNSGATECTL_TEMPLATE_H
#define DDNSGATECTL_TEMPLATE_H

/*
 * Fills in a template.  @NAME@ stands for a value; a line "@for WORD" starts a
 * block that is repeated, or left out, and a line "@end" ends it.  Blocks do
 * not nest.  What has no value stays as it is.
 */

#include <stdbool.h>
#include <stdio.h>

#include "ddnsgate/base/text.h"

/* Who fills it in. */
struct template_filler {
	void *data;
	/* NULL when there is no value of this name. */
	const char *(*value)(void *data, struct span name);
	/* Gets ready for the next repetition, counted from 0; false after the
	 * last.  Goes on being called until it is. */
	bool (*repeat)(void *data, struct span word, size_t index);
};

void
template_print(
    FILE *out, struct span text, const struct template_filler *filler);

#endif
