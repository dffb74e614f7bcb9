#ifndef DDNSGATE_BASE_SECRET_H
#define DDNSGATE_BASE_SECRET_H

/*
 * Digests, compares in constant time, generates and wipes secrets, and checks
 * passwords against crypt(3) hashes.  The only file that includes libcrypt.
 *
 * A secret is SECRET_MIN to SECRET_MAX characters of [A-Za-z0-9_-].  A client
 * is looked up by the SHA-256 digest of its secret, so the time that a look-up
 * takes reveals nothing about the secrets there are.
 */

#include <stdbool.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"

#define SECRET_MIN 16
#define SECRET_MAX 64
/* Of generated secrets: 32 of 62 characters are 190 bits. */
#define SECRET_GENERATED_LEN 32
#define SECRET_DIGEST_LEN 32
/* "sha256:", 64 digits, NUL. */
#define SECRET_STORED_SIZE 72

struct secret_digest {
	uint8_t bytes[SECRET_DIGEST_LEN];
};

/* Has the text the length and only the characters of a secret? */
bool
secret_is_wellformed(struct span text);

/* How many characters at the start of the text may be in a secret? */
size_t
secret_prefix_len(struct span text);

/*
 * For a process that ends in a moment, before all else here: libcrypto prepares
 * no texts about its errors and no names of algorithms but those that are asked
 * for, and gives nothing back at the end.  What is secret is wiped all the
 * same, by whoever frees it.
 */
void
secret_prepare_briefly(void);

/* SHA-256 of any text.  Ends the process when there is no memory for it. */
struct secret_digest
secret_digest(struct span text);

/* In constant time. */
bool
secret_digest_equal(
    const struct secret_digest *a, const struct secret_digest *b);

/* Reads "sha256:HEX", digits of either case.  ERR_SYNTAX. */
enum err
secret_stored_parse(struct span text, struct secret_digest *ret);

/* Writes "sha256:HEX" and NUL to ret, of SECRET_STORED_SIZE bytes. */
void
secret_stored_format(const struct secret_digest *digest, char *ret);

/*
 * Is the text a crypt(3) hash of a method that this system has?  Only methods
 * whose hashes start with "$": nearly any text is a hash of an older one.
 */
bool
secret_crypt_is_hash(struct span text);

/*
 * Is this the password of the crypt(3) hash?  May take a second; releases the
 * run slot for that (run_slot.h).  ERR_CREDENTIALS: it is not.  ERR_MEMORY:
 * that is not known.
 */
enum err
secret_crypt_check(const char *hash, struct span password);

/*
 * Writes a new secret and NUL to buf, of SECRET_GENERATED_LEN + 1 bytes.  It
 * has letters and digits only, as many routers do not escape what they send.
 * ERR_IO, and buf is untouched, when there are no random bytes.
 */
enum err
secret_generate(char *buf);

/* Overwrites memory; the compiler does not leave that out. */
void
secret_wipe(void *memory, size_t len);

/* Random bytes of cryptographic quality.  ERR_IO. */
enum err
secret_random(void *buf, size_t len);

#endif
