/* The value of an Accept header. */

#include <string.h>

#include "ddnsgate/request/accept.h"

#include "fuzz.h"

#define INPUT_MAX (ACCEPT_LEN_MAX + 64)

/* In a block of its own size, so that ASan sees what is read beyond it. */
static bool
prefers_json(const uint8_t *data, size_t size, const char *behind)
{
	size_t len = size + strlen(behind);
	char *block = malloc(len + (len == 0));

	FUZZ_CHECK(block != NULL);
	if (size > 0)
		memcpy(block, data, size);
	memcpy(block + size, behind, strlen(behind));
	bool json = accept_prefers_json((struct span){block, len});
	free(block);
	return json;
}

/* JSON is preferred only where it is allowed for, and never when words are as
 * good as anything can be. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > INPUT_MAX)
		return 0;
	bool json = prefers_json(data, size, "");
	if (json) {
		FUZZ_CHECK(size <= ACCEPT_LEN_MAX);
		FUZZ_CHECK(memchr(data, '/', size) != NULL);
	}
	FUZZ_CHECK(!prefers_json(data, size, ", text/plain"));
	return 0;
}
