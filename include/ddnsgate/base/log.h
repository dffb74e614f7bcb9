#ifndef DDNSGATE_BASE_LOG_H
#define DDNSGATE_BASE_LOG_H

/*
 * Writes log lines to stderr, syslog or the journal.  This is the only global
 * state of the library; before a program opens the log nothing is written. Only
 * the handler and the programs write to it, and never a secret.
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
enum log_target { LOG_TARGET_STDERR, LOG_TARGET_SYSLOG, LOG_TARGET_JOURNAL };
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

/* How the fields of a line are written. */
enum log_fields {
	LOG_FIELDS_TEXT,   /* in the message */
	LOG_FIELDS_JSON,   /* as members of an object: ,"KEY":VALUE */
	LOG_FIELDS_JOURNAL /* KEY=VALUE and a newline, without control
			      characters */
};

/* In bytes with the newline; a longer line is cut off. */
#define LOG_LINE_MAX 2048
/* A line of JSON, which PIPE_BUF has room for, so that it is written whole. */
#define LOG_JSON_MAX 4096
/* Fields as JSON or for the journal. */
#define LOG_FIELDS_MAX 16384
/* How long a line waits while nobody reads stderr.  It releases the run slot
 * meanwhile, and is dropped then; the next one says how many were lost. */
#define LOG_WAIT_MS 1000

/*
 * Opens the log; level is the threshold, the least important one that is still
 * written.  May be called again, by one thread at a time, while others log.
 */
void
log_open(enum log_target target, enum log_level level);

/* How lines on stderr and in syslog are written; before log_open, which makes
 * it known to others.  The journal has fields in any case. */
void
log_set_format(enum log_format format);

/* Whether lines of text on stderr begin with the time (ISO 8601, UTC): where
 * nobody adds it.  Never in the journal or on a terminal. */
void
log_set_time(bool on);

/* How the fields of a request's line are wanted at present. */
enum log_fields
log_fields_wanted(void);

/* Writes a line with fields in a form that log_fields_wanted gave.  The message
 * is what the journal has beside them. */
void
log_line_with(enum log_level level, enum log_fields form, struct span fields,
    const char *message);

/* Would a line of this level be written?  If not, it need not be built. */
bool
log_wanted(enum log_level level);

void
log_line(enum log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
