#ifndef DDNSGATE_BASE_SECRET_H
#define DDNSGATE_BASE_SECRET_H

/*
 * Digests, compares in constant time, generates and wipes secrets.
 * Door: libcrypto (digests, random bytes) and libcrypt (crypt(3) hashes).
 *
 * A secret is SECRET_MIN to SECRET_MAX characters of [A-Za-z0-9_-].  Secrets
 * are found by their SHA-256 digest, so a look-up takes the same time
 * whatever the secret is.
 */

#include <stdbool.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"

#define SECRET_MIN 16
#define SECRET_MAX 64
/* Generated: 32 of 62 characters, 190 bits. */
#define SECRET_GENERATED_LEN 32
#define SECRET_DIGEST_LEN 32
/* "sha256:" and 64 digits and NUL */
#define SECRET_STORED_SIZE 72

struct secret_digest {
	uint8_t bytes[SECRET_DIGEST_LEN];
};

/* Has the text the length and the characters of a secret? */
bool
secret_is_wellformed(struct span text);

/* How many characters at the start of the text could be a secret's? */
size_t
secret_prefix_len(struct span text);

/* SHA-256 of any text. */
struct secret_digest
secret_digest(struct span text);

bool
secret_digest_equal(
    const struct secret_digest *a, const struct secret_digest *b);

/* Reads "sha256:HEX", digits of either case; ERR_SYNTAX otherwise. */
enum err
secret_stored_parse(struct span text, struct secret_digest *ret);

/* Writes "sha256:HEX" and NUL, SECRET_STORED_SIZE bytes. */
void
secret_stored_format(const struct secret_digest *digest, char *ret);

/*
 * Is this text a crypt(3) hash of a method that this system knows?  Only
 * those that start with "$": anything may be taken for one of the older.
 */
bool
secret_crypt_is_hash(struct span text);

/* Does the password belong to the crypt(3) hash?  Takes its time. */
bool
secret_crypt_matches(const char *hash, struct span password);

/*
 * A new secret and NUL into buf, SECRET_GENERATED_LEN + 1 bytes; letters and
 * digits only, since many routers do not escape what they send.
 */
enum err
secret_generate(char *buf);

/* Overwrites memory, even if it is never read again. */
void
secret_wipe(void *memory, size_t len);

/*
 * From here on nearly all memory is overwritten when it is freed, also that of
 * libraries that do not know what is secret: all but small pieces.
 */
void
secret_wipe_freed(void);

/* Random bytes for message IDs and jitter. */
enum err
secret_random(void *buf, size_t len);

#endif
