/* The table of clients: its lines, and the site that is built from them. */

#include "ddnsgate/dns/dname.h"
#include "ddnsgate/syntax/clientfile.h"

#include "load.h"

#define SITE_INPUT_MAX 4096 /* longer ones take too long to load */
#define ZONE "dyn.example.org"
#define CONF \
	"zones = ( { name = \"" ZONE "\"; servers = [ \"127.0.0.1\" ]; } );\n"

struct calls {
	unsigned line; /* the last one */
	size_t clients;
};

/* There is one call for a line, in their order; fields have no blanks. */
static void
check_line(struct calls *calls, unsigned line)
{
	FUZZ_CHECK(line > calls->line);
	calls->line = line;
}

static void
check_field(struct span field)
{
	FUZZ_CHECK(field.len > 0);
	FUZZ_CHECK(memchr(field.ptr, ' ', field.len) == NULL);
	FUZZ_CHECK(memchr(field.ptr, '\n', field.len) == NULL);
}

static enum err
check_client_call(void *ctx, const struct clientfile_client *client)
{
	struct calls *calls = ctx;

	check_line(calls, client->line);
	check_field(client->name);
	check_field(client->secret);
	check_field(client->hosts);
	calls->clients++;
	return ERR_OK;
}

static void
check_bad_line_call(void *ctx, unsigned line, const char *why)
{
	check_line(ctx, line);
	FUZZ_CHECK(why != NULL);
}

static void
check_client(const struct site *site, const struct site_client *client)
{
	const struct site_host *hosts = site_hosts(site, client);
	const struct site_client *owner;
	char name[DNAME_SIZE];
	uint16_t zone;

	FUZZ_CHECK(site_find_client(site, span_of(client->name)) == client);
	FUZZ_CHECK(client->host_count > 0);
	for (uint32_t i = 0; i < client->host_count; i++) {
		struct span host = span_of(hosts[i].name);
		FUZZ_CHECK(dname_canonical(host, true, name) == ERR_OK);
		FUZZ_CHECK(span_is(host, name));
		FUZZ_CHECK(site_find_zone(site, host, &zone) != NULL);
		FUZZ_CHECK(site_find_host(site, host, &owner) != NULL);
	}
}

/* If the table is valid, the site has all of its clients. */
static void
check_site(const struct load_file *conf, const struct calls *calls)
{
	struct site *site = load_site(conf);

	if (site == NULL)
		return;
	FUZZ_CHECK(site_client_count(site) == calls->clients);
	for (size_t i = 0; i < calls->clients; i++)
		check_client(site, site_client(site, i));
	site_release(site);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct load_file conf = {.fd = -1}, table;
	struct calls calls = {0};
	const struct clientfile_reader reader = {
	    check_client_call, check_bad_line_call, &calls};
	char text[sizeof(CONF) + sizeof(table.path) + 32];

	if (conf.fd < 0) {
		conf = load_file_new();
		table = load_file_new();
		int len = snprintf(text, sizeof(text),
		    CONF "clients_file = \"%s\";\n", table.path);
		load_file_write(&conf, text, (size_t)len);
	}
	load_file_write(&table, data, size);
	FUZZ_CHECK(clientfile_read(table.fd, &reader) == ERR_OK);
	if (size <= SITE_INPUT_MAX)
		check_site(&conf, &calls);
	return 0;
}
