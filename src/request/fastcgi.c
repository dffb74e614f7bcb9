#include "ddnsgate/request/fastcgi.h"

#include <stdint.h>
#include <string.h>

#define VERSION 1
#define ROLE_RESPONDER 1
#define HEADER_SIZE 8
#define BEGIN_SIZE 8
/* Of a name and a value, four bytes each (section 3.4). */
#define LENGTHS_SIZE 8

/* Section 8 */
enum type {
	TYPE_BEGIN_REQUEST = 1,
	TYPE_ABORT_REQUEST = 2,
	TYPE_PARAMS = 4,
	TYPE_STDIN = 5,
	TYPE_GET_VALUES = 9,
	TYPE_GET_VALUES_RESULT = 10,
	TYPE_UNKNOWN_TYPE = 11,
};

/* A record as its header describes it (section 3.3), and as much of its content
 * as has been sent. */
struct record {
	unsigned version, type, id;
	size_t content_len;
	size_t size; /* of all of it */
	struct span content;
	bool is_whole;
};

enum stage { IN_BEGIN, IN_VARIABLES, IN_BODY, ENDED };

/* Pairs of a name and a value may go over the borders of records. */
struct pairs {
	uint8_t lengths[LENGTHS_SIZE];
	size_t lengths_len; /* so much is known of the next pair's */
	size_t left;        /* of the present pair */
	size_t size, count; /* of all pairs so far */
};

struct scan {
	enum stage stage;
	unsigned id; /* of the request */
	struct pairs pairs;
};

/* Takes a record off the front; false while its header is not whole. */
static bool
next_record(struct span *rest, struct record *ret)
{
	const uint8_t *header = (const uint8_t *)rest->ptr;

	if (rest->len < HEADER_SIZE)
		return false;
	struct record record = {.version = header[0],
	    .type = header[1],
	    .id = (unsigned)header[2] << 8 | header[3],
	    .content_len = (size_t)header[4] << 8 | header[5]};
	size_t sent = rest->len - HEADER_SIZE;
	record.size = HEADER_SIZE + record.content_len + header[6];
	record.content = (struct span){rest->ptr + HEADER_SIZE,
	    sent < record.content_len ? sent : record.content_len};
	record.is_whole = rest->len >= record.size;
	size_t taken = record.is_whole ? record.size : rest->len;
	*rest = (struct span){rest->ptr + taken, rest->len - taken};
	*ret = record;
	return true;
}

/* Variables */

/* Reads a length of one byte, or of four whose first has the highest bit set;
 * false while it is not whole. */
static bool
take_length(const struct pairs *pairs, size_t *at, size_t *ret)
{
	const uint8_t *bytes = pairs->lengths + *at;
	size_t known = pairs->lengths_len - *at;

	if (known == 0 || (bytes[0] >= 0x80 && known < 4))
		return false;
	bool is_short = bytes[0] < 0x80;
	*ret = is_short
		   ? bytes[0]
		   : (size_t)(bytes[0] & 0x7f) << 24 | (size_t)bytes[1] << 16 |
			 (size_t)bytes[2] << 8 | bytes[3];
	*at += is_short ? 1 : 4;
	return true;
}

/* Of these lengths. */
static enum err
begin_pair(struct pairs *pairs, size_t name_len, size_t value_len)
{
	if (name_len > FASTCGI_VARIABLES_SIZE ||
	    value_len > FASTCGI_VARIABLES_SIZE)
		return ERR_TOO_LARGE;
	pairs->lengths_len = 0;
	pairs->left = name_len + value_len;
	pairs->size += pairs->left;
	pairs->count++;
	return pairs->size <= FASTCGI_VARIABLES_SIZE &&
		       pairs->count <= FASTCGI_VARIABLES_MAX
		   ? ERR_OK
		   : ERR_TOO_LARGE;
}

/* With one more byte of the lengths of a pair. */
static enum err
take_byte(struct pairs *pairs, uint8_t byte)
{
	size_t at = 0, name_len, value_len;

	pairs->lengths[pairs->lengths_len++] = byte;
	if (!take_length(pairs, &at, &name_len) ||
	    !take_length(pairs, &at, &value_len))
		return ERR_OK;
	return begin_pair(pairs, name_len, value_len);
}

/* Both lengths of a pair; most have a byte each.  Gives how many bytes were
 * taken. */
static size_t
take_lengths(
    struct pairs *pairs, const uint8_t *bytes, size_t more, enum err *ret_err)
{
	if (pairs->lengths_len == 0 && more > 1 && bytes[0] < 0x80 &&
	    bytes[1] < 0x80) {
		*ret_err = begin_pair(pairs, bytes[0], bytes[1]);
		return 2;
	}
	*ret_err = take_byte(pairs, bytes[0]);
	return 1;
}

static enum err
take_pairs(struct pairs *pairs, struct span content)
{
	const uint8_t *bytes = (const uint8_t *)content.ptr;
	enum err err = ERR_OK;
	size_t i = 0;

	while (i < content.len && err == ERR_OK) {
		size_t more = content.len - i;
		if (pairs->left > 0) {
			more = more < pairs->left ? more : pairs->left;
			pairs->left -= more;
			i += more;
		} else {
			i += take_lengths(pairs, bytes + i, more, &err);
		}
	}
	return err;
}

static bool
are_whole(const struct pairs *pairs)
{
	return pairs->lengths_len == 0 && pairs->left == 0;
}

/* Records */

static enum err
take_begin(struct scan *scan, const struct record *record)
{
	const uint8_t *body = (const uint8_t *)record->content.ptr;

	if (scan->stage != IN_BEGIN || record->content_len != BEGIN_SIZE)
		return ERR_SYNTAX;
	if (!record->is_whole)
		return ERR_AGAIN;
	if (((unsigned)body[0] << 8 | body[1]) != ROLE_RESPONDER)
		return ERR_SYNTAX;
	scan->id = record->id;
	scan->stage = IN_VARIABLES;
	return ERR_OK;
}

static enum err
take_params(struct scan *scan, const struct record *record)
{
	if (scan->stage != IN_VARIABLES)
		return ERR_SYNTAX;
	enum err err = take_pairs(&scan->pairs, record->content);
	if (err != ERR_OK)
		return err;
	if (!record->is_whole)
		return ERR_AGAIN;
	if (record->content_len > 0)
		return ERR_OK;
	scan->stage = IN_BODY;
	return are_whole(&scan->pairs) ? ERR_OK : ERR_SYNTAX;
}

static enum err
take_stdin(struct scan *scan, const struct record *record)
{
	if (scan->stage != IN_BODY)
		return ERR_SYNTAX;
	if (!record->is_whole)
		return ERR_AGAIN;
	if (record->content_len == 0)
		scan->stage = ENDED;
	return ERR_OK;
}

static enum err
take_record(struct scan *scan, const struct record *record)
{
	if (record->version != VERSION || record->id == 0)
		return ERR_SYNTAX;
	/* No other request beside it: the program says so when it is asked
	 * (FCGI_MPXS_CONNS, section 4.1). */
	if (scan->stage != IN_BEGIN && record->id != scan->id)
		return ERR_SYNTAX;
	switch (record->type) {
	case TYPE_BEGIN_REQUEST:
		return take_begin(scan, record);
	case TYPE_PARAMS:
		return take_params(scan, record);
	case TYPE_STDIN:
		return take_stdin(scan, record);
	case TYPE_ABORT_REQUEST:
		return scan->stage == IN_BEGIN ? ERR_SYNTAX : ERR_ABSENT;
	default:
		return ERR_SYNTAX;
	}
}

static bool
is_management(const struct scan *scan, const struct record *record)
{
	return scan->stage == IN_BEGIN && record->version == VERSION &&
	       record->id == 0 && record->type != TYPE_BEGIN_REQUEST;
}

enum err
fastcgi_scan(struct span sent, struct fastcgi_scan *ret)
{
	struct scan scan = {.stage = IN_BEGIN};
	struct record record;

	while (scan.stage != ENDED && next_record(&sent, &record)) {
		if (is_management(&scan, &record)) {
			if (!record.is_whole)
				return ERR_AGAIN;
			*ret = (struct fastcgi_scan){
			    .management_len = record.size};
			return ERR_OK;
		}
		enum err err = take_record(&scan, &record);
		if (err == ERR_AGAIN)
			break;
		if (err != ERR_OK)
			return err;
	}
	if (scan.stage < IN_BODY)
		return ERR_AGAIN;
	*ret = (struct fastcgi_scan){.has_body = scan.stage == ENDED};
	return ERR_OK;
}

/* Answers */

static void
put_header(struct text *out, enum type type, size_t content_len)
{
	const char header[HEADER_SIZE] = {VERSION, (char)type, 0, 0,
	    (char)(content_len >> 8), (char)content_len};

	text_put(out, (struct span){header, sizeof(header)});
}

/* All three that the specification has (section 4.1), asked for or not:
 * connections are many, but each has one request. */
static const char values[] = "\x0e\1FCGI_MAX_CONNS1"
			     "\x0d\1FCGI_MAX_REQS1"
			     "\x0f\1FCGI_MPXS_CONNS0";

void
fastcgi_put_management(struct span sent, struct text *out)
{
	char type = sent.ptr[1];
	const char unknown[HEADER_SIZE] = {type};

	if (type == TYPE_GET_VALUES) {
		put_header(out, TYPE_GET_VALUES_RESULT, strlen(values));
		text_puts(out, values);
	} else {
		put_header(out, TYPE_UNKNOWN_TYPE, sizeof(unknown));
		text_put(out, (struct span){unknown, sizeof(unknown)});
	}
}
