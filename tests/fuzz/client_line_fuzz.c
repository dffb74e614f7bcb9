/* The line of a client in the table of clients. */

#include "ddnsgate/config/client_line.h"
#include "ddnsgate/dns/dname.h"

#include "load.h"

#define CONF                                                                 \
	"zones = ( { name = \"dyn.example.org\"; servers = [ \"127.0.0.1\" " \
	"];\n"                                                               \
	"          }, { name = \"k\"; servers = [ \"127.0.0.1\" ]; } );\n"

static struct site *
make_site(void)
{
	struct load_file conf = load_file_new();

	load_file_write(&conf, CONF, sizeof(CONF) - 1);
	return load_site(&conf);
}

static void
check_client(const struct site *site, const struct site_stored *stored)
{
	const struct site_host *hosts = site_hosts(site, &stored->client);
	char name[DNAME_SIZE];

	FUZZ_CHECK(stored->client.host_count > 0);
	FUZZ_CHECK(stored->secret_count + stored->crypt_count > 0);
	FUZZ_CHECK(strlen(stored->client.name) > 0);
	for (uint32_t i = 0; i < stored->client.host_count; i++) {
		struct span host = span_of(hosts[i].name);
		FUZZ_CHECK(dname_canonical(host, true, name) == ERR_OK);
		FUZZ_CHECK(span_is(host, name));
		FUZZ_CHECK(hosts[i].zone < site_zone_count(site));
		FUZZ_CHECK(hosts[i].families != 0 || hosts[i].acme);
	}
}

/* Writes the canonical line of one that is right. */
static void
write_line(const struct site *site, struct span line, struct text *out)
{
	struct clientfile_client fields;
	struct site_stored *stored;

	FUZZ_CHECK(clientfile_split(line, &fields) == NULL);
	FUZZ_CHECK(client_line_decode_fields(site, &fields, &stored) == ERR_OK);
	check_client(site, stored);
	client_line_write(site, &fields, stored, out);
	client_line_free(stored);
}

/* The canonical line is the same client's, and its own canonical line. */
static void
check_canonical(const struct site *site, struct span line)
{
	static char first[CLIENTFILE_LINE_MAX + 1];
	static char second[CLIENTFILE_LINE_MAX + 1];
	struct text a, b;

	TEXT_INIT(&a, first);
	TEXT_INIT(&b, second);
	write_line(site, line, &a);
	if (a.overflow)
		return;
	write_line(site, text_span(&a), &b);
	FUZZ_CHECK(!b.overflow);
	FUZZ_CHECK(span_equal(text_span(&a), text_span(&b)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct site *site;
	const struct span line = {(const char *)data, size};
	struct site_stored *stored;

	if (site == NULL)
		site = make_site();
	if (size > CLIENTFILE_LINE_MAX)
		return 0;
	enum err err = client_line_decode(site, line, &stored);
	FUZZ_CHECK(err == ERR_OK || err == ERR_CONFIG);
	if (err != ERR_OK)
		return 0;
	check_client(site, stored);
	client_line_free(stored);
	check_canonical(site, line);
	return 0;
}
