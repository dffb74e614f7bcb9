#ifndef DDNSGATECTL_TEMPLATE_H
#define DDNSGATECTL_TEMPLATE_H

/*
 * Fills in a template.  @NAME@ is replaced by a value, or stays when there is
 * none of that name.  A line "@for WORD" starts a block that is printed any
 * number of times, also none; a line "@end" ends it.  Blocks do not nest.
 */

#include <stdbool.h>
#include <stdio.h>

#include "ddnsgate/base/text.h"

/* Callbacks that give the values. */
struct template_filler {
	void *data;
	/* NULL when there is no value of this name. */
	const char *(*value)(void *data, struct span name);
	/* Prepares the repetition of this index of the block @for word; false
	 * when the one before was the last. */
	bool (*repeat)(void *data, struct span word, size_t index);
};

void
template_print(
    FILE *out, struct span text, const struct template_filler *filler);

#endif
