#include "client_file.h"

#include <stdbool.h>
#include <string.h>

#include "scanner.h"

/* Brackets around a client's settings: of the list and of its group. */
#define CLIENT_DEPTH 2

/* From the start of the one to the end of the other. */
static struct span
span_over(struct span first, struct span last)
{
	return (struct span){
	    first.ptr, (size_t)(last.ptr - first.ptr) + last.len};
}

/* NAME = VALUE */
struct setting {
	struct span name;
	struct span value;
	struct span first, last; /* of the strings in it, with quotes */
	size_t strings;
};

/* Is this the end of a client's setting?  It may end the client as well. */
static bool
is_end(const struct scanner *scanner)
{
	if (scanner->depth < CLIENT_DEPTH)
		return true;
	return scanner->depth == CLIENT_DEPTH &&
	       (scanner->kind == ';' || scanner->kind == ',');
}

/*
 * Adds a token to the value.  What libconfig also allows, adjacent strings or
 * a missing ";", is not supported here.
 */
static enum err
add_token(const struct scanner *scanner, int before, struct setting *setting)
{
	bool first = setting->value.ptr == NULL;

	if (scanner->kind == TOKEN_BAD || scanner->kind == TOKEN_END)
		return ERR_SYNTAX;
	if (scanner->kind == TOKEN_WORD && scanner->depth == CLIENT_DEPTH &&
	    !first)
		return ERR_UNSUPPORTED;
	if (scanner->kind == TOKEN_STRING) {
		if (before == TOKEN_STRING)
			return ERR_UNSUPPORTED;
		if (setting->strings++ == 0)
			setting->first = scanner->token;
		setting->last = scanner->token;
	}
	setting->value =
	    first ? scanner->token : span_over(setting->value, scanner->token);
	return ERR_OK;
}

/* Reads a setting whose name is the token; its end is the next token. */
static enum err
read_setting(struct scanner *scanner, struct setting *ret)
{
	struct setting setting = {.name = scanner->token};

	if (scanner_next(scanner) != '=' && scanner->kind != ':')
		return ERR_SYNTAX;
	int before = scanner->kind;
	for (scanner_next(scanner); !is_end(scanner); scanner_next(scanner)) {
		enum err err = add_token(scanner, before, &setting);
		if (err != ERR_OK)
			return err;
		before = scanner->kind;
	}
	if (setting.value.ptr == NULL)
		return ERR_SYNTAX;
	*ret = setting;
	return ERR_OK;
}

/* Is it a client's name?  Then *ret is the name without quotes. */
static bool
is_name(const struct setting *setting, struct span *ret)
{
	if (!span_is(setting->name, "name") ||
	    setting->value.ptr != setting->first.ptr)
		return false;
	*ret = (struct span){setting->first.ptr + 1, setting->first.len - 2};
	return true;
}

/* Notes the parts that are in a client's setting. */
static enum err
note_setting(const struct setting *setting, struct client_file *file)
{
	struct span name = setting->name;

	if (is_name(setting, &file->name))
		return ERR_OK;
	if (span_is(name, "hosts")) {
		if (file->hosts.ptr != NULL)
			return ERR_UNSUPPORTED;
		file->hosts = setting->value;
		return ERR_OK;
	}
	if (!span_is(name, "secret") && !span_is(name, "secrets"))
		return ERR_OK;
	if (file->count > 0) /* of another client */
		return ERR_UNSUPPORTED;
	if (setting->strings == 0)
		return ERR_UNSUPPORTED;
	file->setting = span_over(name, setting->value);
	file->values = span_over(setting->first, setting->last);
	file->newest = setting->first;
	file->count = setting->strings;
	return ERR_OK;
}

enum err
client_file_read(struct span text, struct client_file *ret)
{
	struct scanner scanner = {.at = text.ptr, .end = text.ptr + text.len};
	struct client_file file = {.count = 0};

	while (scanner_next(&scanner) != TOKEN_END) {
		struct setting setting;
		if (scanner.kind == TOKEN_BAD)
			return ERR_SYNTAX;
		if (scanner.depth != CLIENT_DEPTH || scanner.kind != TOKEN_WORD)
			continue;
		enum err err = read_setting(&scanner, &setting);
		if (err == ERR_OK)
			err = note_setting(&setting, &file);
		if (err != ERR_OK)
			return err;
	}
	if (file.name.ptr == NULL || file.count == 0)
		return ERR_UNSUPPORTED;
	*ret = file;
	return ERR_OK;
}

static unsigned
line_at(struct span text, const char *location)
{
	unsigned line = 1;

	for (const char *at = text.ptr; at < location; at++)
		line += *at == '\n';
	return line;
}

unsigned
client_file_find_line(struct span text, const char *client)
{
	struct scanner scanner = {.at = text.ptr, .end = text.ptr + text.len};
	bool in_clients = false;

	while (scanner_next(&scanner) != TOKEN_END) {
		struct setting setting;
		struct span name;
		if (scanner.kind != TOKEN_WORD)
			continue;
		if (scanner.depth == 0)
			in_clients = span_is(scanner.token, "clients");
		if (!in_clients || scanner.depth != CLIENT_DEPTH ||
		    read_setting(&scanner, &setting) != ERR_OK)
			continue;
		if (is_name(&setting, &name) && span_is(name, client))
			return line_at(text, name.ptr);
	}
	return 0;
}

static void
write_list(struct text *out, const struct client_file_list *list,
    const char *separator)
{
	for (size_t i = 0; i < list->count; i++)
		text_printf(
		    out, "%s\"%s\"", i == 0 ? " " : separator, list->texts[i]);
}

static void
write_array(
    struct text *out, const char *name, const struct client_file_list *list)
{
	if (list->count == 0)
		return;
	text_printf(out, "\n    %s = [", name);
	write_list(out, list, ", ");
	text_puts(out, " ];");
}

void
client_file_write(struct text *out, const struct client_file_new *client)
{
	text_printf(out,
	    "# Made by ddnsgatectl, which changes nothing here but secrets "
	    "and hosts.\n"
	    "clients = (\n"
	    "  { name = \"%s\";\n"
	    "    secret = \"%s\";\n"
	    "    hosts = (",
	    client->name, client->stored_secret);
	write_list(out, &client->hosts, ",\n              ");
	text_puts(out, " );");
	write_array(out, "from", &client->from);
	write_array(out, "families", &client->families);
	if (client->allow_private)
		text_puts(out, "\n    allow_private = true;");
	if (client->acme)
		text_puts(out, "\n    acme = true;");
	text_puts(out, " }\n);\n");
}

/* The text before and after the secrets, which stays. */
static struct span
before_secrets(struct span text, const struct client_file *file)
{
	return (struct span){text.ptr, (size_t)(file->setting.ptr - text.ptr)};
}

static struct span
after_secrets(struct span text, const struct client_file *file)
{
	const char *start = file->setting.ptr + file->setting.len;

	return (struct span){start, (size_t)(text.ptr + text.len - start)};
}

void
client_file_write_added(struct text *out, struct span text,
    const struct client_file *file, const char *stored)
{
	text_put(out, before_secrets(text, file));
	text_printf(out, "secrets = [ \"%s\",\n                ", stored);
	text_put(out, file->values);
	text_puts(out, " ]");
	text_put(out, after_secrets(text, file));
}

void
client_file_write_newest(
    struct text *out, struct span text, const struct client_file *file)
{
	text_put(out, before_secrets(text, file));
	text_puts(out, "secret = ");
	text_put(out, file->newest);
	text_put(out, after_secrets(text, file));
}
