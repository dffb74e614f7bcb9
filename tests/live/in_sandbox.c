/*
 * To be loaded into ddnsgate by LD_PRELOAD.  Makes the attempts when ddnsgate
 * has entered its sandbox and initializes libfcgi, and prints what comes of
 * each: test_sandbox.py reads it.
 *
 * LANDLOCK_VERSION in the environment: ddnsgate is told that the kernel's
 * Landlock is this old; 0: that there is none.
 */

#include <dlfcn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <linux/landlock.h>

#include "attempts.h"

typedef int
init_function(void);
typedef long
syscall_function(long number, ...);

int
FCGX_Init(void);

/* The function of this name that would be called without this file. */
static void *
next(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

int
FCGX_Init(void)
{
	init_function *init = (init_function *)(uintptr_t)next("FCGX_Init");

	for (size_t i = 0; i < ATTEMPTS; i++)
		fprintf(stderr, "attempt %s: %d, expected %d\n",
		    attempts[i].name, attempt_make(&attempts[i]),
		    attempts[i].inside);
	fprintf(stderr, "attempts made: %zu\n", ATTEMPTS);
	return init();
}

static long
landlock_version(long kernels)
{
	const char *told = getenv("LANDLOCK_VERSION");
	long version = told != NULL ? strtol(told, NULL, 10) : kernels;

	if (version >= kernels)
		return kernels;
	errno = EOPNOTSUPP;
	return version > 0 ? version : -1;
}

long
syscall(long number, ...)
{
	syscall_function *real = (syscall_function *)(uintptr_t)next("syscall");
	long arguments[6];
	va_list list;

	va_start(list, number);
	for (size_t i = 0; i < 6; i++)
		arguments[i] = va_arg(list, long);
	va_end(list);
	long result = real(number, arguments[0], arguments[1], arguments[2],
	    arguments[3], arguments[4], arguments[5]);
	bool asks = number == SYS_landlock_create_ruleset &&
		    (arguments[2] & LANDLOCK_CREATE_RULESET_VERSION) != 0;
	return asks ? landlock_version(result) : result;
}
