#include "setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "snippet.h"

#define UNKNOWN_SERVER "https://YOUR-SERVER"
/* Nothing that means something to a shell or ends a string. */
#define URL_CHARACTERS                                                   \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" \
	".:-_~[]/"

static bool
skip(struct span *text, const char *start)
{
	size_t len = strlen(start);

	if (!span_starts(*text, span_of(start)))
		return false;
	*text = (struct span){text->ptr + len, text->len - len};
	return true;
}

bool
setup_url_is_usable(const char *url)
{
	struct span rest = span_of(url);

	if ((skip(&rest, "https://") || skip(&rest, "http://")) &&
	    rest.len > 0 && rest.ptr[0] != '/' &&
	    strspn(rest.ptr, URL_CHARACTERS) == rest.len)
		return true;
	ctl_error("--url %s: give https://SERVER or http://SERVER, without a "
		  "query",
	    url);
	return false;
}

bool
setup_options_are_usable(const struct ctl *ctl)
{
	return (ctl->url == NULL || setup_url_is_usable(ctl->url)) &&
	       (ctl->snippet == NULL || snippet_find(ctl->snippet) != NULL);
}

enum err
setup_url_init(struct setup_url *url, const struct ctl *ctl)
{
	const char *given = ctl->url != NULL ? ctl->url : UNKNOWN_SERVER;
	const char *base_path = site_settings(ctl->site)->base_path;
	size_t len = strlen(given);

	while (len > 0 && given[len - 1] == '/')
		len--;
	*url = (struct setup_url){.https = strncmp(given, "https", 5) == 0};
	if (asprintf(&url->text, "%.*s%s", (int)len, given, base_path) < 0) {
		url->text = NULL;
		return ERR_MEMORY;
	}
	const char *server = strstr(url->text, "://") + 3;
	size_t server_len = strcspn(server, "/");
	url->path = server + server_len;
	url->server = strndup(server, server_len);
	if (url->server != NULL)
		return ERR_OK;
	setup_url_done(url);
	return ERR_MEMORY;
}

void
setup_url_done(struct setup_url *url)
{
	free(url->text);
	free(url->server);
	*url = (struct setup_url){0};
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

/* For a client that the site may be too old to know. */
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
setup_print(const struct ctl *ctl, const char *client, const char *secret)
{
	struct setup_url url;

	printf("secret: %s\n", secret);
	if (setup_url_init(&url, ctl) == ERR_OK) {
		printf("url: %s/%s\n\n", url.text, secret);
		setup_url_done(&url);
	}
	enum ctl_exit status = print_snippet(ctl, client, secret);
	print_kinds(client);
	return status;
}
