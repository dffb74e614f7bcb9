#include "load.h"

/* libconfig 1.5 leaks memory when parsing fails. */
const char *
__lsan_default_suppressions(void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:libconfig\n";
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct load_file conf = {.fd = -1};

	if (conf.fd < 0)
		conf = load_file_new();
	load_file_write(&conf, data, size);
	site_release(load_site(&conf));
	return 0;
}
