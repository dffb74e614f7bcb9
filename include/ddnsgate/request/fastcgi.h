#ifndef DDNSGATE_REQUEST_FASTCGI_H
#define DDNSGATE_REQUEST_FASTCGI_H

/*
 * Looks at what a web server has sent on a FastCGI connection before libfcgi
 * reads it: are all variables there, so that libfcgi does not wait for them,
 * and are they within limits, so that it allocates no more than these because a
 * peer announces it?  Section numbers are those of the FastCGI specification,
 * version 1.0.
 */

#include <stdbool.h>
#include <stddef.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"

/* Names and values of all variables; web servers allow some 8 to 32 KiB of
 * headers. */
#define FASTCGI_VARIABLES_SIZE 65536
#define FASTCGI_VARIABLES_MAX 1024
/* More bytes than the records of a request with so many variables have, with
 * their headers, lengths and padding, as web servers send them. */
#define FASTCGI_SCAN_SIZE 98304

/* For fastcgi_put_management */
#define FASTCGI_MANAGEMENT_SIZE 128

struct fastcgi_scan {
	/* A record about the connection comes first (section 4) and has so many
	 * bytes; nothing behind it was looked at.  0: there is none. */
	size_t management_len;
	bool has_body; /* the end of the body is there as well */
};

/*
 * ERR_OK: all variables are there, or a whole management record.  ERR_AGAIN:
 * more has to come.  ERR_TOO_LARGE: beyond the limits above, as announced;
 * ERR_SYNTAX: malformed, a second request on the connection, or a request of
 * another kind (section 6.1); ERR_ABSENT: the web server gives the request up
 * (section 5.4).
 */
enum err
fastcgi_scan(struct span sent, struct fastcgi_scan *ret);

/* Appends the answer to the management record at the start of these bytes. */
void
fastcgi_put_management(struct span sent, struct text *out);

#endif
