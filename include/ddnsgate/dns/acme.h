#ifndef DDNSGATE_DNS_ACME_H
#define DDNSGATE_DNS_ACME_H

/*
 * The names and values of TXT records that prove to a certificate authority
 * whose a name is: the DNS challenge of ACME (RFC 8555, section 8.4).
 *
 *	_acme-challenge.home.example.org. 60 IN TXT "yp916vFsRVLp-XcKi..."
 *
 * The record is for "home.example.org" and for "*.home.example.org" alike.
 */

#include <stdbool.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"
#include "ddnsgate/dns/dname.h"

#define ACME_LABEL "_acme-challenge"
/* A SHA-256 digest in base64url without padding. */
#define ACME_VALUE_LEN 43
#define ACME_VALUE_SIZE (ACME_VALUE_LEN + 1)
/* In seconds, of the records. */
#define ACME_TTL 60

/* Has it the length and the characters of a value? */
bool
acme_is_value(struct span text);

/* Writes the value of a key authorization, "TOKEN.THUMBPRINT", and NUL, to
 * ACME_VALUE_SIZE bytes. */
void
acme_value(struct span key_authorization, char *buf);

/* The name without one label _acme-challenge at its front, if it has that; in
 * upper or lower case. */
struct span
acme_without_label(struct span name);

/* Writes the name of a host's records, in canonical form, to DNAME_SIZE bytes.
 * ERR_RANGE: it would be too long for a name. */
enum err
acme_name(const char *host, char *buf);

#endif
