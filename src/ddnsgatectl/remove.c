#include <stdio.h>

#include "client_dir.h"
#include "commands.h"

enum ctl_exit
remove_run(struct ctl *ctl)
{
	struct folder folder;
	struct folder_file file;
	const char *client = ctl->args[0];

	if (ctl_find_client(ctl, client) == NULL ||
	    folder_open(ctl, &folder) != CTL_DONE)
		return CTL_FAILED;
	enum ctl_exit status = folder_read(ctl, &folder, client, &file);
	if (status == CTL_DONE)
		status = folder_remove(&folder, client);
	if (status == CTL_DONE)
		printf("%s is removed; its records stay in DNS\n", client);
	folder_close(&folder);
	return status;
}
