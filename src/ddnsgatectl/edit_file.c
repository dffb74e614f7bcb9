#include <string.h>

#include "ddnsgate/dns/dname.h"

#include "client_edit.h"
#include "client_file_hosts.h"
#include "locate_client.h"

static enum ctl_exit
open_file(struct client_edit *edit)
{
	const struct site_settings *settings = site_settings(edit->ctl->site);

	if (!edit->is_new && settings->clients_dir == NULL &&
	    settings->clients_db != NULL) {
		locate_client_say(edit->ctl, edit->client);
		return CTL_FAILED;
	}
	if (client_dir_open(edit->ctl, &edit->dir) != CTL_DONE)
		return CTL_FAILED;
	if (!edit->is_new)
		return client_dir_read(edit->ctl, &edit->dir, edit->client,
		    edit->bufs[0], &edit->text);
	if (!client_dir_has(&edit->dir, edit->client))
		return CTL_DONE;
	ctl_error("%s/%s.conf exists already", edit->dir.path, edit->client);
	return CTL_FAILED;
}

static void
say_form(const struct client_edit *edit)
{
	ctl_error("%s/%s.conf has its hosts in another form than this tool "
		  "writes: edit it by hand",
	    edit->dir.path, edit->client);
}

static enum ctl_exit
store_file(struct client_edit *edit)
{
	return client_dir_put(edit->ctl, &edit->dir, edit->client, edit->text,
	    edit->has_new_hosts);
}

static enum ctl_exit
remove_file(struct client_edit *edit)
{
	return client_dir_remove(&edit->dir, edit->client);
}

static void
close_file(struct client_edit *edit)
{
	client_dir_close(&edit->dir);
}

static size_t
count_secrets(struct span text)
{
	struct client_file parts;

	return client_file_read(text, &parts) == ERR_OK ? parts.count : 0;
}

static enum err
write_added(struct text *out, struct span text, const char *stored)
{
	struct client_file parts;
	enum err err = client_file_read(text, &parts);

	if (err == ERR_OK)
		client_file_write_added(out, text, &parts, stored);
	return err;
}

static enum err
write_newest(struct text *out, struct span text)
{
	struct client_file parts;
	enum err err = client_file_read(text, &parts);

	if (err == ERR_OK)
		client_file_write_newest(out, text, &parts);
	return err;
}

static enum err
write_hosts(
    struct text *out, struct span text, const char *const hosts[], size_t count)
{
	struct client_file parts;
	enum err err = client_file_read(text, &parts);

	if (err == ERR_OK)
		err = client_file_write_hosts(out, text, &parts, hosts, count);
	return err;
}

struct wanted {
	const struct site *site;
	const char *host;
};

/* A client_file_is_host */
static bool
is_wanted(void *ctx, struct span name)
{
	const struct wanted *wanted = ctx;
	char full[DNAME_SIZE];

	return site_complete_name(wanted->site, name, full) == ERR_OK &&
	       strcmp(full, wanted->host) == 0;
}

static enum err
write_without(const struct site *site, struct text *out, struct span text,
    const char *host)
{
	struct wanted wanted = {site, host};
	struct client_file parts;
	enum err err = client_file_read(text, &parts);

	if (err == ERR_OK)
		err = client_file_write_without(
		    out, text, &parts, is_wanted, &wanted);
	return err;
}

const struct client_edit_place edit_file = {
    .too_long = "the file",
    .open = open_file,
    .say_form = say_form,
    .store = store_file,
    .remove = remove_file,
    .close = close_file,
    .count_secrets = count_secrets,
    .write = client_file_write,
    .write_added = write_added,
    .write_newest = write_newest,
    .write_hosts = write_hosts,
    .write_without = write_without,
};
