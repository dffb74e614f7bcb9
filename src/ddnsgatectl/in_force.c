#include "in_force.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ddnsgate/base/clock.h"

#define POLL_MS 50

/* One look at the handlers; and what is looked for. */
struct look {
	const char *conf; /* absolute, without links */
	struct secret_digest files;
	int64_t since_us; /* when the change was complete */
	bool calls;       /* those that have not read it are told to */
	unsigned handlers, in_force, refused;
	struct process_status behind; /* one of those that are not in force */
};

/* Calls one's visit with whether it is in force. */
struct comparison {
	const char *conf;
	const struct secret_digest *files;
	in_force_visit *visit;
	void *ctx;
};

static void
compare_one(void *ctx, const struct process_status *status)
{
	const struct comparison *comparison = ctx;

	if (strcmp(status->conf, comparison->conf) == 0)
		comparison->visit(comparison->ctx, status,
		    secret_digest_equal(&status->files, comparison->files));
}

enum err
in_force_each(const char *dir, const char *conf,
    const struct secret_digest *files, in_force_visit *visit, void *ctx)
{
	struct comparison comparison = {conf, files, visit, ctx};

	return process_file_each(dir, compare_one, &comparison);
}

void
in_force_format_why(
    const struct process_status *status, const char *otherwise, char *buf)
{
	const char *why = status->refused != 0 ? status->why : otherwise;
	size_t len = 0;

	for (; len < PROCESS_WHY_SIZE - 1 && why[len] != '\0'; len++)
		buf[len] = why[len] >= ' ' && why[len] <= '~' ? why[len] : '?';
	buf[len] = '\0';
}

/* An in_force_visit */
static void
look_at(void *ctx, const struct process_status *status, bool in_force)
{
	struct look *look = ctx;

	look->handlers++;
	if (in_force) {
		look->in_force++;
		return;
	}
	look->behind = *status;
	look->refused +=
	    status->refused != 0 && status->tried_us >= look->since_us;
	/* Without the right to, it takes the handler a second or two. */
	if (look->calls && status->pid > 0)
		kill((pid_t)status->pid, SIGHUP);
}

static enum err
look_once(const char *dir, struct look *look)
{
	look->handlers = 0;
	look->in_force = 0;
	look->refused = 0;
	enum err err =
	    in_force_each(dir, look->conf, &look->files, look_at, look);
	look->calls = false;
	return err;
}

/* Looks until all have read the change, for so long as they may take. */
static enum err
look_until_known(const char *dir, struct look *look)
{
	struct clock_deadline deadline = clock_after_ms(IN_FORCE_WAIT_MS);

	for (;;) {
		enum err err = look_once(dir, look);
		if (err != ERR_OK || look->in_force == look->handlers ||
		    look->refused > 0 || clock_passed(deadline))
			return err;
		clock_sleep_ms(POLL_MS, deadline);
	}
}

static enum ctl_exit
say_how_it_went(const char *dir, const struct look *look)
{
	if (look->handlers == 0) {
		printf("no handler is running that has its state in %s: the "
		       "next one to start reads this\n",
		    dir);
		return CTL_DONE;
	}
	if (look->in_force == look->handlers) {
		printf("in force in %u handler%s\n", look->in_force,
		    look->in_force == 1 ? "" : "s");
		return CTL_DONE;
	}
	char why[PROCESS_WHY_SIZE];
	in_force_format_why(&look->behind, "this was not read in time", why);
	ctl_error("NOT IN FORCE: %u of %u handlers, such as process %lld, "
		  "serve by what was before: %s",
	    look->handlers - look->in_force, look->handlers,
	    (long long)look->behind.pid, why);
	return CTL_FAILED;
}

/* Loads the configuration once more, as it is after the change. */
static enum ctl_exit
find_files(const struct ctl *ctl, struct secret_digest *ret)
{
	struct ctl fresh = {.conf = ctl->conf};
	enum ctl_exit status = ctl_load(&fresh);

	if (status == CTL_DONE)
		*ret = file_id_digest(fresh.files.ids, fresh.files.count);
	ctl_done(&fresh);
	return status;
}

static enum ctl_exit
look_for(const struct ctl *ctl, const char *dir, const char *conf)
{
	struct look look = {.conf = conf};

	enum err err = look_once(dir, &look);
	if (err == ERR_OK && look.handlers > 0) {
		if (find_files(ctl, &look.files) != CTL_DONE)
			return CTL_FAILED;
		look.since_us = clock_calendar_us();
		look.calls = true;
		err = look_until_known(dir, &look);
	}
	if (err == ERR_OK)
		return say_how_it_went(dir, &look);
	printf("whether running handlers have read this is not known: "
	       "%s: %s\n",
	    dir, strerror(errno));
	return CTL_DONE;
}

enum ctl_exit
in_force_wait(const struct ctl *ctl)
{
	const char *dir = site_settings(ctl->site)->state_dir;

	if (dir == NULL) {
		puts("whether running handlers have read this is not known: "
		     "that takes the setting state_dir");
		return CTL_DONE;
	}
	char *conf = realpath(ctl->conf, NULL);
	if (conf == NULL) {
		ctl_error("%s: %s", ctl->conf, strerror(errno));
		return CTL_FAILED;
	}
	enum ctl_exit status = look_for(ctl, dir, conf);
	free(conf);
	return status;
}
