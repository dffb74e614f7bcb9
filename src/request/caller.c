#include "ddnsgate/request/caller.h"

#include "ddnsgate/request/forwarded.h"

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

/* Follows the header from the right, from the proxy that is the peer. */
static enum err
follow(const struct site_settings *settings, struct span header,
    struct ipaddr *addr)
{
	enum forwarded_syntax syntax =
	    span_equal_nocase(
		span_of(settings->proxy_header), span_of("Forwarded"))
		? FORWARDED_RFC7239
		: FORWARDED_LIST;
	struct span hop;

	for (int i = 0; is_trusted(settings, addr); i++) {
		if (!forwarded_last(syntax, &header, &hop))
			return ERR_OK;
		if (i == CALLER_HOPS_MAX ||
		    forwarded_parse(syntax, hop, addr) != ERR_OK)
			return ERR_PROXY;
	}
	return ERR_OK;
}

bool
caller_is_behind_proxy(
    const struct request_source *source, const struct site_settings *settings)
{
	struct ipaddr addr;

	return forwarded_parse_addr(
		   request_source_variable(source, "REMOTE_ADDR"), &addr) ==
		   ERR_OK &&
	       is_trusted(settings, &addr);
}

enum err
caller_find(const struct request_source *source,
    const struct site_settings *settings, struct ipaddr *ret)
{
	struct span remote =
	    span_of(source->variable(source->ctx, "REMOTE_ADDR"));
	struct ipaddr addr;

	if (forwarded_parse_addr(remote, &addr) != ERR_OK)
		return ERR_CALLER;
	if (is_trusted(settings, &addr)) {
		enum err err =
		    follow(settings, proxy_header(source, settings), &addr);
		if (err != ERR_OK)
			return err;
	}
	*ret = addr;
	return ERR_OK;
}
