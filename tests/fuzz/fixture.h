#ifndef DDNSGATE_TESTS_FUZZ_SCENE_H
#define DDNSGATE_TESTS_FUZZ_SCENE_H

/*
 * What a request of handler_fuzz meets: a site, a DNS server that behaves as
 * the input says, and a record of all that goes over the carrier.
 *
 * An input is SCENE_LEN bytes that choose the scene, then one variable a line,
 * then the body.  Secrets stand in it as one byte each, so that a fuzzer that
 * knows none can use all, and who spells one out has not got it from us.
 *
 * Linked with --wrap for log_line and clock_sleep_ms: the line is kept here,
 * and the pauses after SERVFAIL are left out.
 */

#include "ddnsgate/base/log.h"
#include "ddnsgate/handler/handler.h"

#include "fuzz.h"
#include "scripted_dns.h"
#include "web.h"

#define SCENE_INPUT_MAX 4096
#define SCENE_SPELT_MAX 20 /* a secret's byte becomes no more than this */
#define SCENE_LINES_MAX (SCENE_SPELT_MAX * SCENE_INPUT_MAX)

/* The first bytes of an input. */
enum {
	SCENE_QUERY_WAYS = 0, /* for each zone, see enum way */
	SCENE_UPDATE_WAYS = SCENE_QUERY_WAYS + SCRIPTED_ZONES,
	/* Bits; the highest says that all limits are reached */
	SCENE_RECORDS = SCENE_UPDATE_WAYS + SCRIPTED_ZONES,
	SCENE_CALLER,
	SCENE_LEN,
};

/* A client's secret, as an input and as the handler has it. */
struct scene_credential {
	char mark;
	const char *client; /* NULL: nobody's */
	const char *secret;
};
#define SCENE_CREDENTIALS 5
extern const struct scene_credential scene_credentials[SCENE_CREDENTIALS];
#define SCENE_PASSWORD_HASH       \
	"$5$rounds=1000$abcdefgh" \
	"$jnF2molC5swFqku3M/GxVyEQmrozgnTXU4db6/cVU4C"

struct scene_host {
	const char *name;
	const char *client;
};
#define SCENE_HOSTS 5
extern const struct scene_host scene_hosts[SCENE_HOSTS];

/* What went over the carrier about a host and family. */
struct scene_traffic {
	bool named;     /* in an UPDATE's prerequisites */
	bool shown;     /* a verified answer told what there is */
	bool attempted; /* an UPDATE was sent ... */
	bool confirmed; /* ... and the last one has a verified NOERROR */
	bool has_addr;
	struct ipaddr addr; /* of the last one; none: a removal */
};

struct scene {
	char ways[DNS_REQUEST_KINDS][SCRIPTED_ZONES + 1];
	struct scripted_dns dns;
	struct scripted_dns before;
	struct scene_traffic traffic[SCENE_HOSTS][IPADDR_FAMILIES];
	bool marked[SCENE_CREDENTIALS]; /* in the input */
	bool limited;                   /* all limits are reached, */
	bool caller_known;              /* that of the caller, too */
	char log[LOG_LINE_MAX];         /* the last line */
	unsigned log_lines;
};
extern struct scene scene;

/* What Basic's Authorization is when it was encoded here, else "". */
extern char scene_basic[2 * SCENE_LINES_MAX];

/* Of all scenes the same; the caller's to release. */
struct site *
scene_site(void);

/* A handler as a daemon's thread has it; if it is limited, one that heeds the
 * limits of scene_exhaust. */
struct handler *
scene_handler(bool limited);

/* Leaves no token to any client, nor to who sends this request. */
void
scene_exhaust(const struct site *site, struct web *web);

/* Sets the scene from the first bytes of an input. */
void
scene_set(const uint8_t *data);

/* The request of an input; lives until the next one. */
struct web
scene_web(const uint8_t *data, size_t size);

/* An exchange_transport's carry: the scripted server, watched. */
enum err
scene_carry(void *ctx, const struct site_zone *zone,
    struct dns_request_set *batch, struct clock_deadline deadline);

#endif
