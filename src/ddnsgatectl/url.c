#include "url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ddnsgate/syntax/conf_value.h"

#define UNKNOWN_SERVER "https://YOUR-SERVER"

bool
url_is_usable(const char *url)
{
	if (conf_value_is_url(span_of(url)))
		return true;
	ctl_error("--url %s: give " CONF_URL_ALLOWED, url);
	return false;
}

enum err
url_init(struct url *url, const struct ctl *ctl)
{
	const struct site_settings *settings = site_settings(ctl->site);
	const char *given = ctl->url != NULL ? ctl->url : settings->url;
	if (given == NULL)
		given = UNKNOWN_SERVER;
	size_t len = strlen(given);

	while (len > 0 && given[len - 1] == '/')
		len--;
	*url = (struct url){.https = strncmp(given, "https", 5) == 0};
	if (asprintf(&url->text, "%.*s%s", (int)len, given,
		settings->base_path) < 0) {
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
