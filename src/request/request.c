#include "ddnsgate/request/request.h"

#include <assert.h>
#include <string.h>

#include "ddnsgate/base/secret.h"
#include "ddnsgate/request/accept.h"

/* Reserves memory for text whose length is known to be within its limit. */
static char *
storage_reserve(struct request *request, size_t len)
{
	assert(len <= sizeof(request->storage) - request->storage_used);
	char *start = request->storage + request->storage_used;
	request->storage_used += len;
	return start;
}

const char *
request_methods(const struct dialect *dialect)
{
	if (dialect != NULL && dialect->reply == DIALECT_PAGE)
		return REQUEST_METHODS_PAGE;
	if (dialect == NULL || dialect->action == DIALECT_UPDATE)
		return dialect != NULL && dialect->post
			   ? REQUEST_METHODS_POST
			   : REQUEST_METHODS_UPDATE;
	return REQUEST_METHODS_READ;
}

static bool
method_is_allowed(struct span method, const struct dialect *dialect)
{
	struct span rest = span_of(request_methods(dialect));
	struct span allowed;

	while (span_next(&rest, ',', &allowed)) {
		if (span_equal(method, span_trim(allowed)))
			return true;
	}
	return false;
}

/*
 * Copies a path, with repeated slashes made one and without a final one.  A
 * backslash counts as a slash, since UniFi routers send the first slash of a
 * path only if it is entered so.
 */
static struct span
copy_path(struct request *request, struct span raw)
{
	char *path = storage_reserve(request, raw.len);
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

/* Removes the base path from the front.  If it ended inside a segment, the rest
 * does not begin with a slash and is the path of no dialect. */
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

/* Adds the names of a comma-separated list to the requested hosts. */
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

/* Adds each segment as the parameter that it stands for. */
static enum err
add_segments(struct form *form, const char *const *names, struct span segments)
{
	struct span segment;
	enum err err = ERR_OK;

	for (; err == ERR_OK && span_next(&segments, '/', &segment); names++)
		err = form_add_parameter(form, span_of(*names), segment);
	return err;
}

/* Finds the dialect by the path alone, and adds the path's parameters to the
 * form, which is empty. */
static enum err
read_path(struct request_parser *parser, struct span base_path)
{
	const struct request_source *source = parser->source;
	struct request *request = parser->request;
	struct form *form = &parser->form;
	struct span raw = request_source_path(source);
	struct credentials found = {.user = {NULL, 0}};
	struct span rest;

	if (raw.len > REQUEST_PATH_MAX)
		return ERR_TOO_LARGE;
	struct span path = copy_path(request, raw);
	if (!strip_base(&path, base_path))
		return ERR_SECRET;
	if (dialect_is_file_name(path))
		return ERR_PATH;
	request->dialect = dialect_find(path, form, parser->shown_to, &rest);
	if (request->dialect == NULL)
		return ERR_SECRET;
	parser->path = path;
	if (request->dialect->path_parameters != NULL)
		return add_segments(
		    form, request->dialect->path_parameters, rest);
	if (request->dialect->paths == NULL) {
		span_next(&rest, '/', &found.secret);
		add_credentials(request, &found);
	}
	return add_hosts(request, rest);
}

/* A further "?" counts as "&": URL templates contain one, and some clients
 * append "?" and their parameters to them. */
static enum err
read_query(const struct request_source *source, struct request *request,
    struct form *form)
{
	struct span raw = request_source_variable(source, "QUERY_STRING");

	if (raw.len > REQUEST_QUERY_MAX)
		return ERR_TOO_LARGE;
	char *query = storage_reserve(request, raw.len);
	for (size_t i = 0; i < raw.len; i++)
		query[i] = raw.ptr[i] == '?' ? '&' : raw.ptr[i];
	return form_add(form, query, raw.len);
}

static enum err
read_body(const struct request_source *source, struct request *request,
    struct form *form)
{
	char *body = request->storage + request->storage_used;
	size_t len;

	assert(sizeof(request->storage) - request->storage_used >=
	       REQUEST_BODY_MAX);
	enum err err =
	    request_source_body(source, body, REQUEST_BODY_MAX, &len);
	storage_reserve(request, len);
	if (err != ERR_OK || len == 0)
		return err;
	return form_add_body(form, source, body, len);
}

/* Apache's mod_rewrite and some CGI wrappers rename the variable. */
static struct span
authorization(const struct request_source *source)
{
	struct span header =
	    request_source_variable(source, "HTTP_AUTHORIZATION");

	return header.len > 0 ? header
			      : request_source_variable(
				    source, "REDIRECT_HTTP_AUTHORIZATION");
}

/* A copy of a header, which is empty if that is too long. */
static struct span
copy_header(const struct request_source *source, struct request *request,
    const char *variable)
{
	struct span raw = request_source_variable(source, variable);

	if (raw.len == 0 || raw.len > REQUEST_AUTHORIZATION_MAX)
		return (struct span){NULL, 0};
	char *text = storage_reserve(request, raw.len);
	memcpy(text, raw.ptr, raw.len);
	return (struct span){text, raw.len};
}

/* Those in headers of the dialect's own. */
static void
read_headers(const struct request_source *source, struct request *request)
{
	const struct dialect *dialect = request->dialect;
	const struct credentials found = {
	    .user = copy_header(source, request, dialect->user_header),
	    .secret = copy_header(source, request, dialect->secret_header)};

	if (found.secret.len > 0)
		add_credentials(request, &found);
}

/* The header's are tried before the parameters'.  With a secret in the path
 * neither is read. */
static void
read_credentials(const struct request_source *source, const struct form *form,
    struct request *request)
{
	const char *const *parameters = request->dialect->secret_parameters;
	struct span raw = authorization(source);
	struct credentials found;

	if (parameters == NULL)
		return;
	if (request->dialect->secret_header != NULL) {
		read_headers(source, request);
		return;
	}
	/* The page goes by the secret that was typed. */
	if (request->dialect->reply == DIALECT_PAGE)
		raw.len = 0;
	if (raw.len > 0 && raw.len <= REQUEST_AUTHORIZATION_MAX) {
		char *text = storage_reserve(request, raw.len);
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

static bool
says_clear(const struct form *form, const char *const *names)
{
	for (size_t i = 0; names != NULL && names[i] != NULL; i++) {
		if (form_says_yes(form, names[i]))
			return true;
	}
	return false;
}

/* "." is what lego has for he.net. */
static bool
is_no_value(struct span value)
{
	return value.len == 0 || span_is(value, ".");
}

static enum request_txt_action
txt_action(const struct form *form, const struct dialect *dialect)
{
	static const char *const offline[] = {"offline", NULL};
	bool removes = dialect->txt == DIALECT_TXT_REMOVE ||
		       (dialect->txt == DIALECT_TXT_ASKED &&
			   (says_clear(form, dialect->clear_parameters) ||
			       says_clear(form, offline)));

	return removes ? REQUEST_TXT_REMOVE : REQUEST_TXT_ADD;
}

/* The presence of a parameter decides: with an empty one, too, the request is
 * not about addresses.  Clients remove theirs so. */
static enum err
read_txt(const struct form *form, struct request *request)
{
	const struct dialect *dialect = request->dialect;
	struct span value;

	if (form_find_any(form, dialect->txt_parameters, &value)) {
		request->txt = txt_action(form, dialect);
		if (dialect->txt == DIALECT_TXT_ASKED && is_no_value(value))
			request->txt = REQUEST_TXT_REMOVE_ALL;
		else if (!acme_is_value(value))
			return ERR_TXT;
		else
			memcpy(request->txt_value, value.ptr, value.len);
	} else if (form_find_any(form, dialect->key_parameters, &value) &&
		   value.len > 0) {
		request->txt = txt_action(form, dialect);
		acme_value(value, request->txt_value);
	} else if (dialect->txt != DIALECT_TXT_ASKED) {
		return ERR_TXT;
	}
	return ERR_OK;
}

/*
 * A client of httpreq or acme-dns is told that the record which it named is
 * there, so it has to name one, and one that there can be: "fqdn" is the
 * record's own name, "domain" the host's.  acme.sh, told to use a name without
 * the label, would wait for a record that is elsewhere.
 */
static enum err
check_record(const struct form *form, const struct request *request)
{
	const struct dialect *dialect = request->dialect;
	struct span value;

	if (dialect->txt == DIALECT_TXT_ASKED)
		return ERR_OK;
	if (request->host_count != 1)
		return request->host_count == 0 ? ERR_NAME : ERR_NAMES;
	if (dialect->key_parameters == NULL)
		return ERR_OK;
	bool is_record = form_find_any(form, dialect->txt_parameters, &value);
	bool has_label =
	    acme_without_label(request->hosts[0]).len != request->hosts[0].len;
	return has_label == is_record ? ERR_OK : ERR_NAME;
}

/* Without a button that changes something nothing is, whatever else is said;
 * with one, only the host that it is beside. */
static enum err
read_page(const struct form *form, struct request *request)
{
	struct span from;
	uint64_t number = 0;

	request->button = browser_button(form);
	(void)form_find(form, "kind", &request->kind);
	if (form_find(form, "from", &from))
		(void)span_number(from, REQUEST_FROM_MAX, &number);
	request->from = (size_t)number;
	if (request->button < BROWSER_HERE)
		return ERR_OK;
	enum err err = read_hosts(form, request);
	if (err == ERR_OK && request->host_count == 0)
		err = ERR_NAME;
	if (err == ERR_OK && request->button == BROWSER_REMOVE)
		request_address_remove(request->addresses);
	if (err != ERR_OK || request->button != BROWSER_SET)
		return err;
	err = request_address_read(form, request->addresses);
	return err == ERR_OK && !request_address_has_value(request->addresses)
		   ? ERR_ADDR
		   : err;
}

/* Reads what an update asks for, once query and body are in the form. */
static enum err
read_update(const struct request_source *source, const struct form *form,
    struct request *request)
{
	read_credentials(source, form, request);
	if (request->dialect->reply == DIALECT_PAGE)
		return read_page(form, request);
	request->verbose =
	    form_says_yes(form, request->dialect->verbose_parameter);
	request->wildcard =
	    form_says_yes(form, request->dialect->wildcard_parameter);
	enum err err = read_hosts(form, request);
	if (err != ERR_OK)
		return err;
	err = read_txt(form, request);
	if (err == ERR_OK)
		err = check_record(form, request);
	if (err != ERR_OK || request->txt != REQUEST_TXT_NONE)
		return err;
	if (!says_clear(form, request->dialect->clear_parameters))
		return request_address_read(form, request->addresses);
	request_address_remove(request->addresses);
	return ERR_OK;
}

/* Whatever its path is, another method is refused alike, as no attempt. */
static void
forget_update(struct request *request)
{
	const struct dialect *dialect = request->dialect;

	request->credential_count = 0;
	request->host_count = 0;
	if (dialect != NULL && dialect->action == DIALECT_UPDATE &&
	    !dialect->post)
		request->dialect = NULL;
}

enum err
request_parse_variables(const struct request_source *source,
    struct span base_path, unsigned shown_to, struct request_parser *parser,
    struct request *ret)
{
	memset(ret, 0, offsetof(struct request, storage));
	parser->source = source;
	parser->request = ret;
	parser->shown_to = shown_to;
	parser->form.count = 0;
	parser->form.json = false;
	ret->json =
	    accept_prefers_json(request_source_variable(source, "HTTP_ACCEPT"));
	struct span method = request_source_variable(source, "REQUEST_METHOD");
	ret->head = span_is(method, "HEAD");
	enum err err = read_path(parser, base_path);
	if (!method_is_allowed(method, ret->dialect)) {
		forget_update(ret);
		return ERR_METHOD;
	}
	if (err != ERR_OK || ret->dialect->action != DIALECT_UPDATE)
		return err;
	return read_query(source, ret, &parser->form);
}

enum err
request_check_body(const struct request_parser *parser)
{
	const struct request_source *source = parser->source;
	enum err err = request_source_check_length(source, REQUEST_BODY_MAX);

	if (err == ERR_OK && request_source_announces_body(source))
		err = form_check_media(source);
	return err;
}

bool
request_has_all_credentials(const struct request *request)
{
	return request->dialect->secret_parameters == NULL;
}

enum err
request_parse_body(struct request_parser *parser)
{
	struct request *request = parser->request;
	struct span rest;

	enum err err = read_body(parser->source, request, &parser->form);
	if (err != ERR_OK)
		return err;
	request->dialect =
	    dialect_find(parser->path, &parser->form, parser->shown_to, &rest);
	if (request->dialect->behind_secret != NULL)
		request->host_count = 0; /* that segment is no host */
	if (!method_is_allowed(
		request_source_variable(parser->source, "REQUEST_METHOD"),
		request->dialect))
		return ERR_METHOD;
	return read_update(parser->source, &parser->form, request);
}

enum err
request_parse(const struct request_source *source, struct span base_path,
    struct request *ret)
{
	struct request_parser parser;

	enum err err =
	    request_parse_variables(source, base_path, 0, &parser, ret);
	if (err != ERR_OK || ret->dialect->action != DIALECT_UPDATE)
		return err;
	return request_parse_body(&parser);
}

void
request_done(struct request *request)
{
	secret_wipe(
	    request, offsetof(struct request, storage) + request->storage_used);
}
