#ifndef DDNSGATE_TESTS_ON_VALGRIND_H
#define DDNSGATE_TESTS_ON_VALGRIND_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Runs the test under valgrind, which has a heap of its own? */
static inline bool
is_on_valgrind(void)
{
	const char *preloaded = getenv("LD_PRELOAD");

	return preloaded != NULL && strstr(preloaded, "vgpreload") != NULL;
}

/* Under valgrind, where all of them take some thirty times as long, one of
 * five stands for the others. */
static inline unsigned
valgrind_step(void)
{
	return is_on_valgrind() ? 5 : 1;
}

#endif
