#ifndef DDNSGATE_REQUEST_REQUEST_SOURCE_H
#define DDNSGATE_REQUEST_REQUEST_SOURCE_H

/* Where the CGI variables and the body of an HTTP request (RFC 3875) come from:
 * the web server, by FastCGI or CGI, or a test. */

#include <stdbool.h>
#include <stddef.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"

/* How long a body may take to come, in all.  It is small, so it mostly comes
 * with the variables. */
#define REQUEST_SOURCE_BODY_MAX_MS 2000

struct request_source {
	/* The value of a CGI variable, or NULL; lives as long as the source */
	const char *(*variable)(void *ctx, const char *name);
	/* Is all of the body there, so that reading it does not wait?  NULL:
	 * it always is. */
	bool (*has_body)(void *ctx);
	/* Reads up to size bytes of the body; *ret_len is 0 at its end.
	 * ERR_IO: the body is cut off, behind *ret_len bytes, or does not come;
	 * ERR_BUSY: too many other requests wait for theirs. */
	enum err (*read)(void *ctx, char *buf, size_t size, size_t *ret_len);
	/* Is there always an end of the body to read up to?  FastCGI marks it;
	 * the input of CGI may stay open (section 4.1.2). */
	bool marks_end;
	void *ctx;
};

/* A CGI variable; the empty span if it is not set. */
struct span
request_source_variable(const struct request_source *source, const char *name);

/* The path as the web server gives it. */
struct span
request_source_path(const struct request_source *source);

/* Whether all of the body is there. */
bool
request_source_has_body(const struct request_source *source);

/* Is a body announced that is not empty?  False where its length is not known,
 * though there may be one. */
bool
request_source_announces_body(const struct request_source *source);

/* ERR_TOO_LARGE: the announced length is above size, or is no number. */
enum err
request_source_check_length(const struct request_source *source, size_t size);

/*
 * Reads the whole body: as many bytes as CONTENT_LENGTH says; without it, or
 * when it is negative (Caddy says -1 where it does not know), all up to the
 * end.  With CGI that is done only if there is a Transfer-Encoding, behind
 * which Apache closes the input; else there is no body.
 *
 * *ret_len is set on failure too.  ERR_TOO_LARGE: more than size bytes;
 * ERR_SYNTAX: the body ends early, does not come in time, or its end cannot be
 * found; ERR_BUSY.
 */
enum err
request_source_body(const struct request_source *source, char *buf, size_t size,
    size_t *ret_len);

#endif
