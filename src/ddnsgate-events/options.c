#include "options.h"

#include <getopt.h>
#include <stdio.h>

#include "ddnsgate/base/text.h"

const char options_help[] =
    "usage: ddnsgate-events [-l unix:/PATH] [-d DIR] [-t SECONDS] [-V] [-h]\n"
    "\n"
    "Receives the events of ddnsgate and runs each program of a folder with\n"
    "one event as JSON on standard input and in variables DDNS_*.\n"
    "\n"
    "  -l unix:/PATH  the socket, as in the setting events (otherwise\n"
    "                 systemd's)\n"
    "  -d DIR         the folder (otherwise " OPTIONS_DIR ")\n"
    "  -t SECONDS     how long a program may take, 1 to 3600 (otherwise 30)\n"
    "  -V             print the version and exit (also --version)\n"
    "  -h             print this and exit (also --help)\n"
    "\n"
    "Exit status: 0 stopped by SIGTERM or SIGINT, 1 failed, 2 usage.\n"
    "See ddnsgate-events(8).\n";

static enum err
parse_seconds(const char *text, unsigned *ret)
{
	uint64_t seconds;

	if (span_number(span_of(text), OPTIONS_SECONDS_MAX, &seconds) !=
		ERR_OK ||
	    seconds == 0) {
		fprintf(stderr,
		    "ddnsgate-events: -t %s: not a number of seconds, "
		    "1 to %d is allowed\n",
		    text, OPTIONS_SECONDS_MAX);
		return ERR_SYNTAX;
	}
	*ret = (unsigned)seconds;
	return ERR_OK;
}

static enum err
take(int option, struct options *options)
{
	switch (option) {
	case 'l':
		options->listen = optarg;
		return ERR_OK;
	case 'd':
		options->dir = optarg;
		return ERR_OK;
	case 't':
		return parse_seconds(optarg, &options->seconds);
	case 'V':
		options->version = true;
		return ERR_OK;
	case 'h':
		options->help = true;
		return ERR_OK;
	default: /* getopt has printed what is wrong */
		return ERR_SYNTAX;
	}
}

enum err
options_parse(int argc, char *argv[], struct options *ret)
{
	static const struct option longs[] = {
	    {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'V'},
	    {0},
	};
	struct options options = {
	    .dir = OPTIONS_DIR, .seconds = OPTIONS_SECONDS};
	int option;

	while (
	    (option = getopt_long(argc, argv, "l:d:t:Vh", longs, NULL)) != -1) {
		enum err err = take(option, &options);
		if (err != ERR_OK)
			return err;
	}
	if (optind < argc) {
		fprintf(
		    stderr, "ddnsgate-events: no arguments besides options\n");
		return ERR_SYNTAX;
	}
	*ret = options;
	return ERR_OK;
}
