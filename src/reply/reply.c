#include "ddnsgate/reply/reply.h"

#include <assert.h>

#include "ddnsgate/dns/dname.h"
#include "ddnsgate/reply/page_text.h"

#define HEAD_SIZE 2048
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

// clang-format on

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
	if (reply->count > 0 && first->txt != REQUEST_TXT_NONE)
		text_printf(body, "\n%s", reply->txt_value);
	for (int f = 0; f < IPADDR_FAMILIES; f++) {
		char addr[IPADDR_TEXT_SIZE] = "";
		if (reply->count > 0 && first->txt != REQUEST_TXT_NONE)
			break;
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

/* In lego's RAW mode a host is sent, and not the name of its record, which has
 * a final dot. */
static void
put_httpreq(struct text *body, const struct reply *reply)
{
	char buf[sizeof(ACME_LABEL) + DNAME_SIZE + 1];
	struct text name;

	TEXT_INIT(&name, buf);
	bool is_host = reply->name.len > 0 &&
		       reply->name.ptr[reply->name.len - 1] != '.' &&
		       acme_without_label(reply->name).len == reply->name.len;
	text_puts(&name, is_host ? ACME_LABEL "." : "");
	text_put(&name, reply->name);
	text_puts(&name, is_host ? "." : "");
	text_puts(body, "{\"fqdn\":");
	text_put_json(body, text_span(&name));
	text_printf(body, ",\"value\":\"%s\"}", reply->txt_value);
}

static void
put_update(struct text *body, const struct reply *reply)
{
	switch (reply->dialect->reply) {
	case DIALECT_HTTPREQ:
		put_httpreq(body, reply);
		break;
	case DIALECT_ACME_DNS:
		text_printf(body, "{\"txt\": \"%s\"}", reply->txt_value);
		break;
	case DIALECT_OK:
		if (!reply->json) {
			put_ok(body, reply);
			break;
		}
		put_changes(body, reply);
		break;
	default:
		put_changes(body, reply);
		break;
	}
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
		put_update(body, reply);
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
	const struct dialect *dialect = reply->dialect;
	const char *word = reply_verdict(reply->outcome, dialect).word;

	if (dialect != NULL && dialect->reply == DIALECT_ACME_DNS) {
		text_printf(body, "{\"error\":\"%s\"}", word);
		return;
	}
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

/* Without memory for it words have to do. */
static bool
is_page(const struct reply *reply)
{
	return reply->page.len > 0 && reply->dialect != NULL &&
	       reply->dialect->reply == DIALECT_PAGE;
}

static const char *
content_type(const struct reply *reply)
{
	const struct dialect *dialect = reply->dialect;
	bool done = reply->outcome == ERR_OK;

	if (is_page(reply))
		return PAGE_TEXT_TYPE;
	if (done && dialect->reply == DIALECT_HTML)
		return "text/html";
	if (done && (dialect->action == DIALECT_HEALTH ||
			dialect->action == DIALECT_READY))
		return "text/plain";
	if (done && dialect->action == DIALECT_METRICS)
		return REPLY_METRICS_TYPE;
	bool is_json =
	    reply->json ||
	    (dialect != NULL && dialect->reply == DIALECT_ACME_DNS) ||
	    (done && dialect->reply == DIALECT_HTTPREQ);
	return is_json ? "application/json" : "text/plain";
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

	while (
	    statuses[i].status != reply_verdict(outcome, reply->dialect).status)
		i++;
	text_puts(out, "Status: ");
	text_put_number(out, statuses[i].status);
	text_puts(out, " ");
	text_puts(out, statuses[i].phrase);
	text_puts(out, "\r\nContent-Type: ");
	text_puts(out, content_type(reply));
	/* That of GET, which is unknown where HEAD is not allowed. */
	if (!reply->head || outcome != ERR_METHOD) {
		text_puts(out, "\r\nContent-Length: ");
		text_put_number(out, body_len);
	}
	text_puts(out, "\r\nCache-Control: no-store\r\n");
	if (statuses[i].header != NULL)
		text_printf(out, "%s\r\n", statuses[i].header);
	if (outcome == ERR_METHOD)
		text_printf(
		    out, "Allow: %s\r\n", request_methods(reply->dialect));
	if (statuses[i].status == 503)
		text_printf(out, "Retry-After: %u\r\n",
		    reply->retry_s > 0 ? reply->retry_s : REPLY_RETRY_S);
	put_reason_header(out, reply);
	if (is_page(reply))
		page_text_put_head(out);
	text_puts(out, "\r\n");
}

void
reply_write(struct text *out, const struct reply *reply)
{
	struct text body;

	/* The head is written in front of the body, whose length it has. */
	assert(out->len == 0 && out->size >= REPLY_SIZE + reply->page.len);
	text_init(&body, out->buf + HEAD_SIZE, BODY_SIZE);
	if (is_page(reply))
		; /* it says all of it */
	else if (reply->outcome == ERR_OK)
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
