#include "ddnsgate/request/request_source.h"

struct span
request_source_variable(const struct request_source *source, const char *name)
{
	return span_of(source->variable(source->ctx, name));
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
	return err == ERR_OK ? ERR_OK : ERR_SYNTAX;
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
	struct span announced =
	    request_source_variable(source, "CONTENT_LENGTH");
	uint64_t len = 0;

	*ret_len = 0;
	if (announced.len == 0 || announced.ptr[0] == '-') {
		if (source->marks_end ||
		    request_source_variable(source, "HTTP_TRANSFER_ENCODING")
			    .len > 0)
			return read_to_end(source, buf, size, ret_len);
		return announced.len == 0 ? ERR_OK : ERR_SYNTAX;
	}
	if (span_number(announced, size, &len) != ERR_OK)
		return ERR_TOO_LARGE;
	enum err err = read_up(source, buf, (size_t)len, ret_len);
	return err == ERR_OK && *ret_len < len ? ERR_SYNTAX : err;
}
