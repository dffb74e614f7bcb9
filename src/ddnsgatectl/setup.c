#include "setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNKNOWN_SERVER "https://YOUR-SERVER"

static void
print_curl(const char *client, const char *url)
{
	printf(
	    "Put this line into a file that only its user can read, such as\n"
	    "/etc/ddnsgate-%s.curl with mode 0600, since any user can see\n"
	    "the arguments of a running program:\n"
	    "\n"
	    "    url = \"%s\"\n"
	    "\n"
	    "Then each of these sets the address of its family; call them "
	    "every few minutes:\n"
	    "\n"
	    "    curl -fsS -4 -K /etc/ddnsgate-%s.curl\n"
	    "    curl -fsS -6 -K /etc/ddnsgate-%s.curl\n",
	    client, url, client, client);
}

/* What calls the URL: a row each, shown in this order. */
static const struct {
	const char *title;
	void (*print)(const char *client, const char *url);
} kinds[] = {
    {"curl", print_curl},
};

bool
setup_url_is_usable(const char *url)
{
	struct span span = span_of(url);

	if ((span_starts(span, span_of("https://")) ||
		span_starts(span, span_of("http://"))) &&
	    strpbrk(url, " \t\r\n\"\\?#") == NULL)
		return true;
	ctl_error("--url %s: give https://SERVER or http://SERVER, without a "
		  "query",
	    url);
	return false;
}

void
setup_print(const struct ctl *ctl, const char *client, const char *secret)
{
	const char *server = ctl->url != NULL ? ctl->url : UNKNOWN_SERVER;
	const char *base_path = site_settings(ctl->site)->base_path;
	size_t len = strlen(server);
	char *url;

	while (len > 0 && server[len - 1] == '/')
		len--;
	if (asprintf(&url, "%.*s%s/%s", (int)len, server, base_path, secret) <
	    0) {
		printf("secret: %s\n", secret);
		return;
	}
	printf("secret: %s\nurl: %s\n", secret, url);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		printf("\n%s\n\n", kinds[i].title);
		kinds[i].print(client, url);
	}
	secret_wipe(url, strlen(url));
	free(url);
}
