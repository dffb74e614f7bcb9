#include <string.h>

#include "ddnsgate/dns/dname.h"
#include "ddnsgate/syntax/conf_value.h"

#include "client_dir.h"
#include "client_file.h"
#include "commands.h"
#include "instructions.h"

/* A client's file has its name, and conf skips names that start with a dot. */
static bool
is_client_name(struct span name)
{
	return conf_value_is_client_name(name) && name.ptr[0] != '.';
}

static bool
check_arguments(const struct ctl *ctl)
{
	const char *client = ctl->args[0];
	char name[DNAME_SIZE];

	if (!is_client_name(span_of(client))) {
		ctl_error("client \"%s\": allowed is " CONF_CLIENT_NAME_ALLOWED
			  ", not starting with \".\"",
		    client);
		return false;
	}
	if (site_find_client(ctl->site, span_of(client)) != NULL) {
		ctl_error("client \"%s\" exists already; 'ddnsgatectl rotate' "
			  "gives it a new secret",
		    client);
		return false;
	}
	for (size_t i = 1; i < ctl->arg_count; i++) {
		struct span host = span_of(ctl->args[i]);
		if (dname_canonical(host, true, name) == ERR_OK)
			continue;
		ctl_error("host \"%s\": %s", ctl->args[i], err_text(ERR_NAME));
		return false;
	}
	return true;
}

static enum ctl_exit
put_client(
    const struct ctl *ctl, const struct client_dir *dir, const char *secret)
{
	struct secret_digest digest = secret_digest(span_of(secret));
	char stored[SECRET_STORED_SIZE];
	char buf[CLIENT_FILE_SIZE];
	struct text text;

	if (client_dir_has(dir, ctl->args[0])) {
		ctl_error("%s/%s.conf exists already", dir->path, ctl->args[0]);
		return CTL_FAILED;
	}
	secret_stored_format(&digest, stored);
	TEXT_INIT(&text, buf);
	client_file_write(&text, ctl->args[0], stored,
	    (const char *const *)ctl->args + 1, ctl->arg_count - 1);
	if (text.overflow) {
		ctl_error("too many hosts for one client");
		return CTL_FAILED;
	}
	return client_dir_put(ctl, dir, ctl->args[0], text_span(&text));
}

enum ctl_exit
add_run(struct ctl *ctl)
{
	char secret[SECRET_GENERATED_LEN + 1];
	struct client_dir dir;

	if (!instructions_options_are_usable(ctl))
		return CTL_USAGE;
	if (!check_arguments(ctl) || client_dir_open(ctl, &dir) != CTL_DONE)
		return CTL_FAILED;
	enum ctl_exit status = ctl_generate(secret);
	if (status == CTL_DONE)
		status = put_client(ctl, &dir, secret);
	if (status == CTL_DONE)
		status = instructions_print(ctl, ctl->args[0], secret);
	client_dir_close(&dir);
	secret_wipe(secret, sizeof(secret));
	return status;
}
