#ifndef DDNSGATE_TESTS_SIGN_ANSWER_H
#define DDNSGATE_TESTS_SIGN_ANSWER_H

/*
 * Signs answers as a DNS server does, with hmac-sha256, for tests and fuzzers
 * that take its part.  It shares no code with tsig.c and uses libcrypto's
 * one-shot HMAC, so that a mistake in one of the two shows.
 */

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ddnsgate/dns/tsig.h"
#include "ddnsgate/dns/wire.h"

#define SIGN_ANSWER_MAC_LEN 32
#define SIGN_ANSWER_MESSAGE_MAX 65535
#define SIGN_ANSWER_BADTIME 18

struct sign_answer_key {
	const char *name;
	const char *secret;
};

static inline struct wire_name
sign_answer_name(const char *text)
{
	struct wire_name name;

	if (wire_name_parse(span_of(text), &name) != ERR_OK)
		abort();
	return name;
}

static inline void
sign_answer_put_time(uint8_t **at, uint64_t now)
{
	wire_put_u48(at, now);
	wire_put_u16(at, TSIG_FUDGE);
}

/* With BADTIME comes the server's own time, which is an hour ahead here. */
static inline void
sign_answer_put_error(uint8_t **at, uint64_t now, uint16_t error)
{
	wire_put_u16(at, error);
	wire_put_u16(at, error == SIGN_ANSWER_BADTIME ? 6 : 0);
	if (error == SIGN_ANSWER_BADTIME)
		wire_put_u48(at, now + 3600);
}

static inline void
sign_answer_mac(const struct sign_answer_key *key,
    const struct tsig_mac *request, uint64_t now, uint16_t error,
    const uint8_t *wire, size_t len, uint8_t *mac)
{
	static _Thread_local uint8_t input[SIGN_ANSWER_MESSAGE_MAX + 1024];
	struct wire_name owner = sign_answer_name(key->name);
	struct wire_name algorithm = sign_answer_name("hmac-sha256");
	uint8_t *at = input;

	wire_put_u16(&at, (uint16_t)request->len);
	wire_put(&at, request->bytes, request->len);
	wire_put(&at, wire, len);
	wire_put(&at, owner.bytes, owner.len);
	wire_put_u16(&at, 255); /* class ANY */
	wire_put_u32(&at, 0);   /* TTL */
	wire_put(&at, algorithm.bytes, algorithm.len);
	sign_answer_put_time(&at, now);
	sign_answer_put_error(&at, now, error);
	if (HMAC(EVP_sha256(), key->secret, (int)strlen(key->secret), input,
		(size_t)(at - input), mac, NULL) == NULL)
		abort();
}

/*
 * Appends a TSIG RR to the answer of len bytes, whose buffer has TSIG_RR_MAX
 * more; gives the new length.
 */
static inline size_t
sign_answer(const struct sign_answer_key *key, const struct tsig_mac *request,
    uint64_t now, uint16_t error, uint8_t *wire, size_t len)
{
	struct wire_name owner = sign_answer_name(key->name);
	struct wire_name algorithm = sign_answer_name("hmac-sha256");
	uint8_t mac[SIGN_ANSWER_MAC_LEN];
	uint8_t *at = wire + len;

	if (len > SIGN_ANSWER_MESSAGE_MAX)
		abort();
	sign_answer_mac(key, request, now, error, wire, len, mac);
	wire_put(&at, owner.bytes, owner.len);
	wire_put_u16(&at, 250); /* TSIG */
	wire_put_u16(&at, 255); /* class ANY */
	wire_put_u32(&at, 0);   /* TTL */
	uint8_t *rdata_len = at;
	at += 2;
	wire_put(&at, algorithm.bytes, algorithm.len);
	sign_answer_put_time(&at, now);
	wire_put_u16(&at, sizeof(mac));
	wire_put(&at, mac, sizeof(mac));
	wire_put(&at, wire, 2); /* original ID */
	sign_answer_put_error(&at, now, error);
	wire_put_u16(&rdata_len, (uint16_t)(at - rdata_len - 2));
	/* ARCOUNT */
	if (++wire[WIRE_ARCOUNT_AT + 1] == 0)
		wire[WIRE_ARCOUNT_AT]++;
	return (size_t)(at - wire);
}

#endif
