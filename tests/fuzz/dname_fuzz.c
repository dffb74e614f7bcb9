#include <string.h>

#include "ddnsgate/dns/dname.h"

#include "fuzz.h"

/* The canonical form of a canonical form is the same. */
static void
check(struct span text, bool wildcard)
{
	char name[DNAME_SIZE];
	char again[DNAME_SIZE];

	if (dname_canonical(text, wildcard, name) != ERR_OK)
		return;
	struct span canonical = span_of(name);
	FUZZ_CHECK(canonical.len > 0 && canonical.len <= text.len);
	FUZZ_CHECK(dname_canonical(canonical, wildcard, again) == ERR_OK);
	FUZZ_CHECK(strcmp(name, again) == 0);
	FUZZ_CHECK(span_equal_nocase(
	    canonical, (struct span){text.ptr, canonical.len}));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = {(const char *)data, size};

	check(text, false);
	check(text, true);
	return 0;
}
