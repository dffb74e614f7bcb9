/*
 * Writes what a handler would have noted of hosts: write_seen DIR and for each
 * host its name, when it was last seen and changed (seconds since 1970; 0:
 * never), and the address of either family: "-" nothing, "none" removed.  Gives
 * the file that is begun the time BEGUN from the environment, if it is there.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ddnsgate/state/seen.h"

#define ARGUMENTS 5
/* Behind the layout and the number of buckets. */
#define BEGUN_OFFSET 24

static struct seen_family
family_of(const char *text)
{
	struct seen_family family = {.state = SEEN_SET};

	if (strcmp(text, "-") == 0)
		family.state = SEEN_UNKNOWN;
	else if (strcmp(text, "none") == 0)
		family.state = SEEN_REMOVED;
	else if (ipaddr_parse(span_of(text), &family.addr) != ERR_OK)
		exit(1);
	return family;
}

static void
note(struct seen *seen, char **args)
{
	const struct seen_family families[] = {
	    family_of(args[3]), family_of(args[4])};
	int64_t seen_s = atoll(args[1]);
	int64_t changed_s = atoll(args[2]);

	if (seen_s != 0)
		seen_note(seen, span_of(args[0]), seen_s, families, false);
	if (changed_s != 0 && seen_note_other(seen, span_of(args[0]), changed_s,
				  families, true) != 0)
		exit(1);
	if (seen_s == 0 && changed_s == 0 &&
	    seen_note_other(seen, span_of(args[0]), 0, families, false) != 0)
		exit(1);
}

static void
set_begun(const char *dir, int64_t begun_s)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/seen", dir);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || pwrite(fd, &begun_s, sizeof(begun_s), BEGUN_OFFSET) !=
			  sizeof(begun_s))
		exit(1);
	close(fd);
}

int
main(int argc, char **argv)
{
	struct seen *seen;
	bool renewed;
	const char *why;
	const char *begun = getenv("BEGUN");

	if (argc < 2 || (argc - 2) % ARGUMENTS != 0 ||
	    seen_open(argv[1], 1, &seen, &renewed, &why) != ERR_OK)
		return 1;
	for (int i = 2; i < argc; i += ARGUMENTS)
		note(seen, argv + i);
	seen_close(seen);
	if (begun != NULL)
		set_begun(argv[1], atoll(begun));
	return 0;
}
