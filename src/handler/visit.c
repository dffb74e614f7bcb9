#include "ddnsgate/handler/visit.h"

#include <string.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/page_buffer.h"
#include "ddnsgate/base/secret.h"
#include "ddnsgate/reply/page.h"
#include "ddnsgate/reply/reply.h"
#include "ddnsgate/request/browser.h"
#include "ddnsgate/syntax/conf_value.h"

/* "https://", a URL of the configuration and a base_path. */
#define URL_SIZE (8 + CONF_URL_MAX + REQUEST_PATH_MAX + 1)
/* "../" so many times, or a base_path. */
#define ACTION_SIZE (REQUEST_PATH_MAX + 3 * VISIT_DEPTH_MAX + 2)

struct visit_memory {
	struct zone_jobs jobs;
	struct host_update updates[PAGE_HOSTS_MAX];
	struct page_host hosts[PAGE_HOSTS_MAX];
	struct page page;
	struct snippet_url url;
	char url_text[URL_SIZE];
	char server[URL_SIZE];
	char action[ACTION_SIZE];
	char secret[SECRET_MAX + 1];
	char setup[PAGE_SIZE_MAX];
	/* The page stands behind the room for the reply, which it is copied
	 * into. */
	char reply[REPLY_SIZE + PAGE_SIZE_MAX + 1];
};

static bool
is_get(const struct request_source *source)
{
	struct span method = request_source_variable(source, "REQUEST_METHOD");

	return span_is(method, "GET") || span_is(method, "HEAD");
}

bool
visit_is_one(
    const struct site_settings *settings, const struct request_source *source)
{
	return !settings->browser_updates &&
	       browser_kind(source) == BROWSER_PERSON;
}

bool
visit_is_look(
    const struct site_settings *settings, const struct request_source *source)
{
	return is_get(source) && visit_is_one(settings, source);
}

bool
visit_is_foreign(
    const struct site_settings *settings, const struct request_source *source)
{
	return !settings->browser_updates && !is_get(source) &&
	       !browser_is_ours(source, settings);
}

enum err
visit_refusal(enum err err, enum err client_err)
{
	bool is_unread = err == ERR_TOO_LARGE || err == ERR_MEDIA ||
			 err == ERR_SYNTAX || err == ERR_BUSY;

	return is_unread ? err : client_err;
}

/* Where forms are sent to */

static size_t
count_slashes(struct span path)
{
	size_t count = 0;

	for (size_t i = 0; i < path.len; i++)
		count += path.ptr[i] == '/';
	return count;
}

static struct span
without_final_slash(struct span path)
{
	while (path.len > 0 && path.ptr[path.len - 1] == '/')
		path.len--;
	return path;
}

/* Relative, as a proxy may have put something in front of the path; a path
 * that is all of base_path is one level up, so its last part is named. */
static void
put_action(struct text *out, const struct request_source *source,
    const struct site_settings *settings)
{
	struct span base = without_final_slash(span_of(settings->base_path));
	struct span part, last = {NULL, 0};
	size_t slashes = count_slashes(request_source_path(source));
	size_t in_base = count_slashes(base);

	if (slashes > in_base + VISIT_DEPTH_MAX) {
		text_put(out, base);
		text_puts(out, "/");
		return;
	}
	if (slashes > in_base) {
		text_puts(out, slashes == in_base + 1 ? "./" : "");
		for (size_t i = in_base + 1; i < slashes; i++)
			text_puts(out, "../");
		return;
	}
	while (span_next(&base, '/', &part))
		last = part;
	text_put(out, last.len > 0 ? last : span_of("."));
	text_puts(out, "/");
}

/* The URL of devices */

static bool
set_url(struct visit_memory *memory, const struct request_source *source,
    const struct site_settings *settings)
{
	struct text text, server;

	TEXT_INIT(&text, memory->url_text);
	TEXT_INIT(&server, memory->server);
	if (settings->url != NULL)
		text_put(&text, without_final_slash(span_of(settings->url)));
	else if (!browser_put_origin(&text, source, settings))
		return false;
	text_put(&text, without_final_slash(span_of(settings->base_path)));
	if (text.overflow)
		return false;
	const char *start = strstr(memory->url_text, "://") + 3;
	struct span name = {start, strcspn(start, "/")};
	text_put(&server, name);
	memory->url = (struct snippet_url){.text = memory->url_text,
	    .server = memory->server,
	    .path = start + name.len,
	    .https = span_starts(text_span(&text), span_of("https:"))};
	return true;
}

/* What DNS has */

/* Decisions that are never sent, as the lookup asks about what is decided. */
static void
decide(struct host_update *update, const struct site *site,
    const struct site_host *host)
{
	*update = (struct host_update){
	    .zone = site_zone(site, host->zone), .host = host};
	for (int f = 0; f < IPADDR_FAMILIES; f++) {
		if ((host->families & 1U << f) != 0)
			update->decided[f].action = HOST_UPDATE_REMOVE;
	}
}

/* What is wrong with one name is no reason to know nothing of the others. */
static bool
is_about_name(enum err outcome)
{
	return outcome == ERR_DNS_CNAME || outcome == ERR_DNS_CHILD ||
	       outcome == ERR_DNS_DELEGATED;
}

static void
look_up_each(struct lookup *lookup, const struct zone_job *job,
    struct clock_deadline deadline)
{
	struct transaction_report report;

	for (size_t i = 0; i < job->count; i++) {
		job->updates[i]->outcome = ERR_OK;
		(void)lookup_updates(
		    lookup, job->zone, &job->updates[i], 1, deadline, &report);
	}
}

/* Says in the outcome of each whether DNS told. */
static void
look_up(struct visit_memory *memory, const struct visit_tools *tools,
    const struct site_settings *settings, size_t count)
{
	struct clock_deadline deadline = clock_after_ms(settings->timeout_ms);
	struct lookup *lookup;

	if (lookup_new(tools->transaction, tools->parents, &lookup) != ERR_OK) {
		for (size_t i = 0; i < count; i++)
			memory->updates[i].outcome = ERR_MEMORY;
		return;
	}
	zone_jobs_init(&memory->jobs, NULL, tools->transaction, lookup);
	zone_jobs_make(&memory->jobs, memory->updates, count);
	(void)zone_jobs_look_up(&memory->jobs, deadline);
	for (size_t i = 0; i < memory->jobs.count; i++) {
		const struct zone_job *job = &memory->jobs.jobs[i];
		if (is_about_name(job->outcome))
			look_up_each(lookup, job, deadline);
	}
	lookup_free(lookup);
}

/* When a host was seen and changed */

static const struct host_update *
find_update(const struct served *served, const struct site_host *host)
{
	for (size_t i = 0; i < served->update_count; i++) {
		if (served->updates[i].host == host)
			return &served->updates[i];
	}
	return NULL;
}

/* What this very request has done is noted only after it. */
static void
set_times(struct page_host *ret, const struct served *served,
    const struct site_host *host, struct seen *seen, bool is_done)
{
	int64_t now_s = (int64_t)clock_calendar();
	const struct host_update *update = find_update(served, host);
	struct seen_host known;

	ret->seen_ago_s = ret->changed_ago_s = -1;
	if (seen == NULL)
		return;
	if (seen_find(seen, span_of(host->name), &known) == ERR_OK) {
		ret->seen_ago_s = known.seen_s > 0 ? now_s - known.seen_s : -1;
		ret->changed_ago_s =
		    known.changed_s > 0 ? now_s - known.changed_s : -1;
	}
	if (is_done && update != NULL) {
		ret->seen_ago_s = 0;
		if (host_update_differs(update))
			ret->changed_ago_s = 0;
	}
}

/* So that a button for it makes sense. */
static bool
may_be_here(const struct host_update *update, const struct served *served,
    bool is_known)
{
	unsigned f = (unsigned)served->caller.family;
	bool is_here = is_known && update->had_count[f] == 1 &&
		       ipaddr_equal(&update->had[f], &served->caller);

	return served->caller_known && !is_here &&
	       (update->host->families & 1U << f) != 0;
}

static void
set_host(struct page_host *ret, const struct host_update *update, bool is_known)
{
	*ret = (struct page_host){.name = update->host->name,
	    .ttl = update->host->ttl,
	    .is_known = is_known && update->outcome == ERR_OK};
	for (int f = 0; f < IPADDR_FAMILIES; f++) {
		ret->count[f] = update->had_count[f];
		ret->addrs[f] = update->had[f];
	}
}

/* After a server's failure it is not asked again. */
static void
set_hosts(struct visit_memory *memory, const struct visit_tools *tools,
    const struct served *served, enum err outcome)
{
	struct page *page = &memory->page;
	const struct site_client *client = served->client;
	const struct site_host *all = site_hosts(served->site, client);
	bool is_known = !err_is_dns(outcome);

	page->first = served->request.from < client->host_count
			  ? served->request.from
			  : 0;
	page->host_count = client->host_count - page->first;
	if (page->host_count > PAGE_HOSTS_MAX)
		page->host_count = PAGE_HOSTS_MAX;
	for (size_t i = 0; i < page->host_count; i++)
		decide(
		    &memory->updates[i], served->site, &all[page->first + i]);
	if (is_known)
		look_up(memory, tools, site_settings(served->site),
		    page->host_count);
	for (size_t i = 0; i < page->host_count; i++) {
		set_host(&memory->hosts[i], &memory->updates[i], is_known);
		memory->hosts[i].may_be_here = may_be_here(
		    &memory->updates[i], served, memory->hosts[i].is_known);
		set_times(&memory->hosts[i], served, memory->updates[i].host,
		    tools->seen, outcome == ERR_OK);
	}
	page->hosts = memory->hosts;
}

/* A kind that is not there, or is for certificates of which the client has
 * none, is not shown. */
static bool
set_setup(struct visit_memory *memory, const struct served *served)
{
	const struct snippet_kind *kind = snippet_find(served->request.kind);
	const struct snippet_about about = {.site = served->site,
	    .client = served->client,
	    .secret = memory->secret,
	    .url = &memory->url};
	struct text text;

	if (kind == NULL || memory->page.url == NULL ||
	    !snippet_fits(kind, served->site, served->client))
		return false;
	TEXT_INIT(&text, memory->setup);
	if (snippet_write(&text, kind, &about) != ERR_OK)
		return false;
	memory->page.kind = kind;
	memory->page.setup = text.overflow ? NULL : memory->setup;
	return true;
}

/* For whoever has a secret. */
static void
set_client(struct visit_memory *memory, const struct visit_tools *tools,
    const struct served *served, const struct request_source *source,
    enum err outcome)
{
	struct page *page = &memory->page;
	struct text secret;

	TEXT_INIT(&secret, memory->secret);
	text_put(&secret, served->request.credentials[0].secret);
	page->secret = memory->secret;
	page->site = served->site;
	page->client = served->client;
	if (set_url(memory, source, site_settings(served->site)))
		page->url = &memory->url;
	page->subject = PAGE_HOSTS;
	if (outcome == ERR_OK && served->request.button == BROWSER_SETUP &&
	    set_setup(memory, served))
		page->subject = PAGE_SETUP;
	else
		set_hosts(memory, tools, served, outcome);
}

void
visit_make(struct visit *visit, const struct visit_tools *tools,
    const struct served *served, const struct request_source *source,
    enum err outcome, const char *detail)
{
	const struct site_settings *settings = site_settings(served->site);
	struct visit_memory *memory = page_buffer_new(sizeof(*memory));
	struct text text;

	visit_done(visit);
	if (memory == NULL)
		return;
	visit->memory = memory;
	TEXT_INIT(&text, memory->action);
	put_action(&text, source, settings);
	memory->page = (struct page){
	    .subject = served->is_for_devices ? PAGE_DEVICE : PAGE_FIELD,
	    .outcome = outcome,
	    .detail = detail,
	    .retry_s = served->retry_s,
	    .action = memory->action,
	    .caller = served->caller_known ? &served->caller : NULL,
	    .is_secure = browser_is_secure(source, settings),
	    .updates = served->updates,
	    .update_count = served->update_count};
	if (served->is_admitted)
		set_client(memory, tools, served, source, outcome);
	text_init(&text, memory->reply + REPLY_SIZE, PAGE_SIZE_MAX + 1);
	page_write(&text, &memory->page);
	visit->page = text_span(&text);
}

void
visit_take_reply(const struct visit *visit, struct text *out)
{
	if (visit->memory != NULL)
		TEXT_INIT(out, visit->memory->reply);
}

void
visit_done(struct visit *visit)
{
	if (visit->memory != NULL)
		secret_wipe(visit->memory, sizeof(*visit->memory));
	page_buffer_free(visit->memory, sizeof(*visit->memory));
	*visit = (struct visit){.memory = NULL};
}
