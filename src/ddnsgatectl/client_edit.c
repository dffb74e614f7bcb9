#include "client_edit.h"

static enum ctl_exit
open_place(const struct ctl *ctl, const struct client_edit_place *place,
    const char *client, bool is_new, struct client_edit *ret)
{
	ret->ctl = ctl;
	ret->place = place;
	ret->client = client;
	ret->is_new = is_new;
	ret->has_new_hosts = false;
	ret->dir = (struct client_dir){.fd = -1};
	ret->table = (struct edit_table){.writer = NULL};
	ret->text = (struct span){ret->bufs[0], 0};
	return place->open(ret);
}

/* Where both are, new clients have files, as one can look at them. */
enum ctl_exit
client_edit_begin(
    const struct ctl *ctl, const char *client, struct client_edit *ret)
{
	const struct site_settings *settings = site_settings(ctl->site);
	bool in_table =
	    settings->clients_db != NULL && settings->clients_dir == NULL;

	return open_place(
	    ctl, in_table ? &edit_row : &edit_file, client, true, ret);
}

enum ctl_exit
client_edit_open(const struct ctl *ctl, const struct site_client *client,
    struct client_edit *ret)
{
	bool in_table = client->first_host == SITE_STORED;

	return open_place(
	    ctl, in_table ? &edit_row : &edit_file, client->name, false, ret);
}

void
client_edit_close(struct client_edit *edit)
{
	edit->place->close(edit);
}

/* Changes */

/* The buffer that the text is not in. */
static struct text
other_buffer(struct client_edit *edit)
{
	struct text out;

	TEXT_INIT(&out, edit->bufs[edit->text.ptr == edit->bufs[0]]);
	return out;
}

/* Takes what was written, if it could be. */
static enum ctl_exit
take(struct client_edit *edit, const struct text *written, enum err err)
{
	if (err != ERR_OK) {
		edit->place->say_form(edit);
		return CTL_FAILED;
	}
	if (written->overflow) {
		ctl_error("%s would become longer than %d bytes",
		    edit->place->too_long, CLIENT_EDIT_SIZE - 1);
		return CTL_FAILED;
	}
	edit->text = text_span(written);
	return CTL_DONE;
}

enum ctl_exit
client_edit_make(struct client_edit *edit, const struct client_file_new *client)
{
	struct text out = other_buffer(edit);

	edit->place->write(&out, client);
	edit->has_new_hosts = true;
	return take(edit, &out, ERR_OK);
}

size_t
client_edit_count_secrets(const struct client_edit *edit)
{
	return edit->place->count_secrets(edit->text);
}

enum ctl_exit
client_edit_add_secret(struct client_edit *edit, const char *stored)
{
	struct text out = other_buffer(edit);

	return take(
	    edit, &out, edit->place->write_added(&out, edit->text, stored));
}

enum ctl_exit
client_edit_keep_newest(struct client_edit *edit)
{
	struct text out = other_buffer(edit);

	return take(edit, &out, edit->place->write_newest(&out, edit->text));
}

enum ctl_exit
client_edit_add_hosts(
    struct client_edit *edit, const char *const hosts[], size_t count)
{
	struct text out = other_buffer(edit);

	edit->has_new_hosts = true;
	return take(edit, &out,
	    edit->place->write_hosts(&out, edit->text, hosts, count));
}

enum ctl_exit
client_edit_remove_host(struct client_edit *edit, const char *host)
{
	struct text out = other_buffer(edit);

	return take(edit, &out,
	    edit->place->write_without(
		edit->ctl->site, &out, edit->text, host));
}

/* Storing */

enum ctl_exit
client_edit_store(struct client_edit *edit)
{
	return edit->place->store(edit);
}

enum ctl_exit
client_edit_remove(struct client_edit *edit)
{
	return edit->place->remove(edit);
}
