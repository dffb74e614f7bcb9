#include <string.h>

#include "ddnsgate/syntax/keyfile.h"

#include "fuzz.h"

/* The key that is found has the name and is within the limits. */
static void
check(struct span text, const char *name)
{
	struct keyfile_key key;
	struct keyfile_problem problem = {0, NULL};

	enum err err = keyfile_find(text, span_of(name), &key, &problem);
	if (err == ERR_OK) {
		FUZZ_CHECK(strcmp(key.name, name) == 0);
		FUZZ_CHECK(key.secret_len <= sizeof(key.secret));
		FUZZ_CHECK(key.algorithm <= TSIG_HMAC_SHA512);
		return;
	}
	FUZZ_CHECK(err == ERR_ABSENT || err == ERR_SYNTAX);
	FUZZ_CHECK(problem.why != NULL);
	FUZZ_CHECK(problem.line <= text.len + 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = {(const char *)data, size};

	check(text, "k");
	check(text, "dyn.key");
	return 0;
}
