#include <stdio.h>

#include "client_dir.h"
#include "client_file.h"
#include "commands.h"
#include "instructions.h"

static enum ctl_exit
put_text(
    const struct ctl *ctl, const struct folder *folder, const struct text *text)
{
	if (text->overflow) {
		ctl_error("the file would become longer than %d bytes",
		    CLIENT_FILE_SIZE);
		return CTL_FAILED;
	}
	return folder_put(ctl, folder, ctl->args[0], text_span(text));
}

static enum ctl_exit
add_secret(const struct ctl *ctl, const struct folder *folder,
    const struct folder_file *file)
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
	client_file_write_added(&text, file->text, &file->entry, stored);
	status = put_text(ctl, folder, &text);
	if (status == CTL_DONE)
		status = instructions_print(ctl, ctl->args[0], secret);
	secret_wipe(secret, sizeof(secret));
	return status;
}

static enum ctl_exit
drop_old(const struct ctl *ctl, const struct folder *folder,
    const struct folder_file *file)
{
	char buf[CLIENT_FILE_SIZE];
	struct text text;

	if (file->entry.count == 1) {
		ctl_error("%s has one secret only, so there is no old one; "
			  "without --drop-old it gets a new one",
		    ctl->args[0]);
		return CTL_FAILED;
	}
	TEXT_INIT(&text, buf);
	client_file_write_newest(&text, file->text, &file->entry);
	enum ctl_exit status = put_text(ctl, folder, &text);
	if (status == CTL_DONE)
		printf(
		    "%s: all secrets but the newest are gone\n", ctl->args[0]);
	return status;
}

enum ctl_exit
rotate_run(struct ctl *ctl)
{
	struct folder folder;
	struct folder_file file;

	if (!instructions_options_are_usable(ctl))
		return CTL_USAGE;
	if (ctl_find_client(ctl, ctl->args[0]) == NULL ||
	    folder_open(ctl, &folder) != CTL_DONE)
		return CTL_FAILED;
	enum ctl_exit status = folder_read(ctl, &folder, ctl->args[0], &file);
	if (status == CTL_DONE)
		status = ctl->options & CTL_DROP_OLD
			     ? drop_old(ctl, &folder, &file)
			     : add_secret(ctl, &folder, &file);
	folder_close(&folder);
	return status;
}
