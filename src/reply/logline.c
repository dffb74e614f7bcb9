#include "ddnsgate/reply/logline.h"

#include "ddnsgate/base/secret.h"
#include "ddnsgate/reply/reply.h"

/* Size of a list of hosts or zones; a log line has six lists and what is
 * left out. */
#define LIST_SIZE 320
/* A name with every character escaped. */
#define ITEM_SIZE (4 * TEXT_QUOTED_MAX + 8)

/* Writes one item of a list. */
typedef void
put_item(struct text *out, const struct logline *line, size_t index);

/* Appends " KEY=ITEM,ITEM", with "..." in place of items that do not fit. */
static void
put_list(struct text *out, const char *key, const struct logline *line,
    put_item *put, size_t count)
{
	char buf[LIST_SIZE + sizeof("...")];
	struct text list;

	text_init(&list, buf, LIST_SIZE);
	for (size_t i = 0; i < count && !list.overflow; i++) {
		char item_buf[ITEM_SIZE];
		struct text item;
		TEXT_INIT(&item, item_buf);
		put(&item, line, i);
		text_puts(&list, i > 0 ? "," : "");
		text_put(&list, text_span(&item));
	}
	if (list.overflow) {
		list.size = sizeof(buf);
		text_puts(&list, "...");
	}
	text_printf(out, " %s=%s", key, count > 0 ? buf : "-");
}

/*
 * A name as it was sent, which may be of no host.  People put secrets in the
 * wrong place, so whatever may be one is hidden, wherever it stands.
 */
static void
put_asked(struct text *out, const struct logline *line, size_t index)
{
	struct span rest = line->request->hosts[index];
	/* Longer than what text_put_quoted shows, so no overflow is seen. */
	char buf[TEXT_QUOTED_MAX + SECRET_MIN + 1];
	struct text shown;

	TEXT_INIT(&shown, buf);
	while (rest.len > 0 && !shown.overflow) {
		size_t run = secret_prefix_len(rest);
		size_t len = run > 0 ? run : 1;
		if (run >= SECRET_MIN)
			text_puts(&shown, "(hidden)");
		else
			text_put(&shown, (struct span){rest.ptr, len});
		rest = (struct span){rest.ptr + len, rest.len - len};
	}
	text_put_quoted(out, text_span(&shown));
}

static void
put_host(struct text *out, const struct logline *line, size_t index)
{
	text_puts(out, line->updates[index].host->name);
}

static void
put_addr(struct text *out, const struct ipaddr *addr)
{
	char text[IPADDR_TEXT_SIZE];

	ipaddr_format(addr, text);
	text_puts(out, text);
}

static void
put_old(struct text *out, const struct logline *line, size_t index)
{
	const struct host_update *update = &line->updates[index];

	for (int f = 0; f < IPADDR_FAMILIES; f++) {
		if (update->decided[f].action == HOST_UPDATE_KEEP)
			continue;
		text_puts(out, out->len > 0 ? "+" : "");
		if (update->had_count[f] > 0)
			put_addr(out, &update->had[f]);
		else
			text_puts(out, "-");
	}
	text_puts(out, out->len > 0 ? "" : "-");
}

static void
put_new(struct text *out, const struct logline *line, size_t index)
{
	const struct host_update *update = &line->updates[index];

	for (int f = 0; f < IPADDR_FAMILIES; f++) {
		const struct host_update_decision *decided =
		    &update->decided[f];
		if (decided->action == HOST_UPDATE_KEEP)
			continue;
		text_puts(out, out->len > 0 ? "+" : "");
		if (decided->action == HOST_UPDATE_REMOVE)
			text_puts(out, "-");
		else
			put_addr(out, &decided->addr);
		if (decided->action == HOST_UPDATE_PREFIX)
			text_printf(out, "/%u", decided->prefix_len);
	}
	text_puts(out, out->len > 0 ? "" : "-");
}

static void
put_word(struct text *out, const struct logline *line, size_t index)
{
	text_puts(out, reply_update_word(&line->updates[index],
			   line->client->rules->unchanged_good));
}

static void
put_server(struct text *out, const struct logline *line, size_t index)
{
	const struct logline_zone *zone = &line->zones[index];

	if (zone->report.server < 0) {
		text_puts(out, "-");
		return;
	}
	const struct server_addr *server =
	    &zone->zone->servers[zone->report.server];
	put_addr(out, &server->addr);
	text_printf(out, "@%u", server->port);
}

static void
put_rcode(struct text *out, const struct logline *line, size_t index)
{
	text_puts(out, line->zones[index].report.rcode);
}

static void
put_caller(struct text *out, const struct logline *line)
{
	text_puts(out, " from=");
	if (line->caller != NULL)
		put_addr(out, line->caller);
	else
		text_put_quoted(out, span_of(line->remote_addr));
}

/* Only when there is something, as there rarely is. */
static void
put_left_out(struct text *out, const struct logline *line)
{
	char buf[REPLY_LEFT_OUT_MAX + sizeof("...")];
	struct text list;

	TEXT_INIT(&list, buf);
	if (reply_put_left_out(&list, line->updates, line->update_count))
		text_printf(out, " left_out=%s", buf);
}

static void
put_outcome(struct text *out, const struct logline *line)
{
	char buf[REPLY_REASON_SIZE];
	struct text reason;

	TEXT_INIT(&reason, buf);
	if (line->outcome == ERR_OK) {
		put_list(out, "word", line, put_word, line->update_count);
		text_puts(out, " reason=-");
		return;
	}
	text_printf(out, " word=%s reason=", reply_word(line->outcome));
	reply_put_reason(&reason, line->outcome, line->detail);
	text_put_quoted(out, text_span(&reason));
}

void
logline_write(struct text *out, const struct logline *line)
{
	const struct dialect *dialect = line->request->dialect;
	size_t updates = line->update_count;

	text_puts(out, "client=");
	text_put_quoted(
	    out, span_of(line->client != NULL ? line->client->name : "-"));
	if (updates > 0)
		put_list(out, "hosts", line, put_host, updates);
	else
		put_list(
		    out, "hosts", line, put_asked, line->request->host_count);
	put_caller(out, line);
	text_printf(out, " dialect=%s", dialect != NULL ? dialect->name : "-");
	put_list(out, "old", line, put_old, updates);
	put_list(out, "new", line, put_new, updates);
	put_left_out(out, line);
	put_outcome(out, line);
	put_list(out, "server", line, put_server, line->zone_count);
	put_list(out, "rcode", line, put_rcode, line->zone_count);
	text_printf(out, " ms=%lld", (long long)(line->took_us / 1000));
}
