#ifndef DDNSGATE_DNS_WIRE_H
#define DDNSGATE_DNS_WIRE_H

/*
 * Reads and writes DNS messages in wire format (RFC 1035, section 4).  Reading
 * is safe for bytes from anywhere, and never goes beyond their end.
 *
 * A cursor remembers that a step failed and gives zeros from then on, so the
 * caller need check only once, at the end.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"

#define WIRE_HEADER_LEN 12
#define WIRE_ARCOUNT_AT 10
#define WIRE_QR 0x8000
#define WIRE_AA 0x0400
#define WIRE_TC 0x0200
/* RFC 2136, section 1.3. */
#define WIRE_OPCODE_UPDATE 5
/* RFC 1035, sections 3.2.2 and 3.2.4, and RFC 3596. */
#define WIRE_TYPE_A 1
#define WIRE_TYPE_NS 2
#define WIRE_TYPE_CNAME 5
#define WIRE_TYPE_SOA 6
#define WIRE_TYPE_TXT 16
#define WIRE_TYPE_AAAA 28
#define WIRE_CLASS_IN 1

/* RFC 1035, section 2.3.4. */
#define WIRE_NAME_MAX 255
#define WIRE_LABEL_MAX 63
/* A name cannot have more labels, so no name needs more pointers. */
#define WIRE_POINTERS_MAX 127

struct wire_cursor {
	const uint8_t *bytes;
	size_t len;
	size_t pos;
	bool failed;
};

struct wire_header {
	uint16_t id;
	uint16_t flags; /* WIRE_QR and so on, opcode, RCODE */
	uint16_t qdcount;
	uint16_t ancount;
	uint16_t nscount;
	uint16_t arcount;
};

/* A name without compression, in lower case. */
struct wire_name {
	uint8_t bytes[WIRE_NAME_MAX];
	size_t len;
};

/* Where a resource record is in the message, and its fixed fields. */
struct wire_record {
	size_t at; /* of the owner name, which may be compressed */
	uint16_t type;
	uint16_t class;
	uint32_t ttl;
	size_t rdata_at;
	uint16_t rdata_len;
};

/* A cursor at the start of len bytes, which it borrows. */
struct wire_cursor
wire_over(const uint8_t *bytes, size_t len);

/* The next len bytes, or NULL. */
const uint8_t *
wire_take(struct wire_cursor *cursor, size_t len);

/* The next number of 2, 4 or 6 bytes. */
uint16_t
wire_take_u16(struct wire_cursor *cursor);

uint32_t
wire_take_u32(struct wire_cursor *cursor);

uint64_t
wire_take_u48(struct wire_cursor *cursor);

void
wire_take_header(struct wire_cursor *cursor, struct wire_header *ret);

/*
 * The next name.  A compression pointer must point to before the labels that
 * it follows, so names cannot loop; a "prior occurrence" always lies there
 * (RFC 1035, section 4.1.4).
 */
void
wire_take_name(struct wire_cursor *cursor, struct wire_name *ret);

/* Skips entries of the question section. */
void
wire_skip_questions(struct wire_cursor *cursor, uint16_t count);

/* The next record.  Its owner name is skipped, and pointers in it unchecked. */
void
wire_take_record(struct wire_cursor *cursor, struct wire_record *ret);

/* Are the names equal?  Both are in lower case already. */
bool
wire_name_equal(const struct wire_name *a, const struct wire_name *b);

/* Converts "a.example", a final dot allowed.  ERR_SYNTAX. */
enum err
wire_name_parse(struct span text, struct wire_name *ret);

/* The name as text without a final dot, "." for the root, and NUL: at least
 * WIRE_NAME_MAX bytes.  For messages: what is no plain character shows as "?".
 */
void
wire_name_format(const struct wire_name *name, char *buf);

/* Is it below the other name, or the same? */
bool
wire_name_is_within(
    const struct wire_name *name, const struct wire_name *ancestor);

/* Each of these writes to *at, where there is room, and moves it on. */
void
wire_put(uint8_t **at, const uint8_t *bytes, size_t len);

void
wire_put_u16(uint8_t **at, uint16_t number);

void
wire_put_u32(uint8_t **at, uint32_t number);

void
wire_put_u48(uint8_t **at, uint64_t number);

void
wire_put_header(uint8_t **at, const struct wire_header *header);

#endif
