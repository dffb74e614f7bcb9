#include "ddnsgate/request/forwarded.h"

#include <string.h>

#define PORT_MAX 65535

/* Is the quote at this place an escaped one (RFC 9110, section 5.6.4)? */
static bool
is_escaped(struct span text, size_t at)
{
	size_t backslashes = 0;

	while (backslashes < at && text.ptr[at - 1 - backslashes] == '\\')
		backslashes++;
	return backslashes % 2 == 1;
}

/*
 * The length of the text before the last comma that is not in a quoted string;
 * *ret_found is false, and the length 0, if there is none.  Read from the
 * right, a quote that the client left open on the left cannot swallow what its
 * proxy added.
 */
static size_t
before_last_comma(
    enum forwarded_syntax syntax, struct span text, bool *ret_found)
{
	bool quoted = false;

	for (size_t i = text.len; i-- > 0;) {
		char c = text.ptr[i];
		if (c == '"' && syntax == FORWARDED_RFC7239 &&
		    !is_escaped(text, i))
			quoted = !quoted;
		if (c == ',' && !quoted) {
			*ret_found = true;
			return i;
		}
	}
	*ret_found = false;
	return 0;
}

bool
forwarded_last(
    enum forwarded_syntax syntax, struct span *list, struct span *ret)
{
	struct span rest = *list;
	bool more = rest.len > 0;

	while (more) {
		size_t len = before_last_comma(syntax, rest, &more);
		size_t start = more ? len + 1 : 0;
		struct span element = span_trim(
		    (struct span){rest.ptr + start, rest.len - start});
		rest.len = len;
		if (element.len == 0)
			continue;
		*list = rest;
		*ret = element;
		return true;
	}
	return false;
}

enum err
forwarded_parse_addr(struct span text, struct ipaddr *ret)
{
	struct span addr = {NULL, 0};

	text = span_trim(text);
	span_next(&text, '%', &addr);
	return ipaddr_parse(addr, ret);
}

/* A port, or an obfuscated one, which begins with "_" (RFC 7239, 6.2). */
static bool
is_port(struct span text)
{
	uint64_t port;

	return (text.len > 1 && text.ptr[0] == '_') ||
	       span_number(text, PORT_MAX, &port) == ERR_OK;
}

/* Cuts off ":PORT", which follows IPv4 or the bracket. */
static enum err
cut_port(struct span *node)
{
	const char *colon = memrchr(node->ptr, ':', node->len);
	const char *first = memchr(node->ptr, ':', node->len);

	if (colon == NULL || (colon != first && colon[-1] != ']'))
		return ERR_OK;
	size_t len = (size_t)(colon - node->ptr);
	if (!is_port((struct span){colon + 1, node->len - len - 1}))
		return ERR_SYNTAX;
	node->len = len;
	return ERR_OK;
}

static enum err
parse_node(struct span node, struct ipaddr *ret)
{
	enum err err = cut_port(&node);

	return err == ERR_OK ? forwarded_parse_addr(node, ret) : err;
}

/* Undoes quoting; ERR_SYNTAX if a quoted string does not end where the value
 * does, or if it is too long. */
static enum err
unquote(struct span value, struct text *out)
{
	size_t i = 1;

	if (value.len == 0 || value.ptr[0] != '"') {
		text_put(out, value);
		return out->overflow ? ERR_SYNTAX : ERR_OK;
	}
	for (; i < value.len && value.ptr[i] != '"'; i++) {
		if (value.ptr[i] == '\\' && ++i == value.len)
			return ERR_SYNTAX;
		text_put(out, (struct span){value.ptr + i, 1});
	}
	return i + 1 == value.len && !out->overflow ? ERR_OK : ERR_SYNTAX;
}

/* Takes the next part up to a ";" that is not in a quoted string. */
static bool
next_pair(struct span *rest, struct span *ret)
{
	bool quoted = false;
	size_t i = 0;

	if (rest->ptr == NULL)
		return false;
	for (; i < rest->len && (quoted || rest->ptr[i] != ';'); i++) {
		if (rest->ptr[i] == '"')
			quoted = !quoted;
		else if (rest->ptr[i] == '\\' && quoted && i + 1 < rest->len)
			i++;
	}
	*ret = span_trim((struct span){rest->ptr, i});
	*rest = i == rest->len
		    ? (struct span){NULL, 0}
		    : (struct span){rest->ptr + i + 1, rest->len - i - 1};
	return true;
}

/* Reads the "for" of a forwarded-element (RFC 7239, section 4). */
static enum err
parse_pairs(struct span element, struct ipaddr *ret)
{
	char buf[FORWARDED_NODE_MAX + 1];
	struct span pair, name;
	struct text node;
	int count = 0;

	TEXT_INIT(&node, buf);
	while (next_pair(&element, &pair)) {
		if (!span_next(&pair, '=', &name) ||
		    !span_equal_nocase(span_trim(name), span_of("for")))
			continue;
		count++;
		if (unquote(span_trim(pair), &node) != ERR_OK)
			return ERR_SYNTAX;
	}
	return count == 1 ? parse_node(text_span(&node), ret) : ERR_SYNTAX;
}

enum err
forwarded_parse(
    enum forwarded_syntax syntax, struct span element, struct ipaddr *ret)
{
	return syntax == FORWARDED_RFC7239 ? parse_pairs(element, ret)
					   : parse_node(element, ret);
}
