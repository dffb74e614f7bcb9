#ifndef DDNSGATE_SYNTAX_CONF_SCAN_H
#define DDNSGATE_SYNTAX_CONF_SCAN_H

/*
 * Scans the text of a libconfig file for what libconfig does not report: a NUL
 * byte ends a string, an unterminated comment hides the rest of the file, an
 * integer of more than 32 bits is truncated, and for an include file that
 * cannot be read there is no reason.
 */

#include "ddnsgate/base/text.h"

/* Callbacks.  The spans point into the text. */
struct conf_scan_reader {
	/* A NUL byte, also one written as \x00. */
	void (*nul)(void *ctx, unsigned line);
	/* A string or comment that starts in this line and has no end. */
	void (*unterminated)(void *ctx, unsigned line, const char *what);
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
