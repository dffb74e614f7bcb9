#include "ddnsgate/answer.h"

#include <assert.h>

/* Twenty lines with a word and the longest address of each family. */
#define BODY_SIZE 2048
static_assert(
    REQUEST_HOSTS_MAX * (sizeof("nochg ") + 2 * IPADDR_TEXT_SIZE) < BODY_SIZE,
    "every reply fits");

#define QUOTED(number) #number
#define DIGITS(number) QUOTED(number)

// clang-format off
static const struct {
	unsigned status;
	const char *phrase;
	const char *header; /* one more, or NULL */
} statuses[] = {
	{ 200, "OK",                     NULL },
	{ 400, "Bad Request",            NULL },
	{ 401, "Unauthorized",
	  "WWW-Authenticate: Basic realm=\"ddnsgate\"" },
	{ 403, "Forbidden",              NULL },
	{ 404, "Not Found",              NULL },
	{ 405, "Method Not Allowed",     "Allow: " REQUEST_METHODS },
	{ 413, "Content Too Large",      NULL },
	{ 415, "Unsupported Media Type", NULL },
	{ 503, "Service Unavailable",    
	  "Retry-After: " DIGITS(ANSWER_RETRY_S) },
};

static const struct {
	unsigned status;
	const char *word;
} outcomes[ERR_COUNT] = {
	[ERR_OK]              = { 200, "good" },
	/* Ours */
	[ERR_MEMORY]          = { 503, "911" },
	[ERR_IO]              = { 503, "911" },
	[ERR_SYNTAX]          = { 400, "badrequest" },
	[ERR_RANGE]           = { 503, "911" },
	[ERR_ABSENT]          = { 503, "911" },
	[ERR_UNSUPPORTED]     = { 503, "911" },
	[ERR_CONFIG]          = { 503, "911" },
	[ERR_DUPLICATE]       = { 503, "911" },
	/* The request */
	[ERR_METHOD]          = { 405, "badrequest" },
	[ERR_TOO_LARGE]       = { 413, "badrequest" },
	[ERR_MEDIA]           = { 415, "badrequest" },
	[ERR_SECRET]          = { 404, "badauth" },
	[ERR_CREDENTIALS]     = { 401, "badauth" },
	[ERR_FROM]            = { 403, "abuse" },
	[ERR_NAME]            = { 400, "notfqdn" },
	[ERR_NAMES]           = { 400, "numhost" },
	[ERR_NOHOST]          = { 404, "nohost" },
	[ERR_ADDR]            = { 400, "badip" },
	[ERR_ADDR_KIND]       = { 400, "badip" },
	[ERR_ADDR_SOURCE]     = { 400, "badip" },
	[ERR_ADDR_FAMILY]     = { 400, "badip" },
	[ERR_ADDR_PREFIX]     = { 400, "badip" },
	[ERR_OFFLINE]         = { 400, "badip" },
	/* The DNS server */
	[ERR_DNS_SILENT]      = { 503, "dnserr" },
	[ERR_DNS_UNREACHABLE] = { 503, "dnserr" },
	[ERR_DNS_BADKEY]      = { 503, "dnserr" },
	[ERR_DNS_BADSIG]      = { 503, "dnserr" },
	[ERR_DNS_BADTIME]     = { 503, "dnserr" },
	[ERR_DNS_NOTAUTH]     = { 503, "dnserr" },
	[ERR_DNS_NOTZONE]     = { 503, "dnserr" },
	[ERR_DNS_REFUSED]     = { 503, "dnserr" },
	[ERR_DNS_CNAME]       = { 503, "dnserr" },
	[ERR_DNS_SERVFAIL]    = { 503, "dnserr" },
	[ERR_DNS_RCODE]       = { 503, "dnserr" },
	[ERR_DNS_UNSIGNED]    = { 503, "dnserr" },
	[ERR_DNS_MAC]         = { 503, "dnserr" },
	[ERR_DNS_STALE]       = { 503, "dnserr" },
	[ERR_DNS_GARBAGE]     = { 503, "dnserr" },
	[ERR_DNS_LAME]        = { 503, "dnserr" },
	[ERR_DNS_YXDOMAIN]    = { 503, "dnserr" },
	[ERR_DNS_FOREIGN]     = { 503, "dnserr" },
	[ERR_DNS_TRUNCATED]   = { 503, "dnserr" },
};
// clang-format on

const char *
answer_word(enum err outcome)
{
	return outcomes[outcome].word;
}

unsigned
answer_status(enum err outcome)
{
	return outcomes[outcome].status;
}

const char *
answer_change_word(const struct change *change, bool unchanged_good)
{
	return change_differs(change) || unchanged_good ? "good" : "nochg";
}

/* "good 192.0.2.7,2001:db8::7"; no address after a removal. */
static void
put_change(struct text *body, const struct change *change, bool unchanged_good)
{
	const char *before = " ";
	char addr[IPADDR_TEXT_SIZE];

	text_puts(body, answer_change_word(change, unchanged_good));
	for (int f = 0; f < IPADDR_FAMILIES; f++) {
		if (change->want[f].action != CHANGE_SET)
			continue;
		ipaddr_format(&change->want[f].addr, addr);
		text_puts(body, before);
		text_puts(body, addr);
		before = ",";
	}
}

static void
put_changes(struct text *body, const struct change *changes, size_t count,
    bool unchanged_good)
{
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			text_puts(body, "\n");
		put_change(body, &changes[i], unchanged_good);
	}
}

static void
put_head(struct text *out, enum err outcome, size_t body_len)
{
	size_t i = 0;

	while (statuses[i].status != answer_status(outcome))
		i++;
	text_printf(
	    out, "Status: %u %s\r\n", statuses[i].status, statuses[i].phrase);
	text_puts(out, "Content-Type: text/plain\r\n");
	text_printf(out, "Content-Length: %zu\r\n", body_len);
	text_puts(out, "Cache-Control: no-store\r\n");
	if (statuses[i].header != NULL)
		text_printf(out, "%s\r\n", statuses[i].header);
	if (outcome != ERR_OK)
		text_printf(out, "X-DDNS-Reason: %s\r\n", err_text(outcome));
	text_puts(out, "\r\n");
}

void
answer_write(struct text *out, const struct dialect *dialect, enum err outcome,
    const struct change *changes, size_t count, bool unchanged_good)
{
	char buf[BODY_SIZE];
	struct text body;

	TEXT_INIT(&body, buf);
	if (outcome != ERR_OK)
		text_puts(&body, answer_word(outcome));
	else if (dialect->action == DIALECT_HEALTH)
		text_puts(&body, "OK");
	else
		put_changes(&body, changes, count, unchanged_good);
	put_head(out, outcome, body.len);
	text_put(out, text_span(&body));
}
