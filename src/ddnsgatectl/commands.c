#include "commands.h"

#include <stdint.h>
#include <string.h>

static const char check_help[] =
    "Reads the configuration and prints every error and warning in it, one\n"
    "line that counts them, and which parts of the sandbox are in force for a\n"
    "handler that starts here.  Fails when there is an error.\n\n"
    "  --live   also asks each server of each zone, and changes nothing:\n"
    "           whether it can be reached, serves the zone, accepts the key\n"
    "           and takes an UPDATE of the zone signed with it";

static const char list_help[] =
    "Prints the zones with their keys and servers, an empty line, and the\n"
    "hosts of all clients, one a line, in the order of the configuration.\n"
    "Fields are separated by blanks; \"-\" stands for none.";

static const char show_help[] =
    "Asks the zone's server what DNS has for HOST now, and prints one record\n"
    "a line.  HOST may be any name in a configured zone; one without a dot is\n"
    "completed when there is only one zone.";

static const char add_help[] =
    "Makes a client with a new secret and writes it to a file of its own in\n"
    "the folder that the setting clients_dir names.  Then it has running\n"
    "handlers read it, and says whether it is in force; fails when it is not.\n"
    "The secret is printed once and stored nowhere; the file holds its\n"
    "SHA-256 digest.  A HOST without a dot is completed when there is only\n"
    "one zone; the file has full names.\n\n"
    "  --snippet KIND  the configuration that is printed with the secret, see\n"
    "                  'ddnsgatectl help snippet'; otherwise that for curl\n"
    "  --url URL       how the world reaches ddnsgate, without the setting\n"
    "                  base_path, such as https://ddns.example.org";

static const char rotate_help[] =
    "Gives a client a new secret and prints it.  The old one goes on working,\n"
    "so that devices can be changed over one by one.  Only for clients that\n"
    "have a file of their own in clients_dir.  Says, as add does, whether\n"
    "running handlers serve by it, and fails when they do not.\n\n"
    "  --drop-old      makes no new secret, but ends the change-over: all but\n"
    "                  the newest stop working\n"
    "  --snippet KIND  as with add\n"
    "  --url URL       as with add";

static const char remove_help[] =
    "Removes a client that has a file of its own in clients_dir.  Says, as\n"
    "add does, whether running handlers serve by it, and fails when they do\n"
    "not.  Its records stay in DNS; to remove these as well, call before:\n\n"
    "  ddnsgatectl update CLIENT --offline";

static const char secret_help[] =
    "Prints a new secret and the form of it that belongs into the\n"
    "configuration.\n\n"
    "  --stdin  reads a secret, one line, from standard input instead and\n"
    "           prints the form that belongs into the configuration";

static const char update_help[] =
    "Does what a request of the client would do, and shows each step.  "
    "Without\n"
    "HOST it is about all hosts of the client; HOST is one's full name or its\n"
    "first labels.  ADDRESS is an IPv4 or IPv6 address, or an IPv6 prefix\n"
    "such as 2001:db8:1:2::/64, below which each host keeps its own low bits.\n"
    "A family without an ADDRESS stays as it is.\n\n"
    "  --offline  removes the addresses of both families";

static const char policy_help[] =
    "Prints the narrowest configuration of Knot DNS or BIND that lets\n"
    "ddnsgate do its work: for each key and zone the right to change A and\n"
    "AAAA records below the zone's own name, of that name where it is a host,\n"
    "and nothing else.  With PowerDNS the key may change all of its zone.\n"
    "The keys' secrets are not printed.";

static const char snippet_help[] =
    "Prints ready configuration of that kind for a client's router, device or\n"
    "program.  Without arguments it lists the kinds.  Of secrets only digests\n"
    "are kept, so SECRET stands in the text where the secret belongs.  To get\n"
    "it with a new secret: 'ddnsgatectl add' or 'rotate' with --snippet "
    "KIND.\n\n"
    "  --url URL  how the world reaches ddnsgate, without the setting\n"
    "             base_path, such as https://ddns.example.org";

// clang-format off
static const struct command commands[] = {
	{ .name = "check", .synopsis = "[--live]",
	  .summary = "say what is wrong with the configuration, or in DNS",
	  .help = check_help, .run = check_run, .options = CTL_LIVE },
	{ .name = "list", .synopsis = "",
	  .summary = "list zones, clients and hosts",
	  .help = list_help, .run = list_run, .needs_site = true },
	{ .name = "show", .synopsis = "HOST",
	  .summary = "show what DNS has for a host now",
	  .help = show_help, .run = show_run, .needs_site = true,
	  .args_min = 1, .args_max = 1 },
	{ .name = "add", .synopsis = "[--url URL] [--snippet KIND] CLIENT HOST...",
	  .summary = "make a client and its secret URL",
	  .help = add_help, .run = add_run, .needs_site = true,
	  .options = CTL_URL | CTL_SNIPPET, .args_min = 2, .args_max = SIZE_MAX },
	{ .name = "rotate",
	  .synopsis = "[--drop-old] [--url URL] [--snippet KIND] CLIENT",
	  .summary = "give a client a new secret beside the old one",
	  .help = rotate_help, .run = rotate_run, .needs_site = true,
	  .options = CTL_DROP_OLD | CTL_URL | CTL_SNIPPET,
	  .args_min = 1, .args_max = 1 },
	{ .name = "remove", .synopsis = "CLIENT",
	  .summary = "remove a client; its records stay",
	  .help = remove_help, .run = remove_run, .needs_site = true,
	  .args_min = 1, .args_max = 1 },
	{ .name = "secret", .synopsis = "[--stdin]",
	  .summary = "make a secret",
	  .help = secret_help, .run = secret_run, .options = CTL_STDIN },
	{ .name = "update",
	  .synopsis = "[--offline] CLIENT [HOST...] [ADDRESS...]",
	  .summary = "change addresses as a request would, step by step",
	  .help = update_help, .run = update_run, .needs_site = true,
	  .options = CTL_OFFLINE, .args_min = 1, .args_max = SIZE_MAX },
	{ .name = "policy", .synopsis = "knot|bind|powerdns",
	  .summary = "print what the DNS server has to allow",
	  .help = policy_help, .run = server_policy_run, .needs_site = true,
	  .args_min = 1, .args_max = 1 },
	{ .name = "snippet", .synopsis = "[--url URL] [KIND CLIENT]",
	  .summary = "print ready configuration for a client's device",
	  .help = snippet_help, .run = snippet_run,
	  .options = CTL_URL, .args_max = 2 },
};
// clang-format on
#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

const struct command *
commands_all(size_t *ret_count)
{
	*ret_count = COMMAND_COUNT;
	return commands;
}

const struct command *
commands_find(const char *name)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	}
	return NULL;
}
