#include <stdio.h>

#include "client_dir.h"
#include "commands.h"
#include "in_force.h"

enum ctl_exit
remove_run(struct ctl *ctl)
{
	struct client_dir dir;
	struct client_dir_file file;
	const char *client = ctl->args[0];

	if (ctl_find_client(ctl, client) == NULL ||
	    client_dir_open(ctl, &dir) != CTL_DONE)
		return CTL_FAILED;
	enum ctl_exit status = client_dir_read(ctl, &dir, client, &file);
	if (status == CTL_DONE)
		status = client_dir_remove(&dir, client);
	if (status == CTL_DONE)
		printf("%s is removed; its records stay in DNS\n", client);
	if (status == CTL_DONE)
		status = in_force_wait(ctl);
	client_dir_close(&dir);
	return status;
}
