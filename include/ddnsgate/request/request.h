#ifndef DDNSGATE_REQUEST_REQUEST_H
#define DDNSGATE_REQUEST_REQUEST_H

/*
 * Reads the CGI variables and the body of an HTTP request (RFC 3875).
 *
 *	PATH_INFO, or SCRIPT_NAME        dialect; secret, hosts, addresses
 *	QUERY_STRING, and the body,      hosts, addresses, credentials
 *	a form or JSON
 *	HTTP_AUTHORIZATION               credentials
 *	HTTP_ACCEPT                      whether the reply is JSON
 *
 * The path is SCRIPT_NAME where the web server leaves PATH_INFO empty; it
 * arrives percent-decoded.  Of a repeated parameter the last value counts, of
 * one for addresses the last of each family; those of the body come after those
 * of the query, and these after those of the path.  Whether a client or host of
 * these names exists is not known here.
 */

#include <stdbool.h>
#include <stddef.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"
#include "ddnsgate/dns/acme.h"
#include "ddnsgate/request/browser.h"
#include "ddnsgate/request/credentials.h"
#include "ddnsgate/request/dialect.h"
#include "ddnsgate/request/form.h"
#include "ddnsgate/request/request_address.h"
#include "ddnsgate/request/request_source.h"

#define REQUEST_HOSTS_MAX 20
#define REQUEST_PATH_MAX 2048
#define REQUEST_QUERY_MAX 8192
#define REQUEST_BODY_MAX 16384
#define REQUEST_AUTHORIZATION_MAX 1024 /* a longer header is ignored */
/* Headers with credentials in one request */
#define REQUEST_SECRET_HEADERS 2
/* Those of the header and those of the parameters. */
#define REQUEST_CREDENTIALS_MAX 2
/* The methods of an update, and those of what changes nothing, in the syntax of
 * the Allow header. */
#define REQUEST_METHODS_UPDATE "GET, POST, PUT"
#define REQUEST_METHODS_READ "GET, HEAD, POST, PUT"
#define REQUEST_METHODS_POST "POST"
#define REQUEST_METHODS_PAGE "GET, HEAD, POST"
/* The number of the first host that the page is to show, at most. */
#define REQUEST_FROM_MAX 999999999

enum request_txt_action {
	REQUEST_TXT_NONE, /* the request is about addresses */
	REQUEST_TXT_ADD,
	REQUEST_TXT_REMOVE,
	REQUEST_TXT_REMOVE_ALL,
};

struct request {
	const struct dialect *dialect; /* NULL: the path is of none */
	/* In the order in which they are to be tried; never logged. */
	struct credentials credentials[REQUEST_CREDENTIALS_MAX];
	size_t credential_count;
	struct span hosts[REQUEST_HOSTS_MAX]; /* names as sent, not checked */
	size_t host_count;
	bool wildcard; /* "*.HOST" goes with each host, as far as it is there */
	bool head;     /* the reply is to have no body */
	bool json;     /* the reply is to be JSON */
	bool verbose;  /* the reply "OK" is to say what was done */
	struct request_address addresses[IPADDR_FAMILIES];
	/* What becomes of TXT records; then the addresses are not read. */
	enum request_txt_action txt;
	char txt_value[ACME_VALUE_SIZE]; /* unless all are removed */
	/* Of the page: */
	enum browser_button button;
	struct span kind; /* of client, with BROWSER_SETUP; as sent */
	size_t from;      /* the first of the client's hosts that it shows */
	size_t storage_used;
	char storage[REQUEST_PATH_MAX + REQUEST_QUERY_MAX + REQUEST_BODY_MAX +
		     REQUEST_SECRET_HEADERS * REQUEST_AUTHORIZATION_MAX];
};

/* The methods that a dialect accepts; NULL is that of an unknown path. */
const char *
request_methods(const struct dialect *dialect);

/* A request between its two stages; borrows the source and the request. */
struct request_parser {
	const struct request_source *source;
	struct request *request;
	struct span path;
	unsigned shown_to; /* as for dialect_find */
	struct form form;  /* the parameters that have been read */
};

/*
 * The first stage: reads what the variables say of a request whose path begins
 * with base_path, whose caller is shown the dialects of shown_to (dialect.h).
 * *ret is set on failure too, to what was read before, for the log and for the
 * dialect of the reply.  Its spans point into its own storage, so it must not
 * be copied.
 *
 * ERR_METHOD, with the dialect only if that changes nothing; ERR_SECRET: the
 * path is of no dialect, so that it has no secret of any client either;
 * ERR_PATH: nor can there be any, as with
 * "/favicon.ico", which browsers ask for; ERR_TOO_LARGE; ERR_NAMES: too many
 * hosts.
 */
enum err
request_parse_variables(const struct request_source *source,
    struct span base_path, unsigned shown_to, struct request_parser *parser,
    struct request *ret);

/*
 * Between the stages: is the request one whose body, which has not come yet,
 * would be refused whatever it is?  ERR_TOO_LARGE and ERR_MEDIA, by what the
 * variables say of it.
 */
enum err
request_check_body(const struct request_parser *parser);

/* Are all credentials known before the body?  False if it may have others. */
bool
request_has_all_credentials(const struct request *request);

/*
 * The second stage, of an update only: reads the body, and what the request
 * asks for.  ERR_TOO_LARGE; ERR_MEDIA: the body is not a form; ERR_SYNTAX: it
 * ends early, does not come in time, or its length is not given; ERR_BUSY;
 * ERR_NAMES; ERR_ADDR; ERR_TXT: the value of a TXT record is malformed.
 */
enum err
request_parse_body(struct request_parser *parser);

/* Both stages, one after the other, for everybody. */
enum err
request_parse(const struct request_source *source, struct span base_path,
    struct request *ret);

/* Wipes all that was read, as it contains secrets. */
void
request_done(struct request *request);

#endif
