#ifndef DDNSGATE_DNS_TSIG_H
#define DDNSGATE_DNS_TSIG_H

/*
 * Signs and verifies DNS messages in wire format (RFC 8945) with a key of
 * tsig_key.h.
 *
 * Verification is strict where RFC 8945 leaves a choice: the key's own
 * algorithm only, the MAC in full length only, and no more fudge than our own.
 */

#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/dns/tsig_key.h"

/* Seconds that the clocks may differ (RFC 8945, section 10). */
#define TSIG_FUDGE 300
/* What signing adds at most: owner, fixed part, algorithm, MAC. */
#define TSIG_RR_MAX 400

/*
 * Appends a TSIG RR to the message of *len bytes in wire, at least a header,
 * which has room for size, and gives the MAC that the answer has to build on.
 * now is in seconds since 1970.  ERR_RANGE when it does not fit, ERR_MEMORY;
 * the message is unchanged then.
 */
enum err
tsig_sign(const struct tsig_key *key, uint64_t now, uint8_t *wire, size_t size,
    size_t *len, struct tsig_mac *ret_mac);

/*
 * Verifies an answer to the request whose MAC is given, and on ERR_OK removes
 * its TSIG RR: *len is shorter, ARCOUNT one less.  Otherwise the answer is
 * left as it is.  In the order of the checks:
 *
 *   ERR_DNS_GARBAGE   no whole message, or a TSIG RR that breaks the rules
 *   ERR_DNS_UNSIGNED  no TSIG RR
 *   ERR_DNS_MAC       other key name, algorithm, MAC length or MAC
 *   ERR_DNS_BADKEY    the TSIG error says so, and the MAC is empty: anybody
 *   ERR_DNS_BADSIG    may have written that, so it is only a hint
 *   ERR_DNS_STALE     the MAC is right, the time is outside the fudge
 *   ERR_DNS_BADTIME   the MAC is right: the server rejects our time
 *   ERR_DNS_RCODE     the MAC is right, another TSIG error
 *
 * ERR_MEMORY when there is none to verify with.
 */
enum err
tsig_verify(const struct tsig_key *key, uint64_t now,
    const struct tsig_mac *request, uint8_t *wire, size_t *len);

#endif
