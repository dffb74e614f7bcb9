#include "user_access.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ddnsgate/sandbox/run_as.h"

/* What the exit status of the child process has room for. */
#define FILES_MAX 250
#define NOT_BECOME 255

/* A folder has to be searched as well. */
static bool
can_read(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	bool is_denied = fd < 0 && (errno == EACCES || errno == EPERM);

	if (fd < 0)
		return !is_denied;
	bool searches =
	    faccessat(fd, ".", X_OK, AT_EACCESS) == 0 || errno == ENOTDIR;
	close(fd);
	return searches;
}

/* In the child process, as the user. */
static size_t
count_unreadable(const struct ctl *ctl, const struct run_as_user *user)
{
	size_t count = 0;

	for (size_t i = 0; i < ctl->files.count && count < FILES_MAX; i++) {
		const char *path = ctl->files.paths[i];
		if (can_read(path))
			continue;
		ctl_print_diagnostic(DIAGNOSTIC_ERROR,
		    "%s: the user %s cannot read it", path, user->name);
		count++;
	}
	return count;
}

static size_t
check_as(const struct ctl *ctl, const struct run_as_user *user)
{
	int status = 0;

	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		if (geteuid() != user->uid && run_as(user) != ERR_OK)
			_exit(NOT_BECOME);
		size_t count = count_unreadable(ctl, user);
		fflush(stderr);
		_exit((int)count);
	}
	bool known = child > 0 &&
		     TEMP_FAILURE_RETRY(waitpid(child, &status, 0)) == child &&
		     WIFEXITED(status) && WEXITSTATUS(status) != NOT_BECOME;
	if (known)
		return (size_t)WEXITSTATUS(status);
	ctl_error("user %s: only root can check what another user can read",
	    user->name);
	return 1;
}

size_t
user_access_check(const struct ctl *ctl)
{
	const char *setting =
	    ctl->site != NULL ? site_settings(ctl->site)->user : NULL;
	const char *name = (ctl->options & CTL_USER) != 0 ? ctl->user : setting;
	struct run_as_user user;

	if (name == NULL)
		return 0;
	if (run_as_find(name, &user) != ERR_OK) {
		ctl_error("user: %s: there is no such user", name);
		return 1;
	}
	/* The service may run as another user than the one who checks. */
	if ((ctl->options & CTL_USER) == 0 && geteuid() != 0)
		return 0;
	return check_as(ctl, &user);
}
