#include "ddnsgate/syntax/clientfile.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ddnsgate/base/secret.h"

/* The longest line fits, with CR and LF. */
#define BUFFER_SIZE (2 * (CLIENTFILE_LINE_MAX + 1))

struct file {
	const struct clientfile_reader *reader;
	unsigned line;
	bool skips;  /* the rest of a line that is too long */
	size_t len;  /* bytes in the buffer that are not yet parsed */
	size_t most; /* that have been in it */
	char buffer[BUFFER_SIZE];
};

/* What is before the first of these characters. */
static struct span
until(struct span text, char mark)
{
	const char *end =
	    text.len > 0 ? memchr(text.ptr, mark, text.len) : NULL;

	if (end != NULL)
		text.len = (size_t)(end - text.ptr);
	return text;
}

/* Takes the next field off the front of the line. */
static struct span
take_field(struct span *line)
{
	struct span field = until(until(*line, ' '), '\t');

	*line = span_trim(
	    (struct span){line->ptr + field.len, line->len - field.len});
	return field;
}

const char *
clientfile_split(struct span line, struct clientfile_client *ret)
{
	line = span_trim(line);
	ret->name = take_field(&line);
	ret->secret = take_field(&line);
	ret->hosts = take_field(&line);
	ret->settings = take_field(&line);
	if (ret->hosts.len == 0)
		return "has less than three fields";
	return line.len > 0 ? "has more than four fields" : NULL;
}

static enum err
read_line(struct file *file, struct span line)
{
	const struct clientfile_reader *reader = file->reader;
	struct clientfile_client client = {.line = ++file->line};

	if (client.line == 1)
		line = span_without_mark(line);
	if (line.len > 0 && line.ptr[line.len - 1] == '\r')
		line.len--;
	if (line.len > CLIENTFILE_LINE_MAX) {
		reader->bad_line(reader->ctx, client.line, "is too long");
		return ERR_OK;
	}
	line = span_trim(line);
	if (line.len == 0 || line.ptr[0] == '#')
		return ERR_OK;
	const char *why = clientfile_split(line, &client);
	if (why == NULL)
		return reader->client(reader->ctx, &client);
	reader->bad_line(reader->ctx, client.line, why);
	return ERR_OK;
}

/* Parses the complete lines of the buffer and moves the rest to its front. */
static enum err
read_lines(struct file *file)
{
	struct span rest = {file->buffer, file->len};
	enum err err = ERR_OK;
	const char *end;

	while (
	    err == ERR_OK && (end = memchr(rest.ptr, '\n', rest.len)) != NULL) {
		size_t len = (size_t)(end - rest.ptr);
		if (!file->skips)
			err = read_line(file, (struct span){rest.ptr, len});
		file->skips = false;
		rest = (struct span){end + 1, rest.len - len - 1};
	}
	if (file->skips)
		rest.len = 0;
	if (rest.len > CLIENTFILE_LINE_MAX + 1 && err == ERR_OK) {
		err = read_line(file, rest);
		file->skips = true;
		rest.len = 0;
	}
	memmove(file->buffer, rest.ptr, rest.len);
	file->len = rest.len;
	return err;
}

static enum err
read_all(struct file *file, int fd)
{
	enum err err = ERR_OK;

	while (err == ERR_OK) {
		ssize_t got = read(fd, file->buffer + file->len,
		    sizeof(file->buffer) - file->len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return ERR_IO;
		if (got == 0)
			break;
		file->len += (size_t)got;
		if (file->most < file->len)
			file->most = file->len;
		err = read_lines(file);
	}
	if (err == ERR_OK && file->len > 0)
		err = read_line(file, (struct span){file->buffer, file->len});
	return err;
}

enum err
clientfile_read(int fd, const struct clientfile_reader *reader)
{
	struct file *file = malloc(sizeof(*file));

	if (file == NULL)
		return ERR_MEMORY;
	file->reader = reader;
	file->line = 0;
	file->skips = false;
	file->len = 0;
	file->most = 0;
	enum err err = read_all(file, fd);
	int reason = errno;
	secret_wipe(file->buffer, file->most);
	free(file);
	errno = reason;
	return err;
}
