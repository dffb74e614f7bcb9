#include <stdio.h>

#include "client_edit.h"
#include "commands.h"
#include "in_force.h"
#include "instructions.h"

static enum ctl_exit
add_secret(const struct ctl *ctl, struct client_edit *edit)
{
	char secret[SECRET_GENERATED_LEN + 1];
	char stored[SECRET_STORED_SIZE];
	enum ctl_exit status = ctl_generate(secret);

	if (status != CTL_DONE)
		return status;
	struct secret_digest digest = secret_digest(span_of(secret));
	secret_stored_format(&digest, stored);
	status = client_edit_add_secret(edit, stored);
	if (status == CTL_DONE)
		status = client_edit_store(edit);
	if (status == CTL_DONE)
		status = instructions_print(ctl, ctl->args[0], secret);
	secret_wipe(secret, sizeof(secret));
	return status;
}

static enum ctl_exit
drop_old(const struct ctl *ctl, struct client_edit *edit)
{
	if (client_edit_count_secrets(edit) == 1) {
		ctl_error("%s has one secret only, so there is no old one; "
			  "without --drop-old it gets a new one",
		    ctl->args[0]);
		return CTL_FAILED;
	}
	enum ctl_exit status = client_edit_keep_newest(edit);
	if (status == CTL_DONE)
		status = client_edit_store(edit);
	if (status == CTL_DONE)
		printf(
		    "%s: all secrets but the newest are gone\n", ctl->args[0]);
	return status;
}

enum ctl_exit
rotate_run(struct ctl *ctl)
{
	struct client_edit edit;

	if (!instructions_options_are_usable(ctl))
		return CTL_USAGE;
	const struct site_client *client = ctl_find_client(ctl, ctl->args[0]);
	if (client == NULL || !instructions_fit(ctl, client))
		return CTL_FAILED;
	enum ctl_exit status = client_edit_open(ctl, client, &edit);
	if (status == CTL_DONE)
		status = ctl->options & CTL_DROP_OLD ? drop_old(ctl, &edit)
						     : add_secret(ctl, &edit);
	if (status == CTL_DONE)
		status = in_force_wait(ctl);
	client_edit_close(&edit);
	return status;
}
