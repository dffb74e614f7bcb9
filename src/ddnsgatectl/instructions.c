#include "instructions.h"

#include <stdio.h>

#include "snippet.h"
#include "url.h"

bool
instructions_options_are_usable(const struct ctl *ctl)
{
	return (ctl->url == NULL || url_is_usable(ctl->url)) &&
	       (ctl->snippet == NULL || snippet_named(ctl->snippet) != NULL);
}

bool
instructions_fit(const struct ctl *ctl, const struct site_client *client)
{
	return ctl->snippet == NULL ||
	       snippet_suits(ctl, snippet_named(ctl->snippet), client);
}

static void
print_names(bool acme)
{
	for (size_t i = 0; i < snippet_kind_count; i++) {
		if (snippet_kinds[i].acme == acme)
			printf(" %s", snippet_kinds[i].name);
	}
	putchar('\n');
}

static void
print_kinds(const struct ctl *ctl, const struct site_client *client)
{
	const struct site_host *hosts = site_hosts(ctl->site, client);
	bool has_acme = false;

	printf("\nFor other devices: ddnsgatectl snippet KIND %s, where KIND "
	       "is one of\n ",
	    client->name);
	print_names(false);
	for (uint32_t i = 0; i < client->host_count; i++)
		has_acme |= hosts[i].acme;
	if (!has_acme)
		return;
	fputs("and for certificates one of\n ", stdout);
	print_names(true);
}

/* Loads the configuration again, as the client may be newer than ctl->site. */
static enum ctl_exit
print_snippet(const struct ctl *ctl, const char *name, const char *secret)
{
	const struct snippet_kind *kind = snippet_named(
	    ctl->snippet != NULL ? ctl->snippet : SNIPPET_DEFAULT);
	struct ctl fresh = {
	    .conf = ctl->conf, .url = ctl->url, .snippet = ctl->snippet};
	enum ctl_exit status = ctl_load(&fresh);

	if (status != CTL_DONE)
		return status;
	const struct site_client *client = ctl_find_client(&fresh, name);
	if (client == NULL || !snippet_suits(&fresh, kind, client))
		status = CTL_FAILED;
	else
		status = snippet_print(&fresh, kind, client, secret);
	if (status == CTL_DONE)
		print_kinds(&fresh, client);
	ctl_done(&fresh);
	return status;
}

enum ctl_exit
instructions_print(
    const struct ctl *ctl, const char *client, const char *secret)
{
	struct url url;

	printf("secret: %s\n", secret);
	if (url_init(&url, ctl) == ERR_OK) {
		printf("url: %s/%s\n\n", url.text, secret);
		url_done(&url);
	}
	return print_snippet(ctl, client, secret);
}
