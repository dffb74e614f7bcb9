#ifndef DDNSGATE_SYNTAX_CONF_FILES_H
#define DDNSGATE_SYNTAX_CONF_FILES_H

/* The files that a configuration consists of: their names and their bytes. */

#include <stdbool.h>
#include <stddef.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"

/* Of configuration files; the table of clients may be of any size. */
#define CONF_FILES_SIZE_MAX ((size_t)256 * 1024 * 1024)

/* The files and folders that a site was read from, for reload to watch. */
struct conf_files {
	char **paths;
	size_t count;
};

void
conf_files_done(struct conf_files *files);

/*
 * The path of a file that is named in the configuration file main: it is
 * relative to main's folder unless it is absolute.  To be freed; NULL when out
 * of memory.
 */
char *
conf_files_path(const char *main, struct span name);

/*
 * Adds such a path.  It lives as long as the list; NULL when out of memory.
 */
const char *
conf_files_add(struct conf_files *files, const char *main, struct span name);

/* A file of clients_dir that is tried before it comes into place. */
struct conf_candidate {
	const char *name; /* it is to have; one that is there is left out */
	const char *candidate; /* it has in the same folder until then */
};

/* A file that is being read. */
struct conf_file {
	int fd;
	bool exposed; /* any user of the machine may read it */
};

/* Opens a regular file.  ERR_IO; *ret_why then says why in a static string. */
enum err
conf_file_open(const char *path, struct conf_file *ret, const char **ret_why);

void
conf_file_close(struct conf_file *file);

/* The bytes of a file; a newline is at the end, and NUL follows. */
struct conf_text {
	char *bytes;
	size_t len;
	bool exposed;
};

/* Reads a file of up to max bytes.  ERR_IO as above, ERR_MEMORY. */
enum err
conf_text_read(
    const char *path, size_t max, struct conf_text *ret, const char **ret_why);

/* Wipes and frees. */
void
conf_text_done(struct conf_text *text);

#endif
