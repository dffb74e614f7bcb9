#include "ddnsgate/change.h"

#include "table.h"

// clang-format off
static const struct row {
	const char *name;
	bool v4, v6;
	bool differs;
} rows[] = {
	{ "neither",   false, false, false },
	{ "only IPv4", true,  false, true },
	{ "only IPv6", false, true,  true },
	{ "both",      true,  true,  true },
};
// clang-format on

static void
differs(void **state)
{
	const struct row *row = *state;
	struct change change = {.differs = {row->v4, row->v6}};

	assert_int_equal(change_differs(&change), row->differs);
}

int
main(void)
{
	return TABLE_RUN("change: differs", rows, differs);
}
