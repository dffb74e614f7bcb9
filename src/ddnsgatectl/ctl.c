#include "ctl.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ddnsgate/config/client_line.h"
#include "ddnsgate/dns/dname.h"

#include "each_client.h"

void
ctl_error(const char *format, ...)
{
	va_list args;

	fputs("ddnsgatectl: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

void
ctl_print_diagnostic(enum diagnostic_severity severity, const char *format, ...)
{
	va_list args;

	fputs(severity == DIAGNOSTIC_ERROR ? "error: " : "warning: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

void
ctl_print_diagnostics(
    const struct diagnostic_list *diagnostics, enum diagnostic_severity least)
{
	for (size_t i = 0; i < diagnostics->count; i++) {
		const struct diagnostic *item = &diagnostics->items[i];
		if (item->severity >= least)
			ctl_print_diagnostic(item->severity, "%s", item->text);
	}
	size_t all = diagnostics->errors + diagnostic_warnings(diagnostics);
	if (all > diagnostics->count)
		fprintf(stderr, "and %zu more\n", all - diagnostics->count);
}

enum ctl_exit
ctl_load(struct ctl *ctl)
{
	struct diagnostic_list diagnostics;
	struct site *site;

	diagnostic_init(&diagnostics);
	enum err err = conf_load(ctl->conf, &diagnostics, &ctl->files, &site);
	ctl_print_diagnostics(&diagnostics, DIAGNOSTIC_ERROR);
	diagnostic_done(&diagnostics);
	if (err != ERR_OK) {
		ctl_error("%s: %s", ctl->conf, err_text(err));
		return CTL_FAILED;
	}
	ctl->site = site;
	return CTL_DONE;
}

void
ctl_done(struct ctl *ctl)
{
	client_line_free(ctl->stored);
	site_release(ctl->site);
	conf_files_done(&ctl->files);
	ctl->stored = NULL;
	ctl->site = NULL;
}

/* A client and its hosts are easily mixed up. */
static void
say_no_client(const struct ctl *ctl, const char *name)
{
	const struct site_client *owner;
	struct site_stored *stored = NULL;
	char host[DNAME_SIZE];

	if (site_complete_name(ctl->site, span_of(name), host) == ERR_OK &&
	    each_client_find_host(ctl, host, &owner, &stored) != NULL)
		ctl_error("there is no client \"%s\"; %s is a host of %s", name,
		    host, owner->name);
	else
		ctl_error("there is no client \"%s\"; 'ddnsgatectl list' "
			  "shows those there are",
		    name);
	client_line_free(stored);
}

const struct site_client *
ctl_find_client(struct ctl *ctl, const char *name)
{
	const struct site_client *client =
	    site_find_client(ctl->site, span_of(name));
	struct client_key key = client_key_of_name(span_of(name));

	if (client != NULL)
		return client;
	client_line_free(ctl->stored);
	ctl->stored = NULL;
	if (each_client_find(ctl, &key, &ctl->stored) != CTL_DONE)
		return NULL;
	if (ctl->stored == NULL)
		say_no_client(ctl, name);
	return ctl->stored != NULL ? &ctl->stored->client : NULL;
}

enum ctl_exit
ctl_generate(char *buf)
{
	enum err err = secret_generate(buf);

	if (err == ERR_OK)
		return CTL_DONE;
	ctl_error("no random bytes: %s", err_text(err));
	return CTL_FAILED;
}

const struct tsig_key *
ctl_new_key(const struct site *site, size_t zone_index)
{
	const struct tsig_key *key = site_zone(site, zone_index)->key;

	for (size_t i = 0; i < zone_index; i++) {
		if (site_zone(site, i)->key == key)
			return NULL;
	}
	return key;
}

void
ctl_format_server(const struct server_addr *server, char *buf)
{
	char addr[IPADDR_TEXT_SIZE];

	ipaddr_format(&server->addr, addr);
	snprintf(buf, CTL_SERVER_SIZE, "%s@%u", addr, (unsigned)server->port);
}
