#include "ddnsgate/base/secret.h"

#include <crypt.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "ddnsgate/base/run_slot.h"

#define STORED_PREFIX "sha256:"

static const char generated_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "abcdefghijklmnopqrstuvwxyz"
					 "0123456789";
#define ALPHABET_LEN (sizeof(generated_alphabet) - 1)
/* Larger bytes are dropped: modulo ALPHABET_LEN they would make the first
 * characters of the alphabet more likely. */
#define UNBIASED (256 / ALPHABET_LEN * ALPHABET_LEN)

static bool
is_secret_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_';
}

size_t
secret_prefix_len(struct span text)
{
	size_t len = 0;

	while (len < text.len && is_secret_char(text.ptr[len]))
		len++;
	return len;
}

bool
secret_is_wellformed(struct span text)
{
	return text.len >= SECRET_MIN && text.len <= SECRET_MAX &&
	       secret_prefix_len(text) == text.len;
}

/* Fetched once, and a context is kept for each thread: to look the one up, or
 * to make the other, takes longer than to digest a secret. */
static pthread_once_t prepared = PTHREAD_ONCE_INIT;
static EVP_MD *sha256;
static pthread_key_t contexts;

static void
free_context(void *ctx)
{
	EVP_MD_CTX_free(ctx);
}

static void
prepare(void)
{
	if (pthread_key_create(&contexts, free_context) == 0)
		sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
}

/* The calling thread's, or NULL. */
static EVP_MD_CTX *
thread_context(void)
{
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

static bool
digest_text(struct span text, uint8_t *ret)
{
	EVP_MD_CTX *ctx = sha256 != NULL ? thread_context() : NULL;

	return ctx != NULL && EVP_DigestInit_ex2(ctx, sha256, NULL) == 1 &&
	       EVP_DigestUpdate(ctx, text.ptr, text.len) == 1 &&
	       EVP_DigestFinal_ex(ctx, ret, NULL) == 1;
}

void
secret_prepare_briefly(void)
{
	/* If it fails, all is as without it. */
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS |
				OPENSSL_INIT_NO_ATEXIT |
				OPENSSL_INIT_NO_ADD_ALL_CIPHERS |
				OPENSSL_INIT_NO_ADD_ALL_DIGESTS,
	    NULL);
}

struct secret_digest
secret_digest(struct span text)
{
	struct secret_digest digest = {{0}};

	pthread_once(&prepared, prepare);
	/*
	 * Without memory there is no digest, and any value in its place would
	 * be the same for two secrets; so the process ends.
	 */
	if (!digest_text(text, digest.bytes))
		abort();
	return digest;
}

bool
secret_digest_equal(
    const struct secret_digest *a, const struct secret_digest *b)
{
	return CRYPTO_memcmp(a->bytes, b->bytes, SECRET_DIGEST_LEN) == 0;
}

enum err
secret_stored_parse(struct span text, struct secret_digest *ret)
{
	struct span prefix = span_of(STORED_PREFIX);
	struct secret_digest digest;
	size_t len;

	if (!span_starts(text, prefix) ||
	    text.len != prefix.len + (size_t)2 * SECRET_DIGEST_LEN)
		return ERR_SYNTAX;
	struct span digits = {text.ptr + prefix.len, text.len - prefix.len};
	enum err err =
	    text_hex_decode(digits, digest.bytes, SECRET_DIGEST_LEN, &len);
	if (err != ERR_OK)
		return err;
	*ret = digest;
	return ERR_OK;
}

void
secret_stored_format(const struct secret_digest *digest, char *ret)
{
	struct text text;

	text_init(&text, ret, SECRET_STORED_SIZE);
	text_puts(&text, STORED_PREFIX);
	text_put_hex(&text, digest->bytes, SECRET_DIGEST_LEN);
}

bool
secret_crypt_is_hash(struct span text)
{
	char setting[CRYPT_OUTPUT_SIZE];

	/* crypt(3) takes any two letters for the salt of a DES hash. */
	if (!span_starts(text, span_of("$")) || text.len >= sizeof(setting) ||
	    memchr(text.ptr, '\0', text.len) != NULL)
		return false;
	memcpy(setting, text.ptr, text.len);
	setting[text.len] = '\0';
	int verdict = crypt_checksalt(setting);
	return verdict == CRYPT_SALT_OK || verdict == CRYPT_SALT_METHOD_LEGACY;
}

/* Are the texts equal?  The length of a hash is no secret. */
static bool
equal_constant_time(const char *a, const char *b)
{
	size_t len = strlen(a);

	return strlen(b) == len && CRYPTO_memcmp(a, b, len) == 0;
}

enum err
secret_crypt_check(const char *hash, struct span password)
{
	if (!secret_crypt_is_hash(span_of(hash)) ||
	    password.len >= CRYPT_MAX_PASSPHRASE_SIZE ||
	    (password.len > 0 &&
		memchr(password.ptr, '\0', password.len) != NULL))
		return ERR_CREDENTIALS;
	/* 32 KiB are too much for a thread's stack. */
	struct crypt_data *data = calloc(1, sizeof(*data));
	if (data == NULL)
		return ERR_MEMORY;
	if (password.len > 0)
		memcpy(data->input, password.ptr, password.len);
	run_slot_release(); /* a hash is made to take long */
	const char *got = crypt_rn(data->input, hash, data, (int)sizeof(*data));
	enum err err = ERR_CREDENTIALS;
	if (got == NULL && errno == ENOMEM)
		err = ERR_MEMORY;
	else if (got != NULL && equal_constant_time(got, hash))
		err = ERR_OK;
	secret_wipe(data, sizeof(*data));
	free(data);
	return err;
}

static enum err
random_char(char *ret)
{
	uint8_t byte;

	do {
		enum err err = secret_random(&byte, sizeof(byte));
		if (err != ERR_OK)
			return err;
	} while (byte >= UNBIASED);
	*ret = generated_alphabet[byte % ALPHABET_LEN];
	return ERR_OK;
}

enum err
secret_generate(char *buf)
{
	char made[SECRET_GENERATED_LEN + 1] = "";
	enum err err = ERR_OK;

	for (size_t i = 0; i < SECRET_GENERATED_LEN && err == ERR_OK; i++)
		err = random_char(&made[i]);
	if (err == ERR_OK)
		memcpy(buf, made, sizeof(made));
	secret_wipe(made, sizeof(made));
	return err;
}

void
secret_wipe(void *memory, size_t len)
{
	explicit_bzero(memory, len);
}

enum err
secret_random(void *buf, size_t len)
{
	uint8_t *next = buf;

	while (len > 0) {
		ssize_t got = getrandom(next, len, 0);
		if (got < 0 && errno != EINTR)
			return ERR_IO;
		if (got > 0) {
			next += got;
			len -= (size_t)got;
		}
	}
	return ERR_OK;
}
