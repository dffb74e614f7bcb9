#include "ddnsgate/reply/page.h"

#include "ddnsgate/reply/page_text.h"
#include "ddnsgate/reply/template.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool
has_client(const struct page *page)
{
	return page->subject == PAGE_HOSTS || page->subject == PAGE_SETUP;
}

static const struct site_host *
all_hosts(const struct page *page)
{
	return site_hosts(page->site, page->client);
}

static bool
is_acme(const struct page *page)
{
	for (size_t i = 0; i < page->client->host_count; i++) {
		if (all_hosts(page)[i].acme)
			return true;
	}
	return false;
}

/* Blocks that are there once, or not at all */

static bool
is_empty(const struct page_host *host)
{
	return host->is_known && host->count[IPADDR_V4] == 0 &&
	       host->count[IPADDR_V6] == 0;
}

static bool
is_true(const struct page_filler *filler, struct span word)
{
	const struct page *page = filler->page;
	const struct page_host *host = filler->host;
	bool client = has_client(page);
	bool hosts = page->subject == PAGE_HOSTS;
	bool setup = page->subject == PAGE_SETUP;
	// clang-format off
	const struct { const char *word; bool is; } facts[] = {
		{ "client",    client },
		{ "nobody",    !client },
		{ "caller",    page->caller != NULL },
		{ "plain",     !page->is_secure },
		{ "failed",    page->outcome != ERR_OK },
		{ "done",      page->outcome == ERR_OK &&
			       page->update_count > 0 },
		{ "field",     page->subject == PAGE_FIELD },
		{ "device",    page->subject == PAGE_DEVICE },
		{ "setup",     setup },
		{ "text",      setup && page->setup != NULL },
		{ "too_long",  setup && page->setup == NULL },
		{ "unknown",   host != NULL && !host->is_known },
		{ "empty",     host != NULL && is_empty(host) },
		{ "ttl",       host != NULL && host->is_known &&
			       !is_empty(host) },
		{ "own_form",  page->host_count <= PAGE_FORMS_MAX },
		{ "one_form",  hosts &&
			       page->host_count > PAGE_FORMS_MAX },
		{ "here",      host != NULL && host->may_be_here },
		{ "from",      page->first > 0 },
		{ "removable", client && page->client->rules->allow_offline },
		{ "several",   hosts &&
			       page->host_count < page->client->host_count },
		{ "earlier",   page->first > 0 },
		{ "later",     hosts &&
			       page_behind(page) < page->client->host_count },
		{ "acme",      client && is_acme(page) },
		{ "url",       page->url != NULL },
	};
	// clang-format on

	for (size_t i = 0; i < COUNT(facts); i++) {
		if (span_is(word, facts[i].word))
			return facts[i].is;
	}
	return false;
}

/* Blocks that are repeated: each prepares that of an index */

/* What was decided of each host and family, and behind it what was left out.
 * A family that there was none of is not mentioned beside one that is gone. */
static bool
next_change(struct page_filler *filler, size_t index)
{
	const struct page *page = filler->page;

	for (size_t i = 0; i < page->update_count * IPADDR_FAMILIES * 2; i++) {
		const struct host_update *update =
		    &page->updates[i / 2 / IPADDR_FAMILIES];
		int family = (int)(i / 2 % IPADDR_FAMILIES);
		bool left_out = i % 2 == 1;
		enum host_update_action action =
		    left_out ? update->left_out[family].action
			     : update->decided[family].action;
		bool is_news = update->differs[family] || left_out ||
			       action != HOST_UPDATE_REMOVE ||
			       !host_update_differs(update);
		if (action == HOST_UPDATE_KEEP || !is_news || index-- > 0)
			continue;
		filler->update = update;
		filler->family = family;
		filler->is_left_out = left_out;
		filler->name = update->host->name;
		return true;
	}
	return false;
}

static bool
next_host(struct page_filler *filler, size_t index)
{
	const struct page *page = filler->page;
	bool there = page->subject == PAGE_HOSTS && index < page->host_count;

	filler->host = there ? &page->hosts[index] : NULL;
	filler->name = there ? filler->host->name : NULL;
	return there;
}

static bool
next_record(struct page_filler *filler, size_t index)
{
	const struct page_host *host = filler->host;

	for (int f = 0; f < IPADDR_FAMILIES && host->is_known; f++) {
		if (host->count[f] == 0 || index-- > 0)
			continue;
		filler->family = f;
		return true;
	}
	return false;
}

static bool
next_kind_of(struct page_filler *filler, size_t index, bool acme)
{
	for (size_t i = 0; i < snippet_kind_count; i++) {
		if (snippet_kinds[i].acme != acme || index-- > 0)
			continue;
		filler->kind = &snippet_kinds[i];
		return true;
	}
	return false;
}

static bool
next_kind(struct page_filler *filler, size_t index)
{
	return next_kind_of(filler, index, false);
}

static bool
next_acme_kind(struct page_filler *filler, size_t index)
{
	return next_kind_of(filler, index, true);
}

static bool
repeat(void *data, struct span word, size_t index)
{
	// clang-format off
	static const struct {
		const char *word;
		bool (*next)(struct page_filler *filler, size_t index);
	} loops[] = {
		{ "change",    next_change },
		{ "host",      next_host },
		{ "record",    next_record },
		{ "kind",      next_kind },
		{ "acme_kind", next_acme_kind },
	};
	// clang-format on

	for (size_t i = 0; i < COUNT(loops); i++) {
		if (span_is(word, loops[i].word))
			return loops[i].next(data, index);
	}
	return index == 0 && is_true(data, word);
}

/* False, and nothing is appended: it has no room. */
static bool
try_write(struct text *out, const struct page *page)
{
	size_t room = out->size - out->len;
	struct page_filler state = {.page = page, .kind = page->kind};
	const struct template_filler filler = {.data = &state,
	    .value = page_fill_value,
	    .sentence = page_fill_sentence,
	    .repeat = repeat,
	    .put = template_put_html};
	struct text text;

	if (room > PAGE_SIZE_MAX + 1)
		room = PAGE_SIZE_MAX + 1;
	text_init(&text, out->buf + out->len, room);
	template_put(&text, span_of(page_template), &filler);
	if (!text.overflow)
		out->len += text.len;
	else
		out->buf[out->len] = '\0';
	return !text.overflow;
}

void
page_write(struct text *out, const struct page *page)
{
	struct page less = *page;

	while (!try_write(out, &less)) {
		if (less.setup == NULL && less.host_count == 0) {
			out->overflow = true;
			return;
		}
		if (less.setup != NULL)
			less.setup = NULL;
		else
			less.host_count--;
	}
}
