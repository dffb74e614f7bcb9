#ifndef DDNSGATE_TESTS_FAKEZONE_H
#define DDNSGATE_TESTS_FAKEZONE_H

/*
 * What a DNS server would say of the zone "dyn.example.org", rightly or in
 * some wrong way, in bytes; tests bring them to where they are read.  It
 * never changes what it has, but writes down what UPDATEs ask for.
 */

#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/base/text.h"

#define FAKEZONE_NAME "dyn.example.org"
#define FAKEZONE_KEY "ddnsgate"
#define FAKEZONE_SECRET "fakezone secret 0123456789abcdef"

struct fakezone {
	/* Records with names in the zone, "h1 60 A 192.0.2.7", "; " between */
	const char *has;
	unsigned queries; /* but those about zones and wildcards */
	unsigned updates;
	/*
	 * The last UPDATE: "!h1 CNAME" for the prerequisite that there is
	 * none, "-h1 A" for a deletion, "+h1 60 A 192.0.2.7" for an addition,
	 * "; " between.
	 */
	struct text sent;
	char sent_buf[4096];
};

void
fakezone_init(struct fakezone *zone, const char *has);

/*
 * Answers a request in the way that a letter stands for (fakezone.c has
 * them); as it should for one that it does not know.  A request without TSIG
 * gets an answer without.  A fakedns_reply whose ctx is the zone.
 */
size_t
fakezone_reply(
    void *ctx, char way, const uint8_t *request, size_t len, uint8_t *answer);

#endif
