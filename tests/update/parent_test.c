#include "ddnsgate/update/parent.h"

#include "table.h"

#define ZONE "dyn.example.org"

// clang-format off
static const struct parent_row {
	const char *name;
	const char *host;
	const char *parent;
} parent_rows[] = {
	{ "below the zone",  "home.dyn.example.org",   ZONE },
	{ "deeper",          "a.b.dyn.example.org",    "b.dyn.example.org" },
	{ "the zone itself", "dyn.example.org",        NULL },
	{ "its wildcard",    "*.dyn.example.org",      NULL },
	{ "another one",     "*.b.dyn.example.org",    ZONE },
	{ "a deeper one",    "*.a.b.dyn.example.org",  "b.dyn.example.org" },
};

/* An RRset is its TTL and last bytes of its addresses; "c" for a CNAME. */
static const struct made_row {
	const char *name;
	const char *wildcard;
	const char *found;
	bool want;
} made_rows[] = {
	{ "none, none",          "",       "",       false },
	{ "no wildcard",         "",       "60 1",   false },
	{ "nothing found",       "60 1",   "",       false },
	{ "the same",            "60 1",   "60 1",   true },
	{ "another address",     "60 1",   "60 2",   false },
	{ "another TTL",         "60 1",   "61 1",   false },
	{ "one less",            "60 1 2", "60 1",   false },
	{ "one more",            "60 1",   "60 1 2", false },
	{ "in another order",    "60 1 2", "60 2 1", true },
	{ "two, one differs",    "60 1 2", "60 1 3", false },
	{ "both CNAMEs",         "c",      "c",      true },
	{ "a CNAME of its own",  "60 1",   "c",      false },
	{ "a wildcard's CNAME",  "c",      "60 1",   false },
	{ "a CNAME, nothing",    "c",      "",       false },
};
// clang-format on

static void
parent_is_found(void **state)
{
	const struct parent_row *row = *state;
	const char *parent = parent_of(row->host, ZONE);

	if (row->parent == NULL)
		assert_null(parent);
	else
		assert_string_equal(parent, row->parent);
}

static struct response_rrset
rrset_of(const char *text)
{
	struct response_rrset rrset = {.cname = *text == 'c'};
	struct span rest = span_of(text);
	struct span word;
	uint64_t number;

	if (rrset.cname || rest.len == 0)
		return rrset;
	span_next(&rest, ' ', &word);
	assert_int_equal(span_number(word, UINT32_MAX, &number), ERR_OK);
	rrset.ttl = (uint32_t)number;
	while (span_next(&rest, ' ', &word)) {
		assert_int_equal(span_number(word, 255, &number), ERR_OK);
		rrset.addrs[rrset.count++] =
		    (struct ipaddr){IPADDR_V4, {192, 0, 2, (uint8_t)number}};
	}
	return rrset;
}

static void
wildcard_is_suspected(void **state)
{
	const struct made_row *row = *state;
	const struct parent_info parent = {
	    .wildcard = {rrset_of(row->wildcard)}};
	const struct response_rrset found = rrset_of(row->found);

	assert_int_equal(
	    parent_may_have_made(&parent, IPADDR_V4, &found), row->want);
}

/* More addresses than are looked at: they may be the same. */
static void
many_addresses(void **state)
{
	struct parent_info parent = {.wildcard = {{.count = 17, .ttl = 60}}};
	struct response_rrset found = {.count = 17, .ttl = 60};

	(void)state;
	found.addrs[3].bytes[0] = 9;
	assert_true(parent_may_have_made(&parent, IPADDR_V4, &found));
	found.count = 18;
	assert_false(parent_may_have_made(&parent, IPADDR_V4, &found));
}

int
main(void)
{
	const struct CMUnitTest singles[] = {cmocka_unit_test(many_addresses)};

	return TABLE_RUN("parent: of a host", parent_rows, parent_is_found) +
	       TABLE_RUN("parent: suspects", made_rows, wildcard_is_suspected) +
	       cmocka_run_group_tests_name("parent", singles, NULL, NULL);
}
