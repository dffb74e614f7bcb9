#include "ddnsgate/base/locked_memory.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <string.h>

/* The smallest piece: the secret of hmac-sha256. */
#define PIECE_SIZE 32
/* What CRYPTO_secure_malloc_init(3) says when nothing is missing. */
#define ALL_SECURE 1

static pthread_once_t opened = PTHREAD_ONCE_INIT;
static bool locked;

static void
open_vault(void)
{
	locked =
	    CRYPTO_secure_malloc_init(VAULT_SIZE, PIECE_SIZE) == ALL_SECURE;
}

void *
vault_keep(const void *bytes, size_t len)
{
	pthread_once(&opened, open_vault);
	void *kept = OPENSSL_secure_malloc(len);
	if (kept != NULL)
		memcpy(kept, bytes, len);
	return kept;
}

void
vault_forget(void *kept, size_t len)
{
	OPENSSL_secure_clear_free(kept, len);
}

bool
vault_is_locked(void)
{
	pthread_once(&opened, open_vault);
	return locked;
}
