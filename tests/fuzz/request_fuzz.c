#include <string.h>

#include "ddnsgate/request/request.h"

#include "fuzz.h"
#include "web.h"

#define LINES_MAX 65536

/* Does the span point into the request's storage? */
static bool
is_stored(const struct request *request, struct span span)
{
	return span.ptr >= request->storage &&
	       span.ptr + span.len <= request->storage + request->storage_used;
}

static void
check_address(const struct request_address *address, int family)
{
	FUZZ_CHECK(address->kind <= REQUEST_ADDRESS_PRESERVE);
	if (address->kind == REQUEST_ADDRESS_VALUE ||
	    address->kind == REQUEST_ADDRESS_PREFIX)
		FUZZ_CHECK((int)address->addr.family == family);
	if (address->kind != REQUEST_ADDRESS_PREFIX)
		return;
	FUZZ_CHECK(family == IPADDR_V6);
	FUZZ_CHECK(address->prefix_len >= 1 && address->prefix_len <= 128);
	struct ipaddr_net net =
	    ipaddr_net_of(&address->addr, address->prefix_len);
	FUZZ_CHECK(ipaddr_equal(&net.base, &address->addr));
}

/* The secret of a path may be empty; other credentials name a user or a
 * secret. */
static void
check_credentials(
    const struct request *request, const struct credentials *credentials)
{
	if (credentials->user.len > 0)
		FUZZ_CHECK(is_stored(request, credentials->user));
	if (credentials->secret.len > 0)
		FUZZ_CHECK(is_stored(request, credentials->secret));
	if (request->dialect->secret_parameters != NULL)
		FUZZ_CHECK(credentials->user.len + credentials->secret.len > 0);
}

/* Does the query have the parameter txt, unencoded?  Then no address may be
 * meant, whatever else there is. */
static bool
has_txt(const char *query)
{
	static const char *const names[] = {"txt=", "&txt=", "?txt="};

	if (query == NULL)
		return false;
	if (strncasecmp(query, names[0], strlen(names[0])) == 0)
		return true;
	return strcasestr(query, names[1]) != NULL ||
	       strcasestr(query, names[2]) != NULL;
}

static void
check_txt(const struct request *request, enum err err)
{
	size_t len = strnlen(request->txt_value, sizeof(request->txt_value));
	struct span value = {request->txt_value, len};

	FUZZ_CHECK(request->txt <= REQUEST_TXT_REMOVE_ALL);
	FUZZ_CHECK(len == 0 || acme_is_value(value));
	if (request->txt == REQUEST_TXT_NONE)
		return;
	for (int family = 0; family < IPADDR_FAMILIES; family++)
		FUZZ_CHECK(
		    request->addresses[family].kind == REQUEST_ADDRESS_ABSENT);
	if (err == ERR_OK)
		FUZZ_CHECK(
		    (len > 0) == (request->txt != REQUEST_TXT_REMOVE_ALL));
}

/* What holds for every input, also when parsing fails. */
static void
check_request(const struct request *request)
{
	FUZZ_CHECK(request->storage_used <= sizeof(request->storage));
	FUZZ_CHECK(request->host_count <= REQUEST_HOSTS_MAX);
	for (size_t i = 0; i < request->host_count; i++) {
		FUZZ_CHECK(request->hosts[i].len > 0);
		FUZZ_CHECK(is_stored(request, request->hosts[i]));
	}
	FUZZ_CHECK(request->credential_count <= REQUEST_CREDENTIALS_MAX);
	for (size_t i = 0; i < request->credential_count; i++)
		check_credentials(request, &request->credentials[i]);
	for (int family = 0; family < IPADDR_FAMILIES; family++)
		check_address(&request->addresses[family], family);
}

/* Those of acme-dns are in place of Authorization: "X-Api USER:KEY". */
static void
read_api_headers(struct web *web)
{
	static char user[LINES_MAX];
	struct span mark = span_of("X-Api "), line, name;

	line = span_of(web->authorization);
	if (!span_starts(line, mark))
		return;
	line = (struct span){line.ptr + mark.len, line.len - mark.len};
	web->authorization = NULL;
	if (!span_next(&line, ':', &name))
		return;
	memcpy(user, name.ptr, name.len);
	user[name.len] = '\0';
	web->api_user = user;
	web->api_key = line.ptr;
}

static void
check_parsed(const struct request *request, const struct web *web, enum err err)
{
	check_request(request);
	check_txt(request, err);
	FUZZ_CHECK(err != ERR_OK || request->dialect != NULL);
	if (err == ERR_OK && request->dialect->action == DIALECT_UPDATE)
		FUZZ_CHECK(
		    !has_txt(web->query) || request->txt != REQUEST_TXT_NONE);
}

/* The input is one variable a line, then the body; an empty one is not set. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct request request;
	static char lines[LINES_MAX];
	struct web web = {.body = {NULL, 0}};
	const char **variables[] = {&web.method, &web.path_info,
	    &web.script_name, &web.query, &web.content_type,
	    &web.content_length, &web.authorization, &web.accept};
	struct span rest = {lines, size < LINES_MAX ? size : LINES_MAX - 1};
	struct span line;

	memcpy(lines, data, rest.len);
	lines[rest.len] = '\0';
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]) &&
			   span_next(&rest, '\n', &line);
	     i++) {
		lines[line.ptr - lines + (ptrdiff_t)line.len] = '\0';
		*variables[i] = line.len > 0 ? line.ptr : NULL;
	}
	read_api_headers(&web);
	web.body = rest;
	struct request_source source = web_source(&web);
	enum err err = request_parse(&source, span_of("/dyn"), &request);
	check_parsed(&request, &web, err);
	request_done(&request);
	web.body = rest;
	err = request_parse(&source, span_of(""), &request);
	check_parsed(&request, &web, err);
	request_done(&request);
	return 0;
}
