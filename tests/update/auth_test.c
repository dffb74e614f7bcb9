#include <stdio.h>
#include <string.h>

#include "ddnsgate/update/auth.h"

#include "at_run_slot.h"
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
	/* No configuration may have such a secret; it must not match. */
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
	const char *client; /* NULL: none is given */
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

static struct ipaddr
addr(const char *text)
{
	struct ipaddr addr;

	assert_int_equal(ipaddr_parse(span_of(text), &addr), ERR_OK);
	return addr;
}

static const struct dialect *
dialect(const char *path)
{
	const struct form form = {.count = 0};
	struct span rest;

	return dialect_find(span_of(path), &form, 0, &rest);
}

static void
expect_client(const struct site *site, const struct request *request,
    const char *from, enum err want, const char *name)
{
	const struct auth_memory memory = {NULL, NULL};
	const struct ipaddr caller = addr(from);
	struct auth auth;

	assert_int_equal(
	    auth_client(site, request, &caller, &memory, &auth), want);
	if (name == NULL)
		assert_null(auth.found.client);
	else
		assert_string_equal(auth.found.client->name, name);
}

/* Secrets alone: in the path, and elsewhere. */
static void
finds(void **state)
{
	const struct row *row = *state;
	struct request request = {
	    .dialect = dialect("/x"),
	    .credentials = {{.secret = span_of(row->secret)}},
	    .credential_count = 1,
	};
	struct site *site = people();
	struct at_run_slot at_run_slot;

	at_run_slot_begin(&at_run_slot);
	expect_client(site, &request, row->caller, row->want, row->client);
	request.dialect = dialect("/nic/update");
	expect_client(site, &request, row->caller,
	    row->want == ERR_SECRET ? ERR_CREDENTIALS : row->want, row->client);
	assert_false(at_run_slot_end(&at_run_slot));
	site_release(site);
}

/* User names and passwords */

/* Of "correct horse" and of "p\xc3\xa4ss"; made cheap, as SHA-256 is here. */
#define HORSE_HASH \
	"$5$rounds=1000$abcdefgh$ue35C0ITbth1b5zVUjrjm2mMmsmMKiodEeH2UV/Hq10"
#define LATIN_HASH \
	"$5$rounds=1000$abcdefgh$UNOxM/4yQVjSua2dP/QHoqbySKtkaaO0IWXfBIUkzp5"

static struct site *
families(void)
{
	static const struct ipaddr_net home = {{IPADDR_V4, {192, 0, 2}}, 24};
	const struct site_rules rules = {.from_count = 0};
	const struct site_rules at_home = {.from = &home, .from_count = 1};
	struct site *site = make_site();

	make_zone(site, "dyn.example.org", 53);
	make_client(site, "lars", LARS, &rules);
	make_host(site, "h1.dyn.example.org", MAKE_BOTH, 0);
	make_client(site, "anna", ANNA, &at_home);
	make_host(site, "a1.dyn.example.org", MAKE_BOTH, 0);
	assert_int_equal(site_add_crypt(site, span_of(LATIN_HASH)), ERR_OK);
	assert_int_equal(site_add_crypt(site, span_of(HORSE_HASH)), ERR_OK);
	make_client(site, "pete", "petepetepetepete", &rules);
	make_host(site, "a1.dyn.example.org", MAKE_BOTH, 0);
	make_host(site, "p1.dyn.example.org", MAKE_BOTH, 0);
	return site;
}

#define HORSE "correct horse"
#define NET "192.0.2.1"

// clang-format off
static const struct user_row {
	const char *name;
	const char *user, *secret;   /* NULL: no credentials */
	const char *user2, *secret2;
	const char *caller;
	enum err want;
	const char *client;
} user_rows[] = {
	{ "none",            NULL, NULL, NULL, NULL, NET,
	  ERR_CHALLENGE, NULL },
	/* Secrets identify the client */
	{ "client",          "lars", LARS, NULL, NULL, NET, ERR_OK, "lars" },
	{ "its host",        "h1.dyn.example.org", LARS, NULL, NULL, NET,
	  ERR_OK, "lars" },
	{ "a dummy",         "none", LARS, NULL, NULL, NET, ERR_OK, "lars" },
	{ "another client",  "anna", LARS, NULL, NULL, NET, ERR_OK, "lars" },
	{ "not a name",      "%u \"", LARS, NULL, NULL, NET, ERR_OK, "lars" },
	{ "wrong",           "lars", "xarslarslarslars", NULL, NULL, NET,
	  ERR_CREDENTIALS, NULL },
	{ "empty",           "lars", "", NULL, NULL, NET,
	  ERR_CREDENTIALS, NULL },
	/* Passwords do not */
	{ "password",        "anna", HORSE, NULL, NULL, NET, ERR_OK, "anna" },
	{ "another password", "anna", "p\xc3\xa4ss", NULL, NULL, NET,
	  ERR_OK, "anna" },
	{ "other bytes",     "anna", "p\xe4ss", NULL, NULL, NET,
	  ERR_CREDENTIALS, NULL },
	{ "password, host",  "a1.dyn.example.org", HORSE, NULL, NULL, NET,
	  ERR_OK, "anna" },
	{ "password, host, no case", "A1.DYN.example.org.", HORSE, NULL, NULL,
	  NET, ERR_OK, "anna" },
	{ "password, short host", "a1", HORSE, NULL, NULL, NET,
	  ERR_OK, "anna" },
	{ "password, clients have case", "Anna", HORSE, NULL, NULL, NET,
	  ERR_CREDENTIALS, NULL },
	{ "password, another's, none of its own", "lars", "p\xc3\xa4ss",
	  NULL, NULL, NET, ERR_CREDENTIALS, NULL },
	{ "password, another's, nobody", "none", "p\xc3\xa4ss",
	  NULL, NULL, NET, ERR_CREDENTIALS, NULL },
	{ "password, dummy", "none", HORSE, NULL, NULL, NET,
	  ERR_CREDENTIALS, NULL },
	{ "password, another client", "lars", HORSE, NULL, NULL, NET,
	  ERR_CREDENTIALS, NULL },
	{ "password, another's host", "p1", HORSE, NULL, NULL, NET,
	  ERR_CREDENTIALS, NULL },
	{ "password, no user", "", HORSE, NULL, NULL, NET,
	  ERR_CREDENTIALS, NULL },
	{ "password, wrong", "anna", "correct hors", NULL, NULL, NET,
	  ERR_CREDENTIALS, NULL },
	{ "the hash itself", "anna", HORSE_HASH, NULL, NULL, NET,
	  ERR_CREDENTIALS, NULL },
	{ "password, from elsewhere", "anna", HORSE, NULL, NULL,
	  "198.51.100.1", ERR_FROM, "anna" },
	/* Two credentials */
	{ "the second fits", "lars", "wrong", "", LARS, NET, ERR_OK, "lars" },
	{ "the second is a password", "lars", "wrong", "anna", HORSE, NET,
	  ERR_OK, "anna" },
	{ "the first counts", "lars", LARS, "anna", ANNA, NET,
	  ERR_OK, "lars" },
	{ "both wrong",      "lars", "wrong", "anna", "wrong", NET,
	  ERR_CREDENTIALS, NULL },
};
// clang-format on

static void
knows_users(void **state)
{
	const struct user_row *row = *state;
	struct request request = {
	    .dialect = dialect("/nic/update"),
	    .credentials = {{span_of(row->user), span_of(row->secret)},
		{span_of(row->user2), span_of(row->secret2)}},
	    .credential_count = row->secret2 != NULL ? 2 : row->secret != NULL,
	};
	struct site *site = families();

	expect_client(site, &request, row->caller, row->want, row->client);
	site_release(site);
}

/* With two zones a name without a dot is ambiguous. */
static void
short_users_need_the_only_zone(void **state)
{
	const struct request request = {
	    .dialect = dialect("/nic/update"),
	    .credentials = {{span_of("a1"), span_of(HORSE)}},
	    .credential_count = 1,
	};
	struct site *site = families();
	struct at_run_slot at_run_slot;

	(void)state;
	make_zone(site, "lab.example.org", 53);
	at_run_slot_begin(&at_run_slot);
	expect_client(site, &request, NET, ERR_CREDENTIALS, NULL);
	assert_true(at_run_slot_end(&at_run_slot)); /* as crypt(3) is slow */
	site_release(site);
}

/* A password is no secret of a URL. */
static void
passwords_are_no_paths(void **state)
{
	const struct request request = {
	    .dialect = dialect("/x"),
	    .credentials = {{.secret = span_of(HORSE)}},
	    .credential_count = 1,
	};
	struct site *site = families();

	(void)state;
	expect_client(site, &request, NET, ERR_SECRET, NULL);
	site_release(site);
}

/* How many guesses a request is. */
// clang-format off
static const struct guess_row {
	const char *name;
	const char *user, *secret;
	const char *user2, *secret2; /* NULL: no second credentials */
	unsigned wrong;
} guess_rows[] = {
	{ "one, right",          "lars", LARS,    NULL, NULL,        0 },
	{ "one, wrong",          "lars", "wrong", NULL, NULL,        1 },
	{ "two",                 "lars", "wrong", "anna", "wrong",   2 },
	{ "two passwords",       "anna", "wrong", "anna", "wrong2",  2 },
	{ "the same twice",      "anna", "wrong", "anna", "wrong",   1 },
	{ "the same, once without its user", "anna", "wrong", "", "wrong", 1 },
	{ "the same, first without its user", "", "wrong", "anna", "wrong", 1 },
	{ "two secrets",         "", "wrong", "", "wrong2",          2 },
	{ "the second is right", "anna", "wrong", "", LARS,          1 },
	{ "the first is right",  "lars", LARS, "anna", "wrong",      0 },
	{ "right, not from here", "lars", "wrong", "", ANNA,         1 },
};
// clang-format on

static void
counts_guesses(void **state)
{
	const struct guess_row *row = *state;
	const struct auth_memory memory = {NULL, NULL};
	const struct ipaddr caller = addr("198.51.100.1");
	const struct request request = {
	    .dialect = dialect("/nic/update"),
	    .credentials = {{span_of(row->user), span_of(row->secret)},
		{span_of(row->user2), span_of(row->secret2)}},
	    .credential_count = row->secret2 != NULL ? 2 : 1,
	};
	struct site *site = families();
	struct auth auth;

	(void)auth_client(site, &request, &caller, &memory, &auth);
	assert_int_equal(auth.wrong, row->wrong);
	site_release(site);
}

/* What is computed: each step is a request, and the names of the hashes that it
 * has computed, which the text of a hash ends with */

#define HASH(name) "$5$" name
#define STEPS_MAX 8

static char computed[256];

static enum err
record(const char *hash, struct span password)
{
	size_t len = strlen(computed);

	snprintf(computed + len, sizeof(computed) - len, "%s%s",
	    len > 0 ? " " : "", hash + strlen(HASH("")));
	if (span_is(password, "memory"))
		return ERR_MEMORY;
	return span_equal(password, span_of(hash + strlen(HASH(""))))
		   ? ERR_OK
		   : ERR_CREDENTIALS;
}

/* A password is right when it is the name of the hash. */
static struct site *
costly(bool rotated)
{
	const struct site_rules rules = {.from_count = 0};
	struct site *site = make_site();

	make_zone(site, "dyn.example.org", 53);
	make_client(site, "anna", ANNA, &rules);
	make_host(site, "a1.dyn.example.org", MAKE_BOTH, 0);
	assert_int_equal(
	    site_add_crypt(site, span_of(rotated ? HASH("A3") : HASH("A1"))),
	    ERR_OK);
	assert_int_equal(site_add_crypt(site, span_of(HASH("A2"))), ERR_OK);
	make_client(site, "lars", LARS, &rules);
	return site;
}

// clang-format off
static const struct memory_row {
	const char *name;
	struct {
		const char *user, *password;
		bool rotated;
		const char *computed;
		enum err want;
	} steps[STEPS_MAX];
} memory_rows[] = {
	{ "a right one is computed once", {
	  { "anna", "A1", false, "A1", ERR_OK },
	  { "anna", "A1", false, "", ERR_OK },
	  { "a1", "A1", false, "", ERR_OK },
	  { "anna", "A2", false, "A1 A2", ERR_OK },
	  { "anna", "A2", false, "", ERR_OK },
	  { "anna", "A1", false, "", ERR_OK } } },
	{ "a wrong one is computed once, for each name", {
	  { "anna", "x", false, "A1 A2", ERR_CREDENTIALS },
	  { "anna", "x", false, "", ERR_CREDENTIALS },
	  { "a1", "x", false, "A1 A2", ERR_CREDENTIALS },
	  { "anna", "y", false, "A1 A2", ERR_CREDENTIALS } } },
	{ "nobody costs the same", {
	  { "nobody", "x", false, "A1 A2", ERR_CREDENTIALS },
	  { "nobody", "x", false, "", ERR_CREDENTIALS },
	  { "noone", "x", false, "A1 A2", ERR_CREDENTIALS },
	  { "nobody", "y", false, "A1 A2", ERR_CREDENTIALS } } },
	{ "a client without a hash costs the same", {
	  { "lars", "x", false, "A1 A2", ERR_CREDENTIALS },
	  { "lars", "x", false, "", ERR_CREDENTIALS } } },
	{ "another's password, right before, is none of nobody's", {
	  { "anna", "A1", false, "A1", ERR_OK },
	  { "nobody", "A1", false, "A1 A2", ERR_CREDENTIALS },
	  { "lars", "A1", false, "A1 A2", ERR_CREDENTIALS },
	  { "nobody", "A1", false, "", ERR_CREDENTIALS },
	  { "anna", "A1", false, "", ERR_OK } } },
	{ "nobody's tries are none of a client's", {
	  { "nobody", "A1", false, "A1 A2", ERR_CREDENTIALS },
	  { "anna", "A1", false, "A1", ERR_OK } } },
	{ "a replaced hash is forgotten", {
	  { "anna", "A1", false, "A1", ERR_OK },
	  { "anna", "A1", true, "A3 A2", ERR_CREDENTIALS },
	  { "anna", "A3", true, "A3", ERR_OK },
	  { "anna", "A3", false, "A1 A2", ERR_CREDENTIALS },
	  { "anna", "A1", false, "", ERR_OK } } },
	{ "what was not computed is not remembered", {
	  { "anna", "memory", false, "A1", ERR_FAILURES },
	  { "anna", "memory", false, "A1", ERR_FAILURES } } },
};
// clang-format on

static void
remembers(void **state)
{
	const struct memory_row *row = *state;
	const struct ipaddr caller = addr(NET);
	struct site *sites[] = {costly(false), costly(true)};
	struct auth_memory memory = {NULL, NULL};
	struct auth auth;

	assert_int_equal(
	    password_check_new(1, record, &memory.passwords), ERR_OK);
	for (size_t i = 0; i < STEPS_MAX && row->steps[i].user != NULL; i++) {
		const struct request request = {
		    .dialect = dialect("/nic/update"),
		    .credentials = {{span_of(row->steps[i].user),
			span_of(row->steps[i].password)}},
		    .credential_count = 1,
		};
		computed[0] = '\0';
		assert_int_equal(auth_client(sites[row->steps[i].rotated],
				     &request, &caller, &memory, &auth),
		    row->steps[i].want);
		assert_string_equal(computed, row->steps[i].computed);
	}
	password_check_free(memory.passwords);
	site_release(sites[0]);
	site_release(sites[1]);
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(short_users_need_the_only_zone),
	    cmocka_unit_test(passwords_are_no_paths),
	};

	return TABLE_RUN("auth: finds", rows, finds) +
	       TABLE_RUN("auth: knows users", user_rows, knows_users) +
	       TABLE_RUN("auth: guesses", guess_rows, counts_guesses) +
	       TABLE_RUN("auth: remembers", memory_rows, remembers) +
	       cmocka_run_group_tests_name(
		   "auth: singles", singles, NULL, NULL);
}
