#ifndef DDNSGATECTL_SCANNER_H
#define DDNSGATECTL_SCANNER_H

/* Splits a text in libconfig's syntax into tokens; comments are skipped. */

#include "ddnsgate/base/text.h"

/* A token is its first character, except for these. */
enum { TOKEN_END = 0, TOKEN_WORD = 'w', TOKEN_STRING = '"', TOKEN_BAD = '?' };

struct scanner {
	const char *at, *end;
	unsigned depth; /* brackets of all kinds that are open */
	int kind;       /* of the token */
	struct span token;
};

/* Goes to the next token; gives its kind. */
int
scanner_next(struct scanner *scanner);

#endif
