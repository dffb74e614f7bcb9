#include "ddnsgate/syntax/endpoint.h"

#include <string.h>

#define UNIX_PREFIX "unix:"

static enum err
parse_path(struct span path, struct endpoint *ret)
{
	struct endpoint endpoint = {.port = 0};

	if (path.len < 2 || path.ptr[0] != '/')
		return ERR_SYNTAX;
	if (path.len >= sizeof(endpoint.path))
		return ERR_RANGE;
	memcpy(endpoint.path, path.ptr, path.len);
	*ret = endpoint;
	return ERR_OK;
}

static enum err
parse_port(struct span text, uint16_t *ret)
{
	uint64_t port;

	if (span_number(text, UINT16_MAX, &port) != ERR_OK || port == 0)
		return ERR_SYNTAX;
	*ret = (uint16_t)port;
	return ERR_OK;
}

static enum err
parse_inet(struct span text, struct endpoint *ret)
{
	const char *colon = memrchr(text.ptr, ':', text.len);
	struct endpoint endpoint = {.path = ""};

	if (colon == NULL)
		return ERR_SYNTAX;
	struct span host = {text.ptr, (size_t)(colon - text.ptr)};
	struct span port = {colon + 1, text.len - host.len - 1};
	if (ipaddr_parse(host, &endpoint.addr) != ERR_OK ||
	    parse_port(port, &endpoint.port) != ERR_OK)
		return ERR_SYNTAX;
	bool in_brackets = host.ptr[0] == '[';
	if (in_brackets != (endpoint.addr.family == IPADDR_V6))
		return ERR_SYNTAX;
	*ret = endpoint;
	return ERR_OK;
}

enum err
endpoint_parse(struct span text, struct endpoint *ret)
{
	struct span prefix = span_of(UNIX_PREFIX);

	if (!span_starts(text, prefix))
		return parse_inet(text, ret);
	struct span path = {text.ptr + prefix.len, text.len - prefix.len};
	return parse_path(path, ret);
}
