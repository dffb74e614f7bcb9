#include <stdio.h>
#include <string.h>

#include "ddnsgate/config/client_line.h"
#include "ddnsgate/site/client_db_write.h"

#include "client_edit.h"
#include "client_row.h"
#include "each_client.h"
#include "locate_client.h"
#include "lock_wait.h"
#include "new_table.h"
#include "table_clash.h"

#define PLACE_SIZE (CONF_FILES_NAME_MAX + 16)

static const char *
path_of(const struct client_edit *edit)
{
	return site_settings(edit->ctl->site)->clients_db;
}

static enum ctl_exit
fail(const struct client_edit *edit, enum err err, const char *why)
{
	ctl_error("%s: %s; nothing is changed", path_of(edit),
	    why != NULL ? why : err_text(err));
	return CTL_FAILED;
}

/* Opening */

/* An empty table, if nobody else has made one meanwhile. */
static enum ctl_exit
make_table(const char *path)
{
	struct new_table table;
	enum ctl_exit status = new_table_begin(&table, path);

	if (status == CTL_DONE && table.old < 0)
		status = new_table_finish(&table);
	new_table_done(&table);
	return status;
}

static enum ctl_exit
open_writer(struct client_edit *edit)
{
	struct client_db_writer **writer = &edit->table.writer;
	const char *path = path_of(edit);
	const char *why = NULL;

	lock_wait(path);
	enum err err = client_db_writer_open(path, writer, &why);
	if (err == ERR_ABSENT && edit->is_new) {
		if (make_table(path) != CTL_DONE)
			return CTL_FAILED;
		err = client_db_writer_open(path, writer, &why);
	}
	return err == ERR_OK ? CTL_DONE : fail(edit, err, why);
}

static enum ctl_exit
read_row(struct client_edit *edit)
{
	struct client_db *db = site_clients_db(edit->table.fresh.site);
	struct client_key key = client_key_of_name(span_of(edit->client));
	struct client_db_record record = {.id = 0};
	const char *why = NULL;

	enum err err = client_db_find(db, &key, &record, &why);
	if (err == ERR_OK) {
		memcpy(edit->bufs[0], record.line.ptr, record.line.len);
		edit->text = (struct span){edit->bufs[0], record.line.len};
		edit->table.id = record.id;
	}
	client_db_record_done(&record);
	return err == ERR_OK ? CTL_DONE : fail(edit, err, why);
}

/* What is elsewhere must not change meanwhile, either: so the folder is locked,
 * too, always before the table, and the configuration loaded again. */
static enum ctl_exit
open_row(struct client_edit *edit)
{
	struct ctl *fresh = &edit->table.fresh;

	if (site_settings(edit->ctl->site)->clients_dir != NULL &&
	    client_dir_open(edit->ctl, &edit->dir) != CTL_DONE)
		return CTL_FAILED;
	if (open_writer(edit) != CTL_DONE)
		return CTL_FAILED;
	*fresh = (struct ctl){.conf = edit->ctl->conf};
	if (ctl_load(fresh) != CTL_DONE)
		return CTL_FAILED;
	if (site_clients_db(fresh->site) == NULL)
		return fail(edit, ERR_ABSENT, NULL);
	if (!client_db_writer_is_at(
		edit->table.writer, site_settings(fresh->site)->clients_db))
		return fail(edit, ERR_IO, "was replaced meanwhile");
	return edit->is_new ? CTL_DONE : read_row(edit);
}

/* So that others need not wait any longer. */
static void
unlock(struct client_edit *edit)
{
	client_db_writer_close(edit->table.writer);
	edit->table.writer = NULL;
	client_dir_close(&edit->dir);
	edit->dir.fd = -1;
}

static void
close_row(struct client_edit *edit)
{
	unlock(edit);
	ctl_done(&edit->table.fresh);
}

static void
say_form(const struct client_edit *edit)
{
	ctl_error("%s: %s has a secret beside which a line has no room for "
		  "another: a crypt(3) hash with a comma",
	    path_of(edit), edit->client);
}

/* What is in the way of the new line */

struct clashes {
	const struct client_edit *edit;
	size_t count;
};

/* A table_clash_report */
static void
report_in_table(void *ctx, const struct table_clash *clash)
{
	struct clashes *clashes = ctx;

	clashes->count++;
	table_clash_say(clash, "in", path_of(clashes->edit));
}

static void
say_elsewhere(struct clashes *clashes, struct table_clash *clash,
    const struct site_client *owner)
{
	const struct ctl *fresh = &clashes->edit->table.fresh;
	char place[PLACE_SIZE];
	struct text text;

	TEXT_INIT(&text, place);
	if (!locate_client(fresh, owner->name, &text))
		text_puts(&text, fresh->conf);
	clash->owner = owner->name;
	clashes->count++;
	table_clash_say(clash, "at", place);
}

/* A client_index_report */
static void
report_elsewhere(void *ctx, enum client_index_conflict conflict,
    const struct sorted_key *one, const struct sorted_key *other)
{
	struct clashes *clashes = ctx;
	const struct site *site = clashes->edit->table.fresh.site;
	const struct sorted_key *key =
	    other->mark & CLIENT_INDEX_ELSEWHERE ? other : one;
	char host[CLIENT_KEY_MAX + 1] = "";
	char right[CLIENT_KEY_MAX + 1] = "";
	struct table_clash clash = {
	    .kind = conflict, .host = host, .right = right};

	if (conflict == CLIENT_INDEX_SAME_HOST ||
	    conflict == CLIENT_INDEX_CERTIFIED) {
		client_key_host_name(one->bytes, host);
		client_key_host_name(other->bytes, right);
	}
	if ((key->mark & CLIENT_INDEX_ELSEWHERE) == 0) {
		clashes->count++;
		ctl_error("%s is given twice, allowed is once", host);
		return;
	}
	say_elsewhere(clashes, &clash, site_client(site, key->owner));
}

/* Had the client this host before? */
static bool
had(const struct client_edit *edit, const char *host)
{
	const struct site_stored *before = edit->ctl->stored;

	for (uint32_t i = 0;
	     !edit->is_new && before != NULL && i < before->client.host_count;
	     i++) {
		if (strcmp(before->hosts[i].name, host) == 0)
			return true;
	}
	return false;
}

static void
find_hosts_elsewhere(struct clashes *clashes, const struct site_stored *stored)
{
	const struct site *site = clashes->edit->table.fresh.site;

	for (uint32_t i = 0; i < stored->client.host_count; i++) {
		const char *host = stored->hosts[i].name;
		const struct site_client *owner;
		struct table_clash clash = {
		    .kind = CLIENT_INDEX_SAME_HOST, .host = host};
		if (!had(clashes->edit, host) &&
		    site_find_host(site, span_of(host), &owner) != NULL)
			say_elsewhere(clashes, &clash, owner);
	}
}

static enum err
find_elsewhere(struct clashes *clashes, const struct site_stored *stored)
{
	const struct site *site = clashes->edit->table.fresh.site;
	struct client_index index = {0};

	find_hosts_elsewhere(clashes, stored);
	enum err err = client_index_add(&index, site, stored, 0);
	if (err == ERR_OK)
		err = client_index_add_site(&index, site);
	if (err == ERR_OK)
		err = client_index_check_all(&index, report_elsewhere, clashes);
	client_index_done(&index);
	return err;
}

static enum ctl_exit
find_clashes(const struct client_edit *edit, const struct site_stored *stored)
{
	struct clashes clashes = {.edit = edit};
	const struct table_clash_search search = {.ctl = &edit->table.fresh,
	    .client = &stored->client,
	    .secrets = stored->secrets,
	    .secret_count = stored->secret_count,
	    .id = edit->is_new ? UINT32_MAX : edit->table.id,
	    .what = TABLE_CLASH_ALL,
	    .report = report_in_table,
	    .ctx = &clashes};

	enum ctl_exit status = table_clash_find(&search);
	if (status != CTL_DONE)
		return status;
	enum err err = find_elsewhere(&clashes, stored);
	if (err != ERR_OK)
		return fail(edit, err, NULL);
	if (clashes.count == 0)
		return CTL_DONE;
	ctl_error("nothing is changed");
	return CTL_FAILED;
}

static enum ctl_exit
check_row(const struct client_edit *edit)
{
	struct site_stored *stored = NULL;
	enum ctl_exit status = CTL_DONE;

	enum err err =
	    client_line_decode(edit->table.fresh.site, edit->text, &stored);
	if (err == ERR_CONFIG)
		err =
		    each_client_say_faults(edit->table.fresh.site, edit->text);
	if (err != ERR_OK)
		return fail(edit, err, NULL);
	if (edit->has_new_hosts)
		status = find_clashes(edit, stored);
	client_line_free(stored);
	return status;
}

/* Writing */

static enum ctl_exit
commit(struct client_edit *edit, enum err err, const char *why)
{
	if (err == ERR_OK)
		err = client_db_writer_commit(edit->table.writer, &why);
	if (err == ERR_DUPLICATE) /* but not by what was checked */
		why = "is damaged; 'ddnsgatectl check' says more";
	if (err != ERR_OK)
		return fail(edit, err, why);
	unlock(edit);
	return CTL_DONE;
}

static enum ctl_exit
store_row(struct client_edit *edit)
{
	struct client_db_writer *writer = edit->table.writer;
	struct client_db_clash clash;
	const char *why = NULL;

	if (check_row(edit) != CTL_DONE)
		return CTL_FAILED;
	enum err err =
	    edit->is_new
		? client_db_writer_add(writer, edit->text, &clash, &why)
		: client_db_writer_replace(
		      writer, edit->table.id, edit->text, &clash, &why);
	return commit(edit, err, why);
}

static enum ctl_exit
remove_row(struct client_edit *edit)
{
	const char *why = NULL;
	enum err err =
	    client_db_writer_remove(edit->table.writer, edit->table.id, &why);

	return commit(edit, err, why);
}

/* Texts that cannot fail */

static enum err
write_newest(struct text *out, struct span text)
{
	client_row_write_newest(out, text);
	return ERR_OK;
}

static enum err
write_hosts(
    struct text *out, struct span text, const char *const hosts[], size_t count)
{
	client_row_write_hosts(out, text, hosts, count);
	return ERR_OK;
}

static enum err
write_without(const struct site *site, struct text *out, struct span text,
    const char *host)
{
	(void)site; /* the line has full names */
	return client_row_write_without(out, text, host);
}

const struct client_edit_place edit_row = {
    .too_long = "its line",
    .open = open_row,
    .say_form = say_form,
    .store = store_row,
    .remove = remove_row,
    .close = close_row,
    .count_secrets = client_row_count_secrets,
    .write = client_row_write,
    .write_added = client_row_write_added,
    .write_newest = write_newest,
    .write_hosts = write_hosts,
    .write_without = write_without,
};
