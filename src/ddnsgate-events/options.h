#ifndef DDNSGATE_EVENTS_OPTIONS_H
#define DDNSGATE_EVENTS_OPTIONS_H

/* The options of the command line. */

#include <stdbool.h>

#include "ddnsgate/base/err.h"

#define OPTIONS_DIR "/etc/ddnsgate/events.d"
#define OPTIONS_SECONDS 30
#define OPTIONS_SECONDS_MAX 3600

struct options {
	const char *listen; /* NULL: systemd's socket */
	const char *dir;
	unsigned seconds; /* that a program may take */
	bool help, version;
};

/* What -h prints. */
extern const char options_help[];

/* Prints what is wrong, for ERR_SYNTAX. */
enum err
options_parse(int argc, char *argv[], struct options *ret);

#endif
