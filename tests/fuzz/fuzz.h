#ifndef DDNSGATE_TESTS_FUZZ_FUZZ_H
#define DDNSGATE_TESTS_FUZZ_FUZZ_H

/*
 * What a fuzz target includes.  libFuzzer calls the target when the project is
 * configured with DDNSGATE_FUZZ, replay.c otherwise.
 */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Like assert, but there in every build. */
#define FUZZ_CHECK(condition)                                            \
	do {                                                             \
		if (!(condition)) {                                      \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, \
			    __LINE__, #condition);                       \
			abort();                                         \
		}                                                        \
	} while (0)

#endif
