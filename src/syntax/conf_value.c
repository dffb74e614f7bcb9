#include "ddnsgate/syntax/conf_value.h"

#include <string.h>

#include "ddnsgate/dns/dname.h"
#include "ddnsgate/dns/tsig_key.h"
#include "ddnsgate/syntax/endpoint.h"

#define ALNUM                        \
	"abcdefghijklmnopqrstuvwxyz" \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ" \
	"0123456789"

bool
conf_value_has_control(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		if (c < ' ' || c == 0x7f)
			return true;
	}
	return false;
}

/* Does the text have 1 to max characters, all of them among chars? */
static bool
is_made_of(struct span text, const char *chars, size_t max)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '\0' || strchr(chars, text.ptr[i]) == NULL)
			return false;
	}
	return text.len > 0 && text.len <= max;
}

static struct span
without_front(struct span text, const char *start)
{
	size_t len = strlen(start);
	return (struct span){text.ptr + len, text.len - len};
}

static enum err
parse_port(struct span text, uint16_t *ret)
{
	uint64_t port;

	enum err err = span_number(text, UINT16_MAX, &port);
	if (err != ERR_OK || port == 0)
		return ERR_SYNTAX;
	*ret = (uint16_t)port;
	return ERR_OK;
}

/* Cuts the text at the last such character; false when there is none. */
static bool
cut_at_last(
    struct span text, char mark, struct span *ret_left, struct span *ret_right)
{
	const char *at =
	    text.len > 0 ? memrchr(text.ptr, mark, text.len) : NULL;

	if (at == NULL)
		return false;
	*ret_left = (struct span){text.ptr, (size_t)(at - text.ptr)};
	*ret_right = (struct span){at + 1, text.len - ret_left->len - 1};
	return true;
}

bool
conf_value_is_listen(struct span text)
{
	struct endpoint endpoint;

	return endpoint_parse(text, &endpoint) == ERR_OK;
}

bool
conf_value_is_socket(struct span text)
{
	struct endpoint endpoint;

	return endpoint_parse(text, &endpoint) == ERR_OK &&
	       endpoint.path[0] != '\0';
}

enum err
conf_value_limits(struct span text, struct endpoint *ret)
{
	struct span prefix = span_of("redis:");

	if (!span_starts(text, prefix))
		return ERR_SYNTAX;
	return endpoint_parse(
	    (struct span){text.ptr + prefix.len, text.len - prefix.len}, ret);
}

bool
conf_value_is_limits(struct span text)
{
	struct endpoint endpoint;

	return conf_value_limits(text, &endpoint) == ERR_OK;
}

bool
conf_value_is_base_path(struct span text)
{
	struct span part;

	if (text.len == 0)
		return true;
	if (!span_starts(text, span_of("/")))
		return false;
	text = without_front(text, "/");
	while (span_next(&text, '/', &part)) {
		if (!is_made_of(part, ALNUM "-._~", part.len))
			return false;
	}
	return true;
}

bool
conf_value_is_url(struct span text)
{
	static const char *const schemes[] = {"https://", "http://"};

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		if (!span_starts(text, span_of(schemes[i])))
			continue;
		text = without_front(text, schemes[i]);
		return is_made_of(text, ALNUM ".:-_~[]/", CONF_URL_MAX) &&
		       text.ptr[0] != '/';
	}
	return false;
}

bool
conf_value_is_user(struct span text)
{
	return is_made_of(text, ALNUM "._-", CONF_USER_NAME_MAX);
}

bool
conf_value_is_header(struct span text)
{
	return is_made_of(text, ALNUM "-", CONF_HEADER_NAME_MAX);
}

bool
conf_value_is_net(struct span text)
{
	struct ipaddr_net net;
	return ipaddr_net_parse(text, &net) == ERR_OK;
}

enum err
conf_value_server(struct span text, struct server_addr *ret)
{
	struct server_addr server = {.port = CONF_DNS_PORT};
	struct span addr, port;

	if (!cut_at_last(text, '@', &addr, &port))
		addr = text;
	else if (parse_port(port, &server.port) != ERR_OK)
		return ERR_SYNTAX;
	if (ipaddr_parse(addr, &server.addr) != ERR_OK)
		return ERR_SYNTAX;
	*ret = server;
	return ERR_OK;
}

bool
conf_value_is_server(struct span text)
{
	struct server_addr server;
	return conf_value_server(text, &server) == ERR_OK;
}

bool
conf_value_is_dname(struct span text)
{
	char name[DNAME_SIZE];
	return dname_canonical(text, false, name) == ERR_OK;
}

bool
conf_value_is_hostname(struct span text)
{
	char name[DNAME_SIZE];
	return dname_canonical(text, true, name) == ERR_OK;
}

bool
conf_value_is_client_name(struct span text)
{
	return is_made_of(text, ALNUM "._@-", CONF_CLIENT_NAME_MAX);
}

enum err
conf_value_family(struct span text, enum ipaddr_family *ret)
{
	for (int i = 0; i < IPADDR_FAMILIES; i++) {
		if (span_is(text, ipaddr_rrtype((enum ipaddr_family)i))) {
			*ret = (enum ipaddr_family)i;
			return ERR_OK;
		}
	}
	return ERR_SYNTAX;
}

bool
conf_value_is_family(struct span text)
{
	enum ipaddr_family family;
	return conf_value_family(text, &family) == ERR_OK;
}

/*
 * ipaddr_parse makes an IPv4 address of ::ffff:a.b.c.d, but as an interface
 * identifier it is valid: this undoes it.
 */
static struct ipaddr
unmap(const struct ipaddr *addr)
{
	struct ipaddr mapped = {IPADDR_V6, {[10] = 0xff, [11] = 0xff}};

	if (addr->family == IPADDR_V6)
		return *addr;
	memcpy(mapped.bytes + 12, addr->bytes, 4);
	return mapped;
}

enum err
conf_value_interface_id(struct span text, uint8_t ret[CONF_INTERFACE_ID_LEN])
{
	static const uint8_t zeroes[CONF_INTERFACE_ID_LEN] = {0};
	struct ipaddr addr;

	if (!span_starts(text, span_of("::")) ||
	    ipaddr_parse(text, &addr) != ERR_OK)
		return ERR_SYNTAX;
	addr = unmap(&addr);
	const uint8_t *low = addr.bytes + CONF_INTERFACE_ID_LEN;
	if (memcmp(addr.bytes, zeroes, sizeof(zeroes)) != 0 ||
	    memcmp(low, zeroes, sizeof(zeroes)) == 0)
		return ERR_SYNTAX;
	memcpy(ret, low, CONF_INTERFACE_ID_LEN);
	return ERR_OK;
}

bool
conf_value_is_interface_id(struct span text)
{
	uint8_t id[CONF_INTERFACE_ID_LEN];
	return conf_value_interface_id(text, id) == ERR_OK;
}

bool
conf_value_is_algorithm(struct span text)
{
	enum tsig_algorithm algorithm;
	return tsig_algorithm_parse(text, &algorithm) == ERR_OK;
}
