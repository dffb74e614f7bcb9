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
	const struct clientfile_client *fields;
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
	const struct clientfile_client *fields = decoding->fields;
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
	enum err err = decode_secret(decoding, decoding->fields->secret);

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
	const struct clientfile_client *fields = decoding->fields;
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
client_line_decode_fields(const struct site *site,
    const struct clientfile_client *fields, struct site_stored **ret)
{
	struct decoding decoding = {.site = site,
	    .fields = fields,
	    .line = {.settings = fields->settings},
	    .raw = conf_client_defaults(site)};

	if (!conf_value_is_client_name(fields->name) ||
	    !settings_have_hosts(fields))
		return ERR_CONFIG;
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

enum err
client_line_decode(
    const struct site *site, struct span line, struct site_stored **ret)
{
	struct clientfile_client fields;

	if (clientfile_split(line, &fields) != NULL)
		return ERR_CONFIG;
	return client_line_decode_fields(site, &fields, ret);
}

void
client_line_free(struct site_stored *stored)
{
	free(stored);
}

/* Writing */

/* A line that is written, and what of its client is yet to come. */
struct writing {
	const struct site *site;
	const struct secret_digest *secrets;
	struct text *out;
};

/* A secret as it may be stored: a digest, or the hash that it is. */
static void
put_secret(struct writing *writing, struct span value)
{
	char stored[SECRET_STORED_SIZE];

	if (span_starts(value, span_of("$"))) {
		text_put(writing->out, value);
		return;
	}
	secret_stored_format(writing->secrets++, stored);
	text_put(writing->out, (struct span){stored, SECRET_STORED_SIZE - 1});
}

static void
put_host(struct text *out, struct span name)
{
	text_put(out, name);
	if (memchr(name.ptr, '.', name.len) == NULL)
		text_puts(out, "."); /* or it were a short name */
}

static void
put_hosts(struct text *out, const struct site_stored *stored)
{
	for (uint32_t i = 0; i < stored->client.host_count; i++) {
		text_puts(out, i > 0 ? "," : " ");
		put_host(out, span_of(stored->hosts[i].name));
	}
}

static void
put_secrets(struct writing *writing, struct span secrets)
{
	const char mark = CONF_TREE_SEPARATOR;
	struct span rest = secrets;
	struct span secret;

	while (span_next(&rest, mark, &secret)) {
		if (secret.ptr != secrets.ptr)
			text_put(writing->out, (struct span){&mark, 1});
		put_secret(writing, secret);
	}
}

static void
put_setting(struct writing *writing, const struct conf_line_setting *setting)
{
	struct text *out = writing->out;
	char canonical[DNAME_SIZE] = "";

	if (setting->host.len > 0) {
		/* It is one of the hosts, and so is right. */
		(void)site_complete_name(
		    writing->site, setting->host, canonical);
		put_host(out, span_of(canonical));
		text_puts(out, "/");
	}
	text_put(out, setting->name);
	text_puts(out, "=");
	if (setting->host.len == 0 && span_is(setting->name, "secrets"))
		put_secrets(writing, setting->value);
	else
		text_put(out, setting->value);
}

void
client_line_write(const struct site *site,
    const struct clientfile_client *fields, const struct site_stored *stored,
    struct text *out)
{
	struct writing writing = {site, stored->secrets, out};
	struct span settings = fields->settings;
	struct conf_line_setting setting;
	const char *mark = " ";

	text_put(out, fields->name);
	text_puts(out, " ");
	put_secret(&writing, fields->secret);
	put_hosts(out, stored);
	while (conf_line_next(&settings, &setting)) {
		text_puts(out, mark);
		put_setting(&writing, &setting);
		mark = ",";
	}
}
