#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "ddnsgate/base/locked_memory.h"

#include "table.h"

static const char secret[] = "a secret that is kept for very long";

/* The flags of the mapping that the address is in (proc(5), smaps). */
static void
find_flags(const void *address, char ret[256])
{
	FILE *maps = fopen("/proc/self/smaps", "re");
	uintptr_t at = (uintptr_t)address;
	bool inside = false;
	char line[512];

	assert_non_null(maps);
	ret[0] = '\0';
	while (fgets(line, sizeof(line), maps) != NULL) {
		uintptr_t start, end;
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &start, &end) ==
		    2)
			inside = start <= at && at < end;
		if (inside && strncmp(line, "VmFlags: ", 9) == 0)
			snprintf(ret, 256, "%.250s", line + 8);
	}
	fclose(maps);
}

static void
copy_is_locked(void **state)
{
	char flags[256];

	(void)state;
	char *copy = locked_memory_dup(secret, sizeof(secret));
	assert_non_null(copy);
	assert_string_equal(copy, secret);
	find_flags(copy, flags);
	assert_non_null(strstr(flags, " dd ")); /* in no core dump */
	assert_int_equal(
	    strstr(flags, " lo ") != NULL, locked_memory_is_locked());
	locked_memory_free(copy, sizeof(secret));
}

static void
copy_is_wiped(void **state)
{
	(void)state;
	char *copy = locked_memory_dup(secret, sizeof(secret));
	char *beside = locked_memory_dup(secret, sizeof(secret));
	assert_non_null(copy);
	assert_non_null(beside);
	locked_memory_free(copy, sizeof(secret));
	/* The freed memory stays mapped. */
	assert_null(memmem(copy, sizeof(secret), secret + 16, 8));
	assert_string_equal(beside, secret);
	locked_memory_free(beside, sizeof(secret));
	locked_memory_free(NULL, 0);
}

/* More does not fit; what is freed can be had again. */
static void
memory_is_bounded(void **state)
{
	static char much[LOCKED_MEMORY_SIZE / 2 + 1];

	(void)state;
	void *all = locked_memory_dup(much, sizeof(much));
	assert_non_null(all);
	assert_null(locked_memory_dup(much, sizeof(much)));
	locked_memory_free(all, sizeof(much));
	all = locked_memory_dup(much, sizeof(much));
	assert_non_null(all);
	locked_memory_free(all, sizeof(much));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(copy_is_locked),
	    cmocka_unit_test(copy_is_wiped),
	    cmocka_unit_test(memory_is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
