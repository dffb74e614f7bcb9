#ifndef DDNSGATE_TESTS_FAKEZONE_H
#define DDNSGATE_TESTS_FAKEZONE_H

/*
 * Answers, as bytes, of a DNS server for the zone "dyn.example.org": right
 * ones, and ones with some flaw.  An UPDATE does not change the records, but is
 * recorded as text.
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
 * Writes the answer for which a letter stands (see fakezone.c), the right one
 * for an unknown letter.  A request without TSIG gets an answer without.  It is
 * a fakedns_reply whose ctx is the zone.
 */
size_t
fakezone_reply(void *ctx, char letter, const uint8_t *request, size_t len,
    uint8_t *answer);

#endif
