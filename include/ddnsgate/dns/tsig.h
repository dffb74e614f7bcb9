#ifndef DDNSGATE_DNS_TSIG_H
#define DDNSGATE_DNS_TSIG_H

/*
 * Signs and verifies DNS messages (RFC 8945).  Door: libcrypto.
 *
 * Works on wire format only.  Verification is strict where RFC 8945 leaves a
 * choice: the key's own algorithm only, the MAC in full length only, and no
 * more fudge than our own.
 */

#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"

enum tsig_algorithm {
	TSIG_HMAC_MD5,
	TSIG_HMAC_SHA1,
	TSIG_HMAC_SHA224,
	TSIG_HMAC_SHA256,
	TSIG_HMAC_SHA384,
	TSIG_HMAC_SHA512,
};

#define TSIG_MAC_MAX 64
#define TSIG_SECRET_MAX 512
/* Seconds that the clocks may differ (RFC 8945, section 10). */
#define TSIG_FUDGE 300
/* What signing adds at most: owner, fixed part, algorithm, MAC. */
#define TSIG_RR_MAX 400

/* Immutable; may be used by any number of threads at once. */
struct tsig_key;

struct tsig_mac {
	uint8_t bytes[TSIG_MAC_MAX];
	size_t len;
};

/* "hmac-sha256", either case, a final dot allowed; ERR_UNSUPPORTED. */
enum err
tsig_algorithm_parse(struct span name, enum tsig_algorithm *ret);

const char *
tsig_algorithm_name(enum tsig_algorithm algorithm);

/*
 * Makes a key and signs once with it, so that a key that cannot sign is known
 * before the first request (libcrypto may refuse MD5).  The name is a
 * canonical owner name.  ERR_SYNTAX for a bad name, ERR_RANGE for an empty or
 * too long secret, ERR_UNSUPPORTED when it cannot sign.  The secret is kept in
 * the vault.
 */
enum err
tsig_key_new(const char *name, enum tsig_algorithm algorithm,
    const uint8_t *secret, size_t len, struct tsig_key **ret);

/* Wipes the secret. */
void
tsig_key_free(struct tsig_key *key);

const char *
tsig_key_name(const struct tsig_key *key);

enum tsig_algorithm
tsig_key_algorithm(const struct tsig_key *key);

/*
 * Appends a TSIG RR to the message of *len bytes in wire, at least a header,
 * which has room for size, and gives the MAC that the answer has to build on.
 * ERR_RANGE when it does not fit, ERR_MEMORY; the message is unchanged then.
 */
enum err
tsig_sign(const struct tsig_key *key, uint64_t now, uint8_t *wire, size_t size,
    size_t *len, struct tsig_mac *ret_mac);

/*
 * Verifies an answer to the request whose MAC is given, and on ERR_OK takes
 * its TSIG RR off: *len is shorter, ARCOUNT one less.  Otherwise the answer
 * is left as it is.  In the order of the checks:
 *
 *   ERR_DNS_GARBAGE   no whole message, or a TSIG RR that breaks the rules
 *   ERR_DNS_UNSIGNED  no TSIG RR
 *   ERR_DNS_MAC       other key name, algorithm, MAC length or MAC
 *   ERR_DNS_BADKEY    an empty MAC; who says so is unknown, so this is no
 *   ERR_DNS_BADSIG    more than a hint
 *   ERR_DNS_STALE     the MAC is right, the time is outside the fudge
 *   ERR_DNS_BADTIME   the MAC is right: the server says so of our time
 *   ERR_DNS_RCODE     the MAC is right, another TSIG error
 *
 * ERR_MEMORY when there is none to verify with.
 */
enum err
tsig_verify(const struct tsig_key *key, uint64_t now,
    const struct tsig_mac *request, uint8_t *wire, size_t *len);

#endif
