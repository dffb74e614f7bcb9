#ifndef DDNSGATE_ANSWER_H
#define DDNSGATE_ANSWER_H

/* Outcomes to status, headers and body in the request's dialect. */

#include <stdbool.h>
#include <stddef.h>

#include "ddnsgate/change.h"
#include "ddnsgate/dialect.h"
#include "ddnsgate/err.h"
#include "ddnsgate/request.h"
#include "ddnsgate/text.h"

/* Room for the headers and twenty lines with the longest addresses. */
#define ANSWER_SIZE 4096
/* Seconds that a client is asked to wait after a failure of ours. */
#define ANSWER_RETRY_S 60

/* The word that a client gets for an outcome, such as "dnserr". */
const char *
answer_word(enum err outcome);

/* The HTTP status of an outcome. */
unsigned
answer_status(enum err outcome);

/*
 * Writes a whole CGI response.  With ERR_OK one line per change in order;
 * else the outcome's word.  dialect may be NULL then, as the request may have
 * none.
 */
void
answer_write(struct text *out, const struct dialect *dialect, enum err outcome,
    const struct change *changes, size_t count, bool unchanged_good);

/* The word for one change that went well: "good" or the word for unchanged. */
const char *
answer_change_word(const struct change *change, bool unchanged_good);

#endif
