#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client_dir.h"
#include "client_file_hosts.h"
#include "commands.h"
#include "host_name.h"
#include "in_force.h"
#include "offline.h"

static enum ctl_exit
say_form(const struct ctl *ctl, const struct client_dir *dir)
{
	ctl_error("%s/%s.conf has its hosts in another form than this tool "
		  "writes: edit it by hand",
	    dir->path, ctl->args[0]);
	return CTL_FAILED;
}

static enum ctl_exit
put_text(const struct ctl *ctl, const struct client_dir *dir,
    const struct text *text)
{
	if (!text->overflow)
		return client_dir_put(ctl, dir, ctl->args[0], text_span(text));
	ctl_error(
	    "the file would become longer than %d bytes", CLIENT_FILE_SIZE);
	return CTL_FAILED;
}

/* What is done to the client's file. */
typedef enum ctl_exit
change_file(const struct ctl *ctl, const struct site_client *client,
    const struct client_dir *dir, const struct client_dir_file *file);

static enum ctl_exit
run_change(struct ctl *ctl, change_file *change)
{
	struct client_dir dir;
	struct client_dir_file file;
	const struct site_client *client = ctl_find_client(ctl, ctl->args[0]);

	if (client == NULL || client_dir_open(ctl, &dir) != CTL_DONE)
		return CTL_FAILED;
	enum ctl_exit status = client_dir_read(ctl, &dir, ctl->args[0], &file);
	if (status == CTL_DONE)
		status = change(ctl, client, &dir, &file);
	if (status == CTL_DONE)
		status = in_force_wait(ctl);
	client_dir_close(&dir);
	return status;
}

/* add-host */

static bool
are_new(const struct ctl *ctl, const struct site_client *client)
{
	const struct site_host *hosts = site_hosts(ctl->site, client);
	char name[DNAME_SIZE];

	for (size_t i = 1; i < ctl->arg_count; i++) {
		if (site_complete_name(
			ctl->site, span_of(ctl->args[i]), name) != ERR_OK)
			continue;
		for (uint32_t j = 0; j < client->host_count; j++) {
			if (strcmp(hosts[j].name, name) == 0) {
				ctl_error("%s is a host of %s already", name,
				    client->name);
				return false;
			}
		}
	}
	return true;
}

/* A change_file */
static enum ctl_exit
add_hosts(const struct ctl *ctl, const struct site_client *client,
    const struct client_dir *dir, const struct client_dir_file *file)
{
	char buf[CLIENT_FILE_SIZE];
	struct text text;
	size_t count = ctl->arg_count - 1;

	if (!are_new(ctl, client))
		return CTL_FAILED;
	TEXT_INIT(&text, buf);
	if (client_file_write_hosts(&text, file->text, &file->parts,
		(const char *const *)ctl->args + 1, count) != ERR_OK)
		return say_form(ctl, dir);
	enum ctl_exit status = put_text(ctl, dir, &text);
	for (size_t i = 1; i <= count && status == CTL_DONE; i++)
		printf("%s is now a host of %s\n", ctl->args[i], client->name);
	return status;
}

enum ctl_exit
add_host_run(struct ctl *ctl)
{
	struct arena arena = {0};
	enum ctl_exit status = CTL_FAILED;

	if (host_name_complete_arguments(ctl, 1, &arena))
		status = run_change(ctl, add_hosts);
	arena_done(&arena);
	return status;
}

/* remove-host */

struct wanted {
	const struct site *site;
	const struct site_host *host;
};

/* A client_file_is_host */
static bool
is_wanted(void *ctx, struct span name)
{
	const struct wanted *wanted = ctx;
	char full[DNAME_SIZE];

	return site_complete_name(wanted->site, name, full) == ERR_OK &&
	       strcmp(full, wanted->host->name) == 0;
}

/* Finds the hosts that the arguments name; each of them once. */
static enum ctl_exit
find_hosts(const struct ctl *ctl, const struct site_client *client,
    const struct site_host *hosts[], size_t *ret_count)
{
	size_t count = 0;

	for (size_t i = 1; i < ctl->arg_count; i++) {
		const struct site_host *host =
		    host_name_find(ctl->site, client, ctl->args[i]);
		size_t j = 0;
		if (host == NULL)
			return CTL_FAILED;
		while (j < count && hosts[j] != host)
			j++;
		if (j == count)
			hosts[count++] = host;
	}
	if (count == client->host_count) {
		ctl_error("%s would have no host left: 'ddnsgatectl remove' "
			  "removes it",
		    client->name);
		return CTL_FAILED;
	}
	*ret_count = count;
	return CTL_DONE;
}

/* Writes the file's text without these hosts into *out. */
static enum err
write_without(const struct ctl *ctl, const struct client_dir_file *file,
    const struct site_host *const hosts[], size_t count, struct text *out)
{
	char buf[CLIENT_FILE_SIZE];
	struct client_file parts = file->parts;
	struct span before = file->text;
	enum err err = ERR_OK;

	for (size_t i = 0; i < count && err == ERR_OK; i++) {
		struct wanted wanted = {ctl->site, hosts[i]};
		out->len = 0;
		err = client_file_write_without(
		    out, before, &parts, is_wanted, &wanted);
		if (err != ERR_OK)
			break;
		memcpy(buf, out->buf, out->len);
		before = (struct span){buf, out->len};
		err = client_file_read(before, &parts);
	}
	return err;
}

static enum ctl_exit
remove_found(const struct ctl *ctl, const struct site_client *client,
    const struct client_dir *dir, const struct client_dir_file *file,
    const struct site_host *const hosts[], size_t count)
{
	bool offline = (ctl->options & CTL_OFFLINE) != 0;
	char buf[CLIENT_FILE_SIZE];
	struct text text;

	TEXT_INIT(&text, buf);
	if (write_without(ctl, file, hosts, count, &text) != ERR_OK)
		return say_form(ctl, dir);
	if (offline && offline_hosts(ctl, client, hosts, count) != CTL_DONE) {
		ctl_error("%s keeps these hosts", client->name);
		return CTL_FAILED;
	}
	enum ctl_exit status = put_text(ctl, dir, &text);
	for (size_t i = 0; i < count && status == CTL_DONE; i++)
		printf("%s is no host of %s any more%s\n", hosts[i]->name,
		    client->name, offline ? "" : "; its records stay in DNS");
	return status;
}

/* A change_file */
static enum ctl_exit
remove_hosts(const struct ctl *ctl, const struct site_client *client,
    const struct client_dir *dir, const struct client_dir_file *file)
{
	size_t count;
	const struct site_host **hosts =
	    calloc(ctl->arg_count, sizeof(const struct site_host *));

	if (hosts == NULL) {
		ctl_error("%s", err_text(ERR_MEMORY));
		return CTL_FAILED;
	}
	enum ctl_exit status = find_hosts(ctl, client, hosts, &count);
	if (status == CTL_DONE)
		status = remove_found(ctl, client, dir, file, hosts, count);
	free(hosts);
	return status;
}

enum ctl_exit
remove_host_run(struct ctl *ctl)
{
	return run_change(ctl, remove_hosts);
}
