/*
 * The value of an Authorization header: the input as it is, and the input in
 * base64 after "Basic", which no fuzzer would find.
 */

#include <openssl/evp.h>
#include <string.h>

#include "ddnsgate/request/credentials.h"

#include "fuzz.h"

#define INPUT_MAX 4096
#define BASIC "Basic "

static bool
lies_in(struct span part, struct span whole)
{
	return part.len == 0 ||
	       (part.ptr >= whole.ptr &&
		   part.ptr + part.len <= whole.ptr + whole.len);
}

/* Reads the header in a block of exactly its size, so that ASan detects any
 * access outside.  The result points into *ret_block, which the caller frees.
 */
static enum err
read_header(struct span header, char **ret_block, struct credentials *ret)
{
	char *bytes = malloc(header.len + (header.len == 0));
	struct span block = {bytes, header.len};

	FUZZ_CHECK(bytes != NULL);
	if (header.len > 0)
		memcpy(bytes, header.ptr, header.len);
	enum err err = credentials_from_header(bytes, header.len, ret);
	FUZZ_CHECK(err == ERR_OK || err == ERR_ABSENT);
	if (err == ERR_OK) {
		FUZZ_CHECK(lies_in(ret->user, block));
		FUZZ_CHECK(lies_in(ret->secret, block));
		FUZZ_CHECK(ret->user.len + ret->secret.len > 0);
	}
	*ret_block = bytes;
	return err;
}

static void
check_raw(struct span input)
{
	struct credentials found;
	char *block;

	(void)read_header(input, &block, &found);
	free(block);
}

/* The user is what precedes the first colon, the secret what follows it. */
static void
check_basic(struct span input)
{
	static char header[sizeof(BASIC) + 2 * INPUT_MAX] = BASIC;
	struct span secret = input, user = {NULL, 0};
	struct credentials found;
	char *block;

	int len = EVP_EncodeBlock((unsigned char *)header + strlen(BASIC),
	    (const unsigned char *)input.ptr, (int)input.len);
	enum err err = read_header(
	    (struct span){header, strlen(BASIC) + (size_t)len}, &block, &found);
	span_next(&secret, ':', &user);
	bool given = secret.ptr != NULL && user.len + secret.len > 0;
	FUZZ_CHECK((err == ERR_OK) == given);
	if (given) {
		FUZZ_CHECK(span_equal(found.user, user));
		FUZZ_CHECK(span_equal(found.secret, secret));
	}
	free(block);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = {(const char *)data, size};

	if (size > INPUT_MAX)
		return 0;
	check_raw(input);
	check_basic(input);
	return 0;
}
