#ifndef DDNSGATECTL_COMMANDS_H
#define DDNSGATECTL_COMMANDS_H

/*
 * The table of commands, one row each, and the functions that run them.  main
 * reads the command line by it, and the help prints it.
 */

#include <stdbool.h>
#include <stddef.h>

#include "ctl.h"

struct command {
	const char *name;
	const char *synopsis; /* the arguments */
	const char *summary;  /* one line */
	const char *help;     /* the details, for "help COMMAND" */
	enum ctl_exit (*run)(struct ctl *ctl);
	unsigned options; /* bits of enum ctl_option that it takes */
	size_t args_min, args_max;
	bool needs_site; /* the configuration is loaded first */
};

/* All commands in the order in which the help lists them. */
const struct command *
commands_all(size_t *ret_count);

/* NULL when there is none of that name. */
const struct command *
commands_find(const char *name);

enum ctl_exit
add_run(struct ctl *ctl);

enum ctl_exit
add_host_run(struct ctl *ctl);

enum ctl_exit
check_run(struct ctl *ctl);

enum ctl_exit
drain_run(struct ctl *ctl);

enum ctl_exit
export_run(struct ctl *ctl);

enum ctl_exit
import_run(struct ctl *ctl);

enum ctl_exit
list_run(struct ctl *ctl);

enum ctl_exit
metrics_run(struct ctl *ctl);

enum ctl_exit
server_policy_run(struct ctl *ctl);

enum ctl_exit
remove_run(struct ctl *ctl);

enum ctl_exit
remove_host_run(struct ctl *ctl);

enum ctl_exit
rotate_run(struct ctl *ctl);

enum ctl_exit
secret_run(struct ctl *ctl);

enum ctl_exit
show_run(struct ctl *ctl);

enum ctl_exit
snippet_run(struct ctl *ctl);

enum ctl_exit
status_run(struct ctl *ctl);

enum ctl_exit
stale_run(struct ctl *ctl);

enum ctl_exit
restore_run(struct ctl *ctl);

enum ctl_exit
update_run(struct ctl *ctl);

#endif
