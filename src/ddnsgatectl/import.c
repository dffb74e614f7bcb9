#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ddnsgate/config/client_line.h"
#include "ddnsgate/config/conf_clients.h"

#include "client_dir.h"
#include "commands.h"
#include "in_force.h"
#include "new_table.h"
#include "progress.h"

#define PLACE_SIZE (CONF_FILES_NAME_MAX + 16)

struct import {
	const struct ctl *ctl;
	const struct site *site; /* as it is now */
	const char *path;        /* the table */
	const char *source;      /* the lines */
	struct client_dir dir;   /* its fd is -1 without */
	struct new_table table;
	uint32_t taken; /* clients of the old table, which come first */
	struct client_index index;
	struct diagnostic_list diagnostics;
	struct progress progress;
	size_t clients, hosts;
	enum ctl_exit status;
};

static const char form[] =
    "allowed is NAME SECRET HOST[,HOST...] [SETTING=VALUE,...]";

static void
report(struct import *import, const char *file, unsigned line, const char *what)
{
	struct diagnostic_location location = {file, line, NULL};

	diagnostic_add(&import->diagnostics, DIAGNOSTIC_ERROR, location,
	    "%s, %s", what, form);
}

/* Lines */

static enum err
fail(struct import *import, enum err err)
{
	if (err != ERR_OK && import->status == CTL_DONE) {
		ctl_error("%s: %s", import->source, err_text(err));
		import->status = CTL_FAILED;
	}
	return err;
}

/* A client that is right: its line, and by what it is found. */
static enum err
add_client(struct import *import, const struct clientfile_client *fields,
    const struct site_stored *stored, uint32_t number)
{
	char buf[CLIENT_DB_LINE_MAX + 1];
	struct text text;
	enum err err = ERR_OK;

	TEXT_INIT(&text, buf);
	client_line_write(import->site, fields, stored, &text);
	if (text.overflow) {
		report(import, import->source, number - import->taken,
		    "is too long with full names");
		return ERR_OK;
	}
	import->clients++;
	import->hosts += stored->client.host_count;
	if (new_table_add(&import->table, number, text_span(&text)) !=
	    CTL_DONE) {
		import->status = CTL_FAILED;
		err = ERR_IO;
	}
	secret_wipe(buf, text.len);
	if (err == ERR_OK)
		err = fail(import, client_index_add(&import->index,
				       import->site, stored, number));
	return err;
}

/* A line of a file of this name.  Once there are errors they are all that is
 * looked for. */
static enum err
read_line(struct import *import, const char *file,
    const struct clientfile_client *fields, uint32_t number)
{
	const struct site *site = import->site;
	struct site_stored *stored;

	progress_step(&import->progress);
	enum err err = client_line_decode_fields(site, fields, &stored);
	if (err == ERR_CONFIG)
		return fail(import, conf_clients_check_line(site, file, fields,
					&import->diagnostics));
	if (err != ERR_OK)
		return fail(import, err);
	if (import->diagnostics.errors == 0)
		err = add_client(import, fields, stored, number);
	client_line_free(stored);
	return err;
}

static enum err
read_client(void *ctx, const struct clientfile_client *client)
{
	struct import *import = ctx;

	if (client->line > CLIENT_DB_ID_MAX - import->taken)
		return fail(import, ERR_RANGE);
	return read_line(
	    import, import->source, client, import->taken + client->line);
}

static void
read_bad_line(void *ctx, unsigned line, const char *why)
{
	struct import *import = ctx;

	report(import, import->source, line, why);
}

static enum ctl_exit
read_lines(struct import *import, int fd)
{
	const struct clientfile_reader reader = {
	    read_client, read_bad_line, import};

	progress_begin(&import->progress, "lines");
	enum err err = clientfile_read(fd, &reader);
	if (err == ERR_IO && import->status == CTL_DONE) {
		ctl_error("%s: %s", import->source, strerror(errno));
		return CTL_FAILED;
	}
	if (err != ERR_OK)
		fail(import, err);
	return import->status;
}

/* Clients that the table has, as if they were lines before the others. */
static enum ctl_exit
take_old(struct import *import, struct client_db *db)
{
	struct client_db_record record = {.id = 0};
	const char *why = NULL;
	uint32_t next = 0;
	enum err err;

	progress_begin(&import->progress, "clients that there are");
	while ((err = client_db_from(db, next, &record, &why)) == ERR_OK) {
		struct clientfile_client fields = {.line = 0};
		next = record.id + 1;
		const char *bad = clientfile_split(record.line, &fields);
		if (bad != NULL)
			report(import, import->path, 0, bad);
		else if (read_line(import, import->path, &fields,
			     ++import->taken) != ERR_OK)
			break;
	}
	client_db_record_done(&record);
	if (err == ERR_ABSENT || import->status != CTL_DONE)
		return import->status;
	if (err != ERR_OK)
		ctl_error(
		    "%s: %s", import->path, why != NULL ? why : err_text(err));
	return err != ERR_OK ? CTL_FAILED : import->status;
}

static enum ctl_exit
read_old(struct import *import)
{
	struct client_db *db;
	const char *why = NULL;

	if (import->table.old < 0 || import->ctl->options & CTL_REPLACE)
		return CTL_DONE;
	enum err err = client_db_open(import->path, &db, &why);
	if (err != ERR_OK) {
		ctl_error("%s: %s; --replace does without what is in it",
		    import->path, why != NULL ? why : err_text(err));
		return CTL_FAILED;
	}
	enum ctl_exit status = take_old(import, db);
	client_db_close(db);
	return status;
}

/* Conflicts */

static struct diagnostic_location
location_of(const struct import *import, const struct sorted_key *key)
{
	if (key->mark & CLIENT_INDEX_ELSEWHERE)
		return (struct diagnostic_location){import->ctl->conf, 0, NULL};
	if (key->owner <= import->taken)
		return (struct diagnostic_location){import->path, 0, NULL};
	return (struct diagnostic_location){
	    import->source, key->owner - import->taken, NULL};
}

/* "at FILE:3", "in TABLE", "of client lars in CONF" */
static void
describe(
    const struct import *import, const struct sorted_key *key, struct text *out)
{
	struct diagnostic_location location = location_of(import, key);

	if (key->mark & CLIENT_INDEX_ELSEWHERE)
		text_printf(out, "as client %s of %s",
		    site_client(import->site, key->owner)->name, location.file);
	else if (location.line > 0)
		text_printf(out, "at %s:%u", location.file, location.line);
	else
		text_printf(out, "in %s", location.file);
}

/* A client_index_report */
static void
report_conflict(void *ctx, enum client_index_conflict conflict,
    const struct sorted_key *one, const struct sorted_key *other)
{
	struct import *import = ctx;
	struct diagnostic_location location = location_of(import, one);
	char host[CLIENT_KEY_MAX + 1], right[CLIENT_KEY_MAX + 1];
	char place[PLACE_SIZE];
	struct text text;

	TEXT_INIT(&text, place);
	describe(import, other, &text);
	if (conflict == CLIENT_INDEX_SAME_NAME) {
		location.setting = "name";
		diagnostic_add(&import->diagnostics, DIAGNOSTIC_ERROR, location,
		    "%.*s is given twice, first %s", (int)one->bytes.len,
		    one->bytes.ptr, place);
		return;
	}
	if (conflict == CLIENT_INDEX_SAME_SECRET) {
		location.setting = "secret";
		diagnostic_add(&import->diagnostics, DIAGNOSTIC_ERROR, location,
		    "is that of a client already, allowed is another; first "
		    "%s",
		    place);
		return;
	}
	location.setting = "hosts";
	client_key_host_name(one->bytes, host);
	client_key_host_name(other->bytes, right);
	if (conflict == CLIENT_INDEX_SAME_HOST)
		diagnostic_add(&import->diagnostics, DIAGNOSTIC_ERROR, location,
		    "%s is given twice, first %s", host, place);
	else
		diagnostic_add(&import->diagnostics, DIAGNOSTIC_ERROR, location,
		    "%s could be certified by acme of %s, given %s, allowed is "
		    "acme with a host that no other client's are below",
		    host, right, place);
}

/* Sorts the keys of a kind, and writes them as long as there are no errors. */
static enum ctl_exit
finish_keys(struct import *import, enum client_key_kind kind)
{
	enum ctl_exit status = CTL_DONE;

	if (fail(import, client_index_sort(&import->index, kind)) != ERR_OK)
		return CTL_FAILED;
	client_index_check(&import->index, kind, report_conflict, import);
	if (import->diagnostics.errors == 0)
		status =
		    new_table_add_keys(&import->table, kind, &import->index);
	client_index_drop(&import->index, kind); /* the next ones need memory */
	return status;
}

static enum ctl_exit
finish_all_keys(struct import *import)
{
	const struct site *site = import->site;
	enum ctl_exit status = CTL_DONE;

	if (fail(import, client_index_add_site(&import->index, site)) != ERR_OK)
		return CTL_FAILED;
	progress_begin(&import->progress, "sorting and writing");
	for (int kind = 0; kind < CLIENT_KEY_KINDS && status == CTL_DONE;
	     kind++)
		status = finish_keys(import, (enum client_key_kind)kind);
	return status;
}

/* The order is that of the lines. */
static enum ctl_exit
say_errors(struct import *import)
{
	char *files[] = {
	    (char *)(uintptr_t)import->path, (char *)(uintptr_t)import->source};

	progress_done(&import->progress);
	diagnostic_sort(&import->diagnostics, 0, files, 2);
	ctl_print_diagnostics(&import->diagnostics, DIAGNOSTIC_ERROR);
	ctl_error("nothing is changed");
	return CTL_FAILED;
}

/* What another command has failed to write is no wish for an empty table. */
static enum ctl_exit
check_count(const struct import *import)
{
	if (import->clients > 0 || import->table.old < 0)
		return CTL_DONE;
	ctl_error("%s: has no clients, allowed is one at least where there is "
		  "a table; nothing is changed",
	    import->source);
	return CTL_FAILED;
}

/* What is elsewhere must not change meanwhile, either: so the folder is locked,
 * too, always before the table, and the configuration loaded again. */
static enum ctl_exit
begin(struct import *import, struct ctl *fresh)
{
	if (site_settings(import->ctl->site)->clients_dir != NULL &&
	    client_dir_open(import->ctl, &import->dir) != CTL_DONE)
		return CTL_FAILED;
	if (new_table_begin(&import->table, import->path) != CTL_DONE ||
	    ctl_load(fresh) != CTL_DONE)
		return CTL_FAILED;
	import->site = fresh->site;
	return CTL_DONE;
}

static enum ctl_exit
run(struct import *import, int fd)
{
	if (read_old(import) != CTL_DONE || read_lines(import, fd) != CTL_DONE)
		return CTL_FAILED;
	if (import->diagnostics.errors == 0 &&
	    finish_all_keys(import) != CTL_DONE)
		return CTL_FAILED;
	if (import->diagnostics.errors > 0)
		return say_errors(import);
	if (check_count(import) != CTL_DONE)
		return CTL_FAILED;
	progress_done(&import->progress);
	return new_table_finish(&import->table);
}

static int
open_source(const struct ctl *ctl)
{
	if (strcmp(ctl->args[0], "-") == 0)
		return dup(STDIN_FILENO);
	return open(ctl->args[0], O_RDONLY | O_CLOEXEC);
}

enum ctl_exit
import_run(struct ctl *ctl)
{
	struct ctl fresh = {.conf = ctl->conf};
	struct import import = {.ctl = ctl,
	    .path = site_settings(ctl->site)->clients_db,
	    .dir = {.fd = -1},
	    .table = {.old = -1, .fd = -1},
	    .source = strcmp(ctl->args[0], "-") == 0 ? "standard input"
						     : ctl->args[0]};
	int fd = open_source(ctl);

	if (import.path == NULL || fd < 0) {
		if (import.path == NULL)
			ctl_error("%s: set clients_db: it names the table that "
				  "is written",
			    ctl->conf);
		else
			ctl_error("%s: %s", import.source, strerror(errno));
		if (fd >= 0)
			close(fd);
		return CTL_FAILED;
	}
	progress_init(&import.progress);
	enum ctl_exit status = begin(&import, &fresh);
	if (status == CTL_DONE)
		status = run(&import, fd);
	progress_done(&import.progress);
	new_table_done(&import.table);
	client_dir_close(&import.dir);
	client_index_done(&import.index);
	diagnostic_done(&import.diagnostics);
	ctl_done(&fresh);
	close(fd);
	if (status != CTL_DONE)
		return status;
	printf("%zu client%s, %zu host%s\n", import.clients,
	    import.clients == 1 ? "" : "s", import.hosts,
	    import.hosts == 1 ? "" : "s");
	return in_force_wait(ctl);
}
