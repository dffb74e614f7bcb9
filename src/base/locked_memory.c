#include "ddnsgate/base/locked_memory.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <string.h>

/* The smallest allocation: the secret of hmac-sha256. */
#define ALLOCATION_MIN 32
/* CRYPTO_secure_malloc_init(3): the heap is allocated and locked. */
#define FULLY_SECURE 1

static pthread_once_t initialized = PTHREAD_ONCE_INIT;
static bool locked;

static void
init_heap(void)
{
	locked = CRYPTO_secure_malloc_init(
		     LOCKED_MEMORY_SIZE, ALLOCATION_MIN) == FULLY_SECURE;
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
