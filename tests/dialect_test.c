#include <string.h>

#include "ddnsgate/dialect.h"

#include "table.h"

// clang-format off
static const struct row {
	const char *name;
	const char *path;
	const char *dialect; /* NULL: none */
	const char *rest;
} rows[] = {
	{ "a secret",           "/abcdefghijklmnop",    "url",
	  "abcdefghijklmnop" },
	{ "a secret, hosts",    "/abcdefghijklmnop/a,b", "url",
	  "abcdefghijklmnop/a,b" },
	{ "one character",      "/a",        "url",    "a" },
	{ "health",             "/health",   "health", "" },
	{ "longer than health", "/healthy",  "url",    "healthy" },
	{ "below health",       "/health/x", "url",    "health/x" },
	{ "paths have case",    "/Health",   "url",    "Health" },
	{ "the root",           "/",         NULL,     NULL },
	{ "nothing",            "",          NULL,     NULL },
	{ "no slash",           "health",    NULL,     NULL },
};
// clang-format on

static void
finds(void **state)
{
	const struct row *row = *state;
	struct span rest = {NULL, 0};
	const struct dialect *dialect = dialect_find(span_of(row->path), &rest);

	if (row->dialect == NULL) {
		assert_null(dialect);
		assert_null(rest.ptr);
		return;
	}
	assert_non_null(dialect);
	assert_string_equal(dialect->name, row->dialect);
	assert_true(span_is(rest, row->rest));
}

int
main(void)
{
	return TABLE_RUN("dialect: finds", rows, finds);
}
