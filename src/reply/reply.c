#include "ddnsgate/reply/reply.h"

#include <assert.h>

#include "ddnsgate/dns/dname.h"

#define HEAD_SIZE 1024
#define BODY_SIZE 10240
static_assert(HEAD_SIZE + BODY_SIZE <= REPLY_SIZE, "head and body fit");
/* {"host":"NAME","result":"nochg","addresses":["ADDRESS","ADDRESS"]}, */
#define JSON_HOST_SIZE 64
static_assert(
    REQUEST_HOSTS_MAX * (JSON_HOST_SIZE + DNAME_MAX + 2 * IPADDR_TEXT_SIZE) <
	BODY_SIZE,
    "every reply fits");

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
	{ 405, "Method Not Allowed",     NULL },
	{ 413, "Content Too Large",      NULL },
	{ 415, "Unsupported Media Type", NULL },
	{ 503, "Service Unavailable",    NULL },
};

static const struct {
	unsigned status;
	const char *word;
} outcomes[ERR_COUNT] = {
	[ERR_OK]              = { 200, "good" },
	/* Failures of this service */
	[ERR_MEMORY]          = { 503, "911" },
	[ERR_IO]              = { 503, "911" },
	[ERR_SYNTAX]          = { 400, "badrequest" },
	[ERR_RANGE]           = { 503, "911" },
	[ERR_ABSENT]          = { 503, "911" },
	[ERR_AGAIN]           = { 503, "911" },
	[ERR_UNCHANGED]       = { 503, "911" },
	[ERR_DISABLED]        = { 503, "911" },
	[ERR_UNSUPPORTED]     = { 503, "911" },
	[ERR_CONFIG]          = { 503, "911" },
	[ERR_DUPLICATE]       = { 503, "911" },
	[ERR_CALLER]          = { 503, "911" },
	[ERR_PROXY]           = { 503, "911" },
	/* The request */
	[ERR_METHOD]          = { 405, "badrequest" },
	[ERR_TOO_LARGE]       = { 413, "badrequest" },
	[ERR_BUSY]            = { 503, "911" },
	[ERR_MEDIA]           = { 415, "badrequest" },
	[ERR_SECRET]          = { 404, "badauth" },
	[ERR_CHALLENGE]       = { 401, "badauth" },
	[ERR_CREDENTIALS]     = { 401, "badauth" },
	[ERR_FAILURES]        = { 503, "abuse" },
	[ERR_FROM]            = { 403, "abuse" },
	[ERR_CHANGES]         = { 503, "abuse" },
	[ERR_NAME]            = { 400, "notfqdn" },
	[ERR_NAMES]           = { 400, "numhost" },
	[ERR_NOHOST]          = { 404, "nohost" },
	[ERR_ADDR]            = { 400, "badip" },
	[ERR_ADDR_KIND]       = { 400, "badip" },
	[ERR_ADDR_SOURCE]     = { 400, "badip" },
	[ERR_ADDR_FAMILY]     = { 400, "badip" },
	[ERR_ADDR_PREFIX]     = { 400, "badip" },
	[ERR_OFFLINE]         = { 400, "badip" },
	[ERR_TXT]             = { 400, "badrequest" },
	[ERR_DRAINING]        = { 503, "draining" },
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
	[ERR_DNS_CHILD]       = { 503, "dnserr" },
	[ERR_DNS_DELEGATED]   = { 503, "dnserr" },
	[ERR_DNS_NOT_KEPT]    = { 503, "dnserr" },
	[ERR_DNS_FOREIGN]     = { 503, "dnserr" },
	[ERR_DNS_TRUNCATED]   = { 503, "dnserr" },
};
// clang-format on

const char *
reply_word(enum err outcome)
{
	return outcomes[outcome].word;
}

unsigned
reply_status(enum err outcome)
{
	return outcomes[outcome].status;
}

const char *
reply_update_word(const struct host_update *update, bool unchanged_good)
{
	return host_update_differs(update) || unchanged_good ? "good" : "nochg";
}

/* Was the same already left out of an update before, or of this one? */
static bool
is_repeated(const struct host_update *updates, size_t index, int family)
{
	const struct host_update_decision *left_out =
	    &updates[index].left_out[family];

	for (size_t i = 0; i < index; i++) {
		const struct host_update_decision *other =
		    &updates[i].left_out[family];
		if (other->action == left_out->action &&
		    other->prefix_len == left_out->prefix_len &&
		    ipaddr_equal(&other->addr, &left_out->addr))
			return true;
	}
	return false;
}

bool
reply_put_left_out(
    struct text *out, const struct host_update *updates, size_t count)
{
	char buf[REPLY_LEFT_OUT_MAX + 1];
	char addr[IPADDR_TEXT_SIZE];
	struct text list;

	TEXT_INIT(&list, buf);
	for (size_t i = 0; i < count * IPADDR_FAMILIES && !list.overflow; i++) {
		size_t index = i / IPADDR_FAMILIES;
		int f = (int)(i % IPADDR_FAMILIES);
		const struct host_update_decision *left_out =
		    &updates[index].left_out[f];
		if (left_out->action == HOST_UPDATE_KEEP ||
		    is_repeated(updates, index, f))
			continue;
		ipaddr_format(&left_out->addr, addr);
		text_puts(&list, list.len > 0 ? "," : "");
		text_puts(&list, addr);
		if (left_out->action == HOST_UPDATE_PREFIX)
			text_printf(&list, "/%u", left_out->prefix_len);
	}
	text_put(out, text_span(&list));
	text_puts(out, list.overflow ? "..." : "");
	return list.len > 0;
}

/* Writes the address as the request did, if it is the same one. */
static void
restore_sent(
    const struct request_address *address, const struct ipaddr *addr, char *buf)
{
	struct text text;

	if (address->kind != REQUEST_ADDRESS_VALUE || address->sent.len == 0 ||
	    !ipaddr_equal(&address->addr, addr))
		return;
	text_init(&text, buf, IPADDR_TEXT_SIZE);
	text_put(&text, address->sent);
}

/* Each address that was set, with these texts around and between them; as it
 * was sent, unless sent is NULL. */
static void
put_addresses(struct text *body, const struct host_update *update,
    const struct request_address *sent, const char *first, const char *between,
    const char *last)
{
	bool any = false;
	char addr[IPADDR_TEXT_SIZE];

	for (int f = 0; f < IPADDR_FAMILIES; f++) {
		if (update->decided[f].action != HOST_UPDATE_SET)
			continue;
		ipaddr_format(&update->decided[f].addr, addr);
		if (sent != NULL)
			restore_sent(&sent[f], &update->decided[f].addr, addr);
		text_puts(body, any ? between : first);
		text_puts(body, addr);
		any = true;
	}
	text_puts(body, any ? last : "");
}

/* "good 192.0.2.7,2001:db8::7"; no address after a removal. */
static void
put_line(struct text *body, const struct reply *reply, size_t index)
{
	const struct host_update *update = &reply->updates[index];

	text_puts(body, index > 0 ? "\n" : "");
	text_puts(body, reply_update_word(update, reply->unchanged_good));
	put_addresses(body, update, reply->addresses, " ", ",", "");
}

static void
put_json_host(struct text *body, const struct reply *reply, size_t index)
{
	const struct host_update *update = &reply->updates[index];

	text_puts(body, index > 0 ? ",{\"host\":" : "{\"host\":");
	text_put_json(body, span_of(update->host->name));
	text_puts(body, ",\"result\":");
	text_put_json(
	    body, span_of(reply_update_word(update, reply->unchanged_good)));
	text_puts(body, ",\"addresses\":[");
	put_addresses(body, update, NULL, "\"", "\",\"", "\"");
	text_puts(body, "]}");
}

static void
put_changes(struct text *body, const struct reply *reply)
{
	text_puts(body, reply->json ? "{\"hosts\":[" : "");
	/* The first one is always listed. */
	for (size_t i = 0; i < reply->count; i++) {
		if (reply->updates[i].unlisted)
			continue;
		if (reply->json)
			put_json_host(body, reply, i);
		else
			put_line(body, reply, i);
	}
	text_puts(body, reply->json ? "]}" : "");
}

/*
 * "OK" only; or, with verbose, what DuckDNS appends: a line with the address of
 * each family, empty without one, and whether anything has changed.  The
 * addresses are those of the first host, as all hosts get the same.
 */
static void
put_ok(struct text *body, const struct reply *reply)
{
	const struct host_update *first = reply->updates;
	bool differs = false;

	text_puts(body, "OK");
	if (!reply->verbose)
		return;
	for (int f = 0; f < IPADDR_FAMILIES; f++) {
		char addr[IPADDR_TEXT_SIZE] = "";
		if (reply->count > 0 &&
		    first->decided[f].action == HOST_UPDATE_SET)
			ipaddr_format(&first->decided[f].addr, addr);
		text_printf(body, "\n%s", addr);
	}
	for (size_t i = 0; i < reply->count; i++)
		differs = differs || host_update_differs(&reply->updates[i]);
	text_puts(body, differs ? "\nUPDATED" : "\nNOCHANGE");
}

/* Byte for byte the page of checkip.dyndns.org, which scripts cut the address
 * out of. */
#define PAGE                                                 \
	"<html><head><title>Current IP Check</title></head>" \
	"<body>Current IP Address: %s</body></html>"

static void
put_caller(struct text *body, const struct reply *reply)
{
	char addr[IPADDR_TEXT_SIZE];

	ipaddr_format(reply->caller, addr);
	if (reply->dialect->reply == DIALECT_HTML)
		text_printf(body, PAGE, addr);
	else if (reply->json)
		text_printf(body, "{\"ip\":\"%s\"}", addr);
	else
		text_puts(body, addr);
}

static void
put_done(struct text *body, const struct reply *reply)
{
	switch (reply->dialect->action) {
	case DIALECT_HEALTH:
	case DIALECT_READY:
		text_puts(body, "OK");
		break;
	case DIALECT_ADDRESS:
		put_caller(body, reply);
		break;
	case DIALECT_METRICS: /* reply->page is the body */
		break;
	case DIALECT_UPDATE:
		if (reply->dialect->reply == DIALECT_OK && !reply->json)
			put_ok(body, reply);
		else
			put_changes(body, reply);
		break;
	}
}

void
reply_put_reason(struct text *out, enum err outcome, const char *detail)
{
	text_puts(out, err_text(outcome));
	if (detail != NULL)
		text_printf(out, " %s", detail);
}

static void
put_json_reason(struct text *body, const struct reply *reply)
{
	char buf[REPLY_REASON_SIZE];
	struct text reason;

	TEXT_INIT(&reason, buf);
	reply_put_reason(&reason, reply->outcome, reply->detail);
	text_put_json(body, text_span(&reason));
}

/* DuckDNS's "KO" has the status of the outcome, for clients that look at the
 * status only; clients that read the body find no "OK" in it. */
static void
put_failed(struct text *body, const struct reply *reply)
{
	const char *word = reply_word(reply->outcome);
	const struct dialect *dialect = reply->dialect;

	if (reply->json) {
		text_puts(body, "{\"error\":");
		text_put_json(body, span_of(word));
		text_puts(body, ",\"detail\":");
		put_json_reason(body, reply);
		text_puts(body, "}");
		return;
	}
	if (dialect != NULL && dialect->reply == DIALECT_OK)
		word = "KO";
	text_puts(body, word);
}

static const char *
content_type(const struct reply *reply)
{
	const struct dialect *dialect = reply->dialect;
	bool done = reply->outcome == ERR_OK;

	if (done && dialect->reply == DIALECT_HTML)
		return "text/html";
	if (done && (dialect->action == DIALECT_HEALTH ||
			dialect->action == DIALECT_READY))
		return "text/plain";
	if (done && dialect->action == DIALECT_METRICS)
		return REPLY_METRICS_TYPE;
	return reply->json ? "application/json" : "text/plain";
}

/* Why it failed; or what a reply of success leaves out. */
static void
put_reason_header(struct text *out, const struct reply *reply)
{
	char buf[REPLY_REASON_SIZE];
	struct text reason;

	TEXT_INIT(&reason, buf);
	if (reply->outcome != ERR_OK)
		reply_put_reason(&reason, reply->outcome, reply->detail);
	else if (!reply_put_left_out(&reason, reply->updates, reply->count))
		return;
	text_printf(out, "X-DDNS-Reason: %s%s\r\n",
	    reply->outcome == ERR_OK ? "left out: " : "", buf);
}

static void
put_head(struct text *out, const struct reply *reply, size_t body_len)
{
	enum err outcome = reply->outcome;
	size_t i = 0;

	while (statuses[i].status != reply_status(outcome))
		i++;
	text_printf(
	    out, "Status: %u %s\r\n", statuses[i].status, statuses[i].phrase);
	text_printf(out, "Content-Type: %s\r\n", content_type(reply));
	/* That of GET, which is unknown where HEAD is not allowed. */
	if (!reply->head || outcome != ERR_METHOD)
		text_printf(out, "Content-Length: %zu\r\n", body_len);
	text_puts(out, "Cache-Control: no-store\r\n");
	if (statuses[i].header != NULL)
		text_printf(out, "%s\r\n", statuses[i].header);
	if (outcome == ERR_METHOD)
		text_printf(
		    out, "Allow: %s\r\n", request_methods(reply->dialect));
	if (statuses[i].status == 503)
		text_printf(out, "Retry-After: %u\r\n",
		    reply->retry_s > 0 ? reply->retry_s : REPLY_RETRY_S);
	put_reason_header(out, reply);
	text_puts(out, "\r\n");
}

void
reply_write(struct text *out, const struct reply *reply)
{
	struct text body;

	/* The head is written in front of the body, whose length it has. */
	assert(out->len == 0 && out->size >= REPLY_SIZE + reply->page.len);
	text_init(&body, out->buf + HEAD_SIZE, BODY_SIZE);
	if (reply->outcome == ERR_OK)
		put_done(&body, reply);
	else
		put_failed(&body, reply);
	put_head(out, reply, body.len + reply->page.len);
	assert(out->len <= HEAD_SIZE);
	if (reply->head)
		return;
	text_put(out, text_span(&body));
	text_put(out, reply->page);
}
