#include <string.h>

#include "ddnsgate/base/err.h"

#include "table.h"

/* Update clients take a reply with any of these for a success. */
static const char *const success_words[] = {
    "ok", "good", "true", "updated", "success", "nochg"};

static void
no_text_sounds_like_success(void **state)
{
	(void)state;
	for (int code = 0; code < ERR_COUNT; code++) {
		const char *text = err_text((enum err)code);
		for (size_t i = 0;
		     i < sizeof(success_words) / sizeof(success_words[0]); i++)
			if (strcasestr(text, success_words[i]) != NULL)
				fail_msg("\"%s\" holds \"%s\"", text,
				    success_words[i]);
	}
}

static void
codes_have_names(void **state)
{
	(void)state;
	assert_string_equal(err_name(ERR_OK), "OK");
	assert_string_equal(err_name(ERR_DNS_TRUNCATED), "DNS_TRUNCATED");
}

static void
dns_failures_are_known(void **state)
{
	(void)state;
	assert_true(err_is_dns(ERR_DNS_SILENT));
	assert_true(err_is_dns(ERR_DNS_LAME));
	assert_false(err_is_dns(ERR_OK));
	assert_false(err_is_dns(ERR_TXT));
	assert_false(err_is_dns(ERR_ADDR_PREFIX));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(no_text_sounds_like_success),
	    cmocka_unit_test(codes_have_names),
	    cmocka_unit_test(dns_failures_are_known),
	};
	return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
