#include <stdio.h>
#include <string.h>

#include "ddnsgate/config/client_line.h"
#include "ddnsgate/site/client_index.h"

#include "make_site.h"
#include "table.h"

#define CLIENTS_MAX 6

/* NAME SECRET HOST[,HOST...]; a host with a "+" in front has acme, and a client
 * with a "!" in front is elsewhere. */
// clang-format off
static const struct row {
	const char *name;
	const char *clients[CLIENTS_MAX];
	const char *want; /* kind, one and other by their numbers; elsewhere ! */
} rows[] = {
	{ "nothing is in the way", { "a s1 x.org", "b s2 y.org" }, "" },
	{ "a name twice", { "a s1 x.org", "b s2 y.org", "a s3 z.org" },
	  "name 2 0;" },
	{ "a name three times", { "a s1 x.org", "a s2 y.org", "a s3 z.org" },
	  "name 1 0;name 2 0;" },
	{ "a name that is elsewhere", { "!a s1 x.org", "b s2 y.org",
	  "a s3 z.org" }, "name 1 !0;" },
	{ "a secret twice", { "a s1 x.org", "b s1 y.org" }, "secret 1 0;" },
	{ "a secret that is elsewhere", { "!a s1 x.org", "b s1 y.org" },
	  "secret 0 !0;" },
	{ "a host twice", { "a s1 x.org", "b s2 x.org" }, "host 1 0;" },
	{ "a host that is elsewhere", { "!a s1 x.org", "b s2 x.org" }, "" },
	{ "hosts elsewhere", { "!a s1 x.org", "!b s2 x.org", "c s3 y.org" },
	  "" },
	{ "a host of its own twice", { "a s1 x.org,x.org" }, "host 0 0;" },
	{ "its own is below acme", { "a s1 +x.org,y.x.org,*.x.org" }, "" },
	{ "below acme", { "a s1 +x.org", "b s2 y.x.org" }, "acme 1 0;" },
	{ "above acme", { "a s1 +y.x.org", "b s2 x.org" }, "" },
	{ "far below acme", { "a s1 +x.org", "b s2 c.b.a.x.org" },
	  "acme 1 0;" },
	{ "beside acme", { "a s1 +x.org", "b s2 x-y.org", "c s3 xx.org" }, "" },
	{ "a name between", { "a s1 +x.org", "b s2 x-y.org",
	  "c s3 a.x.org" }, "acme 2 0;" },
	{ "names between, with rights", { "a s1 +x.org",
	  "b s2 +x-y.org,x-y-z.org", "c s3 a.x.org", "d s4 a.x-y.org" },
	  "acme 3 1;acme 2 0;" },
	{ "a wildcard behind others", { "a s1 +*.x.org", "b s2 x-y.org",
	  "c s3 x.org" }, "acme 2 0;" },
	{ "a wildcard's own name", { "a s1 +*.x.org", "b s2 x.org" },
	  "acme 1 0;" },
	{ "below a wildcard", { "a s1 +*.x.org", "b s2 a.x.org" },
	  "acme 1 0;" },
	{ "a wildcard below", { "a s1 +x.org", "b s2 *.x.org" }, "acme 1 0;" },
	{ "elsewhere is below", { "!a s1 y.x.org", "b s2 +x.org" },
	  "acme !0 0;" },
	{ "elsewhere is above", { "!a s1 +x.org", "b s2 y.x.org" },
	  "acme 0 !0;" },
	{ "all is elsewhere", { "!a s1 +x.org", "!b s2 y.x.org" }, "" },
	{ "above the zone", { "a s1 +x.org", "b s2 a.zone.x.org" }, "" },
	{ "in the zone", { "a s1 +zone.x.org", "b s2 a.zone.x.org" },
	  "acme 1 0;" },
	{ "two have it elsewhere", { "!a s1 +x.org", "!b s2 +x.org",
	  "c s3 y.x.org" }, "acme 0 !0;" },
	{ "its own among them", { "!a s1 +x.org", "b s2 +x.org,y.x.org" },
	  "acme 0 !0;" },
	{ "once for a host", { "a s1 +x.org", "b s2 +y.x.org",
	  "c s3 z.y.x.org" }, "acme 1 0;acme 2 0;" },
};
// clang-format on

static void
record(void *ctx, enum client_index_conflict conflict,
    const struct sorted_key *one, const struct sorted_key *other)
{
	static const char *const names[] = {
	    [CLIENT_INDEX_SAME_NAME] = "name",
	    [CLIENT_INDEX_SAME_SECRET] = "secret",
	    [CLIENT_INDEX_SAME_HOST] = "host",
	    [CLIENT_INDEX_CERTIFIED] = "acme",
	};

	text_printf(ctx, "%s %s%u %s%u;", names[conflict],
	    one->mark & CLIENT_INDEX_ELSEWHERE ? "!" : "", one->owner,
	    other->mark & CLIENT_INDEX_ELSEWHERE ? "!" : "", other->owner);
}

static void
add_host(struct site *site, struct span name)
{
	char buf[DNAME_SIZE];
	bool acme = span_starts(name, span_of("+"));
	struct site_host host = {
	    .name = buf, .ttl = 60, .families = 3, .acme = acme};

	snprintf(
	    buf, sizeof(buf), "%.*s", (int)(name.len - acme), name.ptr + acme);
	assert_non_null(site_find_zone(site, span_of(buf), &host.zone));
	assert_int_equal(site_add_host(site, &host), ERR_OK);
}

static void
add_elsewhere(struct site *site, const char *line)
{
	static const struct site_rules rules = {.allow_offline = true};
	struct clientfile_client fields = {0};
	struct span host;
	char name[64], secret[64];

	assert_null(clientfile_split(span_of(line + 1), &fields));
	snprintf(
	    name, sizeof(name), "%.*s", (int)fields.name.len, fields.name.ptr);
	snprintf(secret, sizeof(secret), "ClearSecret0123-%.*s",
	    (int)fields.secret.len, fields.secret.ptr);
	make_client(site, name, secret, &rules);
	while (span_next(&fields.hosts, ',', &host))
		add_host(site, host);
}

static void
add(struct client_index *index, const struct site *site, const char *line,
    uint32_t number)
{
	struct clientfile_client fields = {0};
	struct site_stored *stored;
	struct span host;
	char buf[512];
	struct text text;

	assert_null(clientfile_split(span_of(line), &fields));
	TEXT_INIT(&text, buf);
	text_put(&text, fields.name);
	text_puts(&text, " ClearSecret0123-");
	text_put(&text, fields.secret);
	for (struct span rest = fields.hosts; span_next(&rest, ',', &host);) {
		size_t acme = host.ptr[0] == '+';
		text_puts(&text, host.ptr == fields.hosts.ptr ? " " : ",");
		text_put(
		    &text, (struct span){host.ptr + acme, host.len - acme});
	}
	text_puts(&text, " acme=false");
	for (struct span rest = fields.hosts; span_next(&rest, ',', &host);) {
		if (host.ptr[0] != '+')
			continue;
		text_puts(&text, ",");
		text_put(&text, (struct span){host.ptr + 1, host.len - 1});
		text_puts(&text, "/acme=true");
	}
	assert_int_equal(
	    client_line_decode(site, text_span(&text), &stored), ERR_OK);
	assert_int_equal(client_index_add(index, site, stored, number), ERR_OK);
	client_line_free(stored);
}

static void
test_row(void **state)
{
	const struct row *row = *state;
	struct client_index index = {0};
	struct site *site = make_site();
	char buf[256];
	struct text text;
	uint32_t number = 0;

	make_zone(site, "org", 53);
	make_zone(site, "zone.x.org", 53);
	for (int i = 0; i < CLIENTS_MAX && row->clients[i] != NULL; i++) {
		if (row->clients[i][0] == '!')
			add_elsewhere(site, row->clients[i]);
	}
	assert_int_equal(client_index_add_site(&index, site), ERR_OK);
	for (int i = 0; i < CLIENTS_MAX && row->clients[i] != NULL; i++) {
		if (row->clients[i][0] != '!')
			add(&index, site, row->clients[i], number++);
	}
	TEXT_INIT(&text, buf);
	assert_int_equal(client_index_check_all(&index, record, &text), ERR_OK);
	assert_string_equal(buf, row->want);
	client_index_done(&index);
	site_release(site);
}

int
main(void)
{
	return TABLE_RUN("client_index", rows, test_row);
}
