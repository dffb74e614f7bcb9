#ifndef DDNSGATE_DNS_TSIG_KEY_H
#define DDNSGATE_DNS_TSIG_KEY_H

/*
 * TSIG keys: name, algorithm and secret, and the MACs that are computed with
 * them (RFC 8945).  What a MAC covers, and where it stands in a message, is
 * tsig.h's.  Only this module, secret and locked_memory include libcrypto.
 */

#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"
#include "ddnsgate/dns/wire.h"

/* RFC 8945, section 6. */
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

/* Immutable; any number of threads may use it at once. */
struct tsig_key;

struct tsig_mac {
	uint8_t bytes[TSIG_MAC_MAX];
	size_t len;
};

/* Reads "hmac-sha256", either case, a final dot allowed; ERR_UNSUPPORTED. */
enum err
tsig_algorithm_parse(struct span name, enum tsig_algorithm *ret);

const char *
tsig_algorithm_name(enum tsig_algorithm algorithm);

/*
 * Makes a key of a canonical owner name and a secret, which is copied into
 * locked memory.  Computes one MAC, so that a key that cannot sign is known
 * before the first request (libcrypto may refuse MD5).  ERR_SYNTAX for a bad
 * name, ERR_RANGE for an empty or too long secret, ERR_UNSUPPORTED when it
 * cannot sign, ERR_MEMORY.
 */
enum err
tsig_key_new(const char *name, enum tsig_algorithm algorithm,
    const uint8_t *secret, size_t len, struct tsig_key **ret);

/* Wipes the secret; NULL is allowed. */
void
tsig_key_free(struct tsig_key *key);

const char *
tsig_key_name(const struct tsig_key *key);

enum tsig_algorithm
tsig_key_algorithm(const struct tsig_key *key);

/* The names of the key and of its algorithm in wire format; borrowed. */
const struct wire_name *
tsig_key_wire_name(const struct tsig_key *key);

const struct wire_name *
tsig_key_wire_algorithm(const struct tsig_key *key);

/* The length in bytes of the MACs that the key makes. */
size_t
tsig_key_mac_len(const struct tsig_key *key);

/* Computes the MAC over the parts, one after the other.  ERR_MEMORY. */
enum err
tsig_key_mac(const struct tsig_key *key, const struct span parts[],
    size_t count, struct tsig_mac *ret);

/*
 * Compares a received MAC with that over the parts, in constant time.
 * ERR_DNS_MAC when it differs or is not of full length; ERR_MEMORY.
 */
enum err
tsig_key_check_mac(const struct tsig_key *key, const struct span parts[],
    size_t count, const uint8_t *mac, size_t mac_len);

#endif
