#ifndef DDNSGATE_SANDBOX_SANDBOX_H
#define DDNSGATE_SANDBOX_SANDBOX_H

/*
 * Drops what serving does not need.  Each mechanism is in a module
 * sandbox_... of its own; one that the system lacks is left out, and the
 * report says so.
 *
 * What may be reached is fixed from then on: the folders of the configuration
 * and the ports of its DNS servers as they were.
 */

#include <stdbool.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"
#include "ddnsgate/config/site.h"
#include "ddnsgate/syntax/conf_files.h"

/* What is held, each by one mechanism. */
enum sandbox_part {
	SANDBOX_PROCESS,
	SANDBOX_FILES,
	SANDBOX_PORTS,
	SANDBOX_CALLS,
	SANDBOX_MEMORY,
	SANDBOX_PARTS
};

struct sandbox_dependencies {
	const struct site *site;        /* its DNS servers, its settings */
	const struct conf_files *files; /* to be read again; NULL: none */
	const char *socket; /* its file is removed at the end; NULL: none */
};

/* What was allowed, and what has come of each part. */
struct sandbox;

/*
 * Enters, for good: before other threads are made, after all is opened that
 * is opened once.  ERR_UNSUPPORTED of a part is no failure, nor is it one
 * when the setting sandbox is off: all parts are ERR_DISABLED then.  Else
 * ERR_IO and ERR_MEMORY; *ret may be set all the same, to tell which part
 * has failed, and the process had better end.
 */
enum err
sandbox_enter(
    const struct sandbox_dependencies *dependencies, struct sandbox **ret);

void
sandbox_free(struct sandbox *sandbox);

/* What has come of a part; ERR_OK: it is in force. */
enum err
sandbox_outcome(const struct sandbox *sandbox, enum sandbox_part part);

/* A part and its mechanism, such as "TCP ports (landlock)". */
const char *
sandbox_part_text(enum sandbox_part part);

/* An outcome in words, such as "in force". */
const char *
sandbox_outcome_text(enum err outcome);

/* Is it one that should not have been? */
bool
sandbox_has_failed(enum err outcome);

/*
 * Is all of that within what was allowed, as after a reload?  If not, *out
 * gets the first port or file that is not.
 */
bool
sandbox_covers(const struct sandbox *sandbox,
    const struct sandbox_dependencies *dependencies, struct text *out);

#endif
