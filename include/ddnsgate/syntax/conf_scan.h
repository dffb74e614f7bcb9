#ifndef DDNSGATE_SYNTAX_CONF_SCAN_H
#define DDNSGATE_SYNTAX_CONF_SCAN_H

/*
 * Scans the text of a file in libconfig's syntax: what is string, comment,
 * large number, include or anything else.  Finds what libconfig does not
 * report: a NUL byte ends a string, an unterminated comment hides the rest of
 * the file, an integer of more than 32 bits is truncated.
 */

#include "ddnsgate/base/text.h"

/* Callbacks, in the order of the text.  The spans point into it. */
struct conf_scan_reader {
	/* A NUL byte, also one written as \x00. */
	void (*nul)(void *ctx, unsigned line);
	/* A string or comment that starts in this line and has no end. */
	void (*unterminated)(void *ctx, unsigned line, const char *what);
	/* An integer that is too large. */
	void (*large)(void *ctx, unsigned line, struct span literal);
	/* @include "name" */
	void (*include)(void *ctx, unsigned line, struct span name);
	/* What is between the quotes of a string, as it is written. */
	void (*string)(void *ctx, unsigned line, struct span quoted);
	/* A comment, with its signs. */
	void (*comment)(void *ctx, struct span comment);
	/* Anything else: a name, a number, or a single byte. */
	void (*plain)(void *ctx, unsigned line, struct span bytes);
	void *ctx;
};

void
conf_scan(struct span text, const struct conf_scan_reader *reader);

#endif
