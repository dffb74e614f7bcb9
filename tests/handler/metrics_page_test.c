#include "ddnsgate/handler/metrics_page.h"

#include <stdio.h>
#include <string.h>

#include "counting_handler.h"

static struct counting made;

static void
ask(const char *path, const char *method, const char *accept, const char *from)
{
	const struct web web = {.method = method,
	    .path_info = path,
	    .query = "",
	    .accept = accept,
	    .remote_addr = from};

	counting_serve(&made, &web);
}

static bool
has(const char *text)
{
	return strstr(made.out.buf, text) != NULL;
}

static const char *
body(void)
{
	const char *end = strstr(made.out.buf, "\r\n\r\n");

	assert_non_null(end);
	return end + 4;
}

static void
is_shown(void **state)
{
	char length[64];

	(void)state;
	counting_begin(&made, "...", "");
	ask("/health", "GET", NULL, HOME);
	ask("/metrics", "GET", NULL, HOME);
	assert_true(has("Status: 200 OK\r\n"));
	assert_true(has("Content-Type: text/plain; version=0.0.4\r\n"));
	assert_true(has("Cache-Control: no-store\r\n"));
	snprintf(
	    length, sizeof(length), "Content-Length: %zu\r\n", strlen(body()));
	assert_true(has(length));
	assert_true(has("\nddnsgate_requests_total{dialect=\"health\","
			"word=\"ok\"} 1\n"));
	assert_int_equal(body()[strlen(body()) - 1], '\n');
	/* The next reply is in the buffer that it is given. */
	ask("/health", "GET", NULL, HOME);
	assert_ptr_equal(made.out.buf, made.buf);
	assert_string_equal(body(), "OK");
	counting_end(&made);
}

static void
head_has_no_body(void **state)
{
	(void)state;
	counting_begin(&made, "...", "");
	ask("/metrics", "HEAD", NULL, HOME);
	assert_true(has("Status: 200 OK\r\n"));
	assert_true(has("Content-Type: text/plain; version=0.0.4\r\n"));
	assert_false(has("Content-Length: 0\r\n"));
	assert_string_equal(body(), "");
	counting_end(&made);
}

static void
is_never_json(void **state)
{
	(void)state;
	counting_begin(&made, "...", "");
	ask("/metrics", "GET", "application/json", HOME);
	assert_true(has("Content-Type: text/plain; version=0.0.4\r\n"));
	counting_end(&made);
}

static void
other_methods_are_refused(void **state)
{
	(void)state;
	counting_begin(&made, "...", "");
	ask("/metrics", "DELETE", NULL, HOME);
	assert_true(has("Status: 405 Method Not Allowed\r\n"));
	assert_true(has("Allow: GET, HEAD, POST, PUT\r\n"));
	assert_ptr_equal(made.out.buf, made.buf);
	counting_end(&made);
}

/* A second may pass between two of them. */
static void
blank_wait(char *reply)
{
	static const char header[] = "\r\nRetry-After: ";
	char *at = strstr(reply, header);

	if (at == NULL)
		return;
	for (at += strlen(header); *at >= '0' && *at <= '9'; at++)
		*at = '0';
}

/* To others it is what any unknown secret is, until the limit and beyond. */
static const struct row {
	const char *name, *method, *accept, *from;
} rows[] = {
    {"GET", "GET", NULL, ELSEWHERE},
    {"HEAD", "HEAD", NULL, ELSEWHERE},
    {"POST", "POST", NULL, ELSEWHERE},
    {"DELETE", "DELETE", NULL, ELSEWHERE},
    {"JSON", "GET", "application/json", ELSEWHERE},
    {"IPv6", "GET", NULL, "2001:db8::1"},
    {"who calls is not known", "GET", NULL, "nobody"},
};

static void
is_unknown(void **state)
{
	const struct row *row = *state;
	char unknown[REPLY_SIZE];

	for (int already = 0; already < 4; already++) {
		counting_begin(&made, "...", "");
		for (int i = 0; i < already; i++)
			ask("/metrics", row->method, row->accept, row->from);
		ask("/nothing", row->method, row->accept, row->from);
		strcpy(unknown, made.out.buf);
		blank_wait(unknown);
		counting_end(&made);

		counting_begin(&made, "...", "");
		for (int i = 0; i < already; i++)
			ask("/nothing", row->method, row->accept, row->from);
		ask("/metrics", row->method, row->accept, row->from);
		blank_wait(made.out.buf);
		assert_string_equal(made.out.buf, unknown);
		assert_null(strstr(made.out.buf, "200 OK"));
		counting_end(&made);
	}
}

static void
is_unknown_without_the_setting(void **state)
{
	(void)state;
	counting_begin(&made, "...", "");
	site_settings_edit(made.site)->metrics_from_count = 0;
	ask("/metrics", "GET", NULL, HOME);
	assert_true(has("Status: 404 Not Found\r\n"));
	counting_end(&made);
}

static void
done_twice(void **state)
{
	struct metrics_page page = {.buffer = NULL};
	struct counters *counters;

	(void)state;
	metrics_page_done(&page);
	assert_int_equal(counters_new(&counters), ERR_OK);
	assert_int_equal(metrics_page_make(&page, counters), ERR_OK);
	assert_true(page.body.len > 0);
	metrics_page_done(&page);
	metrics_page_done(&page);
	assert_null(page.buffer);
	assert_int_equal(page.body.len, 0);
	counters_close(counters);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(is_shown),
	    cmocka_unit_test(head_has_no_body),
	    cmocka_unit_test(is_never_json),
	    cmocka_unit_test(other_methods_are_refused),
	    cmocka_unit_test(is_unknown_without_the_setting),
	    cmocka_unit_test(done_twice),
	};

	return cmocka_run_group_tests_name("metrics_page", tests, NULL, NULL) +
	       TABLE_RUN("metrics_page: is unknown", rows, is_unknown);
}
