#include "ddnsgate/syntax/conf_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ddnsgate/base/secret.h"

#define FIRST_CAPACITY 8

void
conf_files_done(struct conf_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		free(files->paths[i]);
	free(files->paths);
	free(files->ids);
	*files = (struct conf_files){0};
}

/* The length of the directory at the front, with its final slash. */
static size_t
dir_len(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash != NULL ? (size_t)(slash - path) + 1 : 0;
}

char *
conf_files_path(const char *main, struct span name)
{
	bool is_absolute = span_starts(name, span_of("/"));
	size_t dir = is_absolute ? 0 : dir_len(main);
	char *path = malloc(dir + name.len + 1);

	if (path == NULL)
		return NULL;
	memcpy(path, main, dir);
	if (name.len > 0)
		memcpy(path + dir, name.ptr, name.len);
	path[dir + name.len] = '\0';
	return path;
}

/* There is memory for a power of two of files. */
static bool
reserve(struct conf_files *files)
{
	size_t count = files->count;

	if (count > 0 && (count < FIRST_CAPACITY || (count & (count - 1)) != 0))
		return true;
	size_t capacity = count > 0 ? 2 * count : FIRST_CAPACITY;
	char **paths = reallocarray(files->paths, capacity, sizeof(*paths));
	if (paths == NULL)
		return false;
	files->paths = paths;
	struct file_id *ids = reallocarray(files->ids, capacity, sizeof(*ids));
	if (ids == NULL)
		return false;
	files->ids = ids;
	return true;
}

const char *
conf_files_add(struct conf_files *files, const char *main, struct span name)
{
	char *path = reserve(files) ? conf_files_path(main, name) : NULL;

	if (path == NULL)
		return NULL;
	files->paths[files->count] = path;
	files->ids[files->count++] = file_id_of(path);
	return path;
}

const char *
conf_files_add_in_place(
    struct conf_files *files, const char *main, struct span name)
{
	files->in_place = conf_files_add(files, main, name);
	if (files->in_place != NULL)
		files->ids[files->count - 1] =
		    file_id_of_place(files->in_place);
	return files->in_place;
}

struct file_id
conf_files_id(const struct conf_files *files, size_t index)
{
	const char *path = files->paths[index];

	return path == files->in_place ? file_id_of_place(path)
				       : file_id_of(path);
}

static enum err
fail(int reason, const char **ret_why)
{
	*ret_why = strerrordesc_np(reason);
	return ERR_IO;
}

static enum err
check_file(struct conf_file *file, const char **ret_why)
{
	struct stat status;

	if (fstat(file->fd, &status) != 0)
		return fail(errno, ret_why);
	if (S_ISDIR(status.st_mode))
		return fail(EISDIR, ret_why);
	if (!S_ISREG(status.st_mode)) {
		*ret_why = "Not a regular file";
		return ERR_IO;
	}
	file->exposed = (status.st_mode & S_IROTH) != 0;
	return ERR_OK;
}

enum err
conf_file_open(const char *path, struct conf_file *ret, const char **ret_why)
{
	struct conf_file file = {0};

	/* O_NONBLOCK: opening a pipe would block. */
	file.fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (file.fd < 0)
		return fail(errno, ret_why);
	enum err err = check_file(&file, ret_why);
	if (err == ERR_OK)
		*ret = file;
	else
		conf_file_close(&file);
	return err;
}

void
conf_file_close(struct conf_file *file)
{
	close(file->fd);
	file->fd = -1;
}

/* Reads up to size bytes; less only at the end of the file. */
static enum err
read_up_to(int fd, char *buf, size_t size, size_t *ret_len)
{
	size_t len = 0;

	while (len < size) {
		ssize_t got = read(fd, buf + len, size - len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return ERR_IO;
		if (got == 0)
			break;
		len += (size_t)got;
	}
	*ret_len = len;
	return ERR_OK;
}

static enum err
read_file(int fd, size_t max, struct conf_text *ret, const char **ret_why)
{
	struct stat status;

	if (fstat(fd, &status) != 0)
		return fail(errno, ret_why);
	if ((uintmax_t)status.st_size > max)
		return fail(EFBIG, ret_why);
	size_t size = (size_t)status.st_size;
	ret->bytes = malloc(size + 2);
	if (ret->bytes == NULL)
		return ERR_MEMORY;
	if (read_up_to(fd, ret->bytes, size, &ret->len) != ERR_OK)
		return fail(errno, ret_why);
	if (ret->len == 0 || ret->bytes[ret->len - 1] != '\n')
		ret->bytes[ret->len++] = '\n';
	ret->bytes[ret->len] = '\0';
	return ERR_OK;
}

enum err
conf_text_read(
    const char *path, size_t max, struct conf_text *ret, const char **ret_why)
{
	struct conf_text text = {0};
	struct conf_file file;

	enum err err = conf_file_open(path, &file, ret_why);
	if (err != ERR_OK)
		return err;
	err = read_file(file.fd, max, &text, ret_why);
	text.exposed = file.exposed;
	conf_file_close(&file);
	if (err == ERR_OK)
		*ret = text;
	else
		conf_text_done(&text);
	return err;
}

void
conf_text_done(struct conf_text *text)
{
	if (text->bytes != NULL)
		secret_wipe(text->bytes, text->len);
	free(text->bytes);
	*text = (struct conf_text){0};
}
