#ifndef DDNSGATE_SANDBOX_SANDBOX_H
#define DDNSGATE_SANDBOX_SANDBOX_H

/*
 * Restricts the process to what serving requests needs.  Each mechanism is a
 * module sandbox_...; one that the system lacks is left out, and its outcome
 * says so.
 *
 * From then on the process can reach only the folders of the configuration, and
 * the TCP ports of its DNS servers and of Redis, as they were at that time;
 * sandbox_covers tells whether a new configuration needs others.
 */

#include <stdbool.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"
#include "ddnsgate/site/site.h"
#include "ddnsgate/syntax/conf_files.h"

/* What is restricted, each by one mechanism. */
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

/* What is allowed, and the outcome of each part. */
struct sandbox;

/*
 * Enters the sandbox, which cannot be left.  To be called before other threads
 * are made, and after what is opened only once.  It is no failure if a part is
 * ERR_UNSUPPORTED, nor if the setting sandbox is off and all parts are
 * ERR_DISABLED.
 *
 * ERR_IO, ERR_MEMORY: the sandbox may be entered in part, so the process should
 * end; *ret may be set all the same, to show which part failed.
 */
enum err
sandbox_enter(
    const struct sandbox_dependencies *dependencies, struct sandbox **ret);

void
sandbox_free(struct sandbox *sandbox);

/* The outcome of a part; ERR_OK: it is in force. */
enum err
sandbox_outcome(const struct sandbox *sandbox, enum sandbox_part part);

/* A part and its mechanism, such as "TCP ports (landlock)". */
const char *
sandbox_part_text(enum sandbox_part part);

/* An outcome in words, such as "in force". */
const char *
sandbox_outcome_text(enum err outcome);

/* Is the outcome a failure, and not only an absence? */
bool
sandbox_has_failed(enum err outcome);

/*
 * Does the sandbox allow what these need, as a reloaded configuration?  If not,
 * the first port or file that it does not allow is appended to *out.
 */
bool
sandbox_covers(const struct sandbox *sandbox,
    const struct sandbox_dependencies *dependencies, struct text *out);

#endif
