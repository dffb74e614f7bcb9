#include "ddnsgate/handler/metrics_page.h"

#include "ddnsgate/base/page_buffer.h"
#include "ddnsgate/reply/metrics.h"
#include "ddnsgate/reply/reply.h"

/* The body stands behind the room for the reply, which it is copied into. */
#define BUFFER_SIZE (REPLY_SIZE + METRICS_SIZE_MAX)

bool
metrics_page_is_shown(
    const struct site_settings *settings, const struct ipaddr *caller)
{
	for (size_t i = 0; i < settings->metrics_from_count; i++) {
		if (ipaddr_net_contains(&settings->metrics_from[i], caller))
			return true;
	}
	return false;
}

enum err
metrics_page_make(struct metrics_page *page, struct counters *counters)
{
	struct counters_snapshot *snapshot = page_buffer_new(sizeof(*snapshot));
	struct text body;

	metrics_page_done(page);
	page->buffer = page_buffer_new(BUFFER_SIZE);
	if (snapshot == NULL || page->buffer == NULL) {
		page_buffer_free(snapshot, sizeof(*snapshot));
		metrics_page_done(page);
		return ERR_MEMORY;
	}
	text_init(&body, page->buffer + REPLY_SIZE, METRICS_SIZE_MAX);
	counters_take(counters, snapshot);
	metrics_write(&body, snapshot);
	page_buffer_free(snapshot, sizeof(*snapshot));
	page->body = text_span(&body);
	return ERR_OK;
}

void
metrics_page_take_reply(const struct metrics_page *page, struct text *out)
{
	if (page->buffer != NULL)
		text_init(out, page->buffer, BUFFER_SIZE);
}

void
metrics_page_done(struct metrics_page *page)
{
	page_buffer_free(page->buffer, BUFFER_SIZE);
	*page = (struct metrics_page){.buffer = NULL};
}
