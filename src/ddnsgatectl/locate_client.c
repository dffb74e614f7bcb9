#include "locate_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client_file.h"

#define PLACE_SIZE (CONF_FILES_NAME_MAX + 16)

/* Only the first bytes of larger files are searched for groups. */
#define SEARCHED_SIZE (4 << 20)

/* The line of the client's group, or 0. */
static unsigned
line_of_group(const char *path, const char *client)
{
	FILE *file = fopen(path, "re");
	char *buf = malloc(SEARCHED_SIZE);
	unsigned line = 0;

	if (file != NULL && buf != NULL) {
		size_t len = fread(buf, 1, SEARCHED_SIZE, file);
		line = client_file_find_line((struct span){buf, len}, client);
	}
	free(buf);
	if (file != NULL)
		fclose(file);
	return line;
}

/* The line of a table that starts with the client's name, or 0. */
static unsigned
line_of_row(const char *path, const char *client)
{
	FILE *file = fopen(path, "re");
	char *row = NULL;
	size_t size = 0;
	unsigned line = 0;
	bool found = false;

	if (file == NULL)
		return 0;
	while (!found && getline(&row, &size, file) >= 0) {
		size_t start = strspn(row, " \t");
		size_t len = strcspn(row + start, " \t\r\n");
		struct span name = {row + start, len};
		found = span_is(name, client);
		line++;
	}
	free(row);
	fclose(file);
	return found ? line : 0;
}

bool
locate_client(const struct ctl *ctl, const char *client, struct text *out)
{
	static unsigned (*const search[])(const char *, const char *) = {
	    line_of_group, line_of_row};

	for (size_t i = 0; i < sizeof(search) / sizeof(search[0]); i++) {
		for (size_t j = 0; j < ctl->files.count; j++) {
			const char *path = ctl->files.paths[j];
			unsigned line = path != ctl->files.in_place
					    ? search[i](path, client)
					    : 0;
			if (line == 0)
				continue;
			text_printf(out, "%s:%u", path, line);
			return true;
		}
	}
	return false;
}

void
locate_client_say(const struct ctl *ctl, const char *client)
{
	char place[PLACE_SIZE];
	struct text text;

	TEXT_INIT(&text, place);
	if (locate_client(ctl, client, &text))
		ctl_error("%s has no file of its own: it is to be edited by "
			  "hand, at %s",
		    client, place);
	else
		ctl_error("%s has no file of its own: it is to be edited by "
			  "hand, in %s or a file named there",
		    client, ctl->conf);
}
