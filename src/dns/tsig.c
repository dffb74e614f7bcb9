#include "ddnsgate/dns/tsig.h"

#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "ddnsgate/base/locked_memory.h"
#include "ddnsgate/dns/dname.h"
#include "ddnsgate/dns/wire.h"

#define TYPE_TSIG 250
#define CLASS_ANY 255

/* TSIG errors, RFC 8945, section 3. */
#define BADSIG 16
#define BADKEY 17
#define BADTIME 18
/* With BADTIME the server says what time it has. */
#define BADTIME_OTHER_LEN 6

static const struct algorithm {
	const char *name;
	const char *wire_name; /* RFC 8945, section 6 */
	const char *digest;    /* as libcrypto calls it */
	size_t mac_len;
} algorithms[] = {
    // clang-format off
	[TSIG_HMAC_MD5]    = { "hmac-md5", "hmac-md5.sig-alg.reg.int",
			       "MD5",    16 },
	[TSIG_HMAC_SHA1]   = { "hmac-sha1",   "hmac-sha1",   "SHA1",   20 },
	[TSIG_HMAC_SHA224] = { "hmac-sha224", "hmac-sha224", "SHA224", 28 },
	[TSIG_HMAC_SHA256] = { "hmac-sha256", "hmac-sha256", "SHA256", 32 },
	[TSIG_HMAC_SHA384] = { "hmac-sha384", "hmac-sha384", "SHA384", 48 },
	[TSIG_HMAC_SHA512] = { "hmac-sha512", "hmac-sha512", "SHA512", 64 },
    // clang-format on
};

#define ALGORITHMS (sizeof(algorithms) / sizeof(algorithms[0]))

struct tsig_key {
	char name[DNAME_SIZE];
	enum tsig_algorithm algorithm;
	struct wire_name owner;
	struct wire_name algorithm_name;
	/* Knows the digest, but no secret; only its copies are used. */
	EVP_MAC_CTX *blank;
	uint8_t *secret; /* in the vault */
	size_t secret_len;
};

/* What a TSIG RR holds (RFC 8945, section 4.2); borrows from the message. */
struct rdata {
	struct wire_name algorithm;
	uint64_t time;
	uint16_t fudge;
	const uint8_t *mac;
	uint16_t mac_len;
	uint16_t original_id;
	uint16_t error;
	const uint8_t *other;
	uint16_t other_len;
};

enum err
tsig_algorithm_parse(struct span name, enum tsig_algorithm *ret)
{
	if (span_ends_nocase(name, span_of(".")))
		name.len--;
	for (size_t i = 0; i < ALGORITHMS; i++) {
		const struct algorithm *row = &algorithms[i];
		if (span_equal_nocase(name, span_of(row->name)) ||
		    span_equal_nocase(name, span_of(row->wire_name))) {
			*ret = (enum tsig_algorithm)i;
			return ERR_OK;
		}
	}
	return ERR_UNSUPPORTED;
}

const char *
tsig_algorithm_name(enum tsig_algorithm algorithm)
{
	return algorithms[algorithm].name;
}

/* The MAC's input, piece by piece (RFC 8945, section 4.3). */

static bool
digest_request_mac(EVP_MAC_CTX *ctx, const struct tsig_mac *request)
{
	uint8_t len[2];
	uint8_t *at = len;

	wire_put_u16(&at, (uint16_t)request->len);
	return EVP_MAC_update(ctx, len, sizeof(len)) == 1 &&
	       EVP_MAC_update(ctx, request->bytes, request->len) == 1;
}

/* The message as it is without its TSIG RR. */
static bool
digest_message(EVP_MAC_CTX *ctx, const uint8_t *wire, size_t len, uint16_t id,
    uint16_t arcount)
{
	uint8_t header[WIRE_HEADER_LEN];
	uint8_t *at = header;

	wire_put_u16(&at, id);
	wire_put(&at, wire + 2, WIRE_ARCOUNT_AT - 2);
	wire_put_u16(&at, arcount);
	return EVP_MAC_update(ctx, header, sizeof(header)) == 1 &&
	       EVP_MAC_update(
		   ctx, wire + WIRE_HEADER_LEN, len - WIRE_HEADER_LEN) == 1;
}

static bool
digest_variables(
    EVP_MAC_CTX *ctx, const struct tsig_key *key, const struct rdata *rdata)
{
	uint8_t buf[2 * WIRE_NAME_MAX + 18];
	uint8_t *at = buf;

	wire_put(&at, key->owner.bytes, key->owner.len);
	wire_put_u16(&at, CLASS_ANY);
	wire_put_u32(&at, 0); /* TTL */
	wire_put(&at, key->algorithm_name.bytes, key->algorithm_name.len);
	wire_put_u48(&at, rdata->time);
	wire_put_u16(&at, rdata->fudge);
	wire_put_u16(&at, rdata->error);
	wire_put_u16(&at, rdata->other_len);
	return EVP_MAC_update(ctx, buf, (size_t)(at - buf)) == 1 &&
	       EVP_MAC_update(ctx, rdata->other, rdata->other_len) == 1;
}

/*
 * The MAC over len bytes of a message that has arcount additional records
 * beside its TSIG RR.  False leaves no MAC that could be mistaken for one.
 */
static bool
compute_mac(const struct tsig_key *key, const struct tsig_mac *request,
    const uint8_t *wire, size_t len, uint16_t arcount,
    const struct rdata *rdata, struct tsig_mac *ret)
{
	size_t mac_len = algorithms[key->algorithm].mac_len;
	struct tsig_mac mac = {.len = 0};
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_dup(key->blank);
	bool done =
	    ctx != NULL &&
	    EVP_MAC_init(ctx, key->secret, key->secret_len, NULL) == 1 &&
	    (request == NULL || digest_request_mac(ctx, request)) &&
	    digest_message(ctx, wire, len, rdata->original_id, arcount) &&
	    digest_variables(ctx, key, rdata) &&
	    EVP_MAC_final(ctx, mac.bytes, &mac.len, sizeof(mac.bytes)) == 1 &&
	    mac.len == mac_len;

	EVP_MAC_CTX_free(ctx);
	if (done)
		*ret = mac;
	return done;
}

/*
 * A context that takes a secret in quickly, or NULL.  One that had done so
 * would be as good as the secret, and libcrypto would not keep it in the
 * vault.
 */
static EVP_MAC_CTX *
blank_context(const char *digest)
{
	static const uint8_t no_secret[1] = {0};
	/* The parameter is only read, but has no type that says so. */
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(
		OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t)digest, 0),
	    OSSL_PARAM_construct_end(),
	};
	EVP_MAC *mac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
	EVP_MAC_CTX *ctx = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;

	EVP_MAC_free(mac);
	if (ctx != NULL &&
	    EVP_MAC_init(ctx, no_secret, sizeof(no_secret), params) != 1) {
		EVP_MAC_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

/* Signs an empty message. */
static bool
can_sign(const struct tsig_key *key)
{
	uint8_t wire[WIRE_HEADER_LEN + TSIG_RR_MAX] = {0};
	size_t len = WIRE_HEADER_LEN;
	struct tsig_mac mac;

	return tsig_sign(key, 0, wire, sizeof(wire), &len, &mac) == ERR_OK;
}

enum err
tsig_key_new(const char *name, enum tsig_algorithm algorithm,
    const uint8_t *secret, size_t len, struct tsig_key **ret)
{
	const struct algorithm *row = &algorithms[algorithm];

	if (len == 0 || len > TSIG_SECRET_MAX)
		return ERR_RANGE;
	struct tsig_key *key = calloc(1, sizeof(*key));
	if (key == NULL)
		return ERR_MEMORY;
	key->algorithm = algorithm;
	if (dname_canonical(span_of(name), false, key->name) != ERR_OK ||
	    wire_name_parse(span_of(key->name), &key->owner) != ERR_OK ||
	    wire_name_parse(span_of(row->wire_name), &key->algorithm_name) !=
		ERR_OK) {
		tsig_key_free(key);
		return ERR_SYNTAX;
	}
	key->secret = locked_memory_dup(secret, len);
	key->secret_len = len;
	if (key->secret == NULL) {
		tsig_key_free(key);
		return ERR_MEMORY;
	}
	key->blank = blank_context(row->digest);
	if (key->blank == NULL || !can_sign(key)) {
		tsig_key_free(key);
		return ERR_UNSUPPORTED;
	}
	*ret = key;
	return ERR_OK;
}

void
tsig_key_free(struct tsig_key *key)
{
	if (key == NULL)
		return;
	/* The secret is nowhere else, and libcrypto wipes what it frees. */
	locked_memory_free(key->secret, key->secret_len);
	EVP_MAC_CTX_free(key->blank);
	free(key);
}

const char *
tsig_key_name(const struct tsig_key *key)
{
	return key->name;
}

enum tsig_algorithm
tsig_key_algorithm(const struct tsig_key *key)
{
	return key->algorithm;
}

/* The length of the RDATA without error data: fixed fields, name, MAC. */
static size_t
rdata_len(const struct tsig_key *key)
{
	return key->algorithm_name.len + 16 +
	       algorithms[key->algorithm].mac_len;
}

static size_t
record_len(const struct tsig_key *key)
{
	return key->owner.len + 10 + rdata_len(key);
}

static void
put_record(uint8_t *at, const struct tsig_key *key, const struct rdata *rdata)
{
	wire_put(&at, key->owner.bytes, key->owner.len);
	wire_put_u16(&at, TYPE_TSIG);
	wire_put_u16(&at, CLASS_ANY);
	wire_put_u32(&at, 0); /* TTL */
	wire_put_u16(&at, (uint16_t)rdata_len(key));
	wire_put(&at, key->algorithm_name.bytes, key->algorithm_name.len);
	wire_put_u48(&at, rdata->time);
	wire_put_u16(&at, rdata->fudge);
	wire_put_u16(&at, rdata->mac_len);
	wire_put(&at, rdata->mac, rdata->mac_len);
	wire_put_u16(&at, rdata->original_id);
	wire_put_u16(&at, rdata->error);
	wire_put_u16(&at, rdata->other_len);
}

static struct wire_header
header_of(const uint8_t *wire, size_t len)
{
	struct wire_cursor cursor = wire_over(wire, len);
	struct wire_header header;

	wire_take_header(&cursor, &header);
	return header;
}

static void
set_arcount(uint8_t *wire, uint16_t arcount)
{
	uint8_t *at = wire + WIRE_ARCOUNT_AT;

	wire_put_u16(&at, arcount);
}

enum err
tsig_sign(const struct tsig_key *key, uint64_t now, uint8_t *wire, size_t size,
    size_t *len, struct tsig_mac *ret_mac)
{
	assert(*len >= WIRE_HEADER_LEN && *len <= size);
	struct wire_header header = header_of(wire, *len);
	struct rdata rdata = {
	    .time = now,
	    .fudge = TSIG_FUDGE,
	    .original_id = header.id,
	};
	struct tsig_mac mac;

	if (size - *len < record_len(key) || header.arcount == UINT16_MAX)
		return ERR_RANGE;
	if (!compute_mac(key, NULL, wire, *len, header.arcount, &rdata, &mac))
		return ERR_MEMORY;
	rdata.mac = mac.bytes;
	rdata.mac_len = (uint16_t)mac.len;
	put_record(wire + *len, key, &rdata);
	*len += record_len(key);
	set_arcount(wire, (uint16_t)(header.arcount + 1));
	*ret_mac = mac;
	return ERR_OK;
}

/*
 * Walks the whole message.  A TSIG RR is its last record, in the additional
 * section, and the only one (RFC 8945, section 5.2).
 */
static enum err
find_record(const uint8_t *wire, size_t len, struct wire_record *ret)
{
	struct wire_cursor cursor = wire_over(wire, len);
	struct wire_record record = {.type = 0};
	struct wire_header header;

	wire_take_header(&cursor, &header);
	wire_skip_questions(&cursor, header.qdcount);
	unsigned left = header.ancount;
	left += header.nscount;
	left += header.arcount;
	for (; left > 0 && !cursor.failed; left--) {
		wire_take_record(&cursor, &record);
		if (record.type == TYPE_TSIG &&
		    (left > 1 || header.arcount == 0))
			return ERR_DNS_GARBAGE;
	}
	if (cursor.failed || cursor.pos != len)
		return ERR_DNS_GARBAGE;
	if (record.type != TYPE_TSIG)
		return ERR_DNS_UNSIGNED;
	*ret = record;
	return ERR_OK;
}

static enum err
read_rdata(
    const uint8_t *wire, const struct wire_record *record, struct rdata *ret)
{
	size_t end = record->rdata_at + record->rdata_len;
	struct wire_cursor cursor = wire_over(wire, end);

	cursor.pos = record->rdata_at;
	wire_take_name(&cursor, &ret->algorithm);
	/* It must not be compressed (RFC 8945, section 4.2). */
	if (cursor.pos - record->rdata_at != ret->algorithm.len)
		return ERR_DNS_GARBAGE;
	ret->time = wire_take_u48(&cursor);
	ret->fudge = wire_take_u16(&cursor);
	ret->mac_len = wire_take_u16(&cursor);
	ret->mac = wire_take(&cursor, ret->mac_len);
	ret->original_id = wire_take_u16(&cursor);
	ret->error = wire_take_u16(&cursor);
	ret->other_len = wire_take_u16(&cursor);
	ret->other = wire_take(&cursor, ret->other_len);
	if (cursor.failed || cursor.pos != end)
		return ERR_DNS_GARBAGE;
	return ERR_OK;
}

/* Is the record of this key and its algorithm? */
static enum err
check_key(const struct tsig_key *key, const uint8_t *wire,
    const struct wire_record *record, const struct rdata *rdata)
{
	struct wire_cursor cursor = wire_over(wire, record->rdata_at);
	struct wire_name owner;

	if (record->class != CLASS_ANY || record->ttl != 0)
		return ERR_DNS_GARBAGE;
	cursor.pos = record->at;
	wire_take_name(&cursor, &owner);
	if (cursor.failed)
		return ERR_DNS_GARBAGE;
	if (!wire_name_equal(&owner, &key->owner) ||
	    !wire_name_equal(&rdata->algorithm, &key->algorithm_name))
		return ERR_DNS_MAC;
	return ERR_OK;
}

/* A server that does not share the key cannot sign what it says of it. */
static enum err
unsigned_error(const struct rdata *rdata)
{
	if (rdata->error == BADKEY)
		return ERR_DNS_BADKEY;
	return rdata->error == BADSIG ? ERR_DNS_BADSIG : ERR_DNS_MAC;
}

static enum err
check_mac(const struct tsig_key *key, const struct tsig_mac *request,
    const uint8_t *wire, const struct wire_record *record,
    const struct rdata *rdata)
{
	uint16_t arcount = header_of(wire, record->at).arcount;
	struct tsig_mac mac;

	if (rdata->mac_len == 0)
		return unsigned_error(rdata);
	/* No truncated MACs: no server of ours has reason to cut one. */
	if (rdata->mac_len != algorithms[key->algorithm].mac_len)
		return ERR_DNS_MAC;
	if (!compute_mac(key, request, wire, record->at,
		(uint16_t)(arcount - 1), rdata, &mac))
		return ERR_MEMORY;
	if (CRYPTO_memcmp(mac.bytes, rdata->mac, mac.len) != 0)
		return ERR_DNS_MAC;
	return ERR_OK;
}

/* The answer's own fudge is believed up to ours. */
static enum err
check_time(uint64_t now, const struct rdata *rdata)
{
	uint64_t apart =
	    now > rdata->time ? now - rdata->time : rdata->time - now;

	if (apart > rdata->fudge || apart > TSIG_FUDGE)
		return ERR_DNS_STALE;
	return ERR_OK;
}

/* What the server says of our signature, itself signed. */
static enum err
signed_error(const struct rdata *rdata)
{
	if (rdata->error == 0)
		return ERR_OK;
	if (rdata->error != BADTIME)
		return ERR_DNS_RCODE;
	return rdata->other_len == BADTIME_OTHER_LEN ? ERR_DNS_BADTIME
						     : ERR_DNS_GARBAGE;
}

enum err
tsig_verify(const struct tsig_key *key, uint64_t now,
    const struct tsig_mac *request, uint8_t *wire, size_t *len)
{
	struct wire_record record;
	struct rdata rdata;
	enum err err;

	if ((err = find_record(wire, *len, &record)) != ERR_OK ||
	    (err = read_rdata(wire, &record, &rdata)) != ERR_OK ||
	    (err = check_key(key, wire, &record, &rdata)) != ERR_OK ||
	    (err = check_mac(key, request, wire, &record, &rdata)) != ERR_OK ||
	    (err = check_time(now, &rdata)) != ERR_OK ||
	    (err = signed_error(&rdata)) != ERR_OK)
		return err;
	uint16_t arcount = header_of(wire, *len).arcount;
	set_arcount(wire, (uint16_t)(arcount - 1));
	*len = record.at;
	return ERR_OK;
}
