#ifndef DDNSGATE_OPTIONS_H
#define DDNSGATE_OPTIONS_H

/* The command line of the handler program. */

#include <stdbool.h>

#include "ddnsgate/base/err.h"

#define OPTIONS_THREADS_MAX 1024

struct options {
	const char *conf;   /* never NULL */
	const char *listen; /* NULL: not given */
	unsigned threads;   /* 0: not given */
	bool check_only;
	bool help;
	bool version;
};

/* The configuration file when no option names one. */
const char *
options_default_conf(void);

/* ERR_SYNTAX after a message on stderr. */
enum err
options_parse(int argc, char *argv[], struct options *ret);

/* What --help prints. */
extern const char options_help[];

#endif
