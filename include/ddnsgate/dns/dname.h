#ifndef DDNSGATE_DNS_DNAME_H
#define DDNSGATE_DNS_DNAME_H

/*
 * Domain names as text: checks and hashes them.  The canonical form is lower
 * case without a final dot.  Labels hold letters, digits, "-" and "_", and
 * neither start nor end with "-"; the first may be "*" if wildcard is set.
 */

#include <stdbool.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"

/* RFC 1035, section 2.3.4: 255 bytes on the wire are 253 as text. */
#define DNAME_MAX 253
#define DNAME_SIZE (DNAME_MAX + 1)
#define DNAME_LABEL_MAX 63

/*
 * Checks a name and writes its canonical form and NUL to buf, of DNAME_SIZE
 * bytes.  ERR_SYNTAX for a bad character or label, ERR_RANGE for a name or a
 * label that is too long.
 */
enum err
dname_canonical(struct span text, bool wildcard, char *buf);

/* FNV-1a of a name's text, without a seed: for configured names only. */
uint32_t
dname_hash(const char *name);

#endif
