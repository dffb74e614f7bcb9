#include "ddnsgate/dns/acme.h"

#include <string.h>

#include "table.h"

/* 43 characters. */
#define VALUE "yp916vFsRVLp-XcKiBIe2vIoOehw0-fdRwSH07ITW-_"

struct value_row {
	const char *name;
	const char *text;
	bool is_value;
};

static const struct value_row values[] = {
    {"a value", VALUE, true},
    {"one character less", "yp916vFsRVLp-XcKiBIe2vIoOehw0-fdRwSH07ITW-", false},
    {"one more", VALUE "A", false},
    {"padding", VALUE "=", false},
    {"padding in it", "yp916vFsRVLp-XcKiBIe2vIoOehw0-fdRwSH07ITW-=", false},
    {"base64", "yp916vFsRVLp+XcKiBIe2vIoOehw0/fdRwSH07ITW-w", false},
    {"a blank", "yp916vFsRVLp XcKiBIe2vIoOehw0-fdRwSH07ITW-w", false},
    {"another record", "v=spf1 -all", false},
    {"nothing", "", false},
};

static void
check_value(void **state)
{
	const struct value_row *row = *state;

	assert_int_equal(acme_is_value(span_of(row->text)), row->is_value);
}

static void
a_nul_is_no_character(void **state)
{
	char text[ACME_VALUE_LEN] = VALUE;

	(void)state;
	text[7] = '\0';
	assert_false(acme_is_value((struct span){text, sizeof(text)}));
}

/* printf %s TOKEN.THUMBPRINT | openssl dgst -sha256 -binary | basenc
 * --base64url */
static void
values_of_key_authorizations(void **state)
{
	char buf[ACME_VALUE_SIZE];

	(void)state;
	acme_value(span_of("evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA."
			   "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"),
	    buf);
	assert_string_equal(buf, "ZTRx1Ckl1-tM05o5zaizTTA0yUy5AGereMgSNWC6Ll8");
	acme_value(span_of(""), buf);
	assert_string_equal(buf, "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
	assert_true(acme_is_value(span_of(buf)));
}

struct label_row {
	const char *name;
	const char *given;
	const char *rest;
};

static const struct label_row labels[] = {
    {"the label", "_acme-challenge.home.example.org", "home.example.org"},
    {"upper case", "_ACME-Challenge.home", "home"},
    {"one label only", "_acme-challenge._acme-challenge.home",
	"_acme-challenge.home"},
    {"none", "home.example.org", "home.example.org"},
    {"alone", "_acme-challenge", "_acme-challenge"},
    {"a longer label", "x_acme-challenge.home", "x_acme-challenge.home"},
    {"not the first", "home._acme-challenge.org", "home._acme-challenge.org"},
    {"nothing", "", ""},
};

static void
check_label(void **state)
{
	const struct label_row *row = *state;
	struct span rest = acme_without_label(span_of(row->given));

	assert_true(span_is(rest, row->rest));
}

static void
names_of_records(void **state)
{
	char host[DNAME_SIZE], buf[DNAME_SIZE];

	(void)state;
	assert_int_equal(acme_name("home.example.org", buf), ERR_OK);
	assert_string_equal(buf, "_acme-challenge.home.example.org");
	assert_int_equal(acme_name("*.home.example.org", buf), ERR_OK);
	assert_string_equal(buf, "_acme-challenge.home.example.org");
	memset(host, 'a', sizeof(host));
	host[DNAME_MAX - sizeof(ACME_LABEL)] = '\0';
	assert_int_equal(acme_name(host, buf), ERR_OK);
	assert_int_equal(strlen(buf), DNAME_MAX);
	host[DNAME_MAX - sizeof(ACME_LABEL)] = 'a';
	host[DNAME_MAX - sizeof(ACME_LABEL) + 1] = '\0';
	assert_int_equal(acme_name(host, buf), ERR_RANGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_nul_is_no_character),
	    cmocka_unit_test(values_of_key_authorizations),
	    cmocka_unit_test(names_of_records),
	};

	int failures = 0;

	failures += TABLE_RUN("acme: values", values, check_value);
	failures += TABLE_RUN("acme: labels", labels, check_label);
	failures +=
	    cmocka_run_group_tests_name("acme: singles", tests, NULL, NULL);
	return failures;
}
