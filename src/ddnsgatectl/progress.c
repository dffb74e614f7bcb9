#include "progress.h"

#include <stdio.h>
#include <unistd.h>

#include "ddnsgate/base/clock.h"

/* The clock is looked at after so many steps, and the line written so often. */
#define STEPS 4096
#define SHOWN_US 200000

void
progress_init(struct progress *progress)
{
	*progress =
	    (struct progress){.is_terminal = isatty(STDERR_FILENO) == 1};
}

static void
show(struct progress *progress)
{
	progress->shown_us = clock_now_us();
	fprintf(stderr, "\r%s", progress->what);
	if (progress->done > 0)
		fprintf(stderr, ": %llu", (unsigned long long)progress->done);
	fputs("\033[K", stderr);
	fflush(stderr);
}

void
progress_begin(struct progress *progress, const char *what)
{
	progress->what = what;
	progress->done = 0;
	if (progress->is_terminal)
		show(progress);
}

void
progress_step(struct progress *progress)
{
	if (++progress->done % STEPS == 0 && progress->is_terminal &&
	    clock_now_us() - progress->shown_us > SHOWN_US)
		show(progress);
}

void
progress_done(struct progress *progress)
{
	if (progress->is_terminal)
		fputs("\r\033[K", stderr);
	progress->is_terminal = false;
}
