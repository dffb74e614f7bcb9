#ifndef DDNSGATE_BASE_LOG_H
#define DDNSGATE_BASE_LOG_H

/*
 * Writes log lines to stderr or syslog.  This is the only global state of the
 * library; before a program opens the log nothing is written.  Only the
 * handler and the programs write to it, and never a secret.
 *
 * On stderr a line starts with "<N>" if JOURNAL_STREAM says that stderr goes
 * to the journal (sd-daemon(3)), else with "PROGRAM: LEVEL: ".  Each line is
 * one write(2), so lines of several threads and processes do not mix; control
 * characters are replaced by "?".
 */

#include <stdbool.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
};
enum log_target { LOG_TARGET_STDERR, LOG_TARGET_SYSLOG };

/* In bytes with the newline; a longer line is cut off. */
#define LOG_LINE_MAX 2048
/* How long a line waits while nobody reads stderr.  It releases the run slot
 * meanwhile, and is dropped then; the next one says how many were lost. */
#define LOG_WAIT_MS 1000

/*
 * Opens the log; level is the threshold, the least important one that is still
 * written.  May be called again, by one thread at a time, while others log.
 */
void
log_open(enum log_target target, enum log_level level);

/* Would a line of this level be written?  If not, it need not be built. */
bool
log_wanted(enum log_level level);

void
log_line(enum log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
