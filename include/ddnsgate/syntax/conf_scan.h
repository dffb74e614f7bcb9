#ifndef DDNSGATE_SYNTAX_CONF_SCAN_H
#define DDNSGATE_SYNTAX_CONF_SCAN_H

/*
 * Looks through the text of a libconfig file for what the library keeps to
 * itself: a NUL byte ends a text, a comment without an end hides all that
 * follows, an integer of more than 32 bits loses the others, and of a missing
 * file it does not say why it is missing.
 */

#include "ddnsgate/base/text.h"

/* Who is told; the spans point into the text. */
struct conf_scan_reader {
	/* A NUL byte, also one written as \x00. */
	void (*nul)(void *ctx, unsigned line);
	/* A text or comment that starts in this line and has no end. */
	void (*endless)(void *ctx, unsigned line, const char *what);
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
