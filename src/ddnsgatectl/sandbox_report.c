#include "sandbox_report.h"

#include <errno.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ddnsgate/sandbox/sandbox.h"

/* In the child: enters the sandbox and writes the outcome of each part. */
static void
enter_and_report(const struct ctl *ctl, int fd)
{
	const struct sandbox_dependencies dependencies = {
	    .site = ctl->site, .files = &ctl->files};
	struct sandbox *sandbox = NULL;
	enum err outcomes[SANDBOX_PARTS];

	sandbox_enter(&dependencies, &sandbox);
	if (sandbox == NULL)
		_exit(CTL_FAILED);
	for (int i = 0; i < SANDBOX_PARTS; i++)
		outcomes[i] = sandbox_outcome(sandbox, (enum sandbox_part)i);
	ssize_t len = write(fd, outcomes, sizeof(outcomes));
	_exit(len == sizeof(outcomes) ? CTL_DONE : CTL_FAILED);
}

/* Less than PIPE_BUF bytes, so one read gets what one write wrote. */
static enum err
ask_child(const struct ctl *ctl, enum err outcomes[SANDBOX_PARTS])
{
	size_t size = SANDBOX_PARTS * sizeof(*outcomes);
	int ends[2];

	if (pipe(ends) != 0)
		return ERR_IO;
	pid_t child = fork();
	if (child == 0)
		enter_and_report(ctl, ends[1]);
	close(ends[1]);
	ssize_t len = 0;
	if (child > 0) {
		len = TEMP_FAILURE_RETRY(read(ends[0], outcomes, size));
		waitpid(child, NULL, 0);
	}
	close(ends[0]);
	return len == (ssize_t)size ? ERR_OK : ERR_IO;
}

enum ctl_exit
sandbox_report_print(const struct ctl *ctl)
{
	enum err outcomes[SANDBOX_PARTS];
	enum ctl_exit status = CTL_DONE;

	fflush(stdout); /* not to be written twice */
	if (ask_child(ctl, outcomes) != ERR_OK) {
		ctl_error("the sandbox cannot be tried");
		return CTL_FAILED;
	}
	puts("sandbox");
	for (int i = 0; i < SANDBOX_PARTS; i++) {
		printf("  %-22s  %s\n", sandbox_part_text((enum sandbox_part)i),
		    sandbox_outcome_text(outcomes[i]));
		if (sandbox_has_failed(outcomes[i]))
			status = CTL_FAILED;
	}
	return status;
}
