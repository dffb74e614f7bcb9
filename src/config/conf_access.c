#include "ddnsgate/config/conf_access.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ddnsgate/syntax/endpoint.h"

/* What the kernel shows as the owner if it is none of this user namespace. */
#define OVERFLOW_UID 65534

static void
warn(struct conf_build *build, struct diagnostic_location location,
    const char *text)
{
	diagnostic_add(
	    build->diagnostics, DIAGNOSTIC_WARNING, location, "%s", text);
}

/* A user who is neither root nor who runs this.  Root may read what belongs to
 * the service, whose user it does not know. */
static bool
is_foreign(uid_t owner)
{
	uid_t self = geteuid();

	return self != 0 && owner != 0 && owner != self &&
	       owner != OVERFLOW_UID;
}

static void
warn_of_owner(struct conf_build *build, struct diagnostic_location location,
    const struct stat *about)
{
	if (is_foreign(about->st_uid))
		diagnostic_add(build->diagnostics, DIAGNOSTIC_WARNING, location,
		    "belongs to user %lu, who can change it, allowed is root "
		    "or the user that ddnsgate runs as",
		    (unsigned long)about->st_uid);
}

static void
check_file(struct conf_build *build, const char *path)
{
	const struct diagnostic_location location = {path, 0, NULL};
	struct stat about;

	if (stat(path, &about) != 0)
		return;
	warn_of_owner(build, location, &about);
	if (S_ISDIR(about.st_mode) && (about.st_mode & S_IWOTH) != 0)
		warn(build, location,
		    "others can put files here, allowed is mode 0750 or less");
	else if ((about.st_mode & S_IWOTH) != 0)
		warn(build, location,
		    "others can change this file, allowed is mode 0640 or "
		    "less");
	else if (S_ISDIR(about.st_mode) && (about.st_mode & S_IROTH) != 0)
		warn(build, location,
		    "others can list the clients here, allowed is mode 0750 "
		    "or less");
}

/* The folder of a file, in which others could replace it unless it is sticky;
 * "." for a path without one. */
static struct span
folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return span_of(".");
	if (slash == path)
		return span_of("/");
	return (struct span){path, (size_t)(slash - path)};
}

static void
check_folder(struct conf_build *build, struct span folder)
{
	struct stat about;

	const char *path = arena_dup_text(&build->arena, folder);
	if (path == NULL)
		conf_build_note(build, ERR_MEMORY);
	else if (stat(path, &about) == 0 && (about.st_mode & S_IWOTH) != 0 &&
		 (about.st_mode & S_ISVTX) == 0)
		warn(build, (struct diagnostic_location){path, 0, NULL},
		    "others can replace the files of the configuration here, "
		    "allowed is mode 0755 or less");
}

void
conf_access_check_files(struct conf_build *build)
{
	const struct conf_files *files = build->files;
	struct span checked = {NULL, 0};

	for (size_t i = 0; i < files->count; i++) {
		const char *path = files->paths[i];
		struct span folder = folder_of(path);
		check_file(build, path);
		/* Those of clients_dir follow it, which is checked itself. */
		bool in_checked =
		    checked.ptr != NULL && span_equal(folder, checked);
		bool in_listed = i > 0 && span_is(folder, files->paths[i - 1]);
		if (!in_checked && !in_listed)
			check_folder(build, folder);
		checked = folder;
	}
}

void
conf_access_check_state(
    struct conf_build *build, const struct conf_node *dir, const char *path)
{
	struct stat about;

	if (stat(path, &about) != 0)
		return;
	warn_of_owner(build, dir->location, &about);
	if ((about.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		warn(build, dir->location,
		    "other users can reset the limits there, allowed is mode "
		    "0750 or less");
	else if ((about.st_mode & (S_IROTH | S_IXOTH)) != 0)
		warn(build, dir->location,
		    "others can read what is there, allowed is mode 0750 or "
		    "less");
}

void
conf_access_check_listen(
    struct conf_build *build, const struct conf_node *listen)
{
	struct endpoint endpoint;

	if (listen->kind == CONF_TEXT &&
	    endpoint_parse(listen->text, &endpoint) == ERR_OK &&
	    endpoint.path[0] == '\0' && !ipaddr_is_loopback(&endpoint.addr))
		warn(build, listen->location,
		    "whoever reaches this port can say who calls, better is "
		    "unix:/PATH or 127.0.0.1:PORT, else a firewall in front");
}
