#include "start_line.h"

#include "ddnsgate/base/log.h"

#include "report.h"

/* "calls,memory", for all parts. */
#define SANDBOX_SIZE 64

/* The parts of the sandbox in words that need no quotes. */
static const char *const part_words[SANDBOX_PARTS] = {
    [SANDBOX_PROCESS] = "process",
    [SANDBOX_FILES] = "files",
    [SANDBOX_PORTS] = "ports",
    [SANDBOX_CALLS] = "calls",
    [SANDBOX_MEMORY] = "memory"};

static void
put_sandbox(struct text *out, const struct sandbox *sandbox)
{
	for (int i = 0; i < SANDBOX_PARTS; i++) {
		if (sandbox_outcome(sandbox, (enum sandbox_part)i) != ERR_OK)
			continue;
		text_puts(out, out->len > 0 ? "," : "");
		text_puts(out, part_words[i]);
	}
	if (out->len == 0)
		text_puts(out, "-");
}

void
start_line_prepare(struct start_line *line, int listen_fd)
{
	struct text listen;

	TEXT_INIT(&listen, line->listen);
	listen_put_address(&listen, listen_fd);
	run_as_self(&line->user);
}

void
start_line_log(const struct start_line *line)
{
	struct report_counts counts = report_count(line->site);
	char sandbox_buf[SANDBOX_SIZE];
	struct text sandbox;

	TEXT_INIT(&sandbox, sandbox_buf);
	put_sandbox(&sandbox, line->sandbox);
	log_line(LOG_LEVEL_INFO,
	    "started: version=%s listen=%s zones=%zu clients=%zu hosts=%zu "
	    "threads=%u user=%s sandbox=%s",
	    DDNSGATE_VERSION, line->listen, site_zone_count(line->site),
	    counts.clients, counts.hosts, line->threads, line->user.name,
	    sandbox_buf);
}
