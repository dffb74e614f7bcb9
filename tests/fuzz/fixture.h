#ifndef DDNSGATE_TESTS_FUZZ_FIXTURE_H
#define DDNSGATE_TESTS_FUZZ_FIXTURE_H

/*
 * The surroundings of a request of handler_fuzz: a configuration, a DNS server
 * that behaves as the input says, and a record of all that is sent to it.
 *
 * An input is FIXTURE_LEN bytes for the fixture, then one CGI variable a line,
 * then the body.  Each secret is one byte in it, so that a fuzzer can use all
 * secrets without knowing any; an output with a secret has then leaked it,
 * unless the input spells it out.  "X-Api USER:KEY" in place of Authorization
 * is the two headers of acme-dns.
 *
 * Linked with --wrap for log_line and clock_sleep_ms: the line is stored here,
 * and the pauses after SERVFAIL are left out.
 */

#include "ddnsgate/base/log.h"
#include "ddnsgate/handler/handler.h"

#include "fuzz.h"
#include "scripted_dns.h"
#include "web.h"

#define FIXTURE_INPUT_MAX 4096
#define FIXTURE_SECRET_MAX 20 /* length of what such a byte becomes */
#define FIXTURE_LINES_MAX (FIXTURE_SECRET_MAX * FIXTURE_INPUT_MAX)

/* The first bytes of an input. */
enum {
	FIXTURE_QUERY_SCRIPT = 0, /* a scripted_letter for each zone */
	FIXTURE_UPDATE_SCRIPT = FIXTURE_QUERY_SCRIPT + SCRIPTED_ZONES,
	/* Bits: which records there are; the highest: limits are reached */
	FIXTURE_RECORDS = FIXTURE_UPDATE_SCRIPT + SCRIPTED_ZONES,
	FIXTURE_CALLER, /* and in the highest bits, which TXT records */
	FIXTURE_LEN,
};

/* A client's secret: its byte in an input, and itself. */
struct fixture_credential {
	char mark;
	const char *client; /* NULL: of no client */
	const char *secret;
};
#define FIXTURE_CREDENTIALS 5
extern const struct fixture_credential fixture_credentials[FIXTURE_CREDENTIALS];
#define FIXTURE_PASSWORD_HASH     \
	"$5$rounds=1000$abcdefgh" \
	"$jnF2molC5swFqku3M/GxVyEQmrozgnTXU4db6/cVU4C"

struct fixture_host {
	const char *name;
	const char *client;
	bool acme;
};
#define FIXTURE_HOSTS 5
extern const struct fixture_host fixture_hosts[FIXTURE_HOSTS];

/* What was sent and received about a host and family. */
struct fixture_traffic {
	bool named;     /* in the prerequisites of an UPDATE */
	bool shown;     /* a verified answer had its records */
	bool attempted; /* an UPDATE was sent ... */
	bool confirmed; /* ... and the last one has a verified NOERROR */
	bool has_addr;
	struct ipaddr addr; /* of the last one; none: a removal */
};

/* The same about a host's TXT records; no value: one was removed, or all. */
struct fixture_txt {
	bool named, shown, attempted, confirmed;
	char value[ACME_VALUE_SIZE];
};

struct fixture {
	char scripts[DNS_REQUEST_KINDS][SCRIPTED_ZONES + 1];
	struct scripted_dns dns;
	struct scripted_dns before;
	struct fixture_traffic traffic[FIXTURE_HOSTS][IPADDR_FAMILIES];
	struct fixture_txt txt[FIXTURE_HOSTS];
	bool marked[FIXTURE_CREDENTIALS]; /* in the input */
	bool limited;                     /* all limits are reached; */
	bool caller_known;                /* that of the source, too */
	char log[LOG_LINE_MAX];           /* the last line */
	unsigned log_lines;
};
extern struct fixture fixture;

/* The base64 of a Basic header that was encoded here, else "". */
extern char fixture_basic[2 * FIXTURE_LINES_MAX];

/* The same for all inputs; the caller releases it. */
struct site *
fixture_site(void);

/* A handler as a thread of the service has it; a limited one heeds the limits
 * of fixture_exhaust. */
struct handler *
fixture_handler(bool limited);

/* Takes all tokens of all clients, and of the source of this request. */
void
fixture_exhaust(const struct site *site, struct web *web);

/* Resets the fixture by the first bytes of an input. */
void
fixture_set(const uint8_t *data);

/* The request of an input; valid until the next call. */
struct web
fixture_web(const uint8_t *data, size_t size);

/* The send of an exchange_transport: scripted_dns, with a record. */
enum err
fixture_send(void *ctx, const struct site_zone *zone,
    struct dns_request_set *set, struct clock_deadline deadline);

#endif
