#include "ddnsgate/base/locked_memory.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <string.h>

/* The smallest piece: the secret of hmac-sha256. */
#define PIECE_SIZE 32
/* What CRYPTO_secure_malloc_init(3) says when nothing is missing. */
#define ALL_SECURE 1

static pthread_once_t initialized = PTHREAD_ONCE_INIT;
static bool locked;

static void
init_heap(void)
{
	locked = CRYPTO_secure_malloc_init(LOCKED_MEMORY_SIZE, PIECE_SIZE) ==
		 ALL_SECURE;
}

void *
locked_memory_dup(const void *bytes, size_t len)
{
	pthread_once(&initialized, init_heap);
	void *copy = OPENSSL_secure_malloc(len);
	if (copy != NULL)
		memcpy(copy, bytes, len);
	return copy;
}

void
locked_memory_free(void *copy, size_t len)
{
	OPENSSL_secure_clear_free(copy, len);
}

bool
locked_memory_is_locked(void)
{
	pthread_once(&initialized, init_heap);
	return locked;
}
