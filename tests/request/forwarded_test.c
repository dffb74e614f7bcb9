#include <string.h>

#include "ddnsgate/request/forwarded.h"

#include "table.h"

/* The elements of a list, from the right */

// clang-format off
static const struct list_row {
	const char *name;
	enum forwarded_syntax syntax;
	const char *list;
	const char *elements; /* each in <> */
} list_rows[] = {
	{ "none",           FORWARDED_LIST, "", "" },
	{ "blank",          FORWARDED_LIST, " \t", "" },
	{ "commas",         FORWARDED_LIST, ", ,,", "" },
	{ "one",            FORWARDED_LIST, "a", "<a>" },
	{ "three",          FORWARDED_LIST, "a, b ,c", "<c><b><a>" },
	{ "empty ones",     FORWARDED_LIST, ",a,,b, ", "<b><a>" },
	{ "quotes mean nothing", FORWARDED_LIST, "\"a,b\"", "<b\"><\"a>" },
	{ "comma in quotes", FORWARDED_RFC7239, "a,\"b,c\",d",
	  "<d><\"b,c\"><a>" },
	{ "quote in quotes", FORWARDED_RFC7239, "a,\"b\\\",c\"",
	  "<\"b\\\",c\"><a>" },
	{ "backslash in quotes", FORWARDED_RFC7239, "\"a\\\\\",b",
	  "<b><\"a\\\\\">" },
	{ "open on the left", FORWARDED_RFC7239, "\"a,b,c", "<c><b><\"a>" },
	{ "open on the right", FORWARDED_RFC7239, "a,b\"", "<a,b\">" },
};
// clang-format on

static void
takes_elements(void **state)
{
	const struct list_row *row = *state;
	struct span list = span_of(row->list);
	struct span element;
	char buf[64];
	struct text found;

	TEXT_INIT(&found, buf);
	while (forwarded_last(row->syntax, &list, &element))
		text_printf(&found, "<%.*s>", (int)element.len, element.ptr);
	assert_string_equal(buf, row->elements);
}

/* The address of an element */

#define LONG_NODE                                  \
	"0123456789012345678901234567890123456789" \
	"01234567890123456789012345"

// clang-format off
static const struct parse_row {
	const char *name;
	enum forwarded_syntax syntax;
	const char *element;
	const char *addr; /* NULL: ERR_SYNTAX */
} parse_rows[] = {
	{ "v4",             FORWARDED_LIST, "192.0.2.7", "192.0.2.7" },
	{ "v4, port",       FORWARDED_LIST, "192.0.2.7:1", "192.0.2.7" },
	{ "v4, highest port", FORWARDED_LIST, "192.0.2.7:65535", "192.0.2.7" },
	{ "v4, port too high", FORWARDED_LIST, "192.0.2.7:65536", NULL },
	{ "v4, no port",    FORWARDED_LIST, "192.0.2.7:", NULL },
	{ "v4, two ports",  FORWARDED_LIST, "192.0.2.7:80:80", NULL },
	{ "v4 in brackets", FORWARDED_LIST, "[192.0.2.7]", NULL },
	{ "v4 in brackets, port", FORWARDED_LIST, "[192.0.2.7]:80", NULL },
	{ "v6",             FORWARDED_LIST, "2001:db8::7", "2001:db8::7" },
	{ "v6 in brackets", FORWARDED_LIST, "[2001:db8::7]", "2001:db8::7" },
	{ "v6, port",       FORWARDED_LIST, "[2001:db8::7]:80",
	  "2001:db8::7" },
	{ "v6, no port",    FORWARDED_LIST, "[2001:db8::7]:", NULL },
	{ "v6, text behind", FORWARDED_LIST, "[2001:db8::7]x", NULL },
	{ "v6, eight groups and no port", FORWARDED_LIST,
	  "2001:db8:0:0:0:0:0:80", "2001:db8::80" },
	{ "v6, a ninth group", FORWARDED_LIST, "2001:db8:0:0:0:0:0:7:80",
	  NULL },
	{ "mapped",         FORWARDED_LIST, "[::ffff:192.0.2.7]:80",
	  "192.0.2.7" },
	{ "a zone",         FORWARDED_LIST, "fe80::1%eth0", "fe80::1" },
	{ "a port only",    FORWARDED_LIST, ":80", NULL },
	{ "unknown",        FORWARDED_LIST, "unknown", NULL },
	{ "for, v4",        FORWARDED_RFC7239, "for=192.0.2.7", "192.0.2.7" },
	{ "for, case",      FORWARDED_RFC7239, "FoR=192.0.2.7", "192.0.2.7" },
	{ "for, quoted",    FORWARDED_RFC7239, "for=\"192.0.2.7\"",
	  "192.0.2.7" },
	{ "for, quoted port", FORWARDED_RFC7239, "for=\"192.0.2.7:80\"",
	  "192.0.2.7" },
	{ "for, hidden port", FORWARDED_RFC7239, "for=\"192.0.2.7:_x\"",
	  "192.0.2.7" },
	{ "for, no hidden port", FORWARDED_RFC7239, "for=\"192.0.2.7:_\"",
	  NULL },
	{ "for, v6",        FORWARDED_RFC7239, "for=\"[2001:db8::7]\"",
	  "2001:db8::7" },
	{ "for, v6, port",  FORWARDED_RFC7239, "for=\"[2001:db8::7]:80\"",
	  "2001:db8::7" },
	{ "for, v6 without quotes", FORWARDED_RFC7239,
	  "for=[2001:db8::7]:80", "2001:db8::7" },
	{ "for, escapes",   FORWARDED_RFC7239, "for=\"\\192.0.2.\\7\"",
	  "192.0.2.7" },
	{ "among others",   FORWARDED_RFC7239,
	  "by=10.0.0.1; for=192.0.2.7 ;proto=https", "192.0.2.7" },
	{ "empty pairs",    FORWARDED_RFC7239, ";for=192.0.2.7;;",
	  "192.0.2.7" },
	{ "for in a quoted string", FORWARDED_RFC7239,
	  "host=\"x;for=192.0.2.8\";for=192.0.2.7", "192.0.2.7" },
	{ "quote in a quoted string", FORWARDED_RFC7239,
	  "host=\"\\\";for=192.0.2.8\";for=192.0.2.7", "192.0.2.7" },
	{ "none",           FORWARDED_RFC7239, "proto=https", NULL },
	{ "none, only by",  FORWARDED_RFC7239, "by=192.0.2.7", NULL },
	{ "two",            FORWARDED_RFC7239,
	  "for=192.0.2.7;for=192.0.2.7", NULL },
	{ "without =",      FORWARDED_RFC7239, "for", NULL },
	{ "empty",          FORWARDED_RFC7239, "for=", NULL },
	{ "empty, quoted",  FORWARDED_RFC7239, "for=\"\"", NULL },
	{ "a quote only",   FORWARDED_RFC7239, "for=\"", NULL },
	{ "open quote",     FORWARDED_RFC7239, "for=\"192.0.2.7", NULL },
	{ "open escape",    FORWARDED_RFC7239, "for=\"192.0.2.7\\", NULL },
	{ "text behind a quote", FORWARDED_RFC7239, "for=\"192.0.2.7\"x",
	  NULL },
	{ "hidden",         FORWARDED_RFC7239, "for=_hidden", NULL },
	{ "not known",      FORWARDED_RFC7239, "for=unknown", NULL },
	{ "an address alone", FORWARDED_RFC7239, "192.0.2.7", NULL },
	{ "too long",       FORWARDED_RFC7239, "for=" LONG_NODE, NULL },
	{ "too long, quoted", FORWARDED_RFC7239,
	  "for=\"192.0.2.7" LONG_NODE "\"", NULL },
};
// clang-format on

static void
parses(void **state)
{
	const struct parse_row *row = *state;
	struct ipaddr addr;
	char text[IPADDR_TEXT_SIZE];

	enum err err =
	    forwarded_parse(row->syntax, span_of(row->element), &addr);
	assert_int_equal(err, row->addr == NULL ? ERR_SYNTAX : ERR_OK);
	if (err != ERR_OK)
		return;
	ipaddr_format(&addr, text);
	assert_string_equal(text, row->addr);
}

int
main(void)
{
	return TABLE_RUN("forwarded: lists", list_rows, takes_elements) +
	       TABLE_RUN("forwarded: addresses", parse_rows, parses);
}
