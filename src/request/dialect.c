#include "ddnsgate/request/dialect.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

// clang-format off
static const char *const page_paths[]     = { "", NULL };
static const char *const health_paths[]   = { "/health", NULL };
static const char *const ready_paths[]    = { "/ready", NULL };
static const char *const metrics_paths[]  = { "/metrics", NULL };
static const char *const ip_paths[]       = { "/ip", NULL };
static const char *const checkip_paths[]  = { "/checkip", NULL };
static const char *const duckdns_paths[]  = { "/update", NULL };
static const char *const dyndns2_paths[]  = {
	"/nic/update", "/v2/update", "/v3/update", "/update", NULL };
static const char *const function_paths[] = { "/api/UpdateDns", NULL };
static const char *const present_paths[]  = { "/present", NULL };
static const char *const cleanup_paths[]  = { "/cleanup", NULL };
static const char *const acme_dns_paths[] = { "/update", NULL };

static const char *const any_host[] = {
	"hostname", "host", "domain", "domains", "fqdn", "host_id", NULL };
static const char *const duckdns_host[] = { "domains", "domain", NULL };

static const char *const any_secret[] = {
	"password", "passwd", "pass", "pwd", "token", "key", "secret",
	"k", "p", NULL };
static const char *const token[] = { "token", NULL };
static const char *const no_secret[] = { NULL };
static const char *const txt[] = { "txt", NULL };
static const char *const httpreq_host[] = { "fqdn", "domain", NULL };
static const char *const httpreq_txt[] = { "value", NULL };
static const char *const httpreq_key[] = { "keyauth", NULL };
static const char *const acme_dns_host[] = { "subdomain", NULL };
static const char *const duckdns_clear[] = { "clear", "delete", NULL };
/* /update/DOMAIN[,DOMAIN]/TOKEN[/IP[,IP]] */
static const char *const duckdns_path[] = { "domains", "token", "ip", NULL };
static const char *const page_host[] = { "hostname", NULL };
static const char *const page_secret[] = { "secret", NULL };
static const char *const code[]  = { "code", NULL };

static const char *const *const duckdns_needs[] = {
	duckdns_host, token, NULL };
/* One without txt is told as malformed. */
static const char *const *const acme_dns_needs[] = { acme_dns_host, NULL };
/* In one of two modes; what it lacks then is told as malformed. */
static const char *const httpreq_any[] = { "value", "keyauth", NULL };
static const char *const *const httpreq_needs[] = { httpreq_any, NULL };

/* Of lego and of programs that have its list of providers; acmeproxy of
 * acme.sh is the same. */
#define HTTPREQ \
	.name = "httpreq", .action = DIALECT_UPDATE, \
	.reply = DIALECT_HTTPREQ, .post = true, \
	.host_parameters = httpreq_host, .txt_parameters = httpreq_txt, \
	.key_parameters = httpreq_key
#define ACME_DNS \
	.name = "acme-dns", .action = DIALECT_UPDATE, \
	.reply = DIALECT_ACME_DNS, .post = true, .json = true, \
	.needs = acme_dns_needs, .host_parameters = acme_dns_host, \
	.txt = DIALECT_TXT_ADD, .txt_parameters = txt
#define DUCKDNS \
	.name = "duckdns", .action = DIALECT_UPDATE, .reply = DIALECT_OK, \
	.paths = duckdns_paths, .txt_parameters = txt, \
	.host_parameters = duckdns_host, .secret_parameters = token, \
	.clear_parameters = duckdns_clear, .verbose_parameter = "verbose"

#define PAGE 0 /* its row */

/*
 * The first that fits counts.  At /update a token with domains (DuckDNS) or
 * with a domain (freemyip) is the DuckDNS protocol, whose clients understand no
 * reply but "OK"; clients of dyndns2 send hostname there.  Its path form takes no
 * secret URL away, as "update" is too short for a secret.
 */
static const struct dialect dialects[] = {
	[PAGE] =
	{ .name = "page", .action = DIALECT_UPDATE, .reply = DIALECT_PAGE,
	  .paths = page_paths, .shown_to = DIALECT_TO_BROWSER,
	  .host_parameters = page_host, .secret_parameters = page_secret },
	{ .name = "health", .action = DIALECT_HEALTH, .reply = DIALECT_WORDS,
	  .paths = health_paths },
	{ .name = "ready", .action = DIALECT_READY, .reply = DIALECT_WORDS,
	  .paths = ready_paths },
	/* Too short for a secret, so that it takes no secret URL away. */
	{ .name = "metrics", .action = DIALECT_METRICS, .reply = DIALECT_WORDS,
	  .paths = metrics_paths, .shown_to = DIALECT_TO_METRICS },
	{ .name = "ip", .action = DIALECT_ADDRESS, .reply = DIALECT_WORDS,
	  .paths = ip_paths },
	{ .name = "checkip", .action = DIALECT_ADDRESS, .reply = DIALECT_HTML,
	  .paths = checkip_paths },
	{ HTTPREQ, .txt = DIALECT_TXT_ADD, .paths = present_paths,
	  .secret_parameters = no_secret },
	{ HTTPREQ, .txt = DIALECT_TXT_REMOVE, .paths = cleanup_paths,
	  .secret_parameters = no_secret },
	{ HTTPREQ, .txt = DIALECT_TXT_ADD, .behind_secret = "present",
	  .json = true, .needs = httpreq_needs },
	{ HTTPREQ, .txt = DIALECT_TXT_REMOVE, .behind_secret = "cleanup",
	  .json = true, .needs = httpreq_needs },
	{ ACME_DNS, .paths = acme_dns_paths, .secret_parameters = no_secret,
	  .user_header = "HTTP_X_API_USER",
	  .secret_header = "HTTP_X_API_KEY" },
	{ ACME_DNS, .behind_secret = "update" },
	{ DUCKDNS, .path_parameters = duckdns_path },
	{ DUCKDNS, .needs = duckdns_needs },
	{ .name = "dyndns2", .action = DIALECT_UPDATE, .reply = DIALECT_WORDS,
	  .paths = dyndns2_paths,
	  .host_parameters = any_host, .secret_parameters = any_secret,
	  .txt_parameters = txt,
	  .wildcard_parameter = "wildcard" },
	{ .name = "function", .action = DIALECT_UPDATE, .reply = DIALECT_WORDS,
	  .paths = function_paths,
	  .host_parameters = any_host, .secret_parameters = code,
	  .txt_parameters = txt },
	/* Every other path is of this one, so it comes last. */
	{ .name = "url", .action = DIALECT_UPDATE, .reply = DIALECT_WORDS,
	  .host_parameters = any_host, .txt_parameters = txt },
};
// clang-format on
#define ROWS (sizeof(dialects) / sizeof(dialects[0]))
static_assert(ROWS <= DIALECT_ROWS_MAX, "as the counters have it");

/* Old FRITZ!Boxes that have an URL for each family ask for "PATH URL". */
static struct span
without_second_url(struct span path)
{
	struct span first = {NULL, 0};

	span_next(&path, ' ', &first);
	return first;
}

/* Is it one or more segments, one for each name but at most the last? */
static bool
are_segments(struct span rest, const char *const *names)
{
	struct span segment;
	size_t count = 0, most = 0;

	while (names[most] != NULL)
		most++;
	while (span_next(&rest, '/', &segment))
		count++;
	return count == most || count + 1 == most;
}

/* Is the path this one, with what the dialect has behind it?  *ret_rest is that
 * part. */
static bool
is_path(const struct dialect *dialect, struct span path, const char *own,
    struct span *ret_rest)
{
	struct span start = span_of(own);

	if (dialect->path_parameters == NULL) {
		*ret_rest = (struct span){path.ptr + path.len, 0};
		return span_equal(without_second_url(path), start);
	}
	if (!span_starts(path, start) || path.len == start.len ||
	    path.ptr[start.len] != '/')
		return false;
	*ret_rest =
	    (struct span){path.ptr + start.len + 1, path.len - start.len - 1};
	return are_segments(*ret_rest, dialect->path_parameters);
}

/* "/SECRET" or more; *ret_rest is what follows the first slash. */
static bool
is_secret_path(
    const struct dialect *dialect, struct span path, struct span *ret_rest)
{
	struct span first, rest;

	if (path.len < 2 || path.ptr[0] != '/')
		return false;
	*ret_rest = rest = (struct span){path.ptr + 1, path.len - 1};
	return dialect->behind_secret == NULL ||
	       (span_next(&rest, '/', &first) &&
		   span_is(rest, dialect->behind_secret));
}

/* Is the path one of this dialect?  *ret_rest is what follows it. */
static bool
has_path(const struct dialect *dialect, struct span path, struct span *ret_rest)
{
	struct span rest = {path.ptr, 0};

	if (dialect->paths == NULL)
		return is_secret_path(dialect, path, ret_rest);
	for (size_t i = 0; dialect->paths[i] != NULL; i++) {
		if (is_path(dialect, path, dialect->paths[i], &rest)) {
			*ret_rest = rest;
			return true;
		}
	}
	return false;
}

static bool
has_any(const struct form *form, const char *const *names)
{
	struct span value;

	for (size_t i = 0; names[i] != NULL; i++) {
		if (form_find(form, names[i], &value))
			return true;
	}
	return false;
}

static bool
has_parameters(const struct dialect *dialect, const struct form *form)
{
	if (dialect->json && !form->json)
		return false;
	for (size_t i = 0; dialect->needs != NULL && dialect->needs[i] != NULL;
	     i++) {
		if (!has_any(form, dialect->needs[i]))
			return false;
	}
	return true;
}

const struct dialect *
dialect_find(struct span path, const struct form *form, unsigned shown_to,
    struct span *ret_rest)
{
	for (size_t i = 0; i < ROWS; i++) {
		if (dialects[i].shown_to != 0 &&
		    (dialects[i].shown_to & shown_to) == 0)
			continue;
		if (has_parameters(&dialects[i], form) &&
		    has_path(&dialects[i], path, ret_rest))
			return &dialects[i];
	}
	return NULL;
}

bool
dialect_is_file_name(struct span path)
{
	struct span first = {NULL, 0}, before_blank = {NULL, 0};

	if (path.len > 0 && path.ptr[0] == '/')
		path = (struct span){path.ptr + 1, path.len - 1};
	span_next(&path, '/', &first);
	span_next(&first, ' ', &before_blank);
	return before_blank.len > 0 &&
	       memchr(before_blank.ptr, '.', before_blank.len) != NULL;
}

const struct dialect *
dialect_page(void)
{
	return &dialects[PAGE];
}

size_t
dialect_number(const struct dialect *dialect)
{
	return (size_t)(dialect - dialects);
}

const struct dialect *
dialect_row(size_t number)
{
	return number < ROWS ? &dialects[number] : NULL;
}
