#include <stdio.h>

#include "client_dir.h"
#include "client_file.h"
#include "commands.h"
#include "in_force.h"
#include "instructions.h"

static enum ctl_exit
put_text(const struct ctl *ctl, const struct client_dir *dir,
    const struct text *text)
{
	if (text->overflow) {
		ctl_error("the file would become longer than %d bytes",
		    CLIENT_FILE_SIZE);
		return CTL_FAILED;
	}
	return client_dir_put(ctl, dir, ctl->args[0], text_span(text));
}

static enum ctl_exit
add_secret(const struct ctl *ctl, const struct client_dir *dir,
    const struct client_dir_file *file)
{
	char secret[SECRET_GENERATED_LEN + 1];
	char stored[SECRET_STORED_SIZE];
	char buf[CLIENT_FILE_SIZE];
	struct text text;
	enum ctl_exit status = ctl_generate(secret);

	if (status != CTL_DONE)
		return status;
	struct secret_digest digest = secret_digest(span_of(secret));
	secret_stored_format(&digest, stored);
	TEXT_INIT(&text, buf);
	client_file_write_added(&text, file->text, &file->parts, stored);
	status = put_text(ctl, dir, &text);
	if (status == CTL_DONE)
		status = instructions_print(ctl, ctl->args[0], secret);
	secret_wipe(secret, sizeof(secret));
	return status;
}

static enum ctl_exit
drop_old(const struct ctl *ctl, const struct client_dir *dir,
    const struct client_dir_file *file)
{
	char buf[CLIENT_FILE_SIZE];
	struct text text;

	if (file->parts.count == 1) {
		ctl_error("%s has one secret only, so there is no old one; "
			  "without --drop-old it gets a new one",
		    ctl->args[0]);
		return CTL_FAILED;
	}
	TEXT_INIT(&text, buf);
	client_file_write_newest(&text, file->text, &file->parts);
	enum ctl_exit status = put_text(ctl, dir, &text);
	if (status == CTL_DONE)
		printf(
		    "%s: all secrets but the newest are gone\n", ctl->args[0]);
	return status;
}

enum ctl_exit
rotate_run(struct ctl *ctl)
{
	struct client_dir dir;
	struct client_dir_file file;

	if (!instructions_options_are_usable(ctl))
		return CTL_USAGE;
	const struct site_client *client = ctl_find_client(ctl, ctl->args[0]);
	if (client == NULL || !instructions_fit(ctl, client) ||
	    client_dir_open(ctl, &dir) != CTL_DONE)
		return CTL_FAILED;
	enum ctl_exit status = client_dir_read(ctl, &dir, ctl->args[0], &file);
	if (status == CTL_DONE)
		status = ctl->options & CTL_DROP_OLD
			     ? drop_old(ctl, &dir, &file)
			     : add_secret(ctl, &dir, &file);
	if (status == CTL_DONE)
		status = in_force_wait(ctl);
	client_dir_close(&dir);
	return status;
}
