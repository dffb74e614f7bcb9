#include <string.h>

#include "ddnsgate/auth.h"

#include "make_site.h"

#define LARS "larslarslarslars"
#define LARS_OLD "Lars-old_Lars-old"
#define ANNA "annaannaannaanna"
#define SHORT "shortshortshort"

static struct site *
people(void)
{
	static const struct ipaddr_net home[] = {
	    {{IPADDR_V4, {192, 0, 2}}, 24},
	    {{IPADDR_V6, {0x20, 0x01, 0x0d, 0xb8}}, 32},
	};
	const struct site_rules anywhere = {.from_count = 0};
	const struct site_rules at_home = {.from = home, .from_count = 2};
	struct secret_digest old = secret_digest(span_of(LARS_OLD));
	struct site *site = make_site();

	make_client(site, "lars", LARS, &anywhere);
	assert_int_equal(site_add_secret(site, &old), ERR_OK);
	make_client(site, "anna", ANNA, &at_home);
	/* No configuration may hold such a one; it must not be found. */
	make_client(site, "short", SHORT, &anywhere);
	make_client(site, "nobody", "", &anywhere);
	return site;
}

// clang-format off
static const struct row {
	const char *name;
	const char *secret;
	const char *caller;
	enum err want;
	const char *client; /* NULL: none is told */
} rows[] = {
	{ "from anywhere",    LARS, "198.51.100.1", ERR_OK,     "lars" },
	{ "second secret",    LARS_OLD, "192.0.2.1", ERR_OK,    "lars" },
	{ "from its net",     ANNA, "192.0.2.1",    ERR_OK,     "anna" },
	{ "from its net, v6", ANNA, "2001:db8::1",  ERR_OK,     "anna" },
	{ "from elsewhere",   ANNA, "198.51.100.1", ERR_FROM,   "anna" },
	{ "from elsewhere, v6", ANNA, "2001:db9::", ERR_FROM,   "anna" },
	{ "unknown",          "xxxxxxxxxxxxxxxx", "192.0.2.1",
	  ERR_SECRET, NULL },
	{ "one more letter",  LARS "x", "192.0.2.1", ERR_SECRET, NULL },
	{ "one letter less",  "larslarslarslar", "192.0.2.1",
	  ERR_SECRET, NULL },
	{ "secrets have case", "Larslarslarslars", "192.0.2.1",
	  ERR_SECRET, NULL },
	{ "too short",        SHORT, "192.0.2.1",   ERR_SECRET, NULL },
	{ "empty",            "", "192.0.2.1",      ERR_SECRET, NULL },
	{ "the client's name", "lars", "192.0.2.1", ERR_SECRET, NULL },
	{ "foreign letters",  "larslars%41larsla", "192.0.2.1",
	  ERR_SECRET, NULL },
	{ "the digest itself", "sha256:00112233445566778899aabbccddeeff001122"
	  "33445566778899aabbccddeeff", "192.0.2.1", ERR_SECRET, NULL },
};
// clang-format on

static void
finds(void **state)
{
	const struct row *row = *state;
	struct request request = {.secret = span_of(row->secret)};
	const struct site_client *client = NULL;
	struct site *site = people();
	struct ipaddr caller;

	assert_int_equal(ipaddr_parse(span_of(row->caller), &caller), ERR_OK);
	assert_int_equal(
	    auth_client(site, &request, &caller, &client), row->want);
	if (row->client == NULL)
		assert_null(client);
	else
		assert_string_equal(client->name, row->client);
	site_release(site);
}

int
main(void)
{
	return TABLE_RUN("auth: finds", rows, finds);
}
