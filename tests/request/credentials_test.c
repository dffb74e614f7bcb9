#include <string.h>

#include "ddnsgate/request/credentials.h"

#include "table.h"

/* The header */

// clang-format off
static const struct header_row {
	const char *name;
	const char *header;
	enum err want;
	const char *user, *secret; /* with ERR_OK */
} header_rows[] = {
	{ "Basic",            "Basic dXNlcjpwYXNz", ERR_OK, "user", "pass" },
	{ "Basic has no case", "bAsIC dXNlcjpwYXNz", ERR_OK, "user", "pass" },
	{ "blanks",           "  Basic   dXNlcjpwYXNz  ", ERR_OK,
	  "user", "pass" },
	{ "colons",           "Basic dTphOmI6", ERR_OK, "u", "a:b:" },
	{ "padding",          "Basic dXNlcjpwYTpzcw==", ERR_OK,
	  "user", "pa:ss" },
	{ "UTF-8",            "Basic dTpww6Q=", ERR_OK, "u", "p\xc3\xa4" },
	{ "Latin-1",          "Basic dTpw5A==", ERR_OK, "u", "p\xe4" },
	{ "blanks inside are kept", "Basic IHUgOiBwIA==", ERR_OK,
	  " u ", " p " },
	{ "no user",          "Basic OnBhc3M=", ERR_OK, "", "pass" },
	{ "no password",      "Basic dXNlcjo=", ERR_OK, "user", "" },
	{ "neither",          "Basic Og==",     ERR_ABSENT, NULL, NULL },
	{ "no colon",         "Basic dXNlcg==", ERR_ABSENT, NULL, NULL },
	{ "nothing inside",   "Basic  ",        ERR_ABSENT, NULL, NULL },
	{ "only the scheme",  "Basic",          ERR_ABSENT, NULL, NULL },
	{ "no padding",       "Basic dXNlcjpwYTpzcw", ERR_ABSENT, NULL, NULL },
	{ "not base64",       "Basic dXNl!jpw", ERR_ABSENT, NULL, NULL },
	{ "not encoded",      "Basic user:pass", ERR_ABSENT, NULL, NULL },
	{ "Bearer",           "Bearer abc-DEF", ERR_OK, "", "abc-DEF" },
	{ "Bearer has no case", "bearer abc",   ERR_OK, "", "abc" },
	{ "Token",            "Token abc",      ERR_OK, "", "abc" },
	{ "Bearer, blanks",   "Bearer  abc ",   ERR_OK, "", "abc" },
	{ "Bearer, nothing",  "Bearer ",        ERR_ABSENT, NULL, NULL },
	{ "Digest",           "Digest username=\"u\"", ERR_ABSENT,
	  NULL, NULL },
	{ "longer than Basic", "Basics dXNlcjpwYXNz", ERR_ABSENT, NULL, NULL },
	{ "no scheme",        "dXNlcjpwYXNz",   ERR_ABSENT, NULL, NULL },
	{ "empty",            "",               ERR_ABSENT, NULL, NULL },
};
// clang-format on

static void
headers(void **state)
{
	const struct header_row *row = *state;
	struct credentials found = {.user = {NULL, 77}};
	char text[64];

	assert_true(strlen(row->header) < sizeof(text));
	memcpy(text, row->header, strlen(row->header));
	enum err err =
	    credentials_from_header(text, strlen(row->header), &found);
	assert_int_equal(err, row->want);
	if (err != ERR_OK) {
		assert_int_equal(found.user.len, 77);
		return;
	}
	assert_true(span_is(found.user, row->user));
	assert_true(span_is(found.secret, row->secret));
}

/* The parameters */

// clang-format off
static const struct form_row {
	const char *name;
	const char *query;
	enum err want;
	const char *user, *secret; /* with ERR_OK */
} form_rows[] = {
	{ "both",             "username=me&password=pass", ERR_OK,
	  "me", "pass" },
	{ "user",             "user=me&token=pass",  ERR_OK, "me", "pass" },
	{ "login",            "login=me&token=pass", ERR_OK, "me", "pass" },
	{ "u",                "u=me&token=pass",     ERR_OK, "me", "pass" },
	{ "names have no case", "User=me&TOKEN=pass", ERR_OK, "me", "pass" },
	{ "secret alone",     "token=pass",          ERR_OK, "", "pass" },
	{ "the first of the names", "token=b&password=a", ERR_OK, "", "a" },
	{ "empty ones are left out", "password=&username=&user=me&token=b",
	  ERR_OK, "me", "b" },
	{ "of one, the last", "token=a&token=b",     ERR_OK, "", "b" },
	{ "encoded",          "token=a%3Ab%26+c",    ERR_OK, "", "a:b& c" },
	{ "blanks around",    "user=+me+&token=%20a%0d%0a", ERR_OK, "me", "a" },
	{ "another name",     "code=a&pw=b",         ERR_ABSENT, NULL, NULL },
	{ "user alone",       "user=me",             ERR_ABSENT, NULL, NULL },
	{ "empty",            "user=me&password=",   ERR_ABSENT, NULL, NULL },
	{ "nothing",          "",                    ERR_ABSENT, NULL, NULL },
};
// clang-format on

static void
forms(void **state)
{
	static const char *const names[] = {"password", "token", NULL};
	const struct form_row *row = *state;
	struct credentials found = {.user = {NULL, 77}};
	struct form form = {.count = 0};
	char text[64];

	assert_true(strlen(row->query) < sizeof(text));
	memcpy(text, row->query, strlen(row->query));
	assert_int_equal(form_add(&form, text, strlen(row->query)), ERR_OK);
	assert_int_equal(
	    credentials_from_form(&form, NULL, &found), ERR_ABSENT);
	enum err err = credentials_from_form(&form, names, &found);
	assert_int_equal(err, row->want);
	if (err != ERR_OK) {
		assert_int_equal(found.user.len, 77);
		return;
	}
	assert_true(span_is(found.user, row->user));
	assert_true(span_is(found.secret, row->secret));
}

int
main(void)
{
	return TABLE_RUN("credentials: header", header_rows, headers) +
	       TABLE_RUN("credentials: form", form_rows, forms);
}
