#include <stdio.h>
#include <string.h>

#include "ddnsgate/base/arena.h"
#include "ddnsgate/config/client_line.h"
#include "ddnsgate/syntax/conf_value.h"

#include "client_edit.h"
#include "commands.h"
#include "each_client.h"
#include "host_name.h"
#include "in_force.h"
#include "instructions.h"
#include "snippet.h"

/* A client's file has its name, and conf skips names that start with a dot. */
static bool
is_client_name(struct span name)
{
	return conf_value_is_client_name(name) && name.ptr[0] != '.';
}

static bool
check_values(const struct ctl_values *values,
    bool (*is_valid)(struct span text), const char *allowed)
{
	for (size_t i = 0; i < values->count; i++) {
		if (!is_valid(span_of(values->texts[i]))) {
			ctl_error(
			    "\"%s\": allowed is %s", values->texts[i], allowed);
			return false;
		}
	}
	return true;
}

static bool
options_are_usable(const struct ctl *ctl)
{
	return instructions_options_are_usable(ctl) &&
	       check_values(&ctl->from, conf_value_is_net,
		   "--from ADDRESS or ADDRESS/LEN with no bits set after "
		   "LEN") &&
	       check_values(
		   &ctl->families, conf_value_is_family, "--family A or AAAA");
}

static bool
check_arguments(const struct ctl *ctl)
{
	const char *client = ctl->args[0];

	if (!is_client_name(span_of(client))) {
		ctl_error("client \"%s\": allowed is " CONF_CLIENT_NAME_ALLOWED
			  ", not starting with \".\"",
		    client);
		return false;
	}
	struct client_key key = client_key_of_name(span_of(client));
	struct site_stored *stored;
	if (each_client_find(ctl, &key, &stored) != CTL_DONE)
		return false;
	client_line_free(stored);
	if (stored != NULL ||
	    site_find_client(ctl->site, span_of(client)) != NULL) {
		ctl_error("client \"%s\" exists already; 'ddnsgatectl rotate' "
			  "gives it a new secret",
		    client);
		return false;
	}
	return true;
}

static bool
is_argument(const struct ctl *ctl, const char *host)
{
	for (size_t i = 1; i < ctl->arg_count; i++) {
		if (strcmp(ctl->args[i], host) == 0)
			return true;
	}
	return false;
}

/* The certificate for one of these is for other names as well. */
static bool
needs_acme_of_its_own(const struct ctl *ctl, const char *host)
{
	char name[DNAME_SIZE];
	uint16_t index;

	if (strncmp(host, "*.", 2) == 0)
		return !is_argument(ctl, host + 2);
	if (site_complete_name(ctl->site, span_of(host), name) != ERR_OK)
		return false;
	const struct site_zone *zone =
	    site_find_zone(ctl->site, span_of(name), &index);
	return zone != NULL && strcmp(zone->name, name) == 0;
}

/* With a snippet for certificates --acme has to be of use. */
static bool
check_acme(const struct ctl *ctl)
{
	bool acme = (ctl->options & CTL_ACME) != 0;

	if (ctl->snippet == NULL || !snippet_named(ctl->snippet)->acme)
		return true;
	for (size_t i = 1; acme && i < ctl->arg_count; i++) {
		if (!needs_acme_of_its_own(ctl, ctl->args[i]))
			return true;
	}
	ctl_error("snippet %s is for certificates: %s", ctl->snippet,
	    acme ? "none of these hosts has a right to them by --acme"
		 : "give --acme, too");
	return false;
}

static void
warn_of_acme(const struct ctl *ctl)
{
	for (size_t i = 1; i < ctl->arg_count; i++) {
		if (needs_acme_of_its_own(ctl, ctl->args[i]))
			ctl_print_diagnostic(DIAGNOSTIC_WARNING,
			    "%s has no right to certificates by --acme, since "
			    "they would be for more than this host; write acme "
			    "= true for it alone, see ddnsgate.conf(5)",
			    ctl->args[i]);
	}
}

static enum ctl_exit
put_client(const struct ctl *ctl, struct client_edit *edit, const char *secret)
{
	struct secret_digest digest = secret_digest(span_of(secret));
	char stored[SECRET_STORED_SIZE];

	secret_stored_format(&digest, stored);
	const struct client_file_new client = {
	    .name = ctl->args[0],
	    .stored_secret = stored,
	    .hosts = {(const char *const *)ctl->args + 1, ctl->arg_count - 1},
	    .from = {ctl->from.texts, ctl->from.count},
	    .families = {ctl->families.texts, ctl->families.count},
	    .allow_private = (ctl->options & CTL_PRIVATE) != 0,
	    .acme = (ctl->options & CTL_ACME) != 0,
	};
	enum ctl_exit status = client_edit_make(edit, &client);
	return status == CTL_DONE ? client_edit_store(edit) : status;
}

static enum ctl_exit
make_client(const struct ctl *ctl)
{
	char secret[SECRET_GENERATED_LEN + 1];
	struct client_edit edit;
	enum ctl_exit status = client_edit_begin(ctl, ctl->args[0], &edit);

	if (status == CTL_DONE)
		status = ctl_generate(secret);
	if (status == CTL_DONE)
		status = put_client(ctl, &edit, secret);
	if (status == CTL_DONE && (ctl->options & CTL_ACME) != 0)
		warn_of_acme(ctl);
	if (status == CTL_DONE)
		status = instructions_print(ctl, ctl->args[0], secret);
	if (status == CTL_DONE)
		status = in_force_wait(ctl);
	client_edit_close(&edit);
	secret_wipe(secret, sizeof(secret));
	return status;
}

enum ctl_exit
add_run(struct ctl *ctl)
{
	struct arena arena = {0};
	enum ctl_exit status = CTL_FAILED;

	if (!options_are_usable(ctl))
		return CTL_USAGE;
	if (check_arguments(ctl) &&
	    host_name_complete_arguments(ctl, 1, &arena) && check_acme(ctl))
		status = make_client(ctl);
	arena_done(&arena);
	return status;
}
