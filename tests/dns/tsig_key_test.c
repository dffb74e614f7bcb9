#include <openssl/evp.h>
#include <pthread.h>
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

/* Against libcrypto's own HMAC: secrets of up to a block, and longer. */

// clang-format off
static const struct mac_row {
	const char *name;
	enum tsig_algorithm algorithm;
	const char *digest;
	size_t block_len;
} mac_rows[] = {
	{ "MD5",    TSIG_HMAC_MD5,    "MD5",    64 },
	{ "SHA1",   TSIG_HMAC_SHA1,   "SHA1",   64 },
	{ "SHA224", TSIG_HMAC_SHA224, "SHA224", 64 },
	{ "SHA256", TSIG_HMAC_SHA256, "SHA256", 64 },
	{ "SHA384", TSIG_HMAC_SHA384, "SHA384", 128 },
	{ "SHA512", TSIG_HMAC_SHA512, "SHA512", 128 },
};
// clang-format on

static void
check_mac_of(const struct mac_row *row, size_t secret_len)
{
	uint8_t secret[TSIG_SECRET_MAX], want[TSIG_MAC_MAX];
	struct tsig_key *key = NULL;
	struct tsig_mac mac;
	size_t want_len = 0;

	for (size_t i = 0; i < secret_len; i++)
		secret[i] = (uint8_t)(i * 7 + 1);
	assert_int_equal(
	    tsig_key_new("key", row->algorithm, secret, secret_len, &key),
	    ERR_OK);
	assert_int_equal(tsig_key_mac(key, hi_there, 2, &mac), ERR_OK);
	assert_non_null(EVP_Q_mac(NULL, "HMAC", NULL, row->digest, NULL, secret,
	    secret_len, (const uint8_t *)"Hi There", strlen("Hi There"), want,
	    sizeof(want), &want_len));
	assert_int_equal(mac.len, want_len);
	assert_memory_equal(mac.bytes, want, want_len);
	tsig_key_free(key);
}

static void
mac_is_hmac(void **state)
{
	const struct mac_row *row = *state;

	check_mac_of(row, 1);
	check_mac_of(row, row->block_len - 1);
	check_mac_of(row, row->block_len);
	check_mac_of(row, row->block_len + 1);
	check_mac_of(row, TSIG_SECRET_MAX);
}

/* Each thread has one context for all keys. */

#define THREADS 4
#define TURNS 200

static void *
alternate(void *arg)
{
	struct tsig_key *const *keys = arg;
	struct tsig_mac first[2], mac;
	size_t equal = 0;

	for (size_t i = 0; i < 2; i++)
		tsig_key_mac(keys[i], hi_there, 2, &first[i]);
	for (size_t i = 0; i < TURNS; i++) {
		equal +=
		    tsig_key_mac(keys[i % 2], hi_there, 2, &mac) == ERR_OK &&
		    mac.len == first[i % 2].len &&
		    memcmp(mac.bytes, first[i % 2].bytes, mac.len) == 0;
	}
	return equal == TURNS && first[0].len != first[1].len ? arg : NULL;
}

static void
keys_take_turns_in_threads(void **state)
{
	const uint8_t secret[] = "secret";
	struct tsig_key *keys[2] = {vector_key(), NULL};
	pthread_t threads[THREADS];
	void *result;

	(void)state;
	assert_int_equal(tsig_key_new("other", TSIG_HMAC_SHA512, secret,
			     sizeof(secret), &keys[1]),
	    ERR_OK);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, alternate, keys), 0);
	for (size_t i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], &result), 0);
		assert_ptr_equal(result, keys);
	}
	tsig_key_free(keys[0]);
	tsig_key_free(keys[1]);
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(key_that_cannot_sign),
	    cmocka_unit_test(mac_covers_all_parts),
	    cmocka_unit_test(mac_is_compared_whole),
	    cmocka_unit_test(keys_take_turns_in_threads),
	};
	int failures = 0;

	failures += TABLE_RUN(
	    "tsig_key: algorithms", algorithm_name_rows, algorithm_is_parsed);
	failures += TABLE_RUN("tsig_key: keys", key_rows, key_is_checked);
	failures += TABLE_RUN("tsig_key: MACs", mac_rows, mac_is_hmac);
	failures += cmocka_run_group_tests_name(
	    "tsig_key: singles", singles, NULL, NULL);
	return failures;
}
