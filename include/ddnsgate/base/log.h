#ifndef DDNSGATE_BASE_LOG_H
#define DDNSGATE_BASE_LOG_H

/*
 * One line per call to stderr or syslog; the only global state of the
 * library, and silent until a program opens it.  Only the handler and the
 * programs call it.  Secrets never come here.
 *
 * On stderr a line starts with "<N>" if JOURNAL_STREAM says that stderr goes
 * to the journal (sd-daemon(3)), else with "PROGRAM: LEVEL: ".  Each line is
 * one write(2), so lines of threads and processes do not mix; a control
 * character in it is shown as "?".
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

/* The longest line with its end; the rest is cut off. */
#define LOG_LINE_MAX 2048

/* May be called again, from one thread at a time, while others log. */
void
log_open(enum log_target target, enum log_level level);

/* Would a line of this level be written?  Saves making it. */
bool
log_wanted(enum log_level level);

void
log_line(enum log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
