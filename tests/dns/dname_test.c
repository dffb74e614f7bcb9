#include <string.h>

#include "ddnsgate/dns/dname.h"

#include "table.h"

#define LABEL_61 "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghija"
#define LABEL_62 LABEL_61 "b"
#define LABEL_63 LABEL_62 "c"
#define LABEL_64 LABEL_63 "d"
#define THREE_LABELS LABEL_63 "." LABEL_63 "." LABEL_63
#define NAME_253 THREE_LABELS "." LABEL_61
#define NAME_254 THREE_LABELS "." LABEL_62

/* Names and their canonical form */

// clang-format off
static const struct name_row {
	const char *name;
	const char *text;
	bool wildcard;
	enum err want;
	const char *canonical;
} name_rows[] = {
	{ "plain",            "h1.dyn.example.org",  false, ERR_OK,
	  "h1.dyn.example.org" },
	{ "upper case",       "H1.Dyn.EXAMPLE.org",  false, ERR_OK,
	  "h1.dyn.example.org" },
	{ "final dot",        "h1.example.org.",     false, ERR_OK,
	  "h1.example.org" },
	{ "one label",        "nas",                 false, ERR_OK, "nas" },
	{ "one letter",       "a",                   false, ERR_OK, "a" },
	{ "digits",           "1.2.3",               false, ERR_OK, "1.2.3" },
	{ "underscore",       "_dmarc.a_b.org",      false, ERR_OK,
	  "_dmarc.a_b.org" },
	{ "hyphens inside",   "a--b.c-d",            false, ERR_OK, "a--b.c-d" },
	{ "IDN as A-label",   "XN--BCHER-KVA.example", false, ERR_OK,
	  "xn--bcher-kva.example" },
	{ "empty",            "",                    false, ERR_SYNTAX, NULL },
	{ "the root",         ".",                   false, ERR_SYNTAX, NULL },
	{ "two dots",         "..",                  false, ERR_SYNTAX, NULL },
	{ "two final dots",   "a.example..",         false, ERR_SYNTAX, NULL },
	{ "dot before",       ".a.example",          false, ERR_SYNTAX, NULL },
	{ "empty label",      "a..example",          false, ERR_SYNTAX, NULL },
	{ "hyphen before",    "-a.example",          false, ERR_SYNTAX, NULL },
	{ "hyphen after",     "a-.example",          false, ERR_SYNTAX, NULL },
	{ "hyphen at the end", "a.example-",         false, ERR_SYNTAX, NULL },
	{ "hyphen alone",     "a.-.example",         false, ERR_SYNTAX, NULL },
	{ "blank",            "a b.example",         false, ERR_SYNTAX, NULL },
	{ "blank after",      "a.example ",          false, ERR_SYNTAX, NULL },
	{ "new line",         "a.example\n",         false, ERR_SYNTAX, NULL },
	{ "escape",           "a\\.b.example",       false, ERR_SYNTAX, NULL },
	{ "slash",            "a/b.example",         false, ERR_SYNTAX, NULL },
	{ "URL",              "https://a.example/",  false, ERR_SYNTAX, NULL },
	{ "at sign",          "@",                   false, ERR_SYNTAX, NULL },
	{ "colon",            "a.example:80",        false, ERR_SYNTAX, NULL },
	{ "comma",            "a.example,b.example", false, ERR_SYNTAX, NULL },
	{ "IPv6",             "2001:db8::7",         false, ERR_SYNTAX, NULL },
	{ "not ASCII",        "b\xc3\xbc" "cher.example", false, ERR_SYNTAX,
	  NULL },
	{ "placeholder of inadyn",  "%h",            false, ERR_SYNTAX, NULL },
	{ "placeholder of Synology", "__HOSTNAME__", false, ERR_OK,
	  "__hostname__" },
	{ "placeholder of a FRITZ!Box", "<domain>",  false, ERR_SYNTAX, NULL },
	{ "placeholder of DD-WRT", "[DOMAIN]",       false, ERR_SYNTAX, NULL },

	{ "wildcard",         "*.dyn.Example.org.",  true,  ERR_OK,
	  "*.dyn.example.org" },
	{ "wildcard, short",  "*",                   true,  ERR_OK, "*" },
	{ "wildcard not asked for", "*.example.org", false, ERR_SYNTAX, NULL },
	{ "wildcard inside",  "a.*.org",             true,  ERR_SYNTAX, NULL },
	{ "wildcard last",    "a.*",                 true,  ERR_SYNTAX, NULL },
	{ "wildcard twice",   "*.*.org",             true,  ERR_SYNTAX, NULL },
	{ "wildcard and more", "*a.org",             true,  ERR_SYNTAX, NULL },
	{ "wildcard and no label", "*.",             true,  ERR_OK, "*" },
	{ "wildcard, empty label", "*..",            true,  ERR_SYNTAX, NULL },
	{ "plain, wildcard allowed", "a.org",        true,  ERR_OK, "a.org" },

	{ "label of 63",      LABEL_63 ".org",       false, ERR_OK,
	  LABEL_63 ".org" },
	{ "label of 64",      LABEL_64 ".org",       false, ERR_RANGE, NULL },
	{ "last label of 64", "a." LABEL_64,         false, ERR_RANGE, NULL },
	{ "name of 253",      NAME_253,              false, ERR_OK, NAME_253 },
	{ "name of 253 and a dot", NAME_253 ".",     false, ERR_OK, NAME_253 },
	{ "name of 254",      NAME_254,              false, ERR_RANGE, NULL },
	{ "name of 254 and a dot", NAME_254 ".",     false, ERR_RANGE, NULL },
};
// clang-format on

static void
names(void **state)
{
	const struct name_row *row = *state;
	char buf[DNAME_SIZE] = "untouched";

	assert_int_equal(
	    dname_canonical(span_of(row->text), row->wildcard, buf), row->want);
	assert_string_equal(
	    buf, row->want == ERR_OK ? row->canonical : "untouched");
}

static void
span_need_not_end(void **state)
{
	char buf[DNAME_SIZE];

	(void)state;
	assert_int_equal(
	    dname_canonical((struct span){"a.example", 3}, false, buf), ERR_OK);
	assert_string_equal(buf, "a.e");
	assert_int_equal(
	    dname_canonical((struct span){"a.e\0ample", 9}, false, buf),
	    ERR_SYNTAX);
	assert_int_equal(
	    dname_canonical((struct span){NULL, 0}, false, buf), ERR_SYNTAX);
}

/* Vectors of draft-eastlake-fnv-17, appendix C, folded once. */
static void
hashes(void **state)
{
	(void)state;
	assert_int_equal(dname_hash(""), 0x811c9dc5 ^ 0x811c);
	assert_int_equal(dname_hash("a"), 0xe40c292c ^ 0xe40c);
	assert_int_equal(dname_hash("foobar"), 0xbf9cf968 ^ 0xbf9c);
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(span_need_not_end),
	    cmocka_unit_test(hashes),
	};
	int failures = 0;

	failures += TABLE_RUN("dname: names", name_rows, names);
	failures +=
	    cmocka_run_group_tests_name("dname: singles", singles, NULL, NULL);
	return failures;
}
