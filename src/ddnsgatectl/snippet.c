#include "snippet.h"

#include <stdio.h>
#include <stdlib.h>

#include "ddnsgate/request/request.h"

#include "commands.h"
#include "url.h"

/* Bytes of a snippet, mostly; a longer one is tried with more. */
#define USUAL_SIZE 8192

const struct snippet_kind *
snippet_named(const char *name)
{
	const struct snippet_kind *kind = snippet_find(span_of(name));

	if (kind == NULL)
		ctl_error("there is no kind \"%s\" of configuration; "
			  "'ddnsgatectl snippet' shows those there are",
		    name);
	return kind;
}

bool
snippet_suits(const struct ctl *ctl, const struct snippet_kind *kind,
    const struct site_client *client)
{
	if (snippet_fits(kind, ctl->site, client))
		return true;
	ctl_error("snippet %s is for certificates, but none of the hosts of %s "
		  "has the setting acme, see ddnsgate.conf(5)",
	    kind->name, client->name);
	return false;
}

/* In most kinds one request names all hosts. */
static void
warn_of_count(const struct snippet_kind *kind, const struct site_client *client)
{
	if (!kind->acme && client->host_count > REQUEST_HOSTS_MAX)
		ctl_print_diagnostic(DIAGNOSTIC_WARNING,
		    "%s has %u hosts, but one request may name %d: leave some "
		    "out of the text, and give them to other clients",
		    client->name, (unsigned)client->host_count,
		    REQUEST_HOSTS_MAX);
}

/* In a buffer that is made larger until all has room in it. */
static enum err
print(const struct snippet_kind *kind, const struct snippet_about *about)
{
	struct text text = {.overflow = true};
	enum err err = ERR_OK;

	for (size_t size = USUAL_SIZE; err == ERR_OK && text.overflow;
	     size *= 2) {
		char *buf = malloc(size);
		if (buf == NULL)
			return ERR_MEMORY;
		text_init(&text, buf, size);
		err = snippet_write(&text, kind, about);
		if (err == ERR_OK && !text.overflow)
			fwrite(buf, 1, text.len, stdout);
		free(buf);
	}
	return err;
}

enum ctl_exit
snippet_print(const struct ctl *ctl, const struct snippet_kind *kind,
    const struct site_client *client, const char *secret)
{
	struct url url;
	enum err err = url_init(&url, ctl);

	if (err == ERR_OK) {
		const struct snippet_url parts = {
		    url.text, url.server, url.path, url.https};
		const struct snippet_about about = {
		    ctl->site, client, secret, &parts};
		warn_of_count(kind, client);
		err = print(kind, &about);
		url_done(&url);
	}
	if (err == ERR_OK)
		return CTL_DONE;
	ctl_error("%s", err_text(err));
	return CTL_FAILED;
}

static void
list_kinds(void)
{
	for (size_t i = 0; i < snippet_kind_count; i++) {
		const struct snippet_kind *kind = &snippet_kinds[i];
		struct span title = snippet_title(kind);
		printf("%-10s  %.*s\n", kind->name, (int)title.len, title.ptr);
	}
}

enum ctl_exit
snippet_run(struct ctl *ctl)
{
	if (ctl->arg_count == 0) {
		list_kinds();
		return CTL_DONE;
	}
	const struct snippet_kind *kind = snippet_named(ctl->args[0]);
	if (kind == NULL)
		return CTL_USAGE;
	if (ctl->arg_count == 1) {
		ctl_error("snippet %s: for which client?", kind->name);
		return CTL_USAGE;
	}
	if (ctl->url != NULL && !url_is_usable(ctl->url))
		return CTL_USAGE;
	if (ctl_load(ctl) != CTL_DONE)
		return CTL_FAILED;
	const struct site_client *client = ctl_find_client(ctl, ctl->args[1]);
	if (client == NULL || !snippet_suits(ctl, kind, client))
		return CTL_FAILED;
	return snippet_print(ctl, kind, client, NULL);
}
