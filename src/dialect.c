#include "ddnsgate/dialect.h"

#include <stddef.h>

static const char *const health_paths[] = {"/health", NULL};

static const char *const any_host[] = {
    "hostname", "host", "domain", "domains", "fqdn", "host_id", NULL};

// clang-format off
static const struct dialect dialects[] = {
	{ "health", DIALECT_HEALTH, health_paths, NULL },
	/* Takes every path that is left, so it comes last. */
	{ "url",    DIALECT_UPDATE, NULL,         any_host },
};
// clang-format on

/* Is the path one of this dialect's?  Gives what follows it. */
static bool
takes_path(
    const struct dialect *dialect, struct span path, struct span *ret_rest)
{
	if (dialect->paths == NULL) {
		if (path.len < 2 || path.ptr[0] != '/')
			return false;
		*ret_rest = (struct span){path.ptr + 1, path.len - 1};
		return true;
	}
	for (size_t i = 0; dialect->paths[i] != NULL; i++) {
		if (span_is(path, dialect->paths[i])) {
			*ret_rest = (struct span){path.ptr + path.len, 0};
			return true;
		}
	}
	return false;
}

const struct dialect *
dialect_find(struct span path, struct span *ret_rest)
{
	for (size_t i = 0; i < sizeof(dialects) / sizeof(dialects[0]); i++) {
		if (takes_path(&dialects[i], path, ret_rest))
			return &dialects[i];
	}
	return NULL;
}
