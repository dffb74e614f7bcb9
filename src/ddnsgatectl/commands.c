#include "commands.h"

#include <stdint.h>
#include <string.h>

static const char check_help[] =
    "Reads the configuration and prints every error and warning in it, one\n"
    "line that counts them, and which parts of the sandbox are in force for a\n"
    "handler that starts here.  The table of clients_db is read as a whole.\n"
    "Fails when there is an error.\n\n"
    "  --live   also asks each server of each zone, and changes nothing:\n"
    "           whether it can be reached, serves the zone, accepts the key\n"
    "           and takes an UPDATE of the zone signed with it\n"
    "  --user USER\n"
    "           also says which file this user cannot read; without it that "
    "is\n"
    "           the user that the setting user names, when root checks";

static const char status_help[] =
    "Shows whether what is on disk is in force and since when, which "
    "processes\n"
    "run, and of each host when it was last seen and changed, and the address\n"
    "that was last acknowledged.  With a CLIENT or HOST it is about these, "
    "and\n"
    "DNS is asked as well.  Fails if it is not in force, or nothing runs.\n\n"
    "  --json  the same as one JSON object";

static const char list_help[] =
    "Prints the zones with their keys and servers, an empty line, and the\n"
    "hosts of all clients, one a line, in the order of the configuration.\n"
    "Fields are separated by blanks; \"-\" stands for none.";

static const char show_help[] =
    "Asks the zone's server what DNS has for HOST now, and prints one record\n"
    "a line, also those for certificates.  HOST may be any name in a "
    "configured zone; one without a dot is\n"
    "completed when there is only one zone.";

static const char add_help[] =
    "Makes a client with a new secret and writes it to a file of its own in\n"
    "the folder that the setting clients_dir names; without that into the\n"
    "table that clients_db names, which handlers ask for each request.  Then\n"
    "it has running handlers read what they have to, and says whether it is\n"
    "in force; fails when it is not.  The secret is printed once and stored\n"
    "nowhere, but for its SHA-256 digest.  A HOST without a dot is completed\n"
    "when there is only one zone; what is stored has full names.\n\n"
    "  --from CIDR     where its requests may come from, such as "
    "192.0.2.0/24;\n"
    "                  may be given several times\n"
    "  --family A|AAAA the only family of addresses, if not both\n"
    "  --private       private addresses are allowed, too\n"
    "  --acme          its hosts may have certificates, by TXT records below\n"
    "                  them\n"
    "  --snippet KIND  the configuration that is printed with the secret, see\n"
    "                  'ddnsgatectl help snippet'; otherwise that for curl\n"
    "  --url URL       how the world reaches ddnsgate, without the setting\n"
    "                  base_path, such as https://ddns.example.org; otherwise\n"
    "                  the setting url";

static const char add_host_help[] =
    "Adds hosts to a client that has a file of its own in clients_dir, or is\n"
    "in the table of clients_db.  A HOST without a dot is completed when "
    "there\n"
    "is only one zone.  Says, as add does, whether running handlers serve by\n"
    "it, and fails when they do not.";

static const char remove_host_help[] =
    "Removes hosts of a client that has a file of its own in clients_dir, or\n"
    "is in the table of clients_db, but not its last one.  HOST is one's full\n"
    "name or its first labels.  Says, as add does, whether running handlers\n"
    "serve by it, and fails when they do not.  Their records stay in DNS.\n\n"
    "  --offline  removes their addresses first; when this fails, nothing "
    "else\n"
    "             is done";

static const char rotate_help[] =
    "Gives a client a new secret and prints it.  The old one goes on working,\n"
    "so that devices can be changed over one by one.  Only for clients that\n"
    "have a file of their own in clients_dir, or are in the table of\n"
    "clients_db.  Says, as add does, whether running handlers serve by it, "
    "and\n"
    "fails when they do not.\n\n"
    "  --drop-old      makes no new secret, but ends the change-over: all but\n"
    "                  the newest stop working\n"
    "  --snippet KIND  as with add\n"
    "  --url URL       as with add";

static const char remove_help[] =
    "Removes a client that has a file of its own in clients_dir, or is in the\n"
    "table of clients_db.  Says, as add does, whether running handlers serve\n"
    "by it, and fails when they do not.  Its records stay in DNS.\n\n"
    "  --offline  removes the addresses of its hosts first; when this fails,\n"
    "             nothing else is done";

static const char import_help[] =
    "Reads clients, one a line as in clients_file, from FILE, or - for "
    "standard\n"
    "input, into the table that clients_db names.  It is built anew beside "
    "the\n"
    "old one, whose clients stay, and replaces it as a whole; if anything is\n"
    "wrong with a line, or a name, secret or host is given twice, nothing is\n"
    "changed.  Then it says, as add does, whether it is in force.\n\n"
    "  --replace  the clients that the table has do not stay";

static const char export_help[] =
    "Prints the clients of the table that clients_db names, one a line as in\n"
    "clients_file.\n\n"
    "  --all  before them those of clients, clients_file and clients_dir, so\n"
    "         that all can move: 'ddnsgatectl export --all > FILE', then "
    "these\n"
    "         settings are removed, and 'ddnsgatectl import --replace FILE'";

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
    "  --offline    removes the addresses of both families\n"
    "  --txt VALUE  instead adds a TXT record for a certificate of one HOST\n"
    "  --remove     removes it; with \".\" for VALUE all of them";

static const char stale_help[] =
    "Lists the hosts that were not seen for so many days, one a line, with\n"
    "client and the day when it was last seen, or \"never\".  Fails if there\n"
    "are any.  Never seen counts when both the client's file, or the table of\n"
    "clients_db, and what is known of all hosts are older than that.\n\n"
    "  --days N   instead of 35\n"
    "  --offline  removes their addresses, as update does; but not if no host\n"
    "             at all was seen for so long";

static const char restore_help[] =
    "For a primary that came back without its records, or with old ones: sets\n"
    "the addresses that were last acknowledged, where DNS has none.  What DNS\n"
    "has stays, unless --since says otherwise.  Without a ZONE it is about\n"
    "all of them.  With copies of other machines' state_dir/seen in\n"
    "state_dir/seen.d it is what any of them has acknowledged last.\n\n"
    "  --dry-run     only says what is missing\n"
    "  --since TIME  what was acknowledged then or later replaces what DNS "
    "has;\n"
    "                in seconds since 1970, as 'date +%s' prints them";

static const char drain_help[] =
    "on: /ready answers 503 \"draining\", so that a load balancer sends its\n"
    "requests elsewhere; those that come are served.  off ends that.  Without\n"
    "an argument it prints which of them is so.  It outlives a restart.";

static const char metrics_help[] =
    "Prints what all processes have counted, as /metrics does: text for\n"
    "Prometheus, such as for the textfile folder of node_exporter.  Two "
    "gauges\n"
    "more: ddnsgate_in_force, which is 1 if status would not fail, and\n"
    "ddnsgate_hosts_stale, the hosts that stale would list.";

static const char policy_help[] =
    "Prints the narrowest configuration of Knot DNS or BIND that lets\n"
    "ddnsgate do its work: for each key and zone the right to change A and\n"
    "AAAA records below the zone's own name, of that name where it is a host,\n"
    "TXT records of _acme-challenge.HOST where HOST has acme, and no more.\n"
    "With PowerDNS the key may change all of its zone.  The keys' secrets are\n"
    "not printed.";

static const char snippet_help[] =
    "Prints ready configuration of that kind for a client's router, device or\n"
    "program.  Without arguments it lists the kinds.  Of secrets only digests\n"
    "are kept, so SECRET stands in the text where the secret belongs.  To get\n"
    "it with a new secret: 'ddnsgatectl add' or 'rotate' with --snippet "
    "KIND.\n"
    "Those for certificates are for clients with a host that has acme.\n\n"
    "  --url URL  how the world reaches ddnsgate, without the setting\n"
    "             base_path, such as https://ddns.example.org; otherwise the\n"
    "             setting url";

// clang-format off
static const struct command commands[] = {
	{ .name = "check", .synopsis = "[--live] [--user USER]",
	  .summary = "say what is wrong with the configuration, or in DNS",
	  .help = check_help, .run = check_run, .options = CTL_LIVE | CTL_USER },
	{ .name = "status", .synopsis = "[--json] [CLIENT|HOST]",
	  .summary = "show what runs, and when hosts were seen",
	  .help = status_help, .run = status_run,
	  .options = CTL_JSON, .args_max = 1 },
	{ .name = "list", .synopsis = "",
	  .summary = "list zones, clients and hosts",
	  .help = list_help, .run = list_run, .needs_site = true },
	{ .name = "show", .synopsis = "HOST",
	  .summary = "show what DNS has for a host now",
	  .help = show_help, .run = show_run, .needs_site = true,
	  .args_min = 1, .args_max = 1 },
	{ .name = "add",
	  .synopsis = "[--from CIDR]... [--family A|AAAA]... [--private]\n"
		"         [--acme] [--url URL] [--snippet KIND] CLIENT HOST...",
	  .summary = "make a client and its secret URL",
	  .help = add_help, .run = add_run, .needs_site = true,
	  .options = CTL_URL | CTL_SNIPPET | CTL_FROM | CTL_FAMILY |
		     CTL_PRIVATE | CTL_ACME,
	  .args_min = 2, .args_max = SIZE_MAX },
	{ .name = "add-host", .synopsis = "CLIENT HOST...",
	  .summary = "give a client more hosts",
	  .help = add_host_help, .run = add_host_run, .needs_site = true,
	  .args_min = 2, .args_max = SIZE_MAX },
	{ .name = "remove-host", .synopsis = "[--offline] CLIENT HOST...",
	  .summary = "take hosts from a client",
	  .help = remove_host_help, .run = remove_host_run, .needs_site = true,
	  .options = CTL_OFFLINE, .args_min = 2, .args_max = SIZE_MAX },
	{ .name = "rotate",
	  .synopsis = "[--drop-old] [--url URL] [--snippet KIND] CLIENT",
	  .summary = "give a client a new secret beside the old one",
	  .help = rotate_help, .run = rotate_run, .needs_site = true,
	  .options = CTL_DROP_OLD | CTL_URL | CTL_SNIPPET,
	  .args_min = 1, .args_max = 1 },
	{ .name = "remove", .synopsis = "[--offline] CLIENT",
	  .summary = "remove a client",
	  .help = remove_help, .run = remove_run, .needs_site = true,
	  .options = CTL_OFFLINE,
	  .args_min = 1, .args_max = 1 },
	{ .name = "secret", .synopsis = "[--stdin]",
	  .summary = "make a secret",
	  .help = secret_help, .run = secret_run, .options = CTL_STDIN },
	{ .name = "import", .synopsis = "[--replace] FILE",
	  .summary = "read clients into the table of clients_db",
	  .help = import_help, .run = import_run, .needs_site = true,
	  .options = CTL_REPLACE, .args_min = 1, .args_max = 1 },
	{ .name = "export", .synopsis = "[--all]",
	  .summary = "print the clients of the table as lines",
	  .help = export_help, .run = export_run, .needs_site = true,
	  .options = CTL_ALL },
	{ .name = "update",
	  .synopsis = "[--offline] [--txt VALUE] [--remove]\n"
		"         CLIENT [HOST...] [ADDRESS...]",
	  .summary = "change DNS as a request would, step by step",
	  .help = update_help, .run = update_run, .needs_site = true,
	  .options = CTL_OFFLINE | CTL_TXT | CTL_REMOVE,
	  .args_min = 1, .args_max = SIZE_MAX },
	{ .name = "stale", .synopsis = "[--days N] [--offline]",
	  .summary = "list hosts that were not seen for long",
	  .help = stale_help, .run = stale_run, .needs_site = true,
	  .options = CTL_DAYS | CTL_OFFLINE },
	{ .name = "restore", .synopsis = "[--dry-run] [--since TIME] [ZONE]",
	  .summary = "set again what DNS has lost",
	  .help = restore_help, .run = restore_run, .needs_site = true,
	  .options = CTL_DRY_RUN | CTL_SINCE, .args_max = 1 },
	{ .name = "drain", .synopsis = "[on|off]",
	  .summary = "tell a load balancer to send no requests here",
	  .help = drain_help, .run = drain_run, .needs_site = true,
	  .args_max = 1 },
	{ .name = "metrics", .synopsis = "",
	  .summary = "print what was counted, for Prometheus",
	  .help = metrics_help, .run = metrics_run, .needs_site = true },
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
