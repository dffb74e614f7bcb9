#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "ddnsgate/base/locked_memory.h"

#include "table.h"

static const char secret[] = "a secret that lives long, in the vault";

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
test_memory(void **state)
{
	char flags[256];

	(void)state;
	char *kept = vault_keep(secret, sizeof(secret));
	assert_non_null(kept);
	assert_string_equal(kept, secret);
	find_flags(kept, flags);
	assert_non_null(strstr(flags, " dd ")); /* in no core dump */
	assert_int_equal(strstr(flags, " lo ") != NULL, vault_is_locked());
	vault_forget(kept, sizeof(secret));
}

static void
test_wiped(void **state)
{
	(void)state;
	char *kept = vault_keep(secret, sizeof(secret));
	char *beside = vault_keep(secret, sizeof(secret));
	assert_non_null(kept);
	assert_non_null(beside);
	vault_forget(kept, sizeof(secret));
	/* The vault's memory stays mapped. */
	assert_null(memmem(kept, sizeof(secret), secret + 16, 8));
	assert_string_equal(beside, secret);
	vault_forget(beside, sizeof(secret));
	vault_forget(NULL, 0);
}

/* More than there is room for, and then it is there again. */
static void
test_full(void **state)
{
	static char much[VAULT_SIZE / 2 + 1];

	(void)state;
	void *all = vault_keep(much, sizeof(much));
	assert_non_null(all);
	assert_null(vault_keep(much, sizeof(much)));
	vault_forget(all, sizeof(much));
	all = vault_keep(much, sizeof(much));
	assert_non_null(all);
	vault_forget(all, sizeof(much));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_memory),
	    cmocka_unit_test(test_wiped),
	    cmocka_unit_test(test_full),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
