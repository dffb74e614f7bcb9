#ifndef DDNSGATE_SYNTAX_CONF_FILES_H
#define DDNSGATE_SYNTAX_CONF_FILES_H

/*
 * The files that a configuration consists of: the list of their paths, and
 * reading one.
 */

#include <stdbool.h>
#include <stddef.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"
#include "ddnsgate/syntax/file_id.h"

/* Limit of a file in libconfig's syntax; clients_file may be of any size. */
#define CONF_FILES_SIZE_MAX ((size_t)256 * 1024 * 1024)

/* The longest name of a file, in bytes. */
#define CONF_FILES_NAME_MAX 4095

/*
 * The files and directories of a configuration, which reload watches, and the
 * identity that each had just before it was read: one that changes while it is
 * read has another one afterwards.
 */
struct conf_files {
	char **paths;
	struct file_id *ids;
	size_t count;
	/* The one that is read in place: only another file in its place is a
	 * change.  NULL: none. */
	const char *in_place;
};

void
conf_files_done(struct conf_files *files);

/*
 * The path of a file that is named in the configuration file main: relative
 * to main's directory unless it is absolute.  The caller frees it; NULL when
 * out of memory.
 */
char *
conf_files_path(const char *main, struct span name);

/* Adds such a path, whose file is read afterwards, to the list, which owns it.
 * NULL when out of memory. */
const char *
conf_files_add(struct conf_files *files, const char *main, struct span name);

/* Likewise a file that is read in place. */
const char *
conf_files_add_in_place(
    struct conf_files *files, const char *main, struct span name);

/* The identity that a file has now. */
struct file_id
conf_files_id(const struct conf_files *files, size_t index);

/*
 * A file in clients_dir that is tried before it is renamed into place: it is
 * read instead of the file of its final name, if there is one.
 */
struct conf_candidate {
	const char *name;      /* the final one */
	const char *candidate; /* the one that it has now */
};

/* A file that is being read. */
struct conf_file {
	int fd;
	bool exposed; /* any user of the machine may read it */
};

/* Opens a regular file.  ERR_IO, with the reason as a static string. */
enum err
conf_file_open(const char *path, struct conf_file *ret, const char **ret_why);

void
conf_file_close(struct conf_file *file);

/* The bytes of a file, which end in a newline; NUL follows. */
struct conf_text {
	char *bytes;
	size_t len;
	bool exposed;
};

/* Reads a file of up to max bytes.  ERR_IO as above, ERR_MEMORY. */
enum err
conf_text_read(
    const char *path, size_t max, struct conf_text *ret, const char **ret_why);

/* Wipes the bytes and frees them. */
void
conf_text_done(struct conf_text *text);

#endif
