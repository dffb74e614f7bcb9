#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ddnsgate/base/page_buffer.h"
#include "ddnsgate/reply/metrics.h"
#include "ddnsgate/state/counters.h"
#include "ddnsgate/state/seen.h"

#include "commands.h"
#include "in_force.h"
#include "stale.h"

/* The metrics, and behind them what only this tool tells. */
#define OWN_SIZE 1024
#define TEXT_SIZE (METRICS_SIZE_MAX + OWN_SIZE)

struct processes {
	unsigned count, in_force;
};

/* An in_force_visit */
static void
count_process(void *ctx, const struct process_status *status, bool in_force)
{
	struct processes *processes = ctx;

	(void)status;
	processes->count++;
	processes->in_force += in_force;
}

/* As "status" finds it. */
static bool
is_in_force(const struct ctl *ctl, const char *dir)
{
	const struct conf_files *files = &ctl->files;
	struct secret_digest digest = file_id_digest(files->ids, files->count);
	struct processes processes = {.count = 0};
	char *conf = realpath(ctl->conf, NULL);

	enum err err = in_force_each(dir, conf != NULL ? conf : ctl->conf,
	    &digest, count_process, &processes);
	free(conf);
	return err == ERR_OK && processes.count > 0 &&
	       processes.in_force == processes.count;
}

/* Not when it is not known when hosts were seen. */
static void
put_stale(struct text *out, const struct ctl *ctl, const char *dir)
{
	struct seen *seen = NULL;
	const char *why;

	if (seen_open_reading(dir, &seen, &why) != ERR_OK)
		return;
	metrics_put_gauge(out, "hosts_stale",
	    "Hosts that were not seen for 35 days.",
	    (int64_t)stale_count(ctl, seen));
	seen_close(seen);
}

static enum ctl_exit
print(const struct ctl *ctl, const char *dir,
    struct counters_snapshot *snapshot, char *buf)
{
	struct text out;

	text_init(&out, buf, TEXT_SIZE);
	metrics_write(&out, snapshot);
	metrics_put_gauge(&out, "in_force",
	    "Whether what is on disk is in force in all processes that run.",
	    is_in_force(ctl, dir));
	put_stale(&out, ctl, dir);
	fwrite(out.buf, 1, out.len, stdout);
	return CTL_DONE;
}

static enum ctl_exit
say_why(const char *dir, enum err err, const char *why)
{
	if (err == ERR_ABSENT)
		ctl_error("%s/counters: there is none yet, or it is of another "
			  "version or damaged: no handler of this version has "
			  "counted",
		    dir);
	else
		ctl_error("%s/counters: %s", dir,
		    err == ERR_IO ? why : err_text(err));
	return CTL_FAILED;
}

enum ctl_exit
metrics_run(struct ctl *ctl)
{
	const char *dir = site_settings(ctl->site)->state_dir;
	const struct secret_digest layout = metrics_layout();
	struct counters_snapshot *snapshot = page_buffer_new(sizeof(*snapshot));
	char *buf = page_buffer_new(TEXT_SIZE);
	enum ctl_exit status = CTL_FAILED;
	const char *why = "";
	enum err err = ERR_MEMORY;

	if (dir == NULL)
		ctl_error("%s: set state_dir: what is counted is kept there",
		    ctl->conf);
	else if (snapshot != NULL && buf != NULL)
		err = counters_read(dir, &layout, snapshot, &why);
	if (err == ERR_OK)
		status = print(ctl, dir, snapshot, buf);
	else if (dir != NULL)
		status = say_why(dir, err, why);
	page_buffer_free(buf, TEXT_SIZE);
	page_buffer_free(snapshot, sizeof(*snapshot));
	return status;
}
