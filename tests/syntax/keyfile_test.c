#include <string.h>

#include "ddnsgate/syntax/keyfile.h"

#include "table.h"

/* As tsig-keygen -a hmac-sha256 Dyn.key (9.18.49) wrote it. */
#define TSIG_KEYGEN                                                    \
	"key \"Dyn.key\" {\n"                                          \
	"\talgorithm hmac-sha256;\n"                                   \
	"\tsecret \"yW9KMAf6aELV/w62VabTLjfXJEnpxa1Rd2w/iQlajU0=\";\n" \
	"};\n"
#define TSIG_KEYGEN_HEX                    \
	"c96f4a3007fa6842d5ff0eb655a6d32e" \
	"37d72449e9c5ad51776c3f89095a8d4d"

/* As keymgr -t kn hmac-sha256 (3.2.6) wrote it. */
#define KEYMGR_LINE \
	"# hmac-sha256:kn:VN25LqmqGIG/MtOZ0bMuD+6cne6/hm3to43ioaYbHh0=\n"
#define KEYMGR_YAML                    \
	"key:\n"                       \
	"  - id: kn\n"                 \
	"    algorithm: hmac-sha256\n" \
	"    secret: VN25LqmqGIG/MtOZ0bMuD+6cne6/hm3to43ioaYbHh0=\n"
#define KEYMGR_HEX                         \
	"54ddb92ea9aa1881bf32d399d1b32e0f" \
	"ee9c9deebf866deda38de2a1a61b1e1d"

/* "secret", and what it is in hexadecimal */
#define SECRET "c2VjcmV0"
#define HEX "736563726574"

#define MAX_SECRET_BASE64_128                                              \
	"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVm" \
	"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVm"

// clang-format off
static const struct row {
	const char *name;
	const char *text;
	const char *key;
	enum tsig_algorithm algorithm;
	const char *secret; /* hexadecimal */
} rows[] = {
	{ "tsig-keygen",       TSIG_KEYGEN, "dyn.key", TSIG_HMAC_SHA256,
	  TSIG_KEYGEN_HEX },
	{ "keymgr",            KEYMGR_LINE KEYMGR_YAML, "kn", TSIG_HMAC_SHA256,
	  KEYMGR_HEX },
	{ "keymgr, its line",  KEYMGR_LINE, "kn", TSIG_HMAC_SHA256,
	  KEYMGR_HEX },
	{ "keymgr, its YAML",  KEYMGR_YAML, "kn", TSIG_HMAC_SHA256,
	  KEYMGR_HEX },
	{ "both tools'", TSIG_KEYGEN KEYMGR_YAML, "kn", TSIG_HMAC_SHA256,
	  KEYMGR_HEX },

	/* Lines */
	{ "line",              "hmac-sha512:k:" SECRET, "k", TSIG_HMAC_SHA512,
	  HEX },
	{ "line, blanks, case", " ##\tHMAC-SHA1:K.:" SECRET " \r\n", "k",
	  TSIG_HMAC_SHA1, HEX },
	{ "line among others", "hmac-md5:j:AAAA\n\nhmac-md5:k:" SECRET "\n", "k",
	  TSIG_HMAC_MD5, HEX },
	{ "line, dotted name", "hmac-sha384:a.B.c:" SECRET "\n", "a.b.c",
	  TSIG_HMAC_SHA384, HEX },
	{ "the first of two",  "hmac-sha224:k:" SECRET "\nhmac-md5:k:AAAA\n", "k",
	  TSIG_HMAC_SHA224, HEX },

	{ "line, byte order mark", "\xef\xbb\xbfhmac-sha1:k:" SECRET "\n",
	  "k", TSIG_HMAC_SHA1, HEX },

	/* Statements */
	{ "byte order mark",   "\xef\xbb\xbfkey k { algorithm hmac-sha1; "
	  "secret " SECRET "; };", "k", TSIG_HMAC_SHA1, HEX },
	{ "statement on a line", "key k{algorithm hmac-sha1;secret " SECRET ";};",
	  "k", TSIG_HMAC_SHA1, HEX },
	{ "other order",       "key k { secret \"" SECRET "\"; algorithm "
	  "\"hmac-sha1\"; };", "k", TSIG_HMAC_SHA1, HEX },
	{ "long md5 name",     "key k { algorithm hmac-md5.sig-alg.reg.int.; "
	  "secret \"" SECRET "\"; };", "k", TSIG_HMAC_MD5, HEX },
	{ "comments",          "// key k { secret \"AAAA\"; algorithm hmac-md5; };\n"
	  "# key k {\n/* key\nk { */ key /* } */ k { // ;\nalgorithm # ;\n"
	  "hmac-md5; secret \"" SECRET "\"; };", "k", TSIG_HMAC_MD5, HEX },
	{ "in named.conf",     "options { directory \"/var\"; listen-on { any; };\n"
	  "};\nacl a { key j; key \"k\"; };\nkey j { algorithm hmac-md5; secret "
	  "\"AAAA\"; };\nkey k { algorithm hmac-sha1; secret \"" SECRET "\"; };\n"
	  "zone a { type primary; update-policy { grant k zonesub A; }; };\n",
	  "k", TSIG_HMAC_SHA1, HEX },
	{ "not the one of a view", "view v { match-clients { any; }; key k { "
	  "algorithm hmac-md5; secret \"AAAA\"; }; };\nkey k { algorithm "
	  "hmac-sha1; secret \"" SECRET "\"; };\n", "k", TSIG_HMAC_SHA1, HEX },
	{ "key in other case", "KEY \"K\" { Algorithm HMAC-SHA1; Secret \"" SECRET
	  "\"; };", "k", TSIG_HMAC_SHA1, HEX },

	/* YAML */
	{ "YAML, byte order mark", "\xef\xbb\xbfkey:\n- id: k\n"
	  "  algorithm: hmac-sha1\n  secret: " SECRET "\n", "k",
	  TSIG_HMAC_SHA1, HEX },
	{ "quoted",            "key:\n- id: \"k\"\n  algorithm: \"hmac-sha1\"\n"
	  "  secret: \"" SECRET "\"\n", "k", TSIG_HMAC_SHA1, HEX },
	{ "comments",          "# keys\nkey: # here\n  # one\n  - id: k # name\n"
	  "\n    algorithm: hmac-sha1\n    secret: " SECRET " # all\n", "k",
	  TSIG_HMAC_SHA1, HEX },
	{ "the second",        "key:\n  - id: j\n    algorithm: hmac-md5\n"
	  "    secret: AAAA\n  - id: K.\n    algorithm: hmac-sha1\n    secret: "
	  SECRET "\n", "k", TSIG_HMAC_SHA1, HEX },
	{ "in knot.conf",      "server:\n    listen: ::1@53\nkey:\n  - id: k\n"
	  "    algorithm: hmac-sha1\n    secret: " SECRET "\nacl:\n  - id: k\n"
	  "    key: k\n    secret: AAAA\n", "k", TSIG_HMAC_SHA1, HEX },
	{ "carriage returns",  "key:\r\n  - id: k\r\n    algorithm: hmac-sha1\r\n"
	  "    secret: " SECRET "\r\n", "k", TSIG_HMAC_SHA1, HEX },
};

static const struct problem_row {
	const char *name;
	const char *text;
	enum err want;
	unsigned line;
	const char *why;
} problem_rows[] = {
	{ "empty",             "", ERR_ABSENT, 0, "has no key" },
	{ "only comments",     "# a\n// b\n/* c", ERR_ABSENT, 0, "has no key" },
	{ "rubbish",           "\x01\xff{{{}}};;\"\"key", ERR_ABSENT, 0,
	  "has no key" },
	{ "another name",      TSIG_KEYGEN, ERR_ABSENT, 0,
	  "has no key of this name" },
	{ "another name, YAML", KEYMGR_YAML, ERR_ABSENT, 0,
	  "has no key of this name" },
	{ "another name, line", KEYMGR_LINE, ERR_ABSENT, 0,
	  "has no key of this name" },
	{ "a reference only",  "acl a { key \"k\"; }; server ::1 { keys k; };",
	  ERR_ABSENT, 0, "has no key" },
	{ "in another section", "acl:\n  - id: k\n    algorithm: hmac-md5\n"
	  "    secret: AAAA\n", ERR_ABSENT, 0, "has no key" },
	{ "line, unknown algorithm", "hmac-sha3:k:" SECRET, ERR_ABSENT, 0,
	  "has no key" },
	{ "line, not base64",  "\nhmac-sha1:k:c2VjcmV0=\n", ERR_SYNTAX, 2,
	  "the secret is not base64" },
	{ "line, a field more", "hmac-sha1:k:" SECRET ":x\n", ERR_OK, 0, "" },
	{ "no algorithm",      "\nkey k { secret \"" SECRET "\"; };", ERR_SYNTAX, 2,
	  "the key has no algorithm" },
	{ "no secret",         "key k {\nalgorithm hmac-md5; };", ERR_SYNTAX, 1,
	  "the key has no secret" },
	{ "unknown algorithm", "key k {\nalgorithm\nhmac-md6;\nsecret \"" SECRET
	  "\"; };", ERR_SYNTAX, 3, "the algorithm is not known" },
	{ "not base64",        "key k {\nalgorithm hmac-md5;\nsecret \"####\"; };",
	  ERR_SYNTAX, 3, "the secret is not base64" },
	{ "cut off",           "key k { algorithm hmac-md5; secret \"" SECRET,
	  ERR_SYNTAX, 1, "the key has no end" },
	{ "no brace",          "key k { algorithm hmac-md5; secret \"" SECRET "\";",
	  ERR_SYNTAX, 1, "the key has no end" },
	{ "YAML, no secret",   "key:\n\n  - id: k\n    algorithm: hmac-md5\n",
	  ERR_SYNTAX, 3, "the key has no secret" },
	{ "YAML, no algorithm", "key:\n  - id: k\n    secret: AAAA\n", ERR_SYNTAX,
	  2, "the key has no algorithm" },
	{ "YAML, not base64",  "key:\n  - id: k\n    algorithm: hmac-md5\n"
	  "    secret: A\n", ERR_SYNTAX, 4, "the secret is not base64" },
	{ "too long",          "hmac-sha1:k:" MAX_SECRET_BASE64_128
	  MAX_SECRET_BASE64_128 MAX_SECRET_BASE64_128 MAX_SECRET_BASE64_128
	  MAX_SECRET_BASE64_128 MAX_SECRET_BASE64_128, ERR_SYNTAX, 1,
	  "the secret is too long" },
};
// clang-format on

static void
keys(void **state)
{
	const struct row *row = *state;
	struct keyfile_key key;
	struct keyfile_problem problem;
	char buf[2 * TSIG_SECRET_MAX + 1];
	struct text secret;

	assert_int_equal(
	    keyfile_find(span_of(row->text), span_of(row->key), &key, &problem),
	    ERR_OK);
	assert_string_equal(key.name, row->key);
	assert_int_equal(key.algorithm, row->algorithm);
	TEXT_INIT(&secret, buf);
	text_put_hex(&secret, key.secret, key.secret_len);
	assert_string_equal(buf, row->secret);
}

static void
problems(void **state)
{
	const struct problem_row *row = *state;
	struct keyfile_key key = {.name = "untouched"};
	struct keyfile_problem problem = {0, ""};

	assert_int_equal(
	    keyfile_find(span_of(row->text), span_of("k"), &key, &problem),
	    row->want);
	assert_int_equal(problem.line, row->line);
	assert_string_equal(problem.why, row->why);
	if (row->want != ERR_OK)
		assert_string_equal(key.name, "untouched");
}

int
main(void)
{
	int failures = 0;

	failures += TABLE_RUN("keyfile: keys", rows, keys);
	failures += TABLE_RUN("keyfile: problems", problem_rows, problems);
	return failures;
}
