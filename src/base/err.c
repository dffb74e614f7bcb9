#include "ddnsgate/base/err.h"

#include <assert.h>
#include <string.h>

static const struct {
	const char *name;
	const char *text;
} codes[] = {
#define ERR_ROW(name, text) [ERR_##name] = {#name, text},
    ERR_LIST(ERR_ROW)
#undef ERR_ROW
};

const char *
err_text(enum err err)
{
	assert(err < ERR_COUNT);
	return codes[err].text;
}

const char *
err_name(enum err err)
{
	assert(err < ERR_COUNT);
	return codes[err].name;
}

bool
err_is_dns(enum err err)
{
	return strncmp(err_name(err), "DNS_", strlen("DNS_")) == 0;
}
