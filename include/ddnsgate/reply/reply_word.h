#ifndef DDNSGATE_REPLY_REPLY_WORD_H
#define DDNSGATE_REPLY_REPLY_WORD_H

/* How a reply says in a word and an HTTP status what came of its request. */

#include "ddnsgate/base/err.h"
#include "ddnsgate/request/dialect.h"

/* The return code of an outcome in the body, such as "dnserr". */
const char *
reply_word(enum err outcome);

/* The HTTP status of an outcome. */
unsigned
reply_status(enum err outcome);

struct reply_verdict {
	unsigned status;
	const char *word;
};

/* Both, in the words of a dialect; NULL is that of an unknown path. */
struct reply_verdict
reply_verdict(enum err outcome, const struct dialect *dialect);

#endif
