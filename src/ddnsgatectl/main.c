#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "ctl.h"

enum { OPTION_HELP = 'h', OPTION_VERSION = 'V', OPTION_CONF = 'c' };

// clang-format off
static const struct option general_options[] = {
	{ "help",    no_argument, NULL, OPTION_HELP },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ NULL,      0,           NULL, 0 },
};

/* A value above all characters, so that no short option equals it. */
#define COMMAND_OPTION 0x100000
static const struct option command_options[] = {
	{ "live",     no_argument,       NULL, COMMAND_OPTION | CTL_LIVE },
	{ "drop-old", no_argument,       NULL, COMMAND_OPTION | CTL_DROP_OLD },
	{ "offline",  no_argument,       NULL, COMMAND_OPTION | CTL_OFFLINE },
	{ "stdin",    no_argument,       NULL, COMMAND_OPTION | CTL_STDIN },
	{ "url",      required_argument, NULL, COMMAND_OPTION | CTL_URL },
	{ "snippet",  required_argument, NULL, COMMAND_OPTION | CTL_SNIPPET },
	{ "from",     required_argument, NULL, COMMAND_OPTION | CTL_FROM },
	{ "private",  no_argument,       NULL, COMMAND_OPTION | CTL_PRIVATE },
	{ "acme",     no_argument,       NULL, COMMAND_OPTION | CTL_ACME },
	{ "txt",      required_argument, NULL, COMMAND_OPTION | CTL_TXT },
	{ "remove",   no_argument,       NULL, COMMAND_OPTION | CTL_REMOVE },
	{ "replace",  no_argument,       NULL, COMMAND_OPTION | CTL_REPLACE },
	{ "all",      no_argument,       NULL, COMMAND_OPTION | CTL_ALL },
	{ "family",   required_argument, NULL, COMMAND_OPTION | CTL_FAMILY },
	{ "json",     no_argument,       NULL, COMMAND_OPTION | CTL_JSON },
	{ "days",     required_argument, NULL, COMMAND_OPTION | CTL_DAYS },
	{ "dry-run",  no_argument,       NULL, COMMAND_OPTION | CTL_DRY_RUN },
	{ "since",    required_argument, NULL, COMMAND_OPTION | CTL_SINCE },
	{ "user",     required_argument, NULL, COMMAND_OPTION | CTL_USER },
	{ "help",     no_argument,       NULL, OPTION_HELP },
	{ NULL,       0,                 NULL, 0 },
};
// clang-format on

static void
print_usage(FILE *out)
{
	size_t count;
	const struct command *commands = commands_all(&count);

	fputs("usage: ddnsgatectl [-c FILE] COMMAND [ARGUMENT...]\n"
	      "       ddnsgatectl help COMMAND | --help | --version\n\n"
	      "commands:\n",
	    out);
	for (size_t i = 0; i < count; i++)
		fprintf(
		    out, "  %-11s %s\n", commands[i].name, commands[i].summary);
}

static void
print_help(void)
{
	print_usage(stdout);
	puts("\noptions:\n"
	     "  -c FILE        the configuration; otherwise the file that the\n"
	     "                 environment variable DDNSGATE_CONF names, "
	     "otherwise\n"
	     "                 " DDNSGATE_CONF "\n"
	     "  -h, --help     this text; 'help COMMAND' tells about one "
	     "command\n"
	     "  -V, --version  the version\n\n"
	     "exit status: 0 done, 1 failed, 2 wrong usage");
}

static void
print_command_usage(FILE *out, const struct command *command)
{
	fprintf(out, "usage: ddnsgatectl [-c FILE] %s%s%s\n", command->name,
	    command->synopsis[0] != '\0' ? " " : "", command->synopsis);
}

static void
print_command_help(const struct command *command)
{
	print_command_usage(stdout, command);
	printf("\n%s\n", command->help);
}

static const struct command *
find_command(const char *name)
{
	const struct command *command = commands_find(name);

	if (command == NULL) {
		ctl_error("there is no command \"%s\"", name);
		print_usage(stderr);
	}
	return command;
}

/* "help" and "help COMMAND" */
static enum ctl_exit
run_help(char **args, size_t count)
{
	if (count == 0) {
		print_help();
		return CTL_DONE;
	}
	const struct command *command = find_command(args[0]);
	if (command == NULL)
		return CTL_USAGE;
	print_command_help(command);
	return CTL_DONE;
}

static enum ctl_exit
wrong_usage(const struct command *command, const char *what)
{
	ctl_error("%s: %s", command->name, what);
	print_command_usage(stderr, command);
	return CTL_USAGE;
}

static bool
add_value(struct ctl_values *values)
{
	if (values->count == CTL_VALUES_MAX)
		return false;
	values->texts[values->count++] = optarg;
	return true;
}

/* False if it was given too often. */
static bool
take_option(struct ctl *ctl, unsigned bit)
{
	ctl->options |= bit;
	switch (bit) {
	case CTL_URL:
		ctl->url = optarg;
		return true;
	case CTL_SNIPPET:
		ctl->snippet = optarg;
		return true;
	case CTL_USER:
		ctl->user = optarg;
		return true;
	case CTL_TXT:
		ctl->txt = optarg;
		return true;
	case CTL_DAYS:
		ctl->days = optarg;
		return true;
	case CTL_SINCE:
		ctl->since = optarg;
		return true;
	case CTL_FROM:
		return add_value(&ctl->from);
	case CTL_FAMILY:
		return add_value(&ctl->families);
	default:
		return true;
	}
}

/* Reads options and arguments; after --help only *ret_help is set. */
static enum ctl_exit
read_arguments(const struct command *command, int argc, char **argv,
    struct ctl *ctl, bool *ret_help)
{
	int option;

	optind = 0; /* glibc: start anew */
	while ((option = getopt_long(
		    argc, argv, ":h", command_options, NULL)) != -1) {
		if (option == OPTION_HELP) {
			*ret_help = true;
			return CTL_DONE;
		}
		unsigned bit = (unsigned)option & ~(unsigned)COMMAND_OPTION;
		if (option < COMMAND_OPTION || !(command->options & bit))
			return wrong_usage(command,
			    option == ':' ? "an option lacks its value"
					  : "an option that it does not have");
		if (!take_option(ctl, bit))
			return wrong_usage(command, "an option too often");
	}
	ctl->args = argv + optind;
	ctl->arg_count = (size_t)(argc - optind);
	if (ctl->arg_count < command->args_min)
		return wrong_usage(command, "too few arguments");
	if (ctl->arg_count > command->args_max)
		return wrong_usage(command, "too many arguments");
	return CTL_DONE;
}

static enum ctl_exit
run_command(int argc, char **argv, struct ctl *ctl)
{
	const struct command *command = find_command(argv[0]);
	bool help = false;

	if (command == NULL)
		return CTL_USAGE;
	enum ctl_exit status = read_arguments(command, argc, argv, ctl, &help);
	if (status != CTL_DONE)
		return status;
	if (help) {
		print_command_help(command);
		return CTL_DONE;
	}
	if (command->needs_site)
		status = ctl_load(ctl);
	if (status == CTL_DONE)
		status = command->run(ctl);
	ctl_done(ctl);
	return status;
}

/* The exit status: output that could not be written is a failure. */
static int
finish(enum ctl_exit status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return (int)status;
	ctl_error("the output could not be written");
	return status == CTL_DONE ? CTL_FAILED : (int)status;
}

static const char *
default_conf(void)
{
	const char *path = getenv("DDNSGATE_CONF");

	return path != NULL && path[0] != '\0' ? path : DDNSGATE_CONF;
}

int
main(int argc, char **argv)
{
	struct ctl ctl = {.conf = default_conf()};
	int option;

	signal(SIGXFSZ, SIG_IGN); /* beyond RLIMIT_FSIZE: EFBIG */
	while ((option = getopt_long(
		    argc, argv, "+c:hV", general_options, NULL)) != -1) {
		switch (option) {
		case OPTION_CONF:
			ctl.conf = optarg;
			break;
		case OPTION_HELP:
			print_help();
			return finish(CTL_DONE);
		case OPTION_VERSION:
			puts("ddnsgatectl " DDNSGATE_VERSION);
			return finish(CTL_DONE);
		default:
			print_usage(stderr);
			return CTL_USAGE;
		}
	}
	argc -= optind;
	argv += optind;
	if (argc == 0) {
		ctl_error("a command is missing");
		print_usage(stderr);
		return CTL_USAGE;
	}
	if (strcmp(argv[0], "help") == 0)
		return finish(run_help(argv + 1, (size_t)(argc - 1)));
	return finish(run_command(argc, argv, &ctl));
}
