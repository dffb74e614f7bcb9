#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "ddnsgate/base/text.h"

const char options_help[] =
    "usage: ddnsgate [-c FILE] [-l LISTEN] [-t THREADS] [-n] [-V] [-h]\n"
    "\n"
    "Dynamic DNS as a FastCGI or CGI program: maps a secret URL to host\n"
    "names and sends the DNS server one signed UPDATE.\n"
    "\n"
    "  -c FILE     configuration (otherwise $DDNSGATE_CONF, otherwise\n"
    "              " DDNSGATE_CONF ")\n"
    "  -l LISTEN   serve FastCGI at unix:/PATH, 127.0.0.1:PORT or\n"
    "              [::1]:PORT (otherwise the socket on standard input, or\n"
    "              systemd's, or the setting listen)\n"
    "  -t THREADS  worker threads, 1 to 1024 (otherwise the setting threads,\n"
    "              otherwise 1 for a socket on standard input, 16 else)\n"
    "  -n          check the configuration and exit\n"
    "  -V          print the version and exit (also --version)\n"
    "  -h          print this and exit (also --help)\n"
    "\n"
    "With GATEWAY_INTERFACE in the environment it answers one CGI request\n"
    "and takes no options.  Exit status: 0 done, 1 failed, 2 usage.\n"
    "SIGHUP reloads; SIGTERM and SIGINT finish what is in flight.\n"
    "See ddnsgate(8) and ddnsgate.conf(5).\n";

const char *
options_default_conf(void)
{
	const char *conf = getenv("DDNSGATE_CONF");
	return conf != NULL && *conf != '\0' ? conf : DDNSGATE_CONF;
}

static enum err
parse_threads(const char *text, unsigned *ret)
{
	uint64_t threads;

	if (span_number(span_of(text), OPTIONS_THREADS_MAX, &threads) !=
		ERR_OK ||
	    threads == 0) {
		fprintf(stderr,
		    "ddnsgate: -t %s: not a number of threads, "
		    "1 to %d is allowed\n",
		    text, OPTIONS_THREADS_MAX);
		return ERR_SYNTAX;
	}
	*ret = (unsigned)threads;
	return ERR_OK;
}

static enum err
take(int option, struct options *options)
{
	switch (option) {
	case 'c':
		options->conf = optarg;
		return ERR_OK;
	case 'l':
		options->listen = optarg;
		return ERR_OK;
	case 't':
		return parse_threads(optarg, &options->threads);
	case 'n':
		options->check_only = true;
		return ERR_OK;
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
	struct options options = {.conf = options_default_conf()};
	int option;

	while ((option = getopt_long(argc, argv, "c:l:t:nVh", longs, NULL)) !=
	       -1) {
		enum err err = take(option, &options);
		if (err != ERR_OK)
			return err;
	}
	if (optind < argc) {
		fprintf(stderr, "ddnsgate: no arguments besides options\n");
		return ERR_SYNTAX;
	}
	*ret = options;
	return ERR_OK;
}
