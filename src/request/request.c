#include "ddnsgate/request/request.h"

#include <assert.h>
#include <string.h>

#include "ddnsgate/base/secret.h"
#include "ddnsgate/request/form.h"

/* What the words of a parameter speak about where no address tells it. */
enum scope { ANY_FAMILY, ONLY_V4, ONLY_V6, ONLY_PREFIX };

// clang-format off
static const struct address_parameter {
	const char *name;
	enum scope scope;
} address_parameters[] = {
	{ "myip",         ANY_FAMILY },
	{ "ip",           ANY_FAMILY },
	{ "address",      ANY_FAMILY },
	{ "myipv4",       ONLY_V4 },
	{ "ipv4",         ONLY_V4 },
	{ "ip4",          ONLY_V4 },
	{ "a",            ONLY_V4 },
	{ "myipv6",       ONLY_V6 },
	{ "ipv6",         ONLY_V6 },
	{ "ip6",          ONLY_V6 },
	{ "ip6addr",      ONLY_V6 },
	{ "aaaa",         ONLY_V6 },
	{ "myip2",        ONLY_V6 },
	{ "prefix",       ONLY_PREFIX },
	{ "ip6lanprefix", ONLY_PREFIX },
	{ "ipv6prefix",   ONLY_PREFIX },
};

/* What may stand for an address. */
static const struct {
	const char *word;
	enum request_address_kind kind;
} address_words[] = {
	{ "",         REQUEST_EMPTY },
	{ "-",        REQUEST_REMOVE },
	{ "preserve", REQUEST_PRESERVE },
	{ "no",       REQUEST_PRESERVE },
	{ "auto",     REQUEST_ABSENT },
};
// clang-format on

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct span
variable(const struct request_source *source, const char *name)
{
	return span_of(source->variable(source->ctx, name));
}

/* Room for what was found to be within its limit. */
static char *
storage_take(struct request *request, size_t len)
{
	assert(len <= sizeof(request->storage) - request->storage_used);
	char *room = request->storage + request->storage_used;
	request->storage_used += len;
	return room;
}

static bool
method_is_allowed(struct span method)
{
	struct span rest = span_of(REQUEST_METHODS);
	struct span allowed;

	while (span_next(&rest, ',', &allowed)) {
		if (span_equal(method, span_trim(allowed)))
			return true;
	}
	return false;
}

/*
 * Copies a path, with single slashes and no final one.  A backslash is a
 * slash: it is how people make UniFi send the first one.
 */
static struct span
keep_path(struct request *request, struct span raw)
{
	char *path = storage_take(request, raw.len);
	size_t len = 0;

	for (size_t i = 0; i < raw.len; i++) {
		char c = raw.ptr[i] == '\\' ? '/' : raw.ptr[i];
		if (c != '/' || len == 0 || path[len - 1] != '/')
			path[len++] = c;
	}
	if (len > 0 && path[len - 1] == '/')
		len--;
	return (struct span){path, len};
}

/* Takes the base path off the front.  If it ended inside a segment, then what
 * is left has no slash first, and no dialect takes it. */
static bool
strip_base(struct span *path, struct span base)
{
	while (base.len > 0 && base.ptr[base.len - 1] == '/')
		base.len--;
	if (!span_starts(*path, base))
		return false;
	path->ptr += base.len;
	path->len -= base.len;
	return true;
}

/* Adds the names of a comma list to those asked for. */
static enum err
add_hosts(struct request *request, struct span list)
{
	struct span name;

	while (span_next(&list, ',', &name)) {
		name = span_trim(name);
		if (name.len == 0 || span_is(name, "YES"))
			continue;
		if (request->host_count == REQUEST_HOSTS_MAX)
			return ERR_NAMES;
		request->hosts[request->host_count++] = name;
	}
	return ERR_OK;
}

static void
add_credentials(struct request *request, const struct credentials *more)
{
	assert(request->credential_count < REQUEST_CREDENTIALS_MAX);
	request->credentials[request->credential_count++] = *more;
}

/* Finds the dialect by the path alone; gives the path. */
static enum err
read_path(const struct request_source *source, struct span base_path,
    struct request *request, struct span *ret_path)
{
	struct span raw = variable(source, "PATH_INFO");
	const struct form no_form = {.count = 0};
	struct credentials found = {.user = {NULL, 0}};
	struct span rest;

	if (raw.len == 0)
		raw = variable(source, "SCRIPT_NAME");
	if (raw.len > REQUEST_PATH_MAX)
		return ERR_TOO_LARGE;
	struct span path = keep_path(request, raw);
	if (!strip_base(&path, base_path))
		return ERR_SECRET;
	request->dialect = dialect_find(path, &no_form, &rest);
	if (request->dialect == NULL)
		return ERR_SECRET;
	if (request->dialect->paths == NULL) {
		span_next(&rest, '/', &found.secret);
		add_credentials(request, &found);
	}
	*ret_path = path;
	return add_hosts(request, rest);
}

/* A second "?" is an "&": templates hold one, and the program adds its own. */
static enum err
read_query(const struct request_source *source, struct request *request,
    struct form *form)
{
	struct span raw = variable(source, "QUERY_STRING");

	if (raw.len > REQUEST_QUERY_MAX)
		return ERR_TOO_LARGE;
	char *query = storage_take(request, raw.len);
	for (size_t i = 0; i < raw.len; i++)
		query[i] = raw.ptr[i] == '?' ? '&' : raw.ptr[i];
	return form_add(form, query, raw.len);
}

/* Is the body a form, as far as its type is told? */
static bool
is_form(const struct request_source *source)
{
	struct span rest = variable(source, "CONTENT_TYPE");
	struct span type = {NULL, 0};

	span_next(&rest, ';', &type);
	type = span_trim(type);
	return type.len == 0 ||
	       span_equal_nocase(
		   type, span_of("application/x-www-form-urlencoded"));
}

static enum err
read_body(const struct request_source *source, struct request *request,
    struct form *form)
{
	struct span announced = variable(source, "CONTENT_LENGTH");
	uint64_t len = 0;

	if (announced.len > 0 &&
	    span_number(announced, REQUEST_BODY_MAX, &len) != ERR_OK)
		return ERR_TOO_LARGE;
	/* Plain CGI tells no length of a body in chunks (RFC 3875, 4.1.2). */
	if (announced.len == 0 &&
	    variable(source, "HTTP_TRANSFER_ENCODING").len > 0)
		return ERR_SYNTAX;
	if (len == 0)
		return ERR_OK;
	if (!is_form(source))
		return ERR_MEDIA;
	char *body = storage_take(request, len);
	for (size_t have = 0; have < len;) {
		size_t more =
		    source->read(source->ctx, body + have, len - have);
		if (more == 0)
			return ERR_SYNTAX;
		have += more;
	}
	return form_add(form, body, len);
}

/* Apache's mod_rewrite and some CGI wrappers rename the variable. */
static struct span
authorization(const struct request_source *source)
{
	struct span header = variable(source, "HTTP_AUTHORIZATION");

	return header.len > 0 ? header
			      : variable(source, "REDIRECT_HTTP_AUTHORIZATION");
}

/* Those of the header come first; a secret in the path needs no others. */
static void
read_credentials(const struct request_source *source, const struct form *form,
    struct request *request)
{
	const char *const *parameters = request->dialect->secret_parameters;
	struct span raw = authorization(source);
	struct credentials found;

	if (parameters == NULL)
		return;
	if (raw.len > 0 && raw.len <= REQUEST_AUTHORIZATION_MAX) {
		char *text = storage_take(request, raw.len);
		memcpy(text, raw.ptr, raw.len);
		if (credentials_from_header(text, raw.len, &found) == ERR_OK)
			add_credentials(request, &found);
	}
	if (credentials_from_form(form, parameters, &found) == ERR_OK)
		add_credentials(request, &found);
}

static enum err
read_hosts(const struct form *form, struct request *request)
{
	const char *const *names = request->dialect->host_parameters;
	struct span list;

	for (size_t i = 0; names[i] != NULL; i++) {
		if (!form_find(form, names[i], &list))
			continue;
		enum err err = add_hosts(request, list);
		if (err != ERR_OK)
			return err;
	}
	return ERR_OK;
}

/*
 * Reads ADDRESS or ADDRESS/LEN.  A length behind an IPv4 address, or behind
 * an IPv6 address that has bits set after it, only tells the network that the
 * address is in (RouterOS writes so).
 */
static enum err
read_address(struct span text, struct request_address *ret)
{
	struct request_address address = {.kind = REQUEST_VALUE};
	uint8_t len;

	if (memchr(text.ptr, '/', text.len) == NULL) {
		if (ipaddr_parse(text, &address.addr) != ERR_OK)
			return ERR_ADDR;
		*ret = address;
		return ERR_OK;
	}
	if (ipaddr_parse_prefix(text, &address.addr, &len) != ERR_OK)
		return ERR_ADDR;
	struct ipaddr_net net = ipaddr_net_of(&address.addr, len);
	if (address.addr.family == IPADDR_V6 &&
	    ipaddr_equal(&net.base, &address.addr)) {
		if (len == 0)
			return ERR_ADDR;
		address.kind = REQUEST_PREFIX;
		address.prefix_len = len;
	}
	*ret = address;
	return ERR_OK;
}

/* Reads PREFIX/LEN, whatever bits are set after LEN. */
static enum err
read_prefix(struct span text, struct request_address *ret)
{
	struct ipaddr addr;
	uint8_t len;

	if (ipaddr_parse_prefix(text, &addr, &len) != ERR_OK ||
	    addr.family != IPADDR_V6 || len == 0)
		return ERR_ADDR;
	*ret = (struct request_address){
	    .kind = REQUEST_PREFIX,
	    .addr = ipaddr_net_of(&addr, len).base,
	    .prefix_len = len,
	};
	return ERR_OK;
}

static bool
wish_equal(const struct request_address *a, const struct request_address *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind != REQUEST_VALUE && a->kind != REQUEST_PREFIX)
		return true;
	return a->prefix_len == b->prefix_len &&
	       ipaddr_equal(&a->addr, &b->addr);
}

static bool
says_nothing(const struct request_address *address)
{
	return address->kind == REQUEST_ABSENT ||
	       address->kind == REQUEST_EMPTY;
}

/* Does a say what b leaves open? */
static bool
wish_outweighs(const struct request_address *a, const struct request_address *b)
{
	if (says_nothing(b))
		return a->kind != REQUEST_ABSENT;
	/* FRITZ!Box fills in the prefix only when it is also asked for its
	 * own address, so both come and the prefix is meant. */
	return a->kind == REQUEST_PREFIX && b->kind == REQUEST_VALUE;
}

/* Adds what one more parameter says about a family, or about any. */
static enum err
add_wish(struct request_address *address, const struct request_address *more)
{
	if (wish_outweighs(more, address)) {
		*address = *more;
		return ERR_OK;
	}
	if (wish_outweighs(address, more) || wish_equal(address, more))
		return ERR_OK;
	return ERR_ADDR;
}

/* Reads one value of an address parameter into the wishes. */
static enum err
read_wish(struct span text, enum scope scope,
    struct request_address addresses[], struct request_address *any)
{
	struct request_address address = {.kind = REQUEST_ABSENT};

	for (size_t i = 0; i < COUNT(address_words); i++) {
		if (!span_equal_nocase(text, span_of(address_words[i].word)))
			continue;
		address.kind = address_words[i].kind;
		if (scope == ANY_FAMILY)
			return add_wish(any, &address);
		return add_wish(
		    &addresses[scope == ONLY_V4 ? IPADDR_V4 : IPADDR_V6],
		    &address);
	}
	enum err err = scope == ONLY_PREFIX ? read_prefix(text, &address)
					    : read_address(text, &address);
	if (err != ERR_OK)
		return err;
	return add_wish(&addresses[address.addr.family], &address);
}

/* The families that have values are to be removed, all if none has. */
static void
make_offline(struct request_address addresses[])
{
	bool given = false;

	for (int f = 0; f < IPADDR_FAMILIES; f++) {
		if (!says_nothing(&addresses[f]))
			given = given || addresses[f].kind != REQUEST_PRESERVE;
	}
	for (int f = 0; f < IPADDR_FAMILIES; f++) {
		bool spared = addresses[f].kind == REQUEST_PRESERVE ||
			      (given && says_nothing(&addresses[f]));
		if (!spared)
			addresses[f].kind = REQUEST_REMOVE;
	}
}

static enum err
read_wishes(const struct form *form, struct request *request)
{
	struct request_address any = {.kind = REQUEST_ABSENT};
	struct span list;
	struct span text;

	for (size_t i = 0; i < COUNT(address_parameters); i++) {
		const struct address_parameter *known = &address_parameters[i];
		if (!form_find(form, known->name, &list))
			continue;
		while (span_next(&list, ',', &text)) {
			enum err err = read_wish(span_trim(text), known->scope,
			    request->addresses, &any);
			if (err != ERR_OK)
				return err;
		}
	}
	for (int f = 0; f < IPADDR_FAMILIES; f++) {
		if (wish_outweighs(&any, &request->addresses[f]))
			request->addresses[f] = any;
	}
	if (form_says_yes(form, "offline"))
		make_offline(request->addresses);
	return ERR_OK;
}

/* What an update is about, once all of its parameters are there. */
static enum err
read_update(const struct request_source *source, const struct form *form,
    struct request *request)
{
	struct span txt;

	read_credentials(source, form, request);
	request->verbose =
	    form_says_yes(form, request->dialect->verbose_parameter);
	enum err err = read_hosts(form, request);
	if (err != ERR_OK)
		return err;
	/* DuckDNS and he.net set TXT records this way, for certificates; the
	 * caller's address is not what such a request is about. */
	if (form_find(form, "txt", &txt))
		return ERR_TXT;
	if (!form_says_yes(form, request->dialect->clear_parameter))
		return read_wishes(form, request);
	make_offline(request->addresses);
	return ERR_OK;
}

/* The plain name of the type, whatever else is welcome besides. */
static bool
wants_json(const struct request_source *source)
{
	const char *accept = source->variable(source->ctx, "HTTP_ACCEPT");

	return accept != NULL && strcasestr(accept, "application/json") != NULL;
}

enum err
request_parse(const struct request_source *source, struct span base_path,
    struct request *ret)
{
	struct form form = {.count = 0};
	struct span path, rest;

	memset(ret, 0, offsetof(struct request, storage));
	ret->json = wants_json(source);
	if (!method_is_allowed(variable(source, "REQUEST_METHOD")))
		return ERR_METHOD;
	enum err err = read_path(source, base_path, ret, &path);
	if (err != ERR_OK || ret->dialect->action != DIALECT_UPDATE)
		return err;
	err = read_query(source, ret, &form);
	if (err != ERR_OK)
		return err;
	err = read_body(source, ret, &form);
	if (err != ERR_OK)
		return err;
	ret->dialect = dialect_find(path, &form, &rest);
	return read_update(source, &form, ret);
}

void
request_done(struct request *request)
{
	secret_wipe(
	    request, offsetof(struct request, storage) + request->storage_used);
}
