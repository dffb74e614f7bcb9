#include "ddnsgate/request/caller.h"

#include <string.h>

static bool
is_trusted(const struct site_settings *settings, const struct ipaddr *addr)
{
	for (size_t i = 0; i < settings->trusted_proxy_count; i++) {
		if (ipaddr_net_contains(&settings->trusted_proxies[i], addr))
			return true;
	}
	return false;
}

/* The header as CGI names it (RFC 3875, section 4.1.18). */
static struct span
proxy_header(
    const struct request_source *source, const struct site_settings *settings)
{
	struct span header = span_of(settings->proxy_header);
	char buf[sizeof("HTTP_") + CALLER_HEADER_MAX];
	struct text name;

	TEXT_INIT(&name, buf);
	text_puts(&name, "HTTP_");
	for (size_t i = 0; i < header.len; i++) {
		char c = header.ptr[i];
		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		if (c == '-')
			c = '_';
		text_put(&name, (struct span){&c, 1});
	}
	if (header.len == 0 || name.overflow)
		return (struct span){NULL, 0};
	return span_of(source->variable(source->ctx, buf));
}

static enum err
parse_hop(struct span text, struct ipaddr *ret)
{
	struct span addr = {NULL, 0};

	text = span_trim(text);
	span_next(&text, '%', &addr);
	return ipaddr_parse(addr, ret) == ERR_OK ? ERR_OK : ERR_ADDR;
}

/* Takes the last part of a comma list, whose ptr is NULL after the first. */
static struct span
last_hop(struct span *list)
{
	const char *comma = memrchr(list->ptr, ',', list->len);
	struct span hop = *list;

	if (comma == NULL) {
		*list = (struct span){NULL, 0};
		return hop;
	}
	list->len = (size_t)(comma - list->ptr);
	hop.ptr = comma + 1;
	hop.len -= list->len + 1;
	return hop;
}

enum err
caller_find(const struct request_source *source,
    const struct site_settings *settings, struct ipaddr *ret)
{
	struct span remote =
	    span_of(source->variable(source->ctx, "REMOTE_ADDR"));
	struct ipaddr addr;

	if (parse_hop(remote, &addr) != ERR_OK)
		return ERR_CALLER;
	struct span hops = {NULL, 0};
	if (is_trusted(settings, &addr))
		hops = span_trim(proxy_header(source, settings));
	if (hops.len == 0)
		hops.ptr = NULL;
	for (int i = 0; hops.ptr != NULL && is_trusted(settings, &addr); i++) {
		if (i == CALLER_HOPS_MAX ||
		    parse_hop(last_hop(&hops), &addr) != ERR_OK)
			return ERR_ADDR;
	}
	*ret = addr;
	return ERR_OK;
}
