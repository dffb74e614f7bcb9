#include "ddnsgate/update/host_update.h"

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
	struct host_update update = {.differs = {row->v4, row->v6}};

	assert_int_equal(host_update_differs(&update), row->differs);
}

static void
fails_as_one(void **state)
{
	struct host_update updates[] = {
	    {.outcome = ERR_OK}, {.outcome = ERR_DNS_CNAME}};
	struct host_update *pointers[] = {&updates[0], &updates[1]};

	(void)state;
	host_update_fail(pointers, 2, ERR_OK);
	assert_int_equal(updates[0].outcome, ERR_OK);
	host_update_fail(pointers, 2, ERR_DNS_SILENT);
	assert_int_equal(updates[0].outcome, ERR_DNS_SILENT);
	assert_int_equal(updates[1].outcome, ERR_DNS_CNAME);
}

int
main(void)
{
	const struct CMUnitTest singles[] = {cmocka_unit_test(fails_as_one)};

	return TABLE_RUN("change: differs", rows, differs) +
	       cmocka_run_group_tests_name("change", singles, NULL, NULL);
}
