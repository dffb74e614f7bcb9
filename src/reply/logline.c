#include "ddnsgate/reply/logline.h"

#include "ddnsgate/base/secret.h"
#include "ddnsgate/dns/dname.h"
#include "ddnsgate/reply/reply.h"

/* Size of a list of hosts or zones; a log line has six lists and what is
 * left out. */
#define LIST_SIZE 320
/* One value as it is, and NUL: a reason is the longest. */
#define VALUE_SIZE REPLY_REASON_SIZE
/* One value in the form of a line, in which a character may take six. */
#define ITEM_SIZE (6 * VALUE_SIZE + 8)
/* A field with its name, and all values of a list. */
#define FIELD_SIZE (ITEM_SIZE + LIST_SIZE + 64)

/*
 * A name as it was sent, which may be of no host.  People put secrets in the
 * wrong place, so whatever may be one is hidden, wherever it stands.
 */
static void
put_asked(struct text *out, const struct logline *line, size_t index)
{
	struct span rest = line->request->hosts[index];

	while (rest.len > 0 && !out->overflow) {
		size_t run = secret_prefix_len(rest);
		size_t len = run > 0 ? run : 1;
		if (run >= SECRET_MIN)
			text_puts(out, "(hidden)");
		else
			text_put(out, (struct span){rest.ptr, len});
		rest = (struct span){rest.ptr + len, rest.len - len};
	}
}

static void
put_host(struct text *out, const struct logline *line, size_t index)
{
	if (line->update_count > 0)
		text_puts(out, line->updates[index].host->name);
	else
		put_asked(out, line, index);
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
	if (line->outcome != ERR_OK)
		text_puts(out, reply_word(line->outcome));
	else
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
put_client(struct text *out, const struct logline *line, size_t index)
{
	(void)index;
	text_puts(out, line->client->name);
}

static void
put_caller(struct text *out, const struct logline *line, size_t index)
{
	struct span sent = span_of(line->remote_addr);

	(void)index;
	if (line->caller != NULL) {
		put_addr(out, line->caller);
		return;
	}
	if (sent.len >= VALUE_SIZE)
		sent.len = VALUE_SIZE - 1;
	text_put(out, sent);
}

static void
put_dialect(struct text *out, const struct logline *line, size_t index)
{
	(void)index;
	text_puts(out, line->request->dialect->name);
}

static void
put_left_out(struct text *out, const struct logline *line, size_t index)
{
	(void)index;
	reply_put_left_out(out, line->updates, line->update_count);
}

static void
put_reason(struct text *out, const struct logline *line, size_t index)
{
	(void)index;
	reply_put_reason(out, line->outcome, line->detail);
}

static void
put_ms(struct text *out, const struct logline *line, size_t index)
{
	(void)index;
	text_printf(out, "%lld", (long long)(line->took_us / 1000));
}

static void
put_txt(struct text *out, const struct logline *line, size_t index)
{
	static const char *const words[] = {[REQUEST_TXT_ADD] = "add",
	    [REQUEST_TXT_REMOVE] = "remove",
	    [REQUEST_TXT_REMOVE_ALL] = "remove_all"};

	(void)index;
	text_puts(out, words[line->request->txt]);
}

static size_t
count_one(const struct logline *line)
{
	(void)line;
	return 1;
}

static size_t
count_client(const struct logline *line)
{
	return line->client != NULL;
}

static size_t
count_hosts(const struct logline *line)
{
	return line->update_count > 0 ? line->update_count
				      : line->request->host_count;
}

static size_t
count_dialect(const struct logline *line)
{
	return line->request->dialect != NULL;
}

static size_t
count_updates(const struct logline *line)
{
	return line->update_count;
}

static size_t
count_left_out(const struct logline *line)
{
	char buf[REPLY_LEFT_OUT_MAX + sizeof("...")];
	struct text list;

	TEXT_INIT(&list, buf);
	return reply_put_left_out(&list, line->updates, line->update_count);
}

static size_t
count_txt(const struct logline *line)
{
	return line->request->txt != REQUEST_TXT_NONE;
}

static size_t
count_words(const struct logline *line)
{
	return line->outcome == ERR_OK ? line->update_count : 1;
}

static size_t
count_reason(const struct logline *line)
{
	return line->outcome != ERR_OK;
}

static size_t
count_zones(const struct logline *line)
{
	return line->zone_count;
}

enum shape { ONE, NUMBER, LIST };
enum quote { PLAIN, QUOTED, QUOTED_IF_ASKED };

/* One field; put is called for the indices below its count. */
struct field {
	const char *name;    /* in text and JSON */
	const char *journal; /* each value is a field there */
	enum shape shape;
	enum quote quote; /* in text */
	bool optional;    /* left out, not shown as none */
	size_t (*count)(const struct logline *line);
	void (*put)(struct text *out, const struct logline *line, size_t index);
};

// clang-format off
static const struct field fields[] = {
	{ "client",   "CLIENT",   ONE,    QUOTED, false, count_client, put_client },
	{ "hosts",    "HOST",     LIST,   QUOTED_IF_ASKED, false, count_hosts, put_host },
	{ "from",     "FROM",     ONE,    QUOTED, false, count_one, put_caller },
	{ "dialect",  "DIALECT",  ONE,    PLAIN,  false, count_dialect, put_dialect },
	{ "old",      "OLD",      LIST,   PLAIN,  false, count_updates, put_old },
	{ "new",      "NEW",      LIST,   PLAIN,  false, count_updates, put_new },
	{ "txt",      "TXT",      ONE,    PLAIN,  true,  count_txt, put_txt },
	{ "left_out", "LEFT_OUT", ONE,    PLAIN,  true,  count_left_out, put_left_out },
	{ "word",     "WORD",     LIST,   PLAIN,  false, count_words, put_word },
	{ "reason",   "REASON",   ONE,    QUOTED, false, count_reason, put_reason },
	{ "server",   "SERVER",   LIST,   PLAIN,  false, count_zones, put_server },
	{ "rcode",    "RCODE",    LIST,   PLAIN,  false, count_zones, put_rcode },
	{ "ms",       "MS",       NUMBER, PLAIN,  false, count_one, put_ms },
};
// clang-format on

/* One value, encoded. */
typedef void
put_item(struct text *out, const struct field *field,
    const struct logline *line, struct span value);

static void
put_text_item(struct text *out, const struct field *field,
    const struct logline *line, struct span value)
{
	bool asked = line->update_count == 0;

	if (field->quote == QUOTED ||
	    (field->quote == QUOTED_IF_ASKED && asked))
		text_put_quoted(out, value);
	else
		text_put(out, value);
}

static void
put_json_item(struct text *out, const struct field *field,
    const struct logline *line, struct span value)
{
	(void)line;
	if (field->shape == NUMBER) {
		text_put(out, value);
		return;
	}
	/* A name of DNS is longer than what is shown of a value as sent. */
	if (field->quote != PLAIN && value.len > DNAME_SIZE)
		value.len = DNAME_SIZE;
	text_put_json(out, value);
}

/* Appends the items, as many as LIST_SIZE has room for, then the mark. */
static void
put_items(struct text *out, const struct field *field,
    const struct logline *line, put_item *put, const char *mark)
{
	char buf[ITEM_SIZE + LIST_SIZE];
	struct text list;
	size_t count = field->count(line);

	text_init(&list, buf, field->shape == LIST ? LIST_SIZE : sizeof(buf));
	for (size_t i = 0; i < count && !list.overflow; i++) {
		char value_buf[VALUE_SIZE], item_buf[ITEM_SIZE];
		struct text value, item;
		TEXT_INIT(&value, value_buf);
		TEXT_INIT(&item, item_buf);
		field->put(&value, line, i);
		put(&item, field, line, text_span(&value));
		text_puts(&list, i > 0 ? "," : "");
		text_put(&list, text_span(&item));
	}
	if (list.overflow) {
		list.size = sizeof(buf);
		bool has_comma = list.len == 0 || buf[list.len - 1] == ',';
		text_puts(&list, has_comma || put == put_text_item ? "" : ",");
		text_puts(&list, mark);
	}
	text_put(out, text_span(&list));
}

static void
write_text(
    struct text *out, const struct field *field, const struct logline *line)
{
	if (field->count(line) == 0 && field->optional)
		return;
	text_printf(out, "%s%s=", out->len > 0 ? " " : "", field->name);
	if (field->count(line) == 0)
		text_puts(out, "-");
	else
		put_items(out, field, line, put_text_item, "...");
}

static void
write_json(
    struct text *out, const struct field *field, const struct logline *line)
{
	bool is_list = field->shape == LIST;
	char buf[FIELD_SIZE];
	struct text whole;

	if (field->count(line) == 0 && field->optional)
		return;
	TEXT_INIT(&whole, buf);
	text_printf(&whole, ",\"%s\":%s", field->name, is_list ? "[" : "");
	if (field->count(line) > 0)
		put_items(&whole, field, line, put_json_item, "\"...\"");
	else if (!is_list)
		text_puts(&whole, "null");
	text_puts(&whole, is_list ? "]" : "");
	/* All of it or nothing, so that it stays JSON. */
	text_put(out, text_span(&whole));
}

/* A newline would begin another field. */
static void
replace_special(char *value, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (value[i] < ' ' || value[i] > '~')
			value[i] = '?';
	}
}

static void
write_journal(
    struct text *out, const struct field *field, const struct logline *line)
{
	size_t count = field->count(line);

	for (size_t i = 0; i < count; i++) {
		char value_buf[VALUE_SIZE], buf[VALUE_SIZE + 64];
		struct text value, whole;
		TEXT_INIT(&value, value_buf);
		TEXT_INIT(&whole, buf);
		field->put(&value, line, i);
		replace_special(value_buf, value.len);
		text_printf(
		    &whole, "DDNSGATE_%s=%s\n", field->journal, value_buf);
		text_put(out, text_span(&whole));
	}
}

void
logline_write(
    struct text *out, enum log_fields form, const struct logline *line)
{
	static void (*const writers[])(struct text * out,
	    const struct field *field,
	    const struct logline *line) = {[LOG_FIELDS_TEXT] = write_text,
	    [LOG_FIELDS_JSON] = write_json,
	    [LOG_FIELDS_JOURNAL] = write_journal};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		writers[form](out, &fields[i], line);
}
