#ifndef DDNSGATE_CONF_SCAN_H
#define DDNSGATE_CONF_SCAN_H

/*
 * Looks through the text of a libconfig file for what the library keeps to
 * itself: NUL bytes end its strings silently, integers of more than 32 bits
 * lose the others, and of a missing file it does not say why it is missing.
 */

#include "ddnsgate/text.h"

/* Who is told; the spans point into the text. */
struct conf_scan_reader {
	/* A NUL byte, also one written as \x00. */
	void (*nul)(void *ctx, unsigned line);
	/* An integer that is too large; line is that of the setting's name. */
	void (*large)(
	    void *ctx, unsigned line, struct span setting, struct span literal);
	/* @include "name" */
	void (*include)(void *ctx, unsigned line, struct span name);
	void *ctx;
};

void
conf_scan(struct span text, const struct conf_scan_reader *reader);

#endif
