#include "ddnsgate/request/request_source.h"

struct span
request_source_variable(const struct request_source *source, const char *name)
{
	return span_of(source->variable(source->ctx, name));
}

struct span
request_source_path(const struct request_source *source)
{
	struct span path = request_source_variable(source, "PATH_INFO");

	return path.len > 0 ? path
			    : request_source_variable(source, "SCRIPT_NAME");
}

static struct span
announced_length(const struct request_source *source)
{
	return request_source_variable(source, "CONTENT_LENGTH");
}

/* Caddy says -1 where it does not know. */
static bool
is_unknown(struct span announced)
{
	return announced.len == 0 || announced.ptr[0] == '-';
}

/* With CGI there is no end to read up to. */
static bool
may_have_unknown_length(const struct request_source *source)
{
	return source->marks_end ||
	       request_source_variable(source, "HTTP_TRANSFER_ENCODING").len >
		   0;
}

bool
request_source_has_body(const struct request_source *source)
{
	if (source->has_body == NULL)
		return true;
	if (is_unknown(announced_length(source)) &&
	    !may_have_unknown_length(source))
		return true; /* there is none */
	return source->has_body(source->ctx);
}

bool
request_source_announces_body(const struct request_source *source)
{
	struct span announced = announced_length(source);

	return !is_unknown(announced) && !span_is(announced, "0");
}

enum err
request_source_check_length(const struct request_source *source, size_t size)
{
	struct span announced = announced_length(source);
	uint64_t len;

	return is_unknown(announced) ||
		       span_number(announced, size, &len) == ERR_OK
		   ? ERR_OK
		   : ERR_TOO_LARGE;
}

/* Reads until the buffer is full or the body ends. */
static enum err
read_up(const struct request_source *source, char *buf, size_t size,
    size_t *ret_len)
{
	size_t more = 1;
	enum err err = ERR_OK;

	*ret_len = 0;
	while (err == ERR_OK && more > 0 && *ret_len < size) {
		err = source->read(
		    source->ctx, buf + *ret_len, size - *ret_len, &more);
		*ret_len += more;
	}
	return err == ERR_OK || err == ERR_BUSY ? err : ERR_SYNTAX;
}

static enum err
read_to_end(const struct request_source *source, char *buf, size_t size,
    size_t *ret_len)
{
	char beyond;
	size_t more;

	enum err err = read_up(source, buf, size, ret_len);
	if (err != ERR_OK || *ret_len < size)
		return err;
	err = read_up(source, &beyond, 1, &more);
	return err == ERR_OK && more > 0 ? ERR_TOO_LARGE : err;
}

enum err
request_source_body(const struct request_source *source, char *buf, size_t size,
    size_t *ret_len)
{
	struct span announced = announced_length(source);
	uint64_t len = 0;

	*ret_len = 0;
	if (is_unknown(announced)) {
		if (may_have_unknown_length(source))
			return read_to_end(source, buf, size, ret_len);
		return announced.len == 0 ? ERR_OK : ERR_SYNTAX;
	}
	if (span_number(announced, size, &len) != ERR_OK)
		return ERR_TOO_LARGE;
	enum err err = read_up(source, buf, (size_t)len, ret_len);
	return err == ERR_OK && *ret_len < len ? ERR_SYNTAX : err;
}
