#ifndef DDNSGATE_REQUEST_H
#define DDNSGATE_REQUEST_H

/*
 * CGI variables and body to struct request.  Knows nothing of the site but
 * the base path that it is told.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/dialect.h"
#include "ddnsgate/err.h"
#include "ddnsgate/ipaddr.h"
#include "ddnsgate/text.h"

#define REQUEST_HOSTS_MAX 20
#define REQUEST_PATH_MAX 2048
#define REQUEST_QUERY_MAX 8192
#define REQUEST_BODY_MAX 16384
#define REQUEST_PARAMETERS_MAX 64

/* What libfcgi, the environment, a test or a fuzzer hands in. */
struct request_source {
	/* The value of a CGI variable, or NULL; lives as long as the source */
	const char *(*variable)(void *ctx, const char *name);
	/* Reads up to size bytes of the body; 0 at its end or on failure. */
	size_t (*read)(void *ctx, char *buf, size_t size);
	void *ctx;
};

/* What a request says about one family. */
enum request_wish_kind {
	REQUEST_ABSENT,   /* nothing */
	REQUEST_EMPTY,    /* a parameter without a value */
	REQUEST_VALUE,    /* this address */
	REQUEST_PREFIX,   /* this prefix, each host's own low bits */
	REQUEST_REMOVE,   /* no address any more */
	REQUEST_PRESERVE, /* what DNS has now */
};

struct request_wish {
	enum request_wish_kind kind;
	struct ipaddr addr; /* with VALUE, PREFIX */
	uint8_t prefix_len; /* with PREFIX */
};

struct request {
	const struct dialect *dialect;
	struct span method;
	struct span secret; /* from the path; not logged */
	struct span hosts[REQUEST_HOSTS_MAX];
	size_t host_count;
	struct request_wish wishes[IPADDR_FAMILIES];
	struct span remote_addr;
	char storage[REQUEST_PATH_MAX + REQUEST_QUERY_MAX + REQUEST_BODY_MAX];
	size_t storage_used;
};

/*
 * Reads a request.  On failure (ERR_METHOD, ERR_TOO_LARGE, ERR_MEDIA,
 * ERR_NAME, ERR_NAMES, ERR_ADDR, ERR_ABSENT for a path of no dialect) the
 * dialect and what was read before are valid, so that the answer can be given
 * in the dialect's way.  Spans point into the request or the source.
 */
enum err
request_parse(const struct request_source *source, struct span base_path,
    struct request *ret);

#endif
