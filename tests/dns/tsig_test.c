#include <pthread.h>
#include <string.h>

#include "ddnsgate/dns/tsig.h"
#include "ddnsgate/dns/wire.h"

#include "hex.h"
#include "sign_answer.h"
#include "table.h"
#include "tsig_vectors.h"

#define MESSAGE_SIZE 1024

struct message {
	uint8_t bytes[MESSAGE_SIZE];
	size_t len;
};

static struct message
message_of(const char *hex)
{
	struct message message = {.len = 0};

	message.len = hex_bytes(hex, message.bytes, sizeof(message.bytes));
	return message;
}

static struct tsig_key *
new_key(enum tsig_algorithm algorithm)
{
	struct tsig_key *key = NULL;
	const char *secret = VECTOR_SECRET;

	assert_int_equal(tsig_key_new(VECTOR_KEY, algorithm,
			     (const uint8_t *)secret, strlen(secret), &key),
	    ERR_OK);
	return key;
}

static enum err
sign(const struct tsig_key *key, struct message *message, struct tsig_mac *mac)
{
	return tsig_sign(key, VECTOR_NOW, message->bytes,
	    sizeof(message->bytes), &message->len, mac);
}

static enum err
verify(const struct tsig_key *key, const struct tsig_mac *mac,
    struct message *message)
{
	return tsig_verify(key, VECTOR_NOW, mac, message->bytes, &message->len);
}

/* The MAC of the query that all answers in answer_rows belong to. */
static struct tsig_mac
query_mac(const struct tsig_key *key)
{
	struct message query = message_of(VECTOR_QUERY);
	struct tsig_mac mac;

	assert_int_equal(sign(key, &query, &mac), ERR_OK);
	return mac;
}

static void
assert_same(const struct message *a, const struct message *b)
{
	assert_int_equal(a->len, b->len);
	assert_memory_equal(a->bytes, b->bytes, a->len);
}

/* Signatures as dnspython makes them */

static void
query_is_signed(void **state)
{
	const struct algorithm_row *row = *state;
	struct tsig_key *key = new_key(row->algorithm);
	struct message query = message_of(VECTOR_QUERY);
	struct message want = message_of(row->request);
	struct tsig_mac mac;

	assert_int_equal(sign(key, &query, &mac), ERR_OK);
	assert_same(&query, &want);
	assert_true(want.len <= WIRE_HEADER_LEN + 24 + TSIG_RR_MAX);
	tsig_key_free(key);
}

static void
answer_is_verified(void **state)
{
	const struct algorithm_row *row = *state;
	struct tsig_key *key = new_key(row->algorithm);
	struct tsig_mac mac = query_mac(key);
	struct message answer = message_of(row->answer);

	assert_int_equal(verify(key, &mac, &answer), ERR_OK);
	assert_int_equal(verify(key, &mac, &answer), ERR_DNS_UNSIGNED);
	tsig_key_free(key);
}

static void
other_algorithms_are_refused(void **state)
{
	const struct algorithm_row *row = *state;

	for (int i = TSIG_HMAC_MD5; i <= TSIG_HMAC_SHA512; i++) {
		struct message answer = message_of(row->answer);
		struct tsig_key *key = new_key((enum tsig_algorithm)i);
		struct tsig_mac mac = query_mac(key);
		if ((enum tsig_algorithm)i != row->algorithm)
			assert_int_equal(
			    verify(key, &mac, &answer), ERR_DNS_MAC);
		tsig_key_free(key);
	}
}

/* Answers right and wrong */

static void
answer_is_checked(void **state)
{
	const struct answer_row *row = *state;
	struct tsig_key *key = new_key(TSIG_HMAC_SHA256);
	struct tsig_mac mac = query_mac(key);
	struct message answer = message_of(row->answer);
	struct message before = answer;
	uint64_t now = VECTOR_NOW + (uint64_t)(int64_t)row->ahead;

	assert_int_equal(
	    tsig_verify(key, now, &mac, answer.bytes, &answer.len), row->want);
	if (row->want == ERR_OK) {
		assert_true(answer.len < before.len);
		assert_int_equal(verify(key, &mac, &answer), ERR_DNS_UNSIGNED);
	} else {
		assert_same(&answer, &before);
	}
	tsig_key_free(key);
}

/* What is left after verification is what was signed. */
static void
tsig_is_removed(void **state)
{
	struct tsig_key *key = new_key(TSIG_HMAC_SHA256);
	struct tsig_mac mac = query_mac(key);
	const struct sign_answer_key server = {VECTOR_KEY, VECTOR_SECRET};
	struct message plain = message_of(VECTOR_QUERY);
	struct message answer = plain;

	(void)state;
	answer.len =
	    sign_answer(&server, &mac, VECTOR_NOW, 0, answer.bytes, answer.len);
	assert_int_equal(verify(key, &mac, &answer), ERR_OK);
	assert_same(&answer, &plain);
	answer.len = sign_answer(&server, &mac, VECTOR_NOW, SIGN_ANSWER_BADTIME,
	    answer.bytes, answer.len);
	assert_int_equal(verify(key, &mac, &answer), ERR_DNS_BADTIME);
	tsig_key_free(key);
}

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

/*
 * Does the MAC not cover this change of a byte?  That is so for the ID, since
 * the original one is signed, and for upper and lower case in the names of key
 * and algorithm, which are signed in lower case.
 */
static bool
is_not_covered(
    const struct message *answer, size_t at, size_t tsig_at, uint8_t changed)
{
	size_t algorithm_at = tsig_at + sizeof("_key.dyn.example.org") + 10;
	size_t algorithm_end = algorithm_at + sizeof("_hmac-sha256");
	bool in_owner = at >= tsig_at && at < algorithm_at - 10;
	bool in_algorithm = at >= algorithm_at && at < algorithm_end;

	if (at < 2)
		return true;
	return (in_owner || in_algorithm) &&
	       lower(answer->bytes[at]) == lower(changed);
}

/* No byte of a signed answer can become any other. */
static void
every_change_is_noticed(void **state)
{
	struct tsig_key *key = new_key(TSIG_HMAC_SHA256);
	struct tsig_mac mac = query_mac(key);
	const struct message answer =
	    message_of(algorithm_rows[TSIG_HMAC_SHA256].answer);
	struct message stripped = answer;

	(void)state;
	assert_int_equal(verify(key, &mac, &stripped), ERR_OK);
	for (size_t at = 0; at < answer.len; at++) {
		for (unsigned flip = 1; flip < 256; flip++) {
			struct message changed = answer;
			uint8_t byte = (uint8_t)(answer.bytes[at] ^ flip);
			changed.bytes[at] = byte;
			bool accepted =
			    is_not_covered(&answer, at, stripped.len, byte);
			enum err err = verify(key, &mac, &changed);
			if ((err == ERR_OK) != accepted)
				fail_msg("byte %zu, %02x for %02x: %s", at,
				    byte, answer.bytes[at], err_name(err));
		}
	}
	tsig_key_free(key);
}

/* Nor can it be truncated anywhere. */
static void
every_cut_is_noticed(void **state)
{
	struct tsig_key *key = new_key(TSIG_HMAC_SHA256);
	struct tsig_mac mac = query_mac(key);
	const struct message answer =
	    message_of(algorithm_rows[TSIG_HMAC_SHA256].answer);

	(void)state;
	for (size_t len = 0; len < answer.len; len++) {
		struct message cut = answer;
		cut.len = len;
		assert_int_equal(verify(key, &mac, &cut), ERR_DNS_GARBAGE);
	}
	tsig_key_free(key);
}

/* Lengths */

static void
signature_must_fit(void **state)
{
	struct tsig_key *key = new_key(TSIG_HMAC_SHA256);
	struct message query = message_of(VECTOR_QUERY);
	struct message before = query;
	struct message want =
	    message_of(algorithm_rows[TSIG_HMAC_SHA256].request);
	struct tsig_mac mac;

	(void)state;
	assert_int_equal(tsig_sign(key, VECTOR_NOW, query.bytes, want.len - 1,
			     &query.len, &mac),
	    ERR_RANGE);
	assert_same(&query, &before);
	assert_int_equal(
	    tsig_sign(key, VECTOR_NOW, query.bytes, want.len, &query.len, &mac),
	    ERR_OK);
	assert_same(&query, &want);
	tsig_key_free(key);
}

static void
additional_records_are_counted(void **state)
{
	struct tsig_key *key = new_key(TSIG_HMAC_SHA256);
	struct message query = message_of(VECTOR_QUERY);
	struct tsig_mac mac;

	(void)state;
	query.bytes[WIRE_ARCOUNT_AT] = 0xff;
	query.bytes[WIRE_ARCOUNT_AT + 1] = 0xff;
	assert_int_equal(sign(key, &query, &mac), ERR_RANGE);
	tsig_key_free(key);
}

/* Threads: what this test cannot see, the thread sanitizer does */

#define THREADS 8
#define ROUNDS 200

static void *
sign_and_verify(void *shared)
{
	const struct tsig_key *key = shared;

	for (int i = 0; i < ROUNDS; i++) {
		struct message query = message_of(VECTOR_QUERY);
		struct message answer =
		    message_of(algorithm_rows[TSIG_HMAC_SHA256].answer);
		struct tsig_mac mac;
		if (sign(key, &query, &mac) != ERR_OK ||
		    verify(key, &mac, &answer) != ERR_OK)
			return shared;
	}
	return NULL;
}

static void
key_is_shared_by_threads(void **state)
{
	struct tsig_key *key = new_key(TSIG_HMAC_SHA256);
	pthread_t threads[THREADS];
	bool failed = false;

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, sign_and_verify, key), 0);
	for (int i = 0; i < THREADS; i++) {
		void *result;
		assert_int_equal(pthread_join(threads[i], &result), 0);
		failed = failed || result != NULL;
	}
	assert_false(failed);
	tsig_key_free(key);
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(tsig_is_removed),
	    cmocka_unit_test(every_change_is_noticed),
	    cmocka_unit_test(every_cut_is_noticed),
	    cmocka_unit_test(signature_must_fit),
	    cmocka_unit_test(additional_records_are_counted),
	    cmocka_unit_test(key_is_shared_by_threads),
	};
	int failures = 0;

	failures += TABLE_RUN("tsig: signs", algorithm_rows, query_is_signed);
	failures +=
	    TABLE_RUN("tsig: verifies", algorithm_rows, answer_is_verified);
	failures += TABLE_RUN("tsig: refuses other algorithms", algorithm_rows,
	    other_algorithms_are_refused);
	failures += TABLE_RUN("tsig: answers", answer_rows, answer_is_checked);
	failures +=
	    cmocka_run_group_tests_name("tsig: singles", singles, NULL, NULL);
	return failures;
}
