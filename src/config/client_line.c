#include "ddnsgate/config/client_line.h"

#include <stdlib.h>
#include <string.h>

#include "ddnsgate/config/conf_client.h"
#include "ddnsgate/config/conf_group.h"
#include "ddnsgate/dns/dname.h"
#include "ddnsgate/syntax/conf_value.h"

/* Decoding */

/* A line that is decoded, and the memory that is left in the block. */
struct decoding {
	const struct site *site;
	struct clientfile_client fields;
	struct conf_line line;
	struct conf_client raw;
	struct diagnostic_list diagnostics; /* only counted */
	struct site_stored *stored;
	struct site_host *hosts;
	struct secret_digest *secrets;
	struct site_crypt *crypts;
	char *texts;
};

static size_t
count_parts(struct span text, char separator)
{
	size_t count = 1;

	for (size_t i = 0; i < text.len; i++)
		count += text.ptr[i] == separator;
	return count;
}

/*
 * One block for all: the items of each list, in the order of their alignment,
 * then the texts.  No text is longer than the line has it, but for the zone
 * behind a short name.
 */
static enum err
allocate(struct decoding *decoding)
{
	const struct clientfile_client *fields = &decoding->fields;
	const struct site *site = decoding->site;
	size_t hosts = count_parts(fields->hosts, ',');
	size_t secrets = 1 + conf_tree_count(&decoding->raw.secrets);
	size_t nets = conf_tree_count(&decoding->raw.from);
	size_t zone =
	    site_zone_count(site) > 0 ? strlen(site_zone(site, 0)->name) : 0;
	size_t texts = fields->name.len + 1 + fields->hosts.len +
		       hosts * (zone + 2) + fields->secret.len +
		       decoding->raw.secrets.text.len + secrets;
	struct site_stored *stored =
	    malloc(sizeof(*stored) +
		   secrets * (sizeof(struct site_crypt) + SECRET_DIGEST_LEN) +
		   hosts * sizeof(struct site_host) +
		   nets * sizeof(struct ipaddr_net) + texts);

	if (stored == NULL)
		return ERR_MEMORY;
	decoding->crypts = (struct site_crypt *)(stored + 1);
	decoding->hosts = (struct site_host *)(decoding->crypts + secrets);
	struct ipaddr_net *from =
	    (struct ipaddr_net *)(decoding->hosts + hosts);
	decoding->secrets = (struct secret_digest *)(from + nets);
	decoding->texts = (char *)(decoding->secrets + secrets);
	*stored = (struct site_stored){.client = {.first_host = SITE_STORED},
	    .rules = conf_client_rules(&decoding->raw, from),
	    .hosts = decoding->hosts,
	    .secrets = decoding->secrets,
	    .crypts = decoding->crypts};
	stored->client.rules = &stored->rules;
	decoding->stored = stored;
	return ERR_OK;
}

/* Copies a text into the block, with NUL. */
static const char *
keep(struct decoding *decoding, struct span text)
{
	char *copy = decoding->texts;

	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	decoding->texts += text.len + 1;
	return copy;
}

static enum err
decode_secret(struct decoding *decoding, struct span value)
{
	struct site_stored *stored = decoding->stored;

	switch (conf_client_read_secret(
	    value, &decoding->secrets[stored->secret_count])) {
	case CONF_SECRET_CLEAR:
	case CONF_SECRET_DIGEST:
		stored->secret_count++;
		return ERR_OK;
	case CONF_SECRET_CRYPT:
		decoding->crypts[stored->crypt_count++] = (struct site_crypt){
		    .hash = keep(decoding, value), .client = SITE_STORED};
		return ERR_OK;
	default:
		return ERR_CONFIG;
	}
}

static enum err
decode_secrets(struct decoding *decoding)
{
	const struct conf_node *list = &decoding->raw.secrets;
	enum err err = decode_secret(decoding, decoding->fields.secret);

	for (size_t i = 0; i < conf_tree_count(list) && err == ERR_OK; i++) {
		struct conf_node child = conf_tree_child(list, i);
		err = decode_secret(decoding, child.text);
	}
	return err;
}

static enum err
decode_host(struct decoding *decoding, struct span name)
{
	struct conf_host raw = conf_client_host_defaults(&decoding->raw);
	char canonical[DNAME_SIZE];

	if (decoding->line.settings.len > 0)
		conf_group_read_line(CONF_IN_HOST, &decoding->line, name,
		    &decoding->diagnostics, &raw);
	struct site_host host = conf_client_host(&decoding->raw, &raw);
	enum err err =
	    conf_client_place_host(decoding->site, name, &host, canonical);
	if (err != ERR_OK || conf_client_host_is_void(&host))
		return ERR_CONFIG;
	host.name = keep(decoding, span_of(canonical));
	decoding->hosts[decoding->stored->client.host_count++] = host;
	return ERR_OK;
}

/* Are the settings of hosts those of hosts of the line? */
static bool
settings_have_hosts(const struct clientfile_client *fields)
{
	struct span rest = fields->settings;
	struct conf_line_setting one;

	while (conf_line_next(&rest, &one)) {
		struct span hosts = fields->hosts;
		struct span host = {"", 0};
		while (one.host.len > 0 && !span_equal_nocase(host, one.host)) {
			if (!span_next(&hosts, ',', &host))
				return false;
		}
	}
	return true;
}

static enum err
decode_fields(struct decoding *decoding)
{
	const struct clientfile_client *fields = &decoding->fields;
	struct span hosts = fields->hosts;
	struct span host;

	decoding->stored->client.name = keep(decoding, fields->name);
	enum err err = decode_secrets(decoding);
	while (err == ERR_OK && span_next(&hosts, ',', &host))
		err = decode_host(decoding, host);
	if (err == ERR_OK && decoding->diagnostics.errors > 0)
		err = ERR_CONFIG;
	return err;
}

enum err
client_line_decode(
    const struct site *site, struct span line, struct site_stored **ret)
{
	struct decoding decoding = {
	    .site = site, .raw = conf_client_defaults(site)};
	const struct clientfile_client *fields = &decoding.fields;

	if (clientfile_split(line, &decoding.fields) != NULL ||
	    !conf_value_is_client_name(fields->name) ||
	    !settings_have_hosts(fields))
		return ERR_CONFIG;
	decoding.line.settings = fields->settings;
	if (fields->settings.len > 0)
		conf_group_read_line(CONF_IN_CLIENT, &decoding.line,
		    span_of(""), &decoding.diagnostics, &decoding.raw);
	enum err err =
	    decoding.diagnostics.errors > 0 ? ERR_CONFIG : allocate(&decoding);
	if (err == ERR_OK)
		err = decode_fields(&decoding);
	diagnostic_done(&decoding.diagnostics);
	if (err == ERR_OK)
		*ret = decoding.stored;
	else
		client_line_free(decoding.stored);
	return err;
}

void
client_line_free(struct site_stored *stored)
{
	free(stored);
}

/* Writing */

/* A secret as it may be stored. */
static void
put_secret(struct text *out, struct span value)
{
	char stored[SECRET_STORED_SIZE];
	struct secret_digest digest;

	switch (conf_client_read_secret(value, &digest)) {
	case CONF_SECRET_CLEAR:
	case CONF_SECRET_DIGEST:
		secret_stored_format(&digest, stored);
		text_puts(out, stored);
		break;
	default:
		text_put(out, value);
	}
}

static void
put_host(struct text *out, const struct site *site, struct span name)
{
	char canonical[DNAME_SIZE];

	if (site_complete_name(site, name, canonical) != ERR_OK) {
		text_put(out, name);
		return;
	}
	text_puts(out, canonical);
	if (strchr(canonical, '.') == NULL) /* or it were a short name */
		text_puts(out, ".");
}

static void
put_separator(struct text *out, struct span part, struct span whole, char mark)
{
	if (part.ptr != whole.ptr)
		text_put(out, (struct span){&mark, 1});
}

static void
put_secrets(struct text *out, struct span secrets)
{
	struct span rest = secrets;
	struct span secret;

	while (span_next(&rest, CONF_TREE_SEPARATOR, &secret)) {
		put_separator(out, secret, secrets, CONF_TREE_SEPARATOR);
		put_secret(out, secret);
	}
}

static void
put_setting(struct text *out, const struct site *site,
    const struct conf_line_setting *setting)
{
	if (setting->host.len > 0) {
		put_host(out, site, setting->host);
		text_puts(out, "/");
	}
	text_put(out, setting->name);
	text_puts(out, "=");
	if (setting->host.len == 0 && span_is(setting->name, "secrets"))
		put_secrets(out, setting->value);
	else
		text_put(out, setting->value);
}

void
client_line_canonical(
    const struct site *site, struct span line, struct text *out)
{
	struct clientfile_client fields;
	struct conf_line_setting setting;
	struct span host;

	clientfile_split(line, &fields);
	struct span hosts = fields.hosts;
	struct span settings = fields.settings;
	text_put(out, fields.name);
	text_puts(out, " ");
	put_secret(out, fields.secret);
	text_puts(out, " ");
	while (span_next(&hosts, ',', &host)) {
		put_separator(out, host, fields.hosts, ',');
		put_host(out, site, host);
	}
	while (conf_line_next(&settings, &setting)) {
		const char *before =
		    setting.host.len > 0 ? setting.host.ptr : setting.name.ptr;
		text_puts(out, before == fields.settings.ptr ? " " : ",");
		put_setting(out, site, &setting);
	}
}
