#include <stdio.h>
#include <string.h>

#include "ddnsgate/base/secret.h"
#include "ddnsgate/dns/dname.h"
#include "ddnsgate/reply/page.h"
#include "ddnsgate/reply/page_text.h"

#include "make_site.h"
#include "table.h"

#define SECRET "homehomehomehome"
/* The longest name that there is, but for two digits. */
#define LABEL "a23456789b123456789c123456789d123456789e123456789f123456789g123"
#define LONG                      \
	LABEL "." LABEL "." LABEL \
	      ".a23456789b123456789c123456789d123456789e12345.example.org"

static char written[2 * PAGE_SIZE_MAX]; /* more than there may be */

#define HERE                         \
	{                            \
		IPADDR_V4,           \
		{                    \
			192, 0, 2, 7 \
		}                    \
	}
#define THERE                        \
	{                            \
		IPADDR_V4,           \
		{                    \
			192, 0, 2, 1 \
		}                    \
	}
#define SIX                                          \
	{                                            \
		IPADDR_V6,                           \
		{                                    \
			0x20, 1, 0xd, 0xb8, [15] = 7 \
		}                                    \
	}
static const struct ipaddr caller = HERE;
static const struct snippet_url url = {
    "https://ddns.example.org/x", "ddns.example.org", "/x", true};

static void
write_page(const struct page *page)
{
	struct text out;

	TEXT_INIT(&out, written);
	page_write(&out, page);
	assert_false(out.overflow);
	assert_true(out.len <= PAGE_SIZE_MAX);
	/* Nothing is left to fill in; some devices' texts have an "@". */
	if (page->setup == NULL)
		assert_null(strchr(strstr(written, "</style>"), '@'));
}

static size_t
count_of(const char *text)
{
	size_t count = 0;

	for (const char *at = written; (at = strstr(at, text)) != NULL; at++)
		count++;
	return count;
}

/* A client with so many hosts of long or short names. */
static struct site *
make_hosts(size_t count, bool is_long)
{
	const struct site_rules rules = {.allow_offline = true};
	struct site *site = make_site();
	char name[DNAME_SIZE];

	make_zone(site, "example.org", 53);
	make_client(site, "home", SECRET, &rules);
	for (size_t i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "h%02zu%s", i,
		    is_long ? &LONG[3] : ".dyn.example.org");
		make_host(site, name, MAKE_BOTH, 0);
	}
	return site;
}

/* The page of its hosts, which all have both addresses. */
static struct page
page_of(const struct site *site, struct page_host hosts[PAGE_HOSTS_MAX],
    size_t count)
{
	struct page page = {.subject = PAGE_HOSTS,
	    .action = "./",
	    .caller = &caller,
	    .is_secure = true,
	    .site = site,
	    .client = site_client(site, 0),
	    .secret = SECRET,
	    .url = &url,
	    .hosts = hosts,
	    .host_count = count};

	for (size_t i = 0; i < count; i++)
		hosts[i] = (struct page_host){
		    .name = site_hosts(site, page.client)[i].name,
		    .ttl = 60,
		    .may_be_here = true,
		    .is_known = true,
		    .count = {1, 1},
		    .addrs = {THERE, SIX},
		    .seen_ago_s = 3 * 86400,
		    .changed_ago_s = 3 * 86400};
	return page;
}

/* What stands on it */

// clang-format off
static const struct host_row {
	const char *name;
	struct page_host host;
	bool insecure;
	const char *has[4], *lacks[4];
} host_rows[] = {
#define KNOWN .name = "h", .ttl = 60, .is_known = true
#define NEVER .seen_ago_s = -1, .changed_ago_s = -1
	{ "nothing in DNS", { KNOWN, NEVER }, false,
	  { "No address in DNS." }, { "seconds.", "Last", "Changed", "where you" } },
	{ "here",           { KNOWN, NEVER, .count = { 1 }, .addrs = { HERE } },
	  false, { "<b>192.0.2.7</b> \u2713 where you are now",
	  "Valid for 60 seconds." }, { "not where", "value=\"here\"" } },
	{ "elsewhere",      { KNOWN, NEVER, .count = { 1 }, .addrs = { THERE },
	  .may_be_here = true }, false,
	  { "<b>192.0.2.1</b> \u2260 not where you are now",
	  "value=\"here\">Set to 192.0.2.7</button>" }, { "\u2713" } },
	{ "another family", { KNOWN, NEVER, .count = { 0, 1 },
	  .addrs = { THERE, SIX } }, false, { "<b>2001:db8::7</b>" },
	  { "where you", "192.0.2.1" } },
	{ "two records",    { KNOWN, NEVER, .count = { 2 }, .addrs = { HERE } },
	  false, { "<b>192.0.2.7</b> and others" }, { "where you" } },
	{ "not known",      { .name = "h", NEVER, .count = { 1 },
	  .addrs = { HERE } }, false, { "DNS could not be asked" },
	  { "<b>192.0.2.7</b>", "No address in DNS" } },
	{ "now",            { KNOWN }, false,
	  { "Last request within the last hour.",
	    "Changed within the last hour." }, { "ago" } },
	{ "an hour",        { KNOWN, .seen_ago_s = 3600,
	  .changed_ago_s = 7199 }, false, { "Last request an hour ago.",
	  "Changed an hour ago." }, { NULL } },
	{ "hours",          { KNOWN, .seen_ago_s = 7200,
	  .changed_ago_s = 86399 }, false, { "Last request 2 hours ago.",
	  "Changed 23 hours ago." }, { NULL } },
	{ "days",           { KNOWN, .seen_ago_s = 86400,
	  .changed_ago_s = 2 * 86400 }, false, { "Last request yesterday.",
	  "Changed 2 days ago." }, { NULL } },
	{ "https",          { KNOWN }, false, { "home" },
	  { "without encryption" } },
	{ "http",           { KNOWN }, true, { "without encryption" },
	  { NULL } },
};
// clang-format on

static void
shows_host(void **state)
{
	const struct host_row *row = *state;
	struct page_host hosts[PAGE_HOSTS_MAX];
	struct site *site = make_hosts(1, false);
	struct page page = page_of(site, hosts, 1);

	hosts[0] = row->host;
	page.is_secure = !row->insecure;
	write_page(&page);
	for (size_t i = 0; i < 4 && row->has[i] != NULL; i++)
		assert_non_null(strstr(written, row->has[i]));
	for (size_t i = 0; i < 4 && row->lacks[i] != NULL; i++)
		assert_null(strstr(written, row->lacks[i]));
	site_release(site);
}

/* What came of a button */

#define SETS(...) .decided = {{HOST_UPDATE_SET, __VA_ARGS__, 0}}
#define HAD(...) .had = {__VA_ARGS__}, .had_count = {1}

// clang-format off
static const struct change_row {
	const char *name;
	struct host_update update;
	const char *has, *lacks;
} change_rows[] = {
	{ "another address", { SETS(HERE), HAD(THERE), .differs = { true } },
	  "<b>Done.</b> h00.dyn.example.org now has 192.0.2.7. "
	  "It had 192.0.2.1.", "Nothing" },
	{ "the first",       { SETS(HERE), .differs = { true } },
	  "<b>Done.</b> h00.dyn.example.org now has 192.0.2.7.</p>",
	  "It had" },
	{ "another TTL",     { SETS(HERE), HAD(HERE), .differs = { true } },
	  "now has 192.0.2.7.</p>", "It had" },
	{ "as before",       { SETS(HERE), HAD(HERE) },
	  "<b>Nothing to do.</b> h00.dyn.example.org already has 192.0.2.7.",
	  "Done." },
	{ "removed",         { .decided = { { HOST_UPDATE_REMOVE, THERE, 0 },
	  { HOST_UPDATE_REMOVE, SIX, 0 } }, HAD(THERE), .differs = { true } },
	  "h00.dyn.example.org has no IPv4 address any more. "
	  "It had 192.0.2.1.", "IPv6" },
	{ "nothing there",   { .decided = { { HOST_UPDATE_REMOVE, THERE, 0 },
	  { HOST_UPDATE_REMOVE, SIX, 0 } } }, "has no IPv6 address.",
	  "any more" },
	{ "left out",        { .decided = { { .action = HOST_UPDATE_KEEP },
	  { HOST_UPDATE_SET, SIX, 0 } }, .left_out = {
	  { HOST_UPDATE_SET, THERE, 0 } } }, "192.0.2.1 was left out",
	  "now has 192.0.2.1" },
};
// clang-format on

static void
shows_change(void **state)
{
	const struct change_row *row = *state;
	struct page_host hosts[PAGE_HOSTS_MAX];
	struct site *site = make_hosts(1, false);
	struct page page = page_of(site, hosts, 1);
	struct host_update update = row->update;

	update.host = site_hosts(site, page.client);
	page.updates = &update;
	page.update_count = 1;
	write_page(&page);
	assert_non_null(strstr(written, row->has));
	assert_null(strstr(written, row->lacks));
	site_release(site);
}

/* Each failure has a sentence, and none says that it went well. */
static void
shows_errors(void **state)
{
	(void)state;
	for (int code = ERR_OK + 1; code < ERR_COUNT; code++) {
		struct page page = {.subject = PAGE_FIELD,
		    .outcome = (enum err)code,
		    .action = "./",
		    .retry_s = 17};
		const char *name = page_text_error((enum err)code);
		assert_non_null(page_text_find(span_of(name)));
		write_page(&page);
		assert_non_null(strstr(written, "That did not work."));
		assert_null(strstr(written, "Done."));
		assert_non_null(strstr(written, "name=\"secret\""));
	}
}

/* Without a client there is nothing of any. */
static void
subjects_differ(void **state)
{
	struct page page = {.subject = PAGE_DEVICE, .action = "../"};

	(void)state;
	write_page(&page);
	assert_non_null(strstr(written, "nothing was changed"));
	assert_non_null(strstr(written, "<a href=\"../\">"));
	assert_null(strstr(written, "<form"));
	page.subject = PAGE_FIELD;
	write_page(&page);
	assert_non_null(strstr(written, "action=\"../\""));
	assert_non_null(strstr(written, "autocomplete=\"current-password\""));
	assert_null(strstr(written, "<select"));
	assert_int_equal(count_of("<h1>"), 1);
}

/* Size */

/* Twenty hosts of usual names are on one page. */
static void
has_room_for_twenty(void **state)
{
	struct page_host hosts[PAGE_HOSTS_MAX];
	struct site *site = make_hosts(PAGE_HOSTS_MAX + 1, false);
	struct page page = page_of(site, hosts, PAGE_HOSTS_MAX);

	(void)state;
	write_page(&page);
	assert_int_equal(count_of("<h2>h"), PAGE_HOSTS_MAX);
	assert_int_equal(count_of("name=\"from\""), 1);
	assert_non_null(strstr(written, "Hosts 1 to 20 of 21."));
	assert_non_null(strstr(written, "name=\"from\" value=\"20\""));
	site_release(site);
}

/* Of long names there are fewer, and the next page begins behind them. */
static void
leaves_hosts_out(void **state)
{
	struct page_host hosts[PAGE_HOSTS_MAX];
	struct site *site = make_hosts(PAGE_HOSTS_MAX, true);
	struct page page = page_of(site, hosts, PAGE_HOSTS_MAX);
	char next[64];

	(void)state;
	write_page(&page);
	size_t count = count_of("<h2>h");
	assert_true(count > 0 && count < PAGE_HOSTS_MAX);
	snprintf(next, sizeof(next), "name=\"from\" value=\"%zu\"", count);
	assert_non_null(strstr(written, next));
	site_release(site);
}

/* A text that has no room, escaped, is said to be too long. */
static void
leaves_setup_out(void **state)
{
	static char setup[PAGE_SIZE_MAX];
	struct page_host hosts[PAGE_HOSTS_MAX];
	struct site *site = make_hosts(1, false);
	struct page page = page_of(site, hosts, 1);

	(void)state;
	page.subject = PAGE_SETUP;
	page.kind = &snippet_kinds[0];
	page.setup = "a <b>";
	write_page(&page);
	assert_non_null(strstr(written, ">a &lt;b&gt;</pre>"));
	assert_null(strstr(written, "too long"));
	memset(setup, '<', sizeof(setup) / 4);
	page.setup = setup;
	write_page(&page);
	assert_null(strstr(written, "&lt;"));
	assert_non_null(strstr(written, "too long"));
	assert_non_null(strstr(written, "ddnsgatectl snippet curl home"));
	site_release(site);
}

/* The whole of each kind's text fits in a page for one host. */
static void
has_room_for_each_kind(void **state)
{
	static char setup[PAGE_SIZE_MAX];
	struct page_host hosts[PAGE_HOSTS_MAX];
	struct site *site = make_hosts(1, false);
	struct page page = page_of(site, hosts, 1);
	const struct snippet_about about = {site, page.client, SECRET, &url};

	(void)state;
	page.subject = PAGE_SETUP;
	page.setup = setup;
	for (size_t i = 0; i < snippet_kind_count; i++) {
		struct text out;
		page.kind = &snippet_kinds[i];
		assert_int_equal(snippet_fits(page.kind, site, page.client),
		    !page.kind->acme);
		if (page.kind->acme)
			continue;
		TEXT_INIT(&out, setup);
		assert_int_equal(
		    snippet_write(&out, page.kind, &about), ERR_OK);
		assert_false(out.overflow);
		write_page(&page);
		assert_null(strstr(written, "too long"));
	}
	site_release(site);
}

/* What others choose */

/* Whatever its bytes are, no value can be more than text. */
static void
escapes_values(void **state)
{
	struct page_host hosts[PAGE_HOSTS_MAX];
	struct site *site = make_hosts(1, false);
	struct page page = page_of(site, hosts, 1);
	const struct snippet_url hostile = {
	    "x\"'<&>", "x\"'<&>", "x\"'<&>", true};

	(void)state;
	write_page(&page);
	size_t tags = count_of("<"), quotes = count_of("\"");
	hosts[0].name = page.secret = page.action = "x\"'<&>";
	page.url = &hostile;
	write_page(&page);
	assert_int_equal(count_of("<"), tags);
	assert_int_equal(count_of("\""), quotes);
	assert_true(count_of("x&quot;&#39;&lt;&amp;&gt;") > 5);
	site_release(site);
}

/* Head */

/* The hash in the policy is that of the style on the page. */
static void
allows_own_style(void **state)
{
	struct page page = {.subject = PAGE_FIELD, .action = "./"};
	uint8_t hash[SECRET_DIGEST_LEN];
	char head[1024];
	struct text out;
	size_t len;

	(void)state;
	write_page(&page);
	TEXT_INIT(&out, head);
	page_text_put_head(&out);
	assert_false(out.overflow);
	const char *start = strstr(written, "<style>") + strlen("<style>");
	struct span style = {
	    start, (size_t)(strstr(start, "</style>") - start)};
	struct secret_digest digest = secret_digest(style);
	const char *source = strstr(head, "'sha256-") + strlen("'sha256-");
	struct span base64 = {source, strcspn(source, "'")};
	assert_int_equal(
	    text_base64_decode(base64, hash, sizeof(hash), &len), ERR_OK);
	assert_int_equal(len, sizeof(hash));
	assert_memory_equal(hash, digest.bytes, sizeof(hash));
	assert_int_equal(count_of("<style>"), 1);
	assert_null(strstr(written, "style="));
	assert_null(strstr(written, "<script"));
	assert_null(strstr(written, "<img"));
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(shows_errors),
	    cmocka_unit_test(subjects_differ),
	    cmocka_unit_test(has_room_for_twenty),
	    cmocka_unit_test(leaves_hosts_out),
	    cmocka_unit_test(leaves_setup_out),
	    cmocka_unit_test(has_room_for_each_kind),
	    cmocka_unit_test(escapes_values),
	    cmocka_unit_test(allows_own_style),
	};

	return TABLE_RUN("page: a host", host_rows, shows_host) +
	       TABLE_RUN("page: a change", change_rows, shows_change) +
	       cmocka_run_group_tests_name(
		   "page: singles", singles, NULL, NULL);
}
