#include "programs.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ddnsgate/base/log.h"

#define NAME_CHARS                   \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ" \
	"abcdefghijklmnopqrstuvwxyz0123456789_-"

static int
has_program_name(const struct dirent *entry)
{
	return entry->d_name[strspn(entry->d_name, NAME_CHARS)] == '\0';
}

static int
compare(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Why it is not run; NULL: it is. */
static const char *
refusal(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "is no regular file";
	if ((st.st_mode & S_IWOTH) != 0)
		return "others can change it";
	if (access(path, X_OK) != 0)
		return "may not be executed";
	return NULL;
}

static void
add(struct programs *programs, const char *dir, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		return;
	const char *why = programs->count < PROGRAMS_MAX
			      ? refusal(path)
			      : "there are too many programs";
	if (why == NULL) {
		programs->paths[programs->count++] = path;
		return;
	}
	log_line(LOG_LEVEL_WARNING, "%s: not run: %s", path, why);
	free(path);
}

/* Whoever can put a program there would be what this process is. */
static bool
others_can_change(const char *dir)
{
	struct stat st;

	return stat(dir, &st) == 0 && (st.st_mode & S_IWOTH) != 0;
}

void
programs_list(const char *dir, struct programs *ret)
{
	struct dirent **entries;

	*ret = (struct programs){0};
	if (others_can_change(dir)) {
		log_line(LOG_LEVEL_ERROR,
		    "%s: others can change it, no program is run", dir);
		return;
	}
	int count = scandir(dir, &entries, has_program_name, compare);
	if (count < 0) {
		log_line(LOG_LEVEL_ERROR, "%s: %s", dir, strerror(errno));
		return;
	}
	for (int i = 0; i < count; i++) {
		add(ret, dir, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
}

const char *
programs_take(struct programs *programs)
{
	return programs->next < programs->count
		   ? programs->paths[programs->next++]
		   : NULL;
}

void
programs_done(struct programs *programs)
{
	for (size_t i = 0; i < programs->count; i++)
		free(programs->paths[i]);
	*programs = (struct programs){0};
}
