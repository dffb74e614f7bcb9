#include "client_row.h"

#include <string.h>

#include "ddnsgate/config/conf_group.h"
#include "ddnsgate/syntax/clientfile.h"

/* Settings */

static void
put_list(struct text *out, const char *name, char *mark,
    const struct client_file_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		if (i == 0)
			text_printf(out, "%c%s=", *mark, name);
		text_printf(out, "%s%s", i > 0 ? ";" : "", list->texts[i]);
		*mark = ',';
	}
}

static void
put_true(struct text *out, const char *name, char *mark, bool value)
{
	if (!value)
		return;
	text_printf(out, "%c%s=true", *mark, name);
	*mark = ',';
}

static void
put_hosts(struct text *out, const char *const hosts[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		text_printf(out, "%s%s", i > 0 ? "," : "", hosts[i]);
}

void
client_row_write(struct text *out, const struct client_file_new *client)
{
	char mark = ' ';

	text_printf(out, "%s %s ", client->name, client->stored_secret);
	put_hosts(out, client->hosts.texts, client->hosts.count);
	put_list(out, "from", &mark, &client->from);
	put_list(out, "families", &mark, &client->families);
	put_true(out, "allow_private", &mark, client->allow_private);
	put_true(out, "acme", &mark, client->acme);
}

static bool
is_secrets(const struct conf_line_setting *setting)
{
	return setting->host.len == 0 && span_is(setting->name, "secrets");
}

/* The secrets that are not the newest; empty: none. */
static struct span
find_older(struct span settings)
{
	struct conf_line_setting setting;

	while (conf_line_next(&settings, &setting)) {
		if (is_secrets(&setting))
			return setting.value;
	}
	return (struct span){"", 0};
}

static void
put_setting(struct text *out, const struct conf_line_setting *setting)
{
	const char *start =
	    setting->host.len > 0 ? setting->host.ptr : setting->name.ptr;
	const char *end = setting->value.ptr != NULL
			      ? setting->value.ptr + setting->value.len
			      : setting->name.ptr + setting->name.len;

	text_put(out, (struct span){start, (size_t)(end - start)});
}

/* Writes the settings but for the secrets, and those of this host, if any. */
static void
put_settings(
    struct text *out, struct span settings, char mark, struct span host)
{
	struct conf_line_setting setting;

	while (conf_line_next(&settings, &setting)) {
		if (is_secrets(&setting) ||
		    (host.len > 0 && span_equal_nocase(setting.host, host)))
			continue;
		text_put(out, (struct span){&mark, 1});
		put_setting(out, &setting);
		mark = ',';
	}
}

/* Secrets */

size_t
client_row_count_secrets(struct span row)
{
	struct clientfile_client fields = {.line = 0};
	size_t count = 1;
	struct span secret;

	(void)clientfile_split(row, &fields);
	struct span older = find_older(fields.settings);
	while (older.len > 0 && span_next(&older, CONF_TREE_SEPARATOR, &secret))
		count++;
	return count;
}

/* The line with this second field, and these older secrets. */
static void
put_row(struct text *out, const struct clientfile_client *fields,
    struct span secret, struct span hosts)
{
	text_put(out, fields->name);
	text_puts(out, " ");
	text_put(out, secret);
	text_puts(out, " ");
	text_put(out, hosts);
}

static void
put_older(struct text *out, struct span older)
{
	if (older.len == 0)
		return;
	text_puts(out, " secrets=");
	text_put(out, older);
}

enum err
client_row_write_added(struct text *out, struct span row, const char *stored)
{
	struct clientfile_client fields = {.line = 0};

	(void)clientfile_split(row, &fields);
	struct span older = find_older(fields.settings);
	if (memchr(fields.secret.ptr, ',', fields.secret.len) != NULL ||
	    memchr(fields.secret.ptr, CONF_TREE_SEPARATOR, fields.secret.len) !=
		NULL)
		return ERR_UNSUPPORTED;
	put_row(out, &fields, span_of(stored), fields.hosts);
	put_older(out, fields.secret);
	if (older.len > 0) {
		text_puts(out, ";");
		text_put(out, older);
	}
	put_settings(out, fields.settings, ',', span_of(""));
	return ERR_OK;
}

void
client_row_write_newest(struct text *out, struct span row)
{
	struct clientfile_client fields = {.line = 0};

	(void)clientfile_split(row, &fields);
	put_row(out, &fields, fields.secret, fields.hosts);
	put_settings(out, fields.settings, ' ', span_of(""));
}

/* Hosts */

void
client_row_write_hosts(
    struct text *out, struct span row, const char *const hosts[], size_t count)
{
	struct clientfile_client fields = {.line = 0};

	(void)clientfile_split(row, &fields);
	put_row(out, &fields, fields.secret, fields.hosts);
	text_puts(out, ",");
	put_hosts(out, hosts, count);
	if (fields.settings.len > 0)
		text_puts(out, " ");
	text_put(out, fields.settings);
}

/* A name of a single label has a dot behind it in a line. */
static bool
is_host(struct span given, const char *name)
{
	struct span full = span_of(name);

	if (given.len > 0 && given.ptr[given.len - 1] == '.')
		given.len--;
	return span_equal_nocase(given, full);
}

enum err
client_row_write_without(struct text *out, struct span row, const char *host)
{
	struct clientfile_client fields = {.line = 0};
	struct span removed = {"", 0};
	const char *mark = "";
	struct span given;

	(void)clientfile_split(row, &fields);
	struct span hosts = fields.hosts;
	put_row(out, &fields, fields.secret, (struct span){"", 0});
	while (span_next(&hosts, ',', &given)) {
		if (is_host(given, host)) {
			removed = given;
			continue;
		}
		text_puts(out, mark);
		text_put(out, given);
		mark = ",";
	}
	if (removed.len == 0 || mark[0] == '\0')
		return ERR_ABSENT;
	struct span older = find_older(fields.settings);
	put_older(out, older);
	put_settings(out, fields.settings, older.len > 0 ? ',' : ' ', removed);
	return ERR_OK;
}
