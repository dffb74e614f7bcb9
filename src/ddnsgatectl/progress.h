#ifndef DDNSGATECTL_PROGRESS_H
#define DDNSGATECTL_PROGRESS_H

/* How far a long command is: one line on a terminal, which is written anew, and
 * nothing elsewhere. */

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool is_terminal;
	const char *what;
	uint64_t done;
	int64_t shown_us;
};

void
progress_init(struct progress *progress);

/* Another part begins: what is being done, a static text. */
void
progress_begin(struct progress *progress, const char *what);

/* One more is done. */
void
progress_step(struct progress *progress);

/* Removes the line. */
void
progress_done(struct progress *progress);

#endif
