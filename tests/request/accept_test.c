#include <stdio.h>
#include <string.h>

#include "ddnsgate/request/accept.h"

#include "table.h"

#define JSON "application/json"

// clang-format off
static const struct row {
	const char *name;
	const char *header;
	bool json;
} rows[] = {
	{ "nothing",               "",                        false },
	{ "blanks",                " \t ",                    false },
	{ "anything",              "*/*",                     false },
	{ "words",                 "text/plain",              false },
	{ "JSON",                  JSON,                      true },
	{ "JSON, no case",         "Application/JSON",        true },
	{ "JSON, blanks around",   " \t" JSON " \t",          true },
	{ "another",               "application/jso",         false },
	{ "another that goes on",  "application/json5",       false },
	{ "a kind of JSON",        "application/problem+json", false },
	/* Which is better? */
	{ "axios",                 JSON ", text/plain, */*",  false },
	{ "JSON or anything",      JSON ", */*",              false },
	{ "JSON, then anything",   JSON ", */*;q=0.1",        true },
	{ "JSON a little better",  JSON ";q=0.501, text/plain;q=0.5", true },
	{ "words a little better", JSON ";q=0.5, text/plain;q=0.501", false },
	{ "equal",                 JSON ";q=0.5,text/plain;q=0.500", false },
	{ "JSON, barely",          JSON ";q=0.1",             true },
	{ "JSON, barely, or anything", JSON ";q=0.1, */*",    false },
	{ "JSON, the least",       JSON ";q=0.001",           true },
	{ "no JSON",               JSON ";q=0",               false },
	{ "no JSON, else anything", JSON ";q=0, */*",         false },
	{ "no words",              "text/plain;q=0, */*",     true },
	{ "no text at all",        "text/*;q=0, */*;q=0.1",   true },
	{ "neither",               "image/png",               false },
	{ "a browser",             "text/html,application/xhtml+xml,"
	  "application/xml;q=0.9,*/*;q=0.8",                  false },
	{ "HTML or JSON",          "text/html, " JSON,        true },
	{ "any text or JSON",      "text/*, " JSON,           false },
	{ "any text, less, or JSON", "text/*;q=0.9, " JSON,   true },
	/* The most specific range counts, wherever it stands. */
	{ "any application",       "application/*",           true },
	{ "any application, less", "application/*;q=0.5, */*", false },
	{ "JSON before its type",  JSON ";q=0.2, application/*, text/plain;q=0.5",
	  false },
	{ "its type before any",   "*/*;q=0.1, application/*;q=0.7, "
	  "text/*;q=0.6",                                     true },
	{ "the type after itself", "text/*;q=0.9, text/plain;q=0.1, " JSON
	  ";q=0.5",                                           true },
	{ "twice",                 JSON ";q=0.1, " JSON ", text/plain;q=0.5",
	  true },
	{ "twice, the better first", JSON ", " JSON ";q=0.1, text/plain;q=0.5",
	  true },
	/* Parameters */
	{ "charset",               JSON "; charset=utf-8",    true },
	{ "charset and quality",   JSON ";charset=\"utf-8\";q=0.4, "
	  "text/plain;q=0.5",                                 false },
	{ "Q",                     JSON "; Q=0.4, text/plain;q=0.5", false },
	{ "an extension",          JSON ";q=0.4;x=1, text/plain;q=0.3", true },
	{ "an extension, no value", JSON ";q=0.4;x, text/plain;q=0.3", true },
	{ "quoted comma",          "x/y;a=\"," JSON "\"",     false },
	{ "quoted mark",           "x/y;a=\"\\\"," JSON "\"", false },
	{ "behind a quoted mark",  "x/y;a=\"\\\\\"," JSON,    true },
	{ "empty parameters",      JSON ";;q=0.4; , text/plain;q=0.3", true },
	{ "blanks around a parameter", JSON " \t; \tq=0.4 , text/plain;q=0.3",
	  true },
	/* Lists */
	{ "empty elements",        ",, " JSON " ,,",          true },
	{ "only commas",           ",,",                      false },
	/* Qualities */
	{ "q=1.000",               JSON ";q=1.000",           true },
	{ "q=1.",                  JSON ";q=1.",              true },
	{ "q=0.000",               JSON ";q=0.000",           false },
	{ "q=1.001",               JSON ";q=1.001",           false },
	{ "q=2",                   JSON ";q=2",               false },
	{ "four decimals",         JSON ";q=0.5000",          false },
	{ "q=",                    JSON ";q=",                false },
	{ "q",                     JSON ";q",                 false },
	{ "q=x",                   JSON ";q=x",               false },
	{ "q=-1",                  JSON ";q=-1",              false },
	{ "q=.5",                  JSON ";q=.5",              false },
	{ "q=05",                  JSON ";q=05",              false },
	{ "q=0,5",                 JSON ";q=0,5",             false },
	{ "q, quoted",             JSON ";q=\"0.5\"",         false },
	{ "blank before =",        JSON ";q =1",              false },
	/* Malformed: nothing is preferred */
	{ "no subtype",            JSON ", text",             false },
	{ "*",                     "*, " JSON,                false },
	{ "any type of a kind",    "*/json, " JSON,           false },
	{ "an empty type",         "/json, " JSON,            false },
	{ "an empty subtype",      JSON ", x/",               false },
	{ "a second slash",        JSON ", x/y/z",            false },
	{ "a blank inside",        "application / json",      false },
	{ "no comma",              JSON " text/html",         false },
	{ "a semicolon first",     ";" JSON,                  false },
	{ "an open quotation",     JSON ";a=\"x",             false },
	{ "an open quotation, escaped end", JSON ";a=\"x\\\"", false },
	{ "an open quotation, backslash", JSON ";a=\"x\\",    false },
	{ "a control character",   JSON "\r\n",               false },
	{ "not ASCII",             JSON ", x/\xc3\xa4",       false },
};
// clang-format on

static void
prefers(void **state)
{
	const struct row *row = *state;

	assert_int_equal(accept_prefers_json(span_of(row->header)), row->json);
}

/* So long, and with so many ranges: not one more. */
static void
has_limits(void **state)
{
	static char header[ACCEPT_LEN_MAX + 2];
	struct text text;

	(void)state;
	memset(header, ' ', ACCEPT_LEN_MAX + 1);
	memcpy(header, JSON, strlen(JSON));
	assert_true(accept_prefers_json((struct span){header, ACCEPT_LEN_MAX}));
	assert_false(
	    accept_prefers_json((struct span){header, ACCEPT_LEN_MAX + 1}));
	TEXT_INIT(&text, header);
	text_puts(&text, JSON);
	for (int i = 1; i < ACCEPT_RANGES_MAX; i++)
		text_puts(&text, ",x/y");
	assert_true(accept_prefers_json(text_span(&text)));
	text_puts(&text, ",x/y");
	assert_false(accept_prefers_json(text_span(&text)));
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(has_limits),
	};

	return TABLE_RUN("accept: prefers", rows, prefers) +
	       cmocka_run_group_tests_name(
		   "accept: singles", singles, NULL, NULL);
}
