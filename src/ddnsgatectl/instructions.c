#include "instructions.h"

#include <stdio.h>

#include "snippet.h"
#include "url.h"

bool
instructions_options_are_usable(const struct ctl *ctl)
{
	return (ctl->url == NULL || url_is_usable(ctl->url)) &&
	       (ctl->snippet == NULL || snippet_find(ctl->snippet) != NULL);
}

static void
print_kinds(const char *client)
{
	printf("\nFor other devices: ddnsgatectl snippet KIND %s, where KIND "
	       "is one of\n ",
	    client);
	for (size_t i = 0; i < snippet_kind_count; i++)
		printf(" %s", snippet_kinds[i].name);
	putchar('\n');
}

/* Loads the configuration again, as the client may be newer than ctl->site. */
static enum ctl_exit
print_snippet(const struct ctl *ctl, const char *name, const char *secret)
{
	const struct snippet_kind *kind =
	    snippet_find(ctl->snippet != NULL ? ctl->snippet : SNIPPET_DEFAULT);
	struct ctl fresh = {
	    .conf = ctl->conf, .url = ctl->url, .snippet = ctl->snippet};
	enum ctl_exit status = ctl_load(&fresh);

	if (status != CTL_DONE)
		return status;
	const struct site_client *client = ctl_find_client(&fresh, name);
	status = client != NULL ? snippet_print(&fresh, kind, client, secret)
				: CTL_FAILED;
	site_release(fresh.site);
	conf_files_done(&fresh.files);
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
	enum ctl_exit status = print_snippet(ctl, client, secret);
	print_kinds(client);
	return status;
}
