#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ddnsgate/state/drain.h"

#include "commands.h"

enum ctl_exit
drain_run(struct ctl *ctl)
{
	const char *dir = site_settings(ctl->site)->state_dir;
	const char *word = ctl->arg_count > 0 ? ctl->args[0] : NULL;

	if (dir == NULL) {
		ctl_error("drain needs the setting state_dir");
		return CTL_FAILED;
	}
	if (word == NULL) {
		puts(drain_is_on(dir) ? "on" : "off");
		return CTL_DONE;
	}
	if (strcmp(word, "on") != 0 && strcmp(word, "off") != 0) {
		ctl_error("drain: neither \"on\" nor \"off\"");
		return CTL_USAGE;
	}
	if (drain_set(dir, strcmp(word, "on") == 0) == ERR_OK)
		return CTL_DONE;
	ctl_error("%s/drain: %s", dir, strerror(errno));
	return CTL_FAILED;
}
