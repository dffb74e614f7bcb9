#include <openssl/evp.h>
#include <string.h>

#include "ddnsgate/dns/tsig_key.h"

#include "table.h"

/* Names of algorithms */

// clang-format off
static const struct algorithm_name_row {
	const char *name;
	const char *text;
	enum err want;
	enum tsig_algorithm algorithm;
} algorithm_name_rows[] = {
	{ "md5",         "hmac-md5",     ERR_OK, TSIG_HMAC_MD5 },
	{ "md5, long",   "hmac-md5.sig-alg.reg.int", ERR_OK, TSIG_HMAC_MD5 },
	{ "md5, dot",    "HMAC-MD5.SIG-ALG.REG.INT.", ERR_OK, TSIG_HMAC_MD5 },
	{ "sha1",        "hmac-sha1",    ERR_OK, TSIG_HMAC_SHA1 },
	{ "sha224",      "hmac-sha224",  ERR_OK, TSIG_HMAC_SHA224 },
	{ "sha256",      "hmac-sha256",  ERR_OK, TSIG_HMAC_SHA256 },
	{ "sha384",      "hmac-sha384",  ERR_OK, TSIG_HMAC_SHA384 },
	{ "sha512",      "hmac-sha512",  ERR_OK, TSIG_HMAC_SHA512 },
	{ "upper case",  "HMAC-SHA256.", ERR_OK, TSIG_HMAC_SHA256 },
	{ "truncated",   "hmac-sha256-128", ERR_UNSUPPORTED, 0 },
	{ "GSS",         "gss-tsig",     ERR_UNSUPPORTED, 0 },
	{ "bare digest", "sha256",       ERR_UNSUPPORTED, 0 },
	{ "two dots",    "hmac-sha256..", ERR_UNSUPPORTED, 0 },
	{ "empty",       "",             ERR_UNSUPPORTED, 0 },
	{ "a dot",       ".",            ERR_UNSUPPORTED, 0 },
};
// clang-format on

static void
algorithm_is_parsed(void **state)
{
	const struct algorithm_name_row *row = *state;
	enum tsig_algorithm algorithm = 0;

	assert_int_equal(
	    tsig_algorithm_parse(span_of(row->text), &algorithm), row->want);
	assert_int_equal(algorithm, row->algorithm);
}

/* Keys */

// clang-format off
static const struct key_row {
	const char *name;
	const char *key;
	size_t secret_len;
	enum err want;
} key_rows[] = {
	{ "plain",              "key",     32,                  ERR_OK },
	{ "several labels",     "a.b.key", 32,                  ERR_OK },
	{ "the longest secret", "key",     TSIG_SECRET_MAX,     ERR_OK },
	{ "the shortest",       "key",     1,                   ERR_OK },
	{ "a secret too long",  "key",     TSIG_SECRET_MAX + 1, ERR_RANGE },
	{ "no secret",          "key",     0,                   ERR_RANGE },
	{ "no name",            "",        32,                  ERR_SYNTAX },
	{ "an empty label",     "a..b",    32,                  ERR_SYNTAX },
	{ "a blank",            "a b",     32,                  ERR_SYNTAX },
};
// clang-format on

static void
key_is_checked(void **state)
{
	const struct key_row *row = *state;
	const uint8_t secret[TSIG_SECRET_MAX + 1] = {'x'};
	struct tsig_key *key = NULL;

	assert_int_equal(tsig_key_new(row->key, TSIG_HMAC_SHA512, secret,
			     row->secret_len, &key),
	    row->want);
	assert_int_equal(key != NULL, row->want == ERR_OK);
	if (key != NULL) {
		assert_string_equal(tsig_key_name(key), row->key);
		assert_int_equal(tsig_key_algorithm(key), TSIG_HMAC_SHA512);
	}
	tsig_key_free(key);
}

/* Where libcrypto may use approved modules only, it refuses. */
static void
key_that_cannot_sign(void **state)
{
	const uint8_t secret[32] = {'x'};
	struct tsig_key *key = NULL;

	(void)state;
	assert_int_equal(EVP_set_default_properties(NULL, "fips=yes"), 1);
	enum err err =
	    tsig_key_new("key", TSIG_HMAC_MD5, secret, sizeof(secret), &key);
	assert_int_equal(EVP_set_default_properties(NULL, ""), 1);
	assert_int_equal(err, ERR_UNSUPPORTED);
	assert_null(key);
}

/* MACs: test case 1 of RFC 4231, in two parts */

#define SECRET_LEN 20 /* bytes of 0x0b */

static struct tsig_key *
vector_key(void)
{
	uint8_t secret[SECRET_LEN];
	struct tsig_key *key = NULL;

	memset(secret, 0x0b, sizeof(secret));
	assert_int_equal(
	    tsig_key_new("key", TSIG_HMAC_SHA224, secret, sizeof(secret), &key),
	    ERR_OK);
	return key;
}

static const struct span hi_there[] = {{"Hi", 2}, {" There", 6}};
static const uint8_t hi_there_mac[] = {0x89, 0x6f, 0xb1, 0x12, 0x8a, 0xbb, 0xdf,
    0x19, 0x68, 0x32, 0x10, 0x7c, 0xd4, 0x9d, 0xf3, 0x3f, 0x47, 0xb4, 0xb1,
    0x16, 0x99, 0x12, 0xba, 0x4f, 0x53, 0x68, 0x4b, 0x22};

static void
mac_covers_all_parts(void **state)
{
	struct tsig_key *key = vector_key();
	struct tsig_mac mac;

	(void)state;
	assert_int_equal(tsig_key_mac(key, hi_there, 2, &mac), ERR_OK);
	assert_int_equal(mac.len, sizeof(hi_there_mac));
	assert_int_equal(tsig_key_mac_len(key), sizeof(hi_there_mac));
	assert_memory_equal(mac.bytes, hi_there_mac, sizeof(hi_there_mac));
	tsig_key_free(key);
}

/* Neither another MAC nor the front of the right one is accepted. */
static void
mac_is_compared_whole(void **state)
{
	struct tsig_key *key = vector_key();
	size_t len = sizeof(hi_there_mac);
	uint8_t mac[sizeof(hi_there_mac) + 1] = {0};

	(void)state;
	memcpy(mac, hi_there_mac, len);
	assert_int_equal(
	    tsig_key_check_mac(key, hi_there, 2, mac, len), ERR_OK);
	assert_int_equal(
	    tsig_key_check_mac(key, hi_there, 1, mac, len), ERR_DNS_MAC);
	assert_int_equal(
	    tsig_key_check_mac(key, hi_there, 2, mac, len - 1), ERR_DNS_MAC);
	assert_int_equal(
	    tsig_key_check_mac(key, hi_there, 2, mac, len + 1), ERR_DNS_MAC);
	assert_int_equal(
	    tsig_key_check_mac(key, hi_there, 2, mac, 0), ERR_DNS_MAC);
	mac[len - 1] ^= 1;
	assert_int_equal(
	    tsig_key_check_mac(key, hi_there, 2, mac, len), ERR_DNS_MAC);
	tsig_key_free(key);
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(key_that_cannot_sign),
	    cmocka_unit_test(mac_covers_all_parts),
	    cmocka_unit_test(mac_is_compared_whole),
	};
	int failures = 0;

	failures += TABLE_RUN(
	    "tsig_key: algorithms", algorithm_name_rows, algorithm_is_parsed);
	failures += TABLE_RUN("tsig_key: keys", key_rows, key_is_checked);
	failures += cmocka_run_group_tests_name(
	    "tsig_key: singles", singles, NULL, NULL);
	return failures;
}
