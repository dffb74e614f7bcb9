#include "ddnsgate/dns/tsig_key.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "ddnsgate/base/locked_memory.h"
#include "ddnsgate/dns/dname.h"

static const struct algorithm {
	const char *name;
	const char *wire_name; /* RFC 8945, section 6 */
	const char *digest;    /* as libcrypto calls it */
	size_t mac_len;
} algorithms[] = {
    // clang-format off
	[TSIG_HMAC_MD5]    = { "hmac-md5", "hmac-md5.sig-alg.reg.int",
			       "MD5",    16 },
	[TSIG_HMAC_SHA1]   = { "hmac-sha1",   "hmac-sha1",   "SHA1",   20 },
	[TSIG_HMAC_SHA224] = { "hmac-sha224", "hmac-sha224", "SHA224", 28 },
	[TSIG_HMAC_SHA256] = { "hmac-sha256", "hmac-sha256", "SHA256", 32 },
	[TSIG_HMAC_SHA384] = { "hmac-sha384", "hmac-sha384", "SHA384", 48 },
	[TSIG_HMAC_SHA512] = { "hmac-sha512", "hmac-sha512", "SHA512", 64 },
    // clang-format on
};

#define ALGORITHMS (sizeof(algorithms) / sizeof(algorithms[0]))

struct tsig_key {
	char name[DNAME_SIZE];
	enum tsig_algorithm algorithm;
	struct wire_name wire_name;
	struct wire_name wire_algorithm;
	/* Knows the digest, but no secret; only its copies are used. */
	EVP_MAC_CTX *blank;
	uint8_t *secret; /* in locked memory */
	size_t secret_len;
};

enum err
tsig_algorithm_parse(struct span name, enum tsig_algorithm *ret)
{
	if (span_ends_nocase(name, span_of(".")))
		name.len--;
	for (size_t i = 0; i < ALGORITHMS; i++) {
		const struct algorithm *row = &algorithms[i];
		if (span_equal_nocase(name, span_of(row->name)) ||
		    span_equal_nocase(name, span_of(row->wire_name))) {
			*ret = (enum tsig_algorithm)i;
			return ERR_OK;
		}
	}
	return ERR_UNSUPPORTED;
}

const char *
tsig_algorithm_name(enum tsig_algorithm algorithm)
{
	return algorithms[algorithm].name;
}

/*
 * A context that is ready for a secret, or NULL.  It has no secret itself: one
 * that had would be as good as the secret, and libcrypto would not keep it in
 * locked memory.
 */
static EVP_MAC_CTX *
blank_context(const char *digest)
{
	static const uint8_t no_secret[1] = {0};
	/* The parameter is only read, but has no type that says so. */
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(
		OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t)digest, 0),
	    OSSL_PARAM_construct_end(),
	};
	EVP_MAC *mac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
	EVP_MAC_CTX *ctx = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;

	EVP_MAC_free(mac);
	if (ctx != NULL &&
	    EVP_MAC_init(ctx, no_secret, sizeof(no_secret), params) != 1) {
		EVP_MAC_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

static bool
update_all(EVP_MAC_CTX *ctx, const struct span parts[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const uint8_t *bytes = (const uint8_t *)parts[i].ptr;
		if (EVP_MAC_update(ctx, bytes, parts[i].len) != 1)
			return false;
	}
	return true;
}

enum err
tsig_key_mac(const struct tsig_key *key, const struct span parts[],
    size_t count, struct tsig_mac *ret)
{
	struct tsig_mac mac = {.len = 0};
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_dup(key->blank);
	bool done =
	    ctx != NULL &&
	    EVP_MAC_init(ctx, key->secret, key->secret_len, NULL) == 1 &&
	    update_all(ctx, parts, count) &&
	    EVP_MAC_final(ctx, mac.bytes, &mac.len, sizeof(mac.bytes)) == 1 &&
	    mac.len == tsig_key_mac_len(key);

	EVP_MAC_CTX_free(ctx);
	if (!done)
		return ERR_MEMORY;
	*ret = mac;
	return ERR_OK;
}

enum err
tsig_key_check_mac(const struct tsig_key *key, const struct span parts[],
    size_t count, const uint8_t *mac, size_t mac_len)
{
	struct tsig_mac computed;

	/* RFC 8945, section 5.2.2.1, would allow a truncated MAC; none of the
	 * servers has a reason to send one. */
	if (mac_len != tsig_key_mac_len(key))
		return ERR_DNS_MAC;
	enum err err = tsig_key_mac(key, parts, count, &computed);
	if (err != ERR_OK)
		return err;
	return CRYPTO_memcmp(computed.bytes, mac, mac_len) == 0 ? ERR_OK
								: ERR_DNS_MAC;
}

static bool
can_sign(const struct tsig_key *key)
{
	struct tsig_mac mac;

	return tsig_key_mac(key, NULL, 0, &mac) == ERR_OK;
}

enum err
tsig_key_new(const char *name, enum tsig_algorithm algorithm,
    const uint8_t *secret, size_t len, struct tsig_key **ret)
{
	const struct algorithm *row = &algorithms[algorithm];

	if (len == 0 || len > TSIG_SECRET_MAX)
		return ERR_RANGE;
	struct tsig_key *key = calloc(1, sizeof(*key));
	if (key == NULL)
		return ERR_MEMORY;
	key->algorithm = algorithm;
	if (dname_canonical(span_of(name), false, key->name) != ERR_OK ||
	    wire_name_parse(span_of(key->name), &key->wire_name) != ERR_OK ||
	    wire_name_parse(span_of(row->wire_name), &key->wire_algorithm) !=
		ERR_OK) {
		tsig_key_free(key);
		return ERR_SYNTAX;
	}
	key->secret = locked_memory_dup(secret, len);
	key->secret_len = len;
	if (key->secret == NULL) {
		tsig_key_free(key);
		return ERR_MEMORY;
	}
	key->blank = blank_context(row->digest);
	if (key->blank == NULL || !can_sign(key)) {
		tsig_key_free(key);
		return ERR_UNSUPPORTED;
	}
	*ret = key;
	return ERR_OK;
}

void
tsig_key_free(struct tsig_key *key)
{
	if (key == NULL)
		return;
	/* The secret is nowhere else, and libcrypto wipes what it frees. */
	locked_memory_free(key->secret, key->secret_len);
	EVP_MAC_CTX_free(key->blank);
	free(key);
}

const char *
tsig_key_name(const struct tsig_key *key)
{
	return key->name;
}

enum tsig_algorithm
tsig_key_algorithm(const struct tsig_key *key)
{
	return key->algorithm;
}

const struct wire_name *
tsig_key_wire_name(const struct tsig_key *key)
{
	return &key->wire_name;
}

const struct wire_name *
tsig_key_wire_algorithm(const struct tsig_key *key)
{
	return &key->wire_algorithm;
}

size_t
tsig_key_mac_len(const struct tsig_key *key)
{
	return algorithms[key->algorithm].mac_len;
}
