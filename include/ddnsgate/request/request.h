#ifndef DDNSGATE_REQUEST_REQUEST_H
#define DDNSGATE_REQUEST_REQUEST_H

/*
 * CGI variables and body to struct request.  Knows nothing of the site but
 * the base path that it is told.
 *
 * The path is PATH_INFO, or SCRIPT_NAME where the server leaves that empty,
 * and arrives decoded.  The secret is in the path, or else in the header
 * Authorization and in the parameters.  Parameters come from the query and from
 * a form; of a repeated one the last value counts, a form's after the query's.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"
#include "ddnsgate/dns/ipaddr.h"
#include "ddnsgate/request/credentials.h"
#include "ddnsgate/request/dialect.h"

#define REQUEST_HOSTS_MAX 20
#define REQUEST_PATH_MAX 2048
#define REQUEST_QUERY_MAX 8192
#define REQUEST_BODY_MAX 16384
#define REQUEST_AUTHORIZATION_MAX 1024 /* a longer one is none of ours */
/* The header's, and those of the parameters */
#define REQUEST_CREDENTIALS_MAX 2
/* All that may be asked with, as the Allow header says it. */
#define REQUEST_METHODS "GET, POST, PUT"

/* What libfcgi, the environment, a test or a fuzzer hands in. */
struct request_source {
	/* The value of a CGI variable, or NULL; lives as long as the source */
	const char *(*variable)(void *ctx, const char *name);
	/* Reads up to size bytes of the body; 0 at its end or on failure. */
	size_t (*read)(void *ctx, char *buf, size_t size);
	void *ctx;
};

/*
 * What a request says about one family.  All address parameters count, and
 * what they say has to agree; but a prefix outweighs an address.  A word in a
 * parameter of no family, such as "myip=-", is for the families that nothing
 * else is said about.
 */
enum request_address_kind {
	REQUEST_ABSENT,   /* nothing */
	REQUEST_EMPTY,    /* a parameter without a value */
	REQUEST_VALUE,    /* this address */
	REQUEST_PREFIX,   /* this prefix, each host's own low bits */
	REQUEST_REMOVE,   /* no address any more */
	REQUEST_PRESERVE, /* what DNS has now */
};

struct request_address {
	enum request_address_kind kind;
	struct ipaddr addr; /* with VALUE, PREFIX */
	uint8_t prefix_len; /* with PREFIX, 1 to 128 */
};

struct request {
	const struct dialect *dialect; /* NULL: the path has none */
	/* In the order in which they are to be tried; not logged. */
	struct credentials credentials[REQUEST_CREDENTIALS_MAX];
	size_t credential_count;
	struct span hosts[REQUEST_HOSTS_MAX]; /* as asked, not yet checked */
	size_t host_count;
	bool json;    /* the reply is to be JSON */
	bool verbose; /* "OK" is to say what was done */
	struct request_address addresses[IPADDR_FAMILIES];
	size_t storage_used;
	char storage[REQUEST_PATH_MAX + REQUEST_QUERY_MAX + REQUEST_BODY_MAX +
		     REQUEST_AUTHORIZATION_MAX];
};

/*
 * Reads a request.  ERR_METHOD; ERR_SECRET for a path of no dialect, hence
 * without a secret that anyone has; ERR_TOO_LARGE; ERR_MEDIA for a body that
 * is not a form, ERR_SYNTAX for one that ends early; ERR_NAMES, ERR_ADDR,
 * ERR_TXT.
 * Also on failure *ret holds what was read before, for the log and for the
 * dialect's way to answer.  Its spans point into itself.
 */
enum err
request_parse(const struct request_source *source, struct span base_path,
    struct request *ret);

/* Wipes what was read. */
void
request_done(struct request *request);

#endif
