#include "url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNKNOWN_SERVER "https://YOUR-SERVER"
/* No character that is special in a shell or ends a string. */
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
url_is_usable(const char *url)
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

enum err
url_init(struct url *url, const struct ctl *ctl)
{
	const char *given = ctl->url != NULL ? ctl->url : UNKNOWN_SERVER;
	const char *base_path = site_settings(ctl->site)->base_path;
	size_t len = strlen(given);

	while (len > 0 && given[len - 1] == '/')
		len--;
	*url = (struct url){.https = strncmp(given, "https", 5) == 0};
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
	url_done(url);
	return ERR_MEMORY;
}

void
url_done(struct url *url)
{
	free(url->text);
	free(url->server);
	*url = (struct url){0};
}
