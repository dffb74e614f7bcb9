#include "ddnsgate/dns/server_addr.h"

#include "table.h"

// clang-format off
static const struct row {
	const char *name;
	struct server_addr a, b;
	bool equal;
} rows[] = {
	{ "the same", { { IPADDR_V4, { 192, 0, 2, 1 } }, 53 },
	              { { IPADDR_V4, { 192, 0, 2, 1 } }, 53 }, true },
	{ "port",     { { IPADDR_V4, { 192, 0, 2, 1 } }, 53 },
	              { { IPADDR_V4, { 192, 0, 2, 1 } }, 54 }, false },
	{ "address",  { { IPADDR_V4, { 192, 0, 2, 1 } }, 53 },
	              { { IPADDR_V4, { 192, 0, 2, 2 } }, 53 }, false },
	{ "family",   { { IPADDR_V4, { 0 } }, 53 },
	              { { IPADDR_V6, { 0 } }, 53 }, false },
};
// clang-format on

static void
equal(void **state)
{
	const struct row *row = *state;

	assert_int_equal(server_addr_equal(&row->a, &row->b), row->equal);
}

int
main(void)
{
	return TABLE_RUN("server: equal", rows, equal);
}
