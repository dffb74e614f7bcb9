#include <stdio.h>

#include "ddnsgate/site/client_db.h"
#include "ddnsgate/site/site_line.h"

#include "commands.h"
#include "each_client.h"

static void
print(struct span line)
{
	fwrite(line.ptr, 1, line.len, stdout);
	putchar('\n');
}

/* The clients of clients, clients_file and clients_dir. */
static enum ctl_exit
export_site(const struct site *site)
{
	static char buf[CLIENTFILE_LINE_MAX + 1];
	enum ctl_exit status = CTL_DONE;

	for (size_t i = 0; i < site_client_count(site); i++) {
		const struct site_client *client = site_client(site, i);
		struct text text;
		TEXT_INIT(&text, buf);
		enum err err = site_line_write(site, client, &text);
		if (err == ERR_OK && text.overflow)
			err = ERR_RANGE;
		if (err == ERR_OK) {
			print(text_span(&text));
			continue;
		}
		ctl_error("client %s is left out: %s", client->name,
		    err == ERR_RANGE
			? "its line would be too long"
			: "a line has room for one crypt(3) hash with a comma");
		status = CTL_FAILED;
	}
	return status;
}

static bool
is_of(struct span line, const struct client_key *name)
{
	struct span first;

	return span_next(&line, ' ', &first) &&
	       span_equal(first, client_key_span(name));
}

/* Prints those from a number on, with a damaged page among them, by the names
 * that lead to each. */
static void
export_by_names(const struct ctl *ctl, uint32_t next, size_t *errors)
{
	struct client_db *db = site_clients_db(ctl->site);
	struct client_db_record record = {.id = 0};
	struct client_key name = {.kind = CLIENT_KEY_NAME};
	const char *why;
	uint32_t id;
	enum err err;

	while ((err = client_db_next_key(db, &name, &id, &why)) == ERR_OK) {
		if (id < next)
			continue;
		if (client_db_get(db, id, &record, &why) == ERR_OK &&
		    is_of(record.line, &name))
			print(record.line);
		else if (++*errors <= EACH_CLIENT_SAID_MAX)
			ctl_error("client %s is left out",
			    diagnostic_quote(client_key_span(&name)).text);
	}
	if (err != ERR_ABSENT)
		ctl_error("clients whose names come behind %s are left out: %s",
		    diagnostic_quote(client_key_span(&name)).text, why);
	client_db_record_done(&record);
}

/* Also those that this configuration does not allow, as of a zone that it has
 * no more. */
static enum ctl_exit
export_table(const struct ctl *ctl)
{
	struct client_db_record record = {.id = 0};
	size_t errors = 0;
	uint32_t next = 0;
	enum err err;

	while (
	    (err = each_client_from(ctl, next, &record, &errors)) == ERR_OK) {
		print(record.line);
		next = record.id + 1;
	}
	client_db_record_done(&record);
	if (err != ERR_ABSENT)
		export_by_names(ctl, next, &errors);
	if (errors > 0)
		ctl_error("%s: is not whole: what is damaged is left out",
		    site_settings(ctl->site)->clients_db);
	return errors == 0 ? CTL_DONE : CTL_FAILED;
}

enum ctl_exit
export_run(struct ctl *ctl)
{
	const char *path = site_settings(ctl->site)->clients_db;
	bool all = (ctl->options & CTL_ALL) != 0;
	enum ctl_exit status = CTL_DONE;

	if (path == NULL && !all) {
		ctl_error("%s: set clients_db: it names the table that is "
			  "printed; --all prints all other clients, too",
		    ctl->conf);
		return CTL_FAILED;
	}
	if (all)
		status = export_site(ctl->site);
	/* One that is not there yet has no clients. */
	if (site_clients_db(ctl->site) != NULL && export_table(ctl) != CTL_DONE)
		status = CTL_FAILED;
	return status;
}
