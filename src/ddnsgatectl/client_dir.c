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

#define FILE_MODE 0640

struct file_name {
	char text[NAME_MAX + 1];
};

/* The client's file.  A name that is too long is nobody's. */
static struct file_name
name_of(const char *client)
{
	struct file_name name;

	snprintf(name.text, sizeof(name.text), "%s.conf", client);
	return name;
}

/* The same until it comes into place: no name that conf reads. */
static struct file_name
new_name_of(const char *client)
{
	struct file_name name;

	snprintf(name.text, sizeof(name.text), ".%s.new", client);
	return name;
}

static enum ctl_exit
say_errno(const struct folder *folder, const struct file_name *name)
{
	ctl_error("%s/%s: %s", folder->path, name->text, strerror(errno));
	return CTL_FAILED;
}

enum ctl_exit
folder_open(const struct ctl *ctl, struct folder *ret)
{
	struct folder folder = {.path = site_settings(ctl->site)->clients_dir};

	if (folder.path == NULL) {
		ctl_error("%s: set clients_dir to a folder for the files that "
			  "this command writes",
		    ctl->conf);
		return CTL_FAILED;
	}
	folder.fd = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder.fd < 0 || flock(folder.fd, LOCK_EX) != 0) {
		ctl_error("%s: %s", folder.path, strerror(errno));
		folder_close(&folder);
		return CTL_FAILED;
	}
	*ret = folder;
	return CTL_DONE;
}

void
folder_close(struct folder *folder)
{
	if (folder->fd >= 0)
		close(folder->fd);
}

bool
folder_has(const struct folder *folder, const char *client)
{
	struct file_name name = name_of(client);

	return faccessat(folder->fd, name.text, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Reads up to size bytes; gives how many, or -1. */
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
folder_read(const struct ctl *ctl, const struct folder *folder,
    const char *client, struct folder_file *ret)
{
	struct file_name name = name_of(client);
	int fd = openat(folder->fd, name.text, O_RDONLY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT) {
		locate_client_say(ctl, client);
		return CTL_FAILED;
	}
	ssize_t len = fd >= 0 ? read_all(fd, ret->buf, sizeof(ret->buf)) : -1;
	if (len < 0)
		say_errno(folder, &name);
	if (fd >= 0)
		close(fd);
	if (len < 0)
		return CTL_FAILED;
	ret->text = (struct span){ret->buf, (size_t)len};
	if ((size_t)len < sizeof(ret->buf) &&
	    client_file_read(ret->text, &ret->entry) == ERR_OK &&
	    span_is(ret->entry.name, client))
		return CTL_DONE;
	ctl_error("%s/%s has another form than this tool writes: edit it by "
		  "hand",
	    folder->path, name.text);
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

/* Who may read the folder's other files may read this one. */
static bool
give_to_group(int fd, const struct folder *folder)
{
	struct stat about;

	return fstat(folder->fd, &about) == 0 &&
	       fchown(fd, (uid_t)-1, about.st_gid) == 0 &&
	       fchmod(fd, FILE_MODE) == 0;
}

/* Writes the file under its new name, down to the disk. */
static enum ctl_exit
write_new(const struct folder *folder, const struct file_name *new_name,
    struct span text)
{
	int fd = openat(folder->fd, new_name->text,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return say_errno(folder, new_name);
	bool written =
	    write_all(fd, text) && give_to_group(fd, folder) && fsync(fd) == 0;
	enum ctl_exit status = written ? CTL_DONE : say_errno(folder, new_name);
	close(fd);
	return status;
}

/* Complaints about the new file, as if it had its name already. */
static void
print_complaints(const struct diagnostic_list *diagnostics,
    const struct folder *folder, const struct conf_candidate *candidate)
{
	for (size_t i = 0; i < diagnostics->count; i++) {
		const struct diagnostic *item = &diagnostics->items[i];
		struct span file = {item->text, item->file_len};
		if (!span_ends_nocase(file, span_of(candidate->candidate)))
			continue;
		ctl_print_diagnostic(item->severity, "%s/%s%s", folder->path,
		    candidate->name, item->text + item->file_len);
	}
}

/* Loads the whole configuration, with the new file in the other's place. */
static enum ctl_exit
try_new(const struct ctl *ctl, const struct folder *folder,
    const struct file_name *name, const struct file_name *new_name)
{
	const struct conf_candidate candidate = {name->text, new_name->text};
	struct diagnostic_list diagnostics;
	struct conf_files files;
	struct site *site = NULL;

	diagnostic_init(&diagnostics);
	enum err err = conf_load_candidate(
	    ctl->conf, &candidate, &diagnostics, &files, &site);
	print_complaints(&diagnostics, folder, &candidate);
	diagnostic_done(&diagnostics);
	conf_files_done(&files);
	site_release(site);
	if (err == ERR_OK)
		return CTL_DONE;
	ctl_error("%s: %s; nothing is changed", ctl->conf, err_text(err));
	return CTL_FAILED;
}

enum ctl_exit
folder_put(const struct ctl *ctl, const struct folder *folder,
    const char *client, struct span text)
{
	struct file_name name = name_of(client);
	struct file_name new_name = new_name_of(client);
	enum ctl_exit status = write_new(folder, &new_name, text);

	if (status == CTL_DONE)
		status = try_new(ctl, folder, &name, &new_name);
	if (status == CTL_DONE &&
	    (renameat(folder->fd, new_name.text, folder->fd, name.text) != 0 ||
		fsync(folder->fd) != 0))
		status = say_errno(folder, &name);
	if (status != CTL_DONE)
		unlinkat(folder->fd, new_name.text, 0);
	return status;
}

enum ctl_exit
folder_remove(const struct folder *folder, const char *client)
{
	struct file_name name = name_of(client);

	if (unlinkat(folder->fd, name.text, 0) != 0 || fsync(folder->fd) != 0)
		return say_errno(folder, &name);
	return CTL_DONE;
}
