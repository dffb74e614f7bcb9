#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ddnsgate/config/client_line.h"
#include "ddnsgate/config/conf.h"
#include "ddnsgate/config/conf_clients.h"
#include "ddnsgate/site/site_line.h"

#include "table.h"

#define CLEAR "ClearSecret0123-_"
#define DIGEST    \
	"sha256:" \
	"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define OTHER     \
	"sha256:" \
	"ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define CRYPT "$5$abcdefgh$R7Sb3ztr9yHRcTSEVQYwVAxUpHGsbmcQDHFfKkNUVP8"
#define SUN "$md5,rounds=904$abcdefgh$$AXfa2.J7J5B9L4VbJjVSv1"
#define CONF                                                                  \
	"unchanged = \"good\"; change_burst = 7;\n"                           \
	"zones = ( { name = \"dyn.example.org\"; ttl = 90;\n"                 \
	"            servers = [ \"127.0.0.1\" ]; },\n"                       \
	"          { name = \"example.net\"; servers = [ \"127.0.0.1\" ]; } " \
	");\n"

// clang-format off
static const struct row {
	const char *name;
	const char *line;
	const char *canonical; /* NULL: the line is */
	const char *error;     /* NULL: there is none */
} rows[] = {
	{ "plain", "lars " DIGEST " lars.dyn.example.org", NULL, NULL },
	{ "hosts", "lars " DIGEST " a.dyn.example.org,*.a.dyn.example.org,"
	  "example.net", NULL, NULL },
	{ "short, in capitals, with a dot", "lars  " DIGEST "\tA,B.Example.NET.",
	  "lars " DIGEST " a.dyn.example.org,b.example.net", NULL },
	{ "crypt", "lars " CRYPT " a.dyn.example.org", NULL, NULL },
	{ "secrets", "lars " DIGEST " a.dyn.example.org "
	  "secrets=" CRYPT ";" OTHER, NULL, NULL },
	{ "a hash with a comma", "lars " SUN " a.dyn.example.org "
	  "secrets=" DIGEST, NULL, NULL },
	{ "from", "lars " DIGEST " a.dyn.example.org "
	  "from=192.0.2.0/24;2001:db8::/32", NULL, NULL },
	{ "all of a client", "lars " DIGEST " a.dyn.example.org "
	  "from=192.0.2.7/32,addresses=source,allow_private=true,"
	  "allow_offline=false,acme=true,families=AAAA,ttl=61,"
	  "unchanged=nochg,change_burst=0,change_interval=86400", NULL, NULL },
	{ "what is so anyway", "lars " DIGEST " a.dyn.example.org "
	  "addresses=any,allow_private=false,allow_offline=true,acme=false,"
	  "families=A;AAAA,ttl=90,unchanged=good,change_burst=7,"
	  "change_interval=60", NULL, NULL },
	{ "all of a host", "lars " DIGEST " a.dyn.example.org,b.example.net "
	  "ttl=5,a.dyn.example.org/ttl=60,a.dyn.example.org/families=AAAA,"
	  "a.dyn.example.org/interface_id=::211:22ff:fe33:4455,"
	  "a.dyn.example.org/acme=true", NULL, NULL },
	{ "a host that is not as the client", "lars " DIGEST " a,*.a.dyn.example.org "
	  "acme=true,families=A,a/acme=false,"
	  "*.a.dyn.example.org/acme=true,A/families=AAAA",
	  "lars " DIGEST " a.dyn.example.org,*.a.dyn.example.org "
	  "acme=true,families=A,a.dyn.example.org/acme=false,"
	  "*.a.dyn.example.org/acme=true,a.dyn.example.org/families=AAAA",
	  NULL },
	{ "hosts with the TTL of one zone", "lars " DIGEST
	  " a.dyn.example.org,b.example.net ttl=90", NULL, NULL },
	{ "certificates only", "lars " DIGEST " a.dyn.example.org "
	  "acme=true,families=", NULL, NULL },

	{ "less than three fields", "lars " DIGEST, NULL,
	  "has less than three fields, allowed is NAME SECRET "
	  "HOST[,HOST...] [SETTING=VALUE,...]" },
	{ "more than four fields", "lars " DIGEST " a b c", NULL,
	  "has more than four fields" },
	{ "a bad name", "l/rs " DIGEST " a.dyn.example.org", NULL,
	  "name: l/rs is malformed" },
	{ "a bad digest", "lars sha256:00 a.dyn.example.org", NULL,
	  "secret: is malformed" },
	{ "a bad hash", "lars $x$ a.dyn.example.org", NULL,
	  "secret: is no crypt(3) hash" },
	{ "a short secret", "lars x a.dyn.example.org", NULL,
	  "secret: is malformed" },
	{ "a bad host", "lars " DIGEST " a..b", NULL,
	  "hosts: a..b is malformed" },
	{ "no host", "lars " DIGEST " a.dyn.example.org,", NULL,
	  "hosts: \"\" is malformed" },
	{ "a host in no zone", "lars " DIGEST " a.example.com", NULL,
	  "hosts: a.example.com is in no zone" },
	{ "a bad further secret", "lars " DIGEST " a.dyn.example.org "
	  "secrets=x", NULL, "secrets: is malformed" },
	{ "no families", "lars " DIGEST " a.dyn.example.org families=", NULL,
	  "a.dyn.example.org has no families" },
	{ "an unknown setting", "lars " DIGEST " a.dyn.example.org tll=60",
	  NULL, "tll: is unknown in a client, perhaps ttl is meant" },
	{ "a setting of nothing", "lars " DIGEST " a.dyn.example.org zzzz=60",
	  NULL, "zzzz: is unknown in a client, allowed are secrets from" },
	{ "no setting", "lars " DIGEST " a.dyn.example.org ,ttl=60", NULL,
	  ": is unknown in a client" },
	{ "a field as a setting", "lars " DIGEST " a.dyn.example.org name=b",
	  NULL, "name: is unknown in a client" },
	{ "a field of a host", "lars " DIGEST " a.dyn.example.org "
	  "a.dyn.example.org/name=b", NULL, "name: is unknown in a host" },
	{ "a setting of no host", "lars " DIGEST " a.dyn.example.org /ttl=60",
	  NULL, "/ttl: is unknown in a client" },
	{ "a setting that no host has", "lars " DIGEST " a.dyn.example.org "
	  "a.dyn.example.org/from=192.0.2.1", NULL,
	  "from: is unknown in a host" },
	{ "a host that is not there", "lars " DIGEST " a.dyn.example.org "
	  "b.dyn.example.org/ttl=60", NULL,
	  "b.dyn.example.org is none of the hosts before it" },
	{ "no value", "lars " DIGEST " a.dyn.example.org acme", NULL,
	  "acme: is nothing, allowed is true or false" },
	{ "no boolean", "lars " DIGEST " a.dyn.example.org acme=yes", NULL,
	  "acme: is a text, allowed is true or false" },
	{ "no number", "lars " DIGEST " a.dyn.example.org ttl=-1", NULL,
	  "ttl: is a text, allowed is a whole number" },
	{ "a number out of range", "lars " DIGEST " a.dyn.example.org ttl=0",
	  NULL, "ttl: 0 is out of range" },
	{ "a large number", "lars " DIGEST " a.dyn.example.org "
	  "ttl=4294967297", NULL, "ttl: 4294967297 is out of range" },
	{ "no word", "lars " DIGEST " a.dyn.example.org addresses=all", NULL,
	  "addresses: all is unknown, allowed is \"any\" or \"source\"" },
	{ "no network", "lars " DIGEST " a.dyn.example.org from=192.0.2.1/24",
	  NULL, "from: 192.0.2.1/24 is malformed" },
	{ "an empty list", "lars " DIGEST " a.dyn.example.org from=", NULL,
	  "from: has 0 elements" },
	{ "no interface identifier", "lars " DIGEST " a.dyn.example.org "
	  "a.dyn.example.org/interface_id=2001:db8::1", NULL,
	  "interface_id: 2001:db8::1 is malformed" },
	{ "a setting twice", "lars " DIGEST " a.dyn.example.org ttl=60,ttl=60",
	  NULL, "ttl: is given twice, allowed is once" },
	{ "a host's setting twice", "lars " DIGEST " a.dyn.example.org "
	  "a.dyn.example.org/ttl=6,A.dyn.example.org/ttl=6", NULL,
	  "ttl: is given twice, allowed is once" },
	{ "a control character", "lars " DIGEST " a.dyn.example.org from=\x01",
	  NULL, "from: \"\\x01\" has a control character" },
};
// clang-format on

static char *
file_of(const char *text)
{
	char *path;
	int fd = memfd_create("client_line_test", 0);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (int)strlen(text));
	assert_true(asprintf(&path, "/proc/self/fd/%d", fd) > 0);
	return path;
}

static enum err
load(const char *line, struct diagnostic_list *diagnostics, struct site **ret)
{
	struct conf_files files;
	char *conf = NULL;
	char *lines = file_of(line);

	assert_true(
	    asprintf(&conf, CONF "clients_file = \"%s\";\n", lines) > 0);
	char *path = file_of(conf);
	enum err err = conf_load(path, diagnostics, &files, ret);
	conf_files_done(&files);
	close(atoi(strrchr(path, '/') + 1));
	close(atoi(strrchr(lines, '/') + 1));
	free(path);
	free(conf);
	free(lines);
	return err;
}

static void
expect_same_rules(const struct site_rules *a, const struct site_rules *b)
{
	assert_int_equal(a->from_count, b->from_count);
	for (size_t i = 0; i < a->from_count; i++) {
		assert_int_equal(a->from[i].len, b->from[i].len);
		assert_true(ipaddr_equal(&a->from[i].base, &b->from[i].base));
	}
	assert_int_equal(a->source_only, b->source_only);
	assert_int_equal(a->allow_private, b->allow_private);
	assert_int_equal(a->allow_offline, b->allow_offline);
	assert_int_equal(a->unchanged_good, b->unchanged_good);
	assert_int_equal(a->changes.burst, b->changes.burst);
	assert_int_equal(a->changes.interval_ms, b->changes.interval_ms);
}

static void
expect_same_host(const struct site_host *a, const struct site_host *b)
{
	assert_string_equal(a->name, b->name);
	assert_memory_equal(
	    a->interface_id, b->interface_id, sizeof(a->interface_id));
	assert_int_equal(a->ttl, b->ttl);
	assert_int_equal(a->zone, b->zone);
	assert_int_equal(a->families, b->families);
	assert_int_equal(a->has_interface_id, b->has_interface_id);
	assert_int_equal(a->acme, b->acme);
	assert_int_equal(a->acme_own, b->acme_own);
}

/* In any order. */
static void
expect_same_secrets(
    const struct site_secrets *want, const struct site_stored *got)
{
	assert_int_equal(want->count, got->secret_count);
	assert_int_equal(want->crypt_count, got->crypt_count);
	for (size_t i = 0; i < want->count; i++) {
		bool found = false;
		for (size_t j = 0; j < got->secret_count; j++)
			found |= secret_digest_equal(
			    &want->first[i].digest, &got->secrets[j]);
		assert_true(found);
	}
	for (size_t i = 0; i < want->crypt_count; i++) {
		assert_string_equal(want->crypts[i].hash, got->crypts[i].hash);
		assert_int_equal(got->crypts[i].client, SITE_STORED);
	}
}

/* Is it the same client that the site has of the same line? */
static void
expect_decoded(const struct site *site, struct span line)
{
	const struct site_client *client = site_client(site, 0);
	const struct site_secrets secrets = site_secrets(site, client);
	struct site_stored *stored;

	assert_int_equal(client_line_decode(site, line, &stored), ERR_OK);
	assert_string_equal(stored->client.name, client->name);
	assert_int_equal(stored->client.host_count, client->host_count);
	expect_same_rules(stored->client.rules, client->rules);
	expect_same_secrets(&secrets, stored);
	const struct site_host *hosts = site_hosts(site, &stored->client);
	for (uint32_t i = 0; i < client->host_count; i++)
		expect_same_host(&hosts[i], &site_hosts(site, client)[i]);
	client_line_free(stored);
}

/* The canonical line. */
static void
write_line(const struct site *site, struct span line, struct text *out)
{
	struct clientfile_client fields = {0};
	struct site_stored *stored;

	assert_null(clientfile_split(line, &fields));
	assert_int_equal(
	    client_line_decode_fields(site, &fields, &stored), ERR_OK);
	client_line_write(site, &fields, stored, out);
	client_line_free(stored);
}

static void
expect_lines(const struct row *row, const struct site *site)
{
	static char buf[CLIENTFILE_LINE_MAX + 1];
	struct text text;

	expect_decoded(site, span_of(row->line));
	TEXT_INIT(&text, buf);
	write_line(site, span_of(row->line), &text);
	assert_false(text.overflow);
	assert_string_equal(
	    buf, row->canonical != NULL ? row->canonical : row->line);
	expect_decoded(site, text_span(&text));
	TEXT_INIT(&text, buf);
	assert_int_equal(
	    site_line_write(site, site_client(site, 0), &text), ERR_OK);
	expect_decoded(site, text_span(&text));
}

static bool
is_said(const struct diagnostic_list *diagnostics, const char *error)
{
	for (size_t i = 0; i < diagnostics->count; i++) {
		if (strstr(diagnostics->items[i].text, error) != NULL)
			return true;
	}
	return false;
}

/* What is wrong is said, in the same words, without the other clients. */
static void
expect_error(const struct row *row, const struct diagnostic_list *all)
{
	struct diagnostic_list diagnostics = {0};
	struct clientfile_client fields = {.line = 1};
	struct site_stored *stored;
	struct site *site;

	assert_true(all->errors > 0);
	assert_true(is_said(all, row->error));
	assert_int_equal(load("", &diagnostics, &site), ERR_OK);
	assert_int_equal(
	    client_line_decode(site, span_of(row->line), &stored), ERR_CONFIG);
	if (clientfile_split(span_of(row->line), &fields) == NULL) {
		assert_int_equal(conf_clients_check_line(
				     site, "table", &fields, &diagnostics),
		    ERR_OK);
		assert_int_equal(diagnostics.errors, all->errors);
		assert_true(is_said(&diagnostics, row->error));
	}
	diagnostic_done(&diagnostics);
	site_release(site);
}

static void
test_row(void **state)
{
	const struct row *row = *state;
	struct diagnostic_list diagnostics = {0};
	struct site *site = NULL;

	enum err err = load(row->line, &diagnostics, &site);
	assert_int_equal(err, row->error != NULL ? ERR_CONFIG : ERR_OK);
	if (row->error != NULL)
		expect_error(row, &diagnostics);
	else
		expect_lines(row, site);
	diagnostic_done(&diagnostics);
	site_release(site);
}

/* A name with NUL in it is not that before it. */
static void
test_nul(void **state)
{
	static const char line[] = "lars " DIGEST " a ttl\0x=60";
	struct diagnostic_list diagnostics = {0};
	struct site_stored *stored;
	struct site *site;

	(void)state;
	assert_int_equal(load("", &diagnostics, &site), ERR_OK);
	struct span span = {line, sizeof(line) - 1};
	assert_int_equal(client_line_decode(site, span, &stored), ERR_CONFIG);
	diagnostic_done(&diagnostics);
	site_release(site);
}

/* A secret in clear is stored as its digest. */
static void
test_clear(void **state)
{
	struct diagnostic_list diagnostics = {0};
	char buf[512], want[512], stored[SECRET_STORED_SIZE];
	struct secret_digest digest = secret_digest(span_of(CLEAR));
	struct site *site;
	struct text text;

	(void)state;
	secret_stored_format(&digest, stored);
	assert_int_equal(load("", &diagnostics, &site), ERR_OK);
	TEXT_INIT(&text, buf);
	write_line(
	    site, span_of("a " CLEAR " h secrets=" CLEAR ";" CRYPT), &text);
	snprintf(want, sizeof(want), "a %s h.dyn.example.org secrets=%s;%s",
	    stored, stored, CRYPT);
	assert_string_equal(buf, want);
	diagnostic_done(&diagnostics);
	site_release(site);
}

/* Two hashes with a comma are one too many for a line. */
static void
test_unsupported(void **state)
{
	struct diagnostic_list diagnostics = {0};
	struct site_rules rules = {.allow_offline = true};
	const struct site_rules *stored;
	struct site_host host = {.name = "a.dyn.example.org", .families = 3};
	struct site *site;
	char buf[512];
	struct text text;

	(void)state;
	assert_int_equal(load("", &diagnostics, &site), ERR_OK);
	assert_int_equal(site_add_rules(site, &rules, &stored), ERR_OK);
	assert_int_equal(site_add_client(site, span_of("a"), stored), ERR_OK);
	assert_int_equal(site_add_crypt(site, span_of(SUN)), ERR_OK);
	assert_int_equal(site_add_crypt(site, span_of(SUN)), ERR_OK);
	assert_int_equal(site_add_host(site, &host), ERR_OK);
	TEXT_INIT(&text, buf);
	assert_int_equal(site_line_write(site, site_client(site, 0), &text),
	    ERR_UNSUPPORTED);
	diagnostic_done(&diagnostics);
	site_release(site);
}

/* Without room the text says so, and a line of the largest size fits. */
static void
test_size(void **state)
{
	static char line[CLIENTFILE_LINE_MAX + 1];
	static char buf[2 * CLIENTFILE_LINE_MAX];
	struct diagnostic_list diagnostics = {0};
	struct site_stored *stored;
	struct text text;
	struct site *site;

	(void)state;
	assert_int_equal(load("", &diagnostics, &site), ERR_OK);
	TEXT_INIT(&text, line);
	text_puts(&text, "lars " DIGEST " a");
	for (int i = 0; text.len < CLIENTFILE_LINE_MAX - 32; i++)
		text_printf(&text, ",host%d", i);
	assert_int_equal(
	    client_line_decode(site, text_span(&text), &stored), ERR_OK);
	assert_true(stored->client.host_count > 5000);
	client_line_free(stored);
	struct text out;
	text_init(&out, buf, CLIENTFILE_LINE_MAX + 1);
	write_line(site, text_span(&text), &out);
	assert_true(out.overflow);
	diagnostic_done(&diagnostics);
	site_release(site);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_nul),
	    cmocka_unit_test(test_clear),
	    cmocka_unit_test(test_unsupported),
	    cmocka_unit_test(test_size),
	};
	int failures = TABLE_RUN("client_line", rows, test_row);

	return failures + cmocka_run_group_tests(tests, NULL, NULL);
}
