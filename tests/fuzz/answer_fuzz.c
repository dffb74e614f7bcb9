/*
 * An answer from a DNS server, and all functions that read one.
 *
 * The first byte of an input is the mode, the rest is the answer.  The
 * requests are always the same bytes, so that answers which were captured from
 * real servers verify.
 */

#include <stdbool.h>
#include <string.h>

#include "ddnsgate/dns/message.h"
#include "ddnsgate/dns/response.h"
#include "ddnsgate/dns/tsig.h"
#include "ddnsgate/dns/wire.h"

#include "fuzz.h"
#include "sign_answer.h"

enum mode {
	MODE_UPDATE = 1, /* it answers the UPDATE, not the query */
	MODE_SIGN = 2,   /* it is signed here, so that it verifies */
	MODE_ERROR = 4,  /* and is signed with the TSIG error BADTIME */
};

#define FUZZ_NOW UINT64_C(1795226619)
#define FUZZ_ID 0x1234
#define FUZZ_ZONE "dyn.example.org"
#define FUZZ_HOST "h1.dyn.example.org"
#define FUZZ_INPUT_MAX 8192

static const struct sign_answer_key server = {
    "ddnsgate", "0123456789abcdef0123456789abcdef"};

struct request {
	uint8_t plain[512];
	size_t plain_len;
	struct tsig_mac mac;
};

static size_t
build_update(uint8_t *wire, size_t size)
{
	const struct message_change update = {
	    .name = FUZZ_HOST,
	    .ttl = 60,
	    .families = {{MESSAGE_SET, {IPADDR_V4, {192, 0, 2}}},
		{MESSAGE_SET, {IPADDR_V6, {0x20, 1, 13}}}},
	};
	size_t len = 0;

	FUZZ_CHECK(message_update(FUZZ_ID, FUZZ_ZONE, &update, 1, wire, size,
		       &len) == ERR_OK);
	return len;
}

static size_t
build_query(uint8_t *wire, size_t size)
{
	size_t len = 0;

	FUZZ_CHECK(message_query(FUZZ_ID, FUZZ_HOST, MESSAGE_A, wire, size,
		       &len) == ERR_OK);
	return len;
}

static struct request
build(bool update, const struct tsig_key *key)
{
	struct request request;
	uint8_t wire[sizeof(request.plain) + TSIG_RR_MAX];
	size_t len = update ? build_update(wire, sizeof(request.plain))
			    : build_query(wire, sizeof(request.plain));

	memcpy(request.plain, wire, len);
	request.plain_len = len;
	FUZZ_CHECK(tsig_sign(key, FUZZ_NOW, wire, sizeof(wire), &len,
		       &request.mac) == ERR_OK);
	return request;
}

/* Values are text of their length, or nothing. */
static void
read_txt(const uint8_t *answer, size_t len)
{
	struct response_txt txt;

	if (response_read_txt(answer, len, FUZZ_HOST, &txt) != ERR_OK)
		return;
	for (size_t i = 0; i < RESPONSE_TXT_MAX; i++) {
		const char *value = txt.values[i];
		FUZZ_CHECK(value[0] == '\0' || acme_is_value(span_of(value)));
		FUZZ_CHECK(i < txt.count || value[0] == '\0');
	}
}

/* Reads everything, even if an earlier check has failed. */
static void
read_answer(const struct request *request, const uint8_t *answer, size_t len)
{
	struct response_rrset rrset;

	(void)response_matches(request->plain, request->plain_len, answer, len);
	(void)response_outcome(answer, len, true);
	(void)response_outcome(answer, len, false);
	FUZZ_CHECK(response_rcode_text(answer, len) != NULL);
	read_txt(answer, len);
	for (size_t i = 0; i < IPADDR_FAMILIES; i++) {
		enum ipaddr_family family = (enum ipaddr_family)i;
		if (response_read_rrset(
			answer, len, FUZZ_HOST, family, &rrset) == ERR_OK &&
		    rrset.count > 0)
			FUZZ_CHECK(rrset.addrs[0].family == family);
	}
}

static void
verify_answer(const struct tsig_key *key, const struct request *request,
    uint8_t *answer, size_t len)
{
	uint8_t before[FUZZ_INPUT_MAX + TSIG_RR_MAX];
	size_t verified_len = len;

	memcpy(before, answer, len);
	enum err err =
	    tsig_verify(key, FUZZ_NOW, &request->mac, answer, &verified_len);
	if (err == ERR_OK) {
		FUZZ_CHECK(verified_len < len);
		read_answer(request, answer, verified_len);
		err = tsig_verify(
		    key, FUZZ_NOW, &request->mac, answer, &verified_len);
		FUZZ_CHECK(err == ERR_DNS_UNSIGNED);
		return;
	}
	FUZZ_CHECK(verified_len == len && memcmp(before, answer, len) == 0);
}

/* Copied to a block of its own size, so that ASan notices what reads on. */
static uint8_t *
answer_of(unsigned mode, const struct request *request, const uint8_t *data,
    size_t size, size_t *ret_len)
{
	uint8_t *answer = malloc(size + TSIG_RR_MAX);
	uint16_t error = mode & MODE_ERROR ? SIGN_ANSWER_BADTIME : 0;

	FUZZ_CHECK(answer != NULL);
	if (size > 0)
		memcpy(answer, data, size);
	*ret_len = size;
	if ((mode & MODE_SIGN) != 0 && size >= WIRE_HEADER_LEN)
		*ret_len = sign_answer(
		    &server, &request->mac, FUZZ_NOW, error, answer, size);
	answer = realloc(answer, *ret_len + (*ret_len == 0));
	FUZZ_CHECK(answer != NULL);
	return answer;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tsig_key *key;
	static struct request requests[2];
	size_t len;

	if (key == NULL) {
		FUZZ_CHECK(tsig_key_new(server.name, TSIG_HMAC_SHA256,
			       (const uint8_t *)server.secret,
			       strlen(server.secret), &key) == ERR_OK);
		requests[0] = build(false, key);
		requests[1] = build(true, key);
	}
	if (size < 1 || size > FUZZ_INPUT_MAX)
		return 0;
	const struct request *request = &requests[(data[0] & MODE_UPDATE) != 0];
	uint8_t *answer = answer_of(data[0], request, data + 1, size - 1, &len);
	read_answer(request, answer, len);
	verify_answer(key, request, answer, len);
	free(answer);
	return 0;
}
