#include "ddnsgate/dns/tsig_key.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "ddnsgate/base/locked_memory.h"
#include "ddnsgate/base/secret.h"
#include "ddnsgate/dns/dname.h"

/* RFC 2104: with these the secret is mixed. */
#define INNER_PAD 0x36
#define OUTER_PAD 0x5c
/* That of SHA-384 and SHA-512. */
#define BLOCK_MAX 128

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
	EVP_MD *digest;
	size_t block_len; /* of the digest */
	uint8_t *secret;  /* in locked memory; no longer than a block */
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

/* Of each thread; libcrypto allocates a dozen times for a new one. */
static pthread_once_t created = PTHREAD_ONCE_INIT;
static pthread_key_t contexts;
static bool has_contexts;

static void
free_context(void *ctx)
{
	EVP_MD_CTX_free(ctx);
}

static void
create_contexts(void)
{
	has_contexts = pthread_key_create(&contexts, free_context) == 0;
}

/* The calling thread's, or NULL. */
static EVP_MD_CTX *
thread_context(void)
{
	pthread_once(&created, create_contexts);
	if (!has_contexts)
		return NULL;
	EVP_MD_CTX *ctx = pthread_getspecific(contexts);
	if (ctx != NULL)
		return ctx;
	ctx = EVP_MD_CTX_new();
	if (ctx != NULL && pthread_setspecific(contexts, ctx) != 0) {
		EVP_MD_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

/* Begins a digest with the secret, mixed with a pad. */
static bool
begin(EVP_MD_CTX *ctx, const struct tsig_key *key, uint8_t pad)
{
	uint8_t block[BLOCK_MAX];

	memset(block, pad, key->block_len);
	for (size_t i = 0; i < key->secret_len; i++)
		block[i] ^= key->secret[i];
	bool done = EVP_DigestInit_ex2(ctx, key->digest, NULL) == 1 &&
		    EVP_DigestUpdate(ctx, block, key->block_len) == 1;
	secret_wipe(block, sizeof(block));
	return done;
}

static bool
update_all(EVP_MD_CTX *ctx, const struct span parts[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (EVP_DigestUpdate(ctx, parts[i].ptr, parts[i].len) != 1)
			return false;
	}
	return true;
}

static bool
end(EVP_MD_CTX *ctx, struct tsig_mac *ret)
{
	unsigned len = 0;
	bool done = EVP_DigestFinal_ex(ctx, ret->bytes, &len) == 1;

	ret->len = len;
	return done;
}

/*
 * HMAC (RFC 2104).  Made here of the digest, as libcrypto's own would keep what
 * it makes of the secret, which is as good as the secret, outside of locked
 * memory, or make it anew each time in as many small pieces.  What the context
 * holds at the end is the MAC.
 */
enum err
tsig_key_mac(const struct tsig_key *key, const struct span parts[],
    size_t count, struct tsig_mac *ret)
{
	EVP_MD_CTX *ctx = thread_context();
	struct tsig_mac inner, mac;

	if (ctx == NULL)
		return ERR_MEMORY;
	bool done = begin(ctx, key, INNER_PAD) &&
		    update_all(ctx, parts, count) && end(ctx, &inner) &&
		    begin(ctx, key, OUTER_PAD) &&
		    EVP_DigestUpdate(ctx, inner.bytes, inner.len) == 1 &&
		    end(ctx, &mac) && mac.len == tsig_key_mac_len(key);
	if (!done) {
		EVP_MD_CTX_reset(ctx);
		return ERR_MEMORY;
	}
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

/* For one that is longer than a block its digest stands (RFC 2104, section 3).
 */
static enum err
set_secret(struct tsig_key *key, const uint8_t *secret, size_t len)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned digest_len = 0;

	if (len > key->block_len) {
		if (EVP_Digest(secret, len, digest, &digest_len, key->digest,
			NULL) != 1)
			return ERR_UNSUPPORTED;
		secret = digest;
		len = digest_len;
	}
	key->secret = locked_memory_dup(secret, len);
	key->secret_len = len;
	secret_wipe(digest, sizeof(digest));
	return key->secret != NULL ? ERR_OK : ERR_MEMORY;
}

static enum err
set_digest(struct tsig_key *key, const char *name)
{
	key->digest = EVP_MD_fetch(NULL, name, NULL);
	int len = key->digest != NULL ? EVP_MD_get_block_size(key->digest) : 0;
	if (len <= 0 || len > BLOCK_MAX)
		return ERR_UNSUPPORTED;
	key->block_len = (size_t)len;
	return ERR_OK;
}

static enum err
set_names(struct tsig_key *key, const char *name, const char *algorithm)
{
	enum err err = dname_canonical(span_of(name), false, key->name);

	if (err == ERR_OK)
		err = wire_name_parse(span_of(key->name), &key->wire_name);
	if (err == ERR_OK)
		err = wire_name_parse(span_of(algorithm), &key->wire_algorithm);
	return err == ERR_OK ? ERR_OK : ERR_SYNTAX;
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
	enum err err = set_names(key, name, row->wire_name);
	if (err == ERR_OK)
		err = set_digest(key, row->digest);
	if (err == ERR_OK)
		err = set_secret(key, secret, len);
	if (err == ERR_OK && !can_sign(key))
		err = ERR_UNSUPPORTED;
	if (err != ERR_OK) {
		tsig_key_free(key);
		return err;
	}
	*ret = key;
	return ERR_OK;
}

void
tsig_key_free(struct tsig_key *key)
{
	if (key == NULL)
		return;
	locked_memory_free(key->secret, key->secret_len); /* nowhere else */
	EVP_MD_free(key->digest);
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
