#include "client_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "locate_client.h"
#include "lock_wait.h"
#include "table_clash.h"

#define FILE_MODE 0640
#define ACCESS_BITS 0777

struct file_name {
	char text[NAME_MAX + 1];
};

/* The client's file.  A name that is cut off is no client's file. */
static struct file_name
name_of(const char *client)
{
	struct file_name name;

	snprintf(name.text, sizeof(name.text), "%s.conf", client);
	return name;
}

/* Its name until it is renamed: conf skips names that start with a dot. */
static struct file_name
temporary_name_of(const char *client)
{
	struct file_name name;

	snprintf(name.text, sizeof(name.text), ".%s.new", client);
	return name;
}

static enum ctl_exit
say_errno(const struct client_dir *dir, const struct file_name *name)
{
	ctl_error("%s/%s: %s", dir->path, name->text, strerror(errno));
	return CTL_FAILED;
}

enum ctl_exit
client_dir_open(const struct ctl *ctl, struct client_dir *ret)
{
	struct client_dir dir = {.path = site_settings(ctl->site)->clients_dir};

	if (dir.path == NULL) {
		ctl_error("%s: set clients_dir to a folder for the files that "
			  "this command writes, or clients_db to a table",
		    ctl->conf);
		return CTL_FAILED;
	}
	lock_wait(dir.path);
	dir.fd = open(dir.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir.fd < 0 || flock(dir.fd, LOCK_EX) != 0) {
		ctl_error("%s: %s", dir.path, strerror(errno));
		client_dir_close(&dir);
		return CTL_FAILED;
	}
	*ret = dir;
	return CTL_DONE;
}

void
client_dir_close(struct client_dir *dir)
{
	if (dir->fd >= 0)
		close(dir->fd);
}

bool
client_dir_has(const struct client_dir *dir, const char *client)
{
	struct file_name name = name_of(client);

	return faccessat(dir->fd, name.text, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Reads up to size bytes; returns how many, or -1. */
static ssize_t
read_all(int fd, char *buf, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t got = read(fd, buf + len, size - len);
		if (got == 0)
			break;
		if (got < 0 && errno != EINTR)
			return -1;
		len += got > 0 ? (size_t)got : 0;
	}
	return (ssize_t)len;
}

enum ctl_exit
client_dir_read(const struct ctl *ctl, const struct client_dir *dir,
    const char *client, char *buf, struct span *ret)
{
	struct client_file parts;
	struct file_name name = name_of(client);
	int fd = openat(dir->fd, name.text, O_RDONLY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT) {
		locate_client_say(ctl, client);
		return CTL_FAILED;
	}
	ssize_t len = fd >= 0 ? read_all(fd, buf, CLIENT_FILE_SIZE) : -1;
	if (len < 0)
		say_errno(dir, &name);
	if (fd >= 0)
		close(fd);
	if (len < 0)
		return CTL_FAILED;
	*ret = (struct span){buf, (size_t)len};
	if (len < CLIENT_FILE_SIZE &&
	    client_file_read(*ret, &parts) == ERR_OK &&
	    span_is(parts.name, client))
		return CTL_DONE;
	ctl_error("%s/%s has another form than this tool writes: edit it by "
		  "hand",
	    dir->path, name.text);
	return CTL_FAILED;
}

static bool
write_all(int fd, struct span text)
{
	while (text.len > 0) {
		ssize_t put = write(fd, text.ptr, text.len);
		if (put < 0 && errno != EINTR)
			return false;
		if (put > 0) {
			text.ptr += put;
			text.len -= (size_t)put;
		}
	}
	return true;
}

/*
 * Who reads the file that this one replaces can read this one: else a handler
 * would go on with the old one.  Without one it gets the directory's group.
 */
static bool
set_access(
    int fd, const struct client_dir *dir, const struct file_name *replaced)
{
	struct stat about;

	if (fstatat(dir->fd, replaced->text, &about, AT_SYMLINK_NOFOLLOW) == 0)
		return fchown(fd, about.st_uid, about.st_gid) == 0 &&
		       fchmod(fd, about.st_mode & ACCESS_BITS) == 0;
	return errno == ENOENT && fstat(dir->fd, &about) == 0 &&
	       fchown(fd, (uid_t)-1, about.st_gid) == 0 &&
	       fchmod(fd, FILE_MODE) == 0;
}

/*
 * Writes the file under its temporary name and syncs it to the disk.  What is
 * there by that name was left by a command that was cut off, or prepared by
 * somebody who would then own the new file.
 */
static enum ctl_exit
write_new(const struct client_dir *dir, const struct file_name *name,
    const struct file_name *temporary, struct span text)
{
	int fd = -1;

	if (unlinkat(dir->fd, temporary->text, 0) == 0 || errno == ENOENT)
		fd = openat(dir->fd, temporary->text,
		    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return say_errno(dir, temporary);
	bool written =
	    write_all(fd, text) && set_access(fd, dir, name) && fsync(fd) == 0;
	enum ctl_exit status = written ? CTL_DONE : say_errno(dir, temporary);
	close(fd);
	return status;
}

/* Prints diagnostics of the new file as if it had its final name. */
static void
print_diagnostics(const struct diagnostic_list *diagnostics,
    const struct client_dir *dir, const struct conf_candidate *candidate)
{
	for (size_t i = 0; i < diagnostics->count; i++) {
		const struct diagnostic *item = &diagnostics->items[i];
		struct span file = {item->text, item->file_len};
		if (!span_ends_nocase(file, span_of(candidate->candidate)))
			continue;
		ctl_print_diagnostic(item->severity, "%s/%s%s", dir->path,
		    candidate->name, item->text + item->file_len);
	}
}

/* What the table has, and how much of it is in the way. */
struct clashes {
	const char *path;
	size_t errors;
};

/* A table_clash_report.  Several clients may have a host, if not within the
 * table. */
static void
report(void *ctx, const struct table_clash *clash)
{
	struct clashes *clashes = ctx;

	if (clash->kind == CLIENT_INDEX_SAME_HOST) {
		ctl_print_diagnostic(DIAGNOSTIC_WARNING,
		    "%s is also a host of client %s, in %s", clash->host,
		    clash->owner, clashes->path);
		return;
	}
	clashes->errors++;
	table_clash_say(clash, "in", clashes->path);
}

static enum ctl_exit
check_table_for(const char *conf, const struct site *site, const char *client)
{
	const struct ctl fresh = {.conf = conf, .site = site};
	struct clashes clashes = {.path = site_settings(site)->clients_db};
	const struct site_client *found =
	    site_find_client(site, span_of(client));

	if (found == NULL)
		return CTL_DONE;
	const struct site_secrets secrets = site_secrets(site, found);
	const struct table_clash_search search = {.ctl = &fresh,
	    .client = found,
	    .site_secrets = secrets.first,
	    .secret_count = secrets.count,
	    .id = UINT32_MAX,
	    .what = TABLE_CLASH_ALL,
	    .report = report,
	    .ctx = &clashes};
	enum ctl_exit status = table_clash_find(&search);
	return clashes.errors == 0 ? status : CTL_FAILED;
}

/* Loads the configuration with the new file in place of the old one. */
static enum ctl_exit
load_with_new(const struct ctl *ctl, const struct client_dir *dir,
    const struct file_name *name, const struct file_name *temporary,
    const char *new_hosts_of)
{
	const struct conf_candidate candidate = {name->text, temporary->text};
	struct diagnostic_list diagnostics;
	struct conf_files files = {0};
	struct site *site = NULL;

	diagnostic_init(&diagnostics);
	enum err err = conf_load_candidate(
	    ctl->conf, &candidate, &diagnostics, &files, &site);
	print_diagnostics(&diagnostics, dir, &candidate);
	diagnostic_done(&diagnostics);
	conf_files_done(&files);
	enum ctl_exit status = CTL_DONE;
	if (err == ERR_OK && new_hosts_of != NULL)
		status = check_table_for(ctl->conf, site, new_hosts_of);
	site_release(site);
	if (err != ERR_OK)
		ctl_error(
		    "%s: %s; nothing is changed", ctl->conf, err_text(err));
	else if (status != CTL_DONE)
		ctl_error("nothing is changed");
	return err == ERR_OK ? status : CTL_FAILED;
}

enum ctl_exit
client_dir_put(const struct ctl *ctl, const struct client_dir *dir,
    const char *client, struct span text, bool has_new_hosts)
{
	struct file_name name = name_of(client);
	struct file_name temporary = temporary_name_of(client);
	enum ctl_exit status = write_new(dir, &name, &temporary, text);

	if (status == CTL_DONE)
		status = load_with_new(
		    ctl, dir, &name, &temporary, has_new_hosts ? client : NULL);
	if (status == CTL_DONE &&
	    (renameat(dir->fd, temporary.text, dir->fd, name.text) != 0 ||
		fsync(dir->fd) != 0))
		status = say_errno(dir, &name);
	if (status != CTL_DONE)
		unlinkat(dir->fd, temporary.text, 0);
	return status;
}

enum ctl_exit
client_dir_remove(const struct client_dir *dir, const char *client)
{
	struct file_name name = name_of(client);

	if (unlinkat(dir->fd, name.text, 0) != 0 || fsync(dir->fd) != 0)
		return say_errno(dir, &name);
	return CTL_DONE;
}
