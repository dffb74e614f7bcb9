#include "ddnsgate/reply/metric_label.h"

#include <assert.h>
#include <string.h>

#include "ddnsgate/reply/reply.h"
#include "ddnsgate/request/dialect.h"

static_assert(DIALECT_ROWS_MAX < COUNTERS_DIALECTS, "and 0 for none");

static void
put_dialect(
    struct text *out, unsigned index, const struct counters_snapshot *snapshot)
{
	const struct dialect *row = index > 0 ? dialect_row(index - 1) : NULL;

	(void)snapshot;
	if (index == 0)
		text_puts(out, "none");
	else if (row != NULL)
		text_puts(out, row->name);
}

static void
put_word(
    struct text *out, unsigned index, const struct counters_snapshot *snapshot)
{
	(void)snapshot;
	if (index == COUNTERS_GOOD)
		text_puts(out, "good");
	else if (index == COUNTERS_NOCHG)
		text_puts(out, "nochg");
	else
		text_puts(
		    out, index == ERR_OK ? "ok" : reply_word((enum err)index));
}

static void
put_type(
    struct text *out, unsigned index, const struct counters_snapshot *snapshot)
{
	static const char *const types[] = {[COUNTERS_A] = "A",
	    [COUNTERS_AAAA] = "AAAA",
	    [COUNTERS_TXT] = "TXT"};

	(void)snapshot;
	text_puts(out, types[index]);
}

static void
put_action(
    struct text *out, unsigned index, const struct counters_snapshot *snapshot)
{
	(void)snapshot;
	text_puts(out, index == COUNTERS_SET ? "set" : "remove");
}

static void
put_kind(
    struct text *out, unsigned index, const struct counters_snapshot *snapshot)
{
	(void)snapshot;
	text_puts(out, index == COUNTERS_QUERY ? "query" : "update");
}

static void
put_limit(
    struct text *out, unsigned index, const struct counters_snapshot *snapshot)
{
	static const char *const limits[] = {[COUNTERS_CHANGE] = "change",
	    [COUNTERS_FAILURE] = "failure",
	    [COUNTERS_ACME] = "acme"};

	(void)snapshot;
	text_puts(out, limits[index]);
}

static void
put_server(
    struct text *out, unsigned index, const struct counters_snapshot *snapshot)
{
	char addr[IPADDR_TEXT_SIZE];

	if (index == COUNTERS_SERVER_OTHER) {
		text_puts(out, "other");
	} else if (snapshot->servers[index].is_known) {
		ipaddr_format(&snapshot->servers[index].addr.addr, addr);
		text_printf(
		    out, "%s@%u", addr, snapshot->servers[index].addr.port);
	}
}

/* The code's name without "DNS_", in lower case. */
static void
put_reason(
    struct text *out, unsigned index, const struct counters_snapshot *snapshot)
{
	(void)snapshot;
	if (index == 0) {
		text_puts(out, "local");
		return;
	}
	const char *name = err_name((enum err)(ERR_DNS_SILENT + index - 1));
	for (name += strlen("DNS_"); *name != '\0'; name++) {
		char c = *name;
		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		text_put(out, (struct span){&c, 1});
	}
}

// clang-format off
#define LABEL(text, count, sparse) const struct metric_label \
	metric_label_##text = { #text, count, put_##text, sparse }
LABEL(dialect, COUNTERS_DIALECTS, true);
LABEL(word,    COUNTERS_OUTCOMES, true);
LABEL(type,    COUNTERS_TYPES,    false);
LABEL(action,  COUNTERS_ACTIONS,  false);
LABEL(server,  COUNTERS_SERVERS,  false);
LABEL(kind,    COUNTERS_KINDS,    false);
LABEL(reason,  COUNTERS_REASONS,  true);
LABEL(limit,   COUNTERS_LIMITS,   false);
// clang-format on

void
metric_label_escape(struct text *out, const char *value)
{
	for (; *value != '\0'; value++) {
		if (*value == '\\' || *value == '"')
			text_puts(out, "\\");
		text_put(out,
		    *value == '\n' ? span_of("\\n") : (struct span){value, 1});
	}
}
