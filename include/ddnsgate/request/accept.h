#ifndef DDNSGATE_REQUEST_ACCEPT_H
#define DDNSGATE_REQUEST_ACCEPT_H

/* What the Accept header prefers: a reply in words or in JSON. */

#include <stdbool.h>

#include "ddnsgate/base/text.h"

/* A header that is longer, or has more media ranges, prefers nothing. */
#define ACCEPT_LEN_MAX 1024
#define ACCEPT_RANGES_MAX 32

/*
 * Has application/json a higher quality than text/plain (RFC 9110, section
 * 12.5.1)?  Of the media ranges that a type is in, the most specific counts:
 * the type itself, then "text/" or "application/" and "*", then any type.
 * Parameters other than "q" make no difference, as neither type has any.  A
 * type that is in no range has quality 0.  False for a header that is
 * malformed.
 */
bool
accept_prefers_json(struct span header);

#endif
