#include "ddnsgate/reply/page_fill.h"

#include <stdio.h>

#include "ddnsgate/reply/page_text.h"
#include "ddnsgate/reply/reply.h"

#define HOUR_S 3600
#define DAY_S (24 * HOUR_S)

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Values */

size_t
page_behind(const struct page *page)
{
	return page->first + page->host_count;
}

static const char *
number(struct page_filler *filler, uint64_t value)
{
	snprintf(filler->buf, sizeof(filler->buf), "%llu",
	    (unsigned long long)value);
	return filler->buf;
}

static const char *
address(struct page_filler *filler, const struct ipaddr *addr)
{
	ipaddr_format(addr, filler->buf);
	return filler->buf;
}

static const char *
put_client(struct page_filler *filler)
{
	return filler->page->client->name;
}

static const char *
put_caller(struct page_filler *filler)
{
	return address(filler, filler->page->caller);
}

static const char *
put_action(struct page_filler *filler)
{
	return filler->page->action;
}

static const char *
put_secret(struct page_filler *filler)
{
	return filler->page->secret;
}

static const char *
put_host(struct page_filler *filler)
{
	return filler->name;
}

static const char *
put_address(struct page_filler *filler)
{
	return address(filler, &filler->host->addrs[filler->family]);
}

static const char *
put_family(struct page_filler *filler)
{
	return filler->family == IPADDR_V4 ? "IPv4" : "IPv6";
}

static const char *
put_old(struct page_filler *filler)
{
	return address(filler, &filler->update->had[filler->family]);
}

static const char *
put_new(struct page_filler *filler)
{
	const struct host_update *update = filler->update;

	return address(filler, filler->is_left_out
				   ? &update->left_out[filler->family].addr
				   : &update->decided[filler->family].addr);
}

static const char *
put_reason(struct page_filler *filler)
{
	struct text text;

	TEXT_INIT(&text, filler->buf);
	reply_put_reason(&text, filler->page->outcome, filler->page->detail);
	return filler->buf;
}

static const char *
put_retry(struct page_filler *filler)
{
	unsigned retry_s = filler->page->retry_s;

	return number(filler, retry_s > 0 ? retry_s : REPLY_RETRY_S);
}

static const char *
put_ttl(struct page_filler *filler)
{
	return number(filler, filler->host->ttl);
}

/* Hours, and from two days on days. */
static const char *
put_ago(struct page_filler *filler, int64_t ago_s)
{
	return number(filler,
	    (uint64_t)(ago_s < 2 * DAY_S ? ago_s / HOUR_S : ago_s / DAY_S));
}

static const char *
put_seen(struct page_filler *filler)
{
	return put_ago(filler, filler->host->seen_ago_s);
}

static const char *
put_changed(struct page_filler *filler)
{
	return put_ago(filler, filler->host->changed_ago_s);
}

static const char *
put_from(struct page_filler *filler)
{
	return number(filler, filler->page->first);
}

static const char *
put_first(struct page_filler *filler)
{
	return number(filler, filler->page->first + 1);
}

static const char *
put_last(struct page_filler *filler)
{
	return number(filler, page_behind(filler->page));
}

static const char *
put_total(struct page_filler *filler)
{
	return number(filler, filler->page->client->host_count);
}

static const char *
put_earlier(struct page_filler *filler)
{
	size_t first = filler->page->first;

	return number(
	    filler, first > PAGE_HOSTS_MAX ? first - PAGE_HOSTS_MAX : 0);
}

static const char *
put_kind(struct page_filler *filler)
{
	return filler->kind->name;
}

static const char *
put_kind_title(struct page_filler *filler)
{
	struct text text;

	TEXT_INIT(&text, filler->buf);
	text_put(&text, snippet_title(filler->kind));
	return filler->buf;
}

static const char *
put_setup(struct page_filler *filler)
{
	return filler->page->setup;
}

static const char *
put_url(struct page_filler *filler)
{
	return filler->page->url->text;
}

static const char *
put_server(struct page_filler *filler)
{
	return filler->page->url->server;
}

static const char *
put_path(struct page_filler *filler)
{
	return filler->page->url->path;
}

const char *
page_fill_value(void *data, struct span name)
{
	// clang-format off
	static const struct {
		const char *name;
		const char *(*put)(struct page_filler *filler);
	} values[] = {
		{ "CLIENT", put_client }, { "CALLER", put_caller },
		{ "ACTION", put_action }, { "SECRET", put_secret },
		{ "HOST", put_host }, { "ADDRESS", put_address },
		{ "FAMILY", put_family }, { "OLD", put_old },
		{ "NEW", put_new }, { "REASON", put_reason },
		{ "RETRY", put_retry }, { "TTL", put_ttl },
		{ "SEEN", put_seen }, { "CHANGED", put_changed },
		{ "FROM", put_from }, { "FIRST", put_first },
		{ "LAST", put_last }, { "TOTAL", put_total },
		{ "EARLIER", put_earlier }, { "LATER", put_last },
		{ "KIND", put_kind }, { "KIND_TITLE", put_kind_title },
		{ "SETUP", put_setup }, { "URL", put_url },
		{ "SERVER", put_server }, { "PATH", put_path },
	};
	// clang-format on

	for (size_t i = 0; i < COUNT(values); i++) {
		if (span_is(name, values[i].name))
			return values[i].put(data);
	}
	return NULL;
}

/* Sentences that depend on what is to be said */

static const char *
change_word(struct page_filler *filler)
{
	bool is_done =
	    filler->update->differs[filler->family] && !filler->is_left_out;

	return is_done ? "done" : "done_before";
}

static const char *
change(struct page_filler *filler)
{
	const struct host_update *update = filler->update;
	int family = filler->family;
	bool differs = update->differs[family];
	bool had = update->had_count[family] > 0;

	if (filler->is_left_out)
		return "change_left_out";
	if (update->decided[family].action == HOST_UPDATE_REMOVE)
		return differs && had ? "change_removed" : "change_absent";
	if (!differs)
		return "change_none";
	/* With another TTL, or beside a second record */
	bool had_same = had && ipaddr_equal(&update->had[family],
				   &update->decided[family].addr);
	return had && !had_same ? "change_set" : "change_new";
}

static const char *
error(struct page_filler *filler)
{
	return page_text_error(filler->page->outcome);
}

static const char *
mark(struct page_filler *filler)
{
	const struct ipaddr *caller = filler->page->caller;
	int family = filler->family;

	if (filler->host->count[family] > 1)
		return "mark_more";
	if (caller == NULL || (int)caller->family != family)
		return "mark_none";
	return ipaddr_equal(caller, &filler->host->addrs[family])
		   ? "mark_here"
		   : "mark_other";
}

/* Of five sentences the one for this time, or the last. */
static const char *
about_time(int64_t ago_s, const char *const names[])
{
	if (ago_s < 0)
		return "nothing";
	if (ago_s < HOUR_S)
		return names[0];
	if (ago_s < 2 * HOUR_S)
		return names[1];
	if (ago_s < DAY_S)
		return names[2];
	return ago_s < 2 * DAY_S ? names[3] : names[4];
}

static const char *
last_seen(struct page_filler *filler)
{
	static const char *const names[] = {"seen_hour", "seen_hour_ago",
	    "seen_hours", "seen_day", "seen_days"};

	return about_time(filler->host->seen_ago_s, names);
}

static const char *
last_changed(struct page_filler *filler)
{
	static const char *const names[] = {"changed_hour", "changed_hour_ago",
	    "changed_hours", "changed_day", "changed_days"};

	return about_time(filler->host->changed_ago_s, names);
}

const char *
page_fill_sentence(void *data, struct span name)
{
	// clang-format off
	static const struct {
		const char *name;
		const char *(*choose)(struct page_filler *filler);
	} choices[] = {
		{ "change_word",  change_word },
		{ "change",       change },
		{ "error",        error },
		{ "mark",         mark },
		{ "last_seen",    last_seen },
		{ "last_changed", last_changed },
	};
	// clang-format on

	for (size_t i = 0; i < COUNT(choices); i++) {
		if (span_is(name, choices[i].name))
			return page_text_find(span_of(choices[i].choose(data)));
	}
	return page_text_find(name);
}
