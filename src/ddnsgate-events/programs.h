#ifndef DDNSGATE_EVENTS_PROGRAMS_H
#define DDNSGATE_EVENTS_PROGRAMS_H

/* The programs of a folder, in the order of their names' bytes. */

#include <stddef.h>

/* So many are run, and the others are not. */
#define PROGRAMS_MAX 32

struct programs {
	char *paths[PROGRAMS_MAX];
	size_t count;
	size_t next; /* of those that were taken */
};

/*
 * Lists those whose name has only letters, digits, "_" and "-", as run-parts(8)
 * does, that are regular files which may be executed and which others may not
 * change; none of a folder that others may change.  Logs what it leaves out for
 * another cause than its name.
 */
void
programs_list(const char *dir, struct programs *ret);

/* The next path, which is borrowed; NULL: all have been taken. */
const char *
programs_take(struct programs *programs);

void
programs_done(struct programs *programs);

#endif
