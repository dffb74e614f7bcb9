#include <stdio.h>
#include <string.h>

#include "ddnsgate/config/client_line.h"
#include "ddnsgate/dns/ipaddr.h"
#include "ddnsgate/syntax/conf_value.h"

#include "acme_names.h"
#include "commands.h"
#include "each_client.h"

/* Names with TXT records that are granted one by one.  All of them go into one
 * item of Knot DNS, which has room for 64 KiB. */
#define ACME_NAMES_MAX 200

/* Behind the key's name: the id of the item for zones with a host of their own
 * name. */
#define KNOT_OWN "-own-name"
/* Likewise, of the item for certificates. */
#define KNOT_ACME "-acme"

// clang-format off
static const char knot_own_start[] =
"  # For zones whose own name is a host, too.  One item for all, since Knot\n"
"  # DNS takes an UPDATE only if one item allows all of its records.\n";

static const char knot_acme_start[] =
"  # For certificates: TXT records of the hosts with acme, in an item of its\n"
"  # own, as they come in UPDATEs of their own.  Run this again when there are\n"
"  # other hosts; from Knot DNS 3.3.3 on, these two settings are for all hosts,\n"
"  # of one label below the zone (an asterisk is one label):\n"
"  #   update-owner-match: pattern\n"
"  #   update-owner-name: [ _acme-challenge.* ]\n";

static const char knot_acme_many[] =
"  # There are too many to name, so this allows TXT records of all names below\n"
"  # the zone's: also of those that mail servers look at (SPF, DKIM, DMARC).\n"
"  # Only ddnsgate's own rules are in between.\n";

static const char bind_acme_start[] =
"\t\t// For certificates: TXT records of the hosts with acme.  Run this\n"
"\t\t// again when there are other hosts.  A number of records, as in\n"
"\t\t// TXT(2), does not belong here: BIND drops what is above it and\n"
"\t\t// answers NOERROR.\n";

static const char bind_acme_many[] =
"\t\t// For certificates.  There are too many hosts with acme to name,\n"
"\t\t// and BIND has no wildcard for _acme-challenge.*, so this allows TXT\n"
"\t\t// records of all names below the zone's: also of those that mail\n"
"\t\t// servers look at (SPF, DKIM, DMARC).  Only ddnsgate's own rules are\n"
"\t\t// in between.\n";
// clang-format on

/*
 * The parts of one kind of configuration, in their order; without rights_start
 * the rights are part of the zones.
 */
struct server_kind {
	const char *name;
	const char *start;
	void (*print_server)(const struct ctl *ctl); /* NULL: nothing */
	const char *keys_start;
	void (*print_key)(const struct tsig_key *key);
	const char *rights_start;
	enum err (*print_rights)(
	    const struct ctl *ctl, const struct tsig_key *key);
	const char *zones_start;
	enum err (*print_zone)(
	    const struct ctl *ctl, const struct site_zone *zone);
	const char *comment; /* the sign that starts one */
};

static bool
is_loopback(const struct ipaddr *addr)
{
	static const struct ipaddr_net nets[] = {
	    {{IPADDR_V4, {127}}, 8},
	    {{IPADDR_V6, {[15] = 1}}, 128},
	};

	return ipaddr_net_contains(&nets[addr->family], addr);
}

/* Are all servers with this key on this machine?  NULL: with any key. */
static bool
is_local(const struct ctl *ctl, const struct tsig_key *key)
{
	for (size_t i = 0; i < site_zone_count(ctl->site); i++) {
		const struct site_zone *zone = site_zone(ctl->site, i);
		if (zone->key == NULL || (key != NULL && zone->key != key))
			continue;
		for (size_t j = 0; j < zone->server_count; j++) {
			if (!is_loopback(&zone->servers[j].addr))
				return false;
		}
	}
	return true;
}

/* Writes the name of the client that has the zone's own name as a host; false:
 * there is none. */
static bool
find_owner(const struct ctl *ctl, const struct site_zone *zone,
    char name[CONF_CLIENT_NAME_MAX + 1])
{
	const struct site_client *client;
	struct site_stored *stored;

	if (each_client_find_host(ctl, zone->name, &client, &stored) == NULL)
		return false;
	snprintf(name, CONF_CLIENT_NAME_MAX + 1, "%s", client->name);
	client_line_free(stored);
	return true;
}

/* Is there a zone with this key whose own name is a host, or is none? */
static bool
has_zone(const struct ctl *ctl, const struct tsig_key *key, bool owned)
{
	char owner[CONF_CLIENT_NAME_MAX + 1];

	for (size_t i = 0; i < site_zone_count(ctl->site); i++) {
		const struct site_zone *zone = site_zone(ctl->site, i);
		if (zone->key == key && find_owner(ctl, zone, owner) == owned)
			return true;
	}
	return false;
}

static void
knot_print_key(const struct tsig_key *key)
{
	printf("include: /etc/knot/%s.key    # %s\n", tsig_key_name(key),
	    tsig_algorithm_name(tsig_key_algorithm(key)));
}

static void
knot_print_acl(const struct ctl *ctl, const struct tsig_key *key,
    const char *suffix, const char *types)
{
	printf("  - id: %s%s\n"
	       "    key: %s\n"
	       "    %s\n"
	       "    action: update\n"
	       "    update-type: [ %s ]\n",
	    tsig_key_name(key), suffix, tsig_key_name(key),
	    is_local(ctl, key) ? "address: [ 127.0.0.1, ::1 ]"
			       : "# address: [ WHERE-DDNSGATE-SENDS-FROM ]",
	    types);
}

static void
knot_print_owner(const char *match)
{
	printf("    update-owner: zone\n"
	       "    update-owner-match: %s\n",
	    match);
}

/* On one line, as Knot DNS wants it. */
static void
knot_print_names(const struct acme_names *names)
{
	fputs("    update-owner: name\n"
	      "    update-owner-match: equal\n"
	      "    update-owner-name: [ ",
	    stdout);
	for (size_t i = 0; i < names->table.count; i++)
		printf("%s%s.", i == 0 ? "" : ", ", acme_names_get(names, i));
	puts(" ]");
}

static enum err
collect_acme(
    const struct ctl *ctl, const struct tsig_key *key, struct acme_names *names)
{
	enum err err = ERR_OK;

	acme_names_init(names);
	for (size_t i = 0; i < site_zone_count(ctl->site) && err == ERR_OK;
	     i++) {
		const struct site_zone *zone = site_zone(ctl->site, i);
		if (zone->key == key)
			err = acme_names_add_zone(names, ctl, zone);
	}
	return err;
}

static void
knot_print_acme(const struct ctl *ctl, const struct tsig_key *key,
    const struct acme_names *names)
{
	if (names->table.count == 0)
		return;
	fputs(knot_acme_start, stdout);
	if (names->table.count > ACME_NAMES_MAX)
		fputs(knot_acme_many, stdout);
	knot_print_acl(ctl, key, KNOT_ACME, "TXT");
	if (names->table.count > ACME_NAMES_MAX)
		knot_print_owner("sub");
	else
		knot_print_names(names);
}

/*
 * One item allows the zone's own name and those below it, since Knot DNS wants
 * all records of an UPDATE to match the same item.
 */
static enum err
knot_print_rights(const struct ctl *ctl, const struct tsig_key *key)
{
	struct acme_names names;
	enum err err = collect_acme(ctl, key, &names);

	if (has_zone(ctl, key, false)) {
		knot_print_acl(ctl, key, "", "A, AAAA");
		knot_print_owner("sub");
	}
	if (has_zone(ctl, key, true)) {
		fputs(knot_own_start, stdout);
		knot_print_acl(ctl, key, KNOT_OWN, "A, AAAA");
		knot_print_owner("sub-or-equal");
	}
	if (err == ERR_OK)
		knot_print_acme(ctl, key, &names);
	acme_names_done(&names);
	return err;
}

static enum err
knot_print_zone(const struct ctl *ctl, const struct site_zone *zone)
{
	char owner[CONF_CLIENT_NAME_MAX + 1];
	bool owned = find_owner(ctl, zone, owner);
	const char *key = tsig_key_name(zone->key);
	struct acme_names names;

	acme_names_init(&names);
	enum err err = acme_names_add_zone(&names, ctl, zone);
	bool has_acme = names.table.count > 0;
	acme_names_done(&names);
	if (owned)
		printf("  # %s itself is a host of client %s.\n", zone->name,
		    owner);
	printf("  - domain: %s\n"
	       "    acl: ",
	    zone->name);
	if (has_acme)
		printf("[ %s%s, %s" KNOT_ACME " ]\n", key,
		    owned ? KNOT_OWN : "", key);
	else
		printf("%s%s\n", key, owned ? KNOT_OWN : "");
	puts("    journal-content: changes\n"
	     "    zonefile-sync: -1\n"
	     "    zonefile-load: difference");
	return err;
}

static void
bind_print_key(const struct tsig_key *key)
{
	printf("include \"/etc/bind/%s.key\";    // %s\n", tsig_key_name(key),
	    tsig_algorithm_name(tsig_key_algorithm(key)));
}

static void
bind_print_acme(const struct site_zone *zone, const struct acme_names *names)
{
	const char *key = tsig_key_name(zone->key);

	if (names->table.count == 0)
		return;
	if (names->table.count > ACME_NAMES_MAX) {
		fputs(bind_acme_many, stdout);
		printf("\t\tgrant %s. wildcard *.%s. TXT;\n", key, zone->name);
		return;
	}
	fputs(bind_acme_start, stdout);
	for (size_t i = 0; i < names->table.count; i++)
		printf("\t\tgrant %s. name %s. TXT;\n", key,
		    acme_names_get(names, i));
}

static enum err
bind_print_zone(const struct ctl *ctl, const struct site_zone *zone)
{
	char owner[CONF_CLIENT_NAME_MAX + 1];
	bool owned = find_owner(ctl, zone, owner);
	const char *key = tsig_key_name(zone->key);
	struct acme_names names;

	acme_names_init(&names);
	enum err err = acme_names_add_zone(&names, ctl, zone);
	printf("zone \"%s\" {\n"
	       "\ttype primary;\n"
	       "\tfile \"/var/lib/bind/%s.zone\";\n"
	       "\tupdate-policy {\n"
	       "\t\tgrant %s. wildcard *.%s. A AAAA;\n",
	    zone->name, zone->name, key, zone->name);
	if (owned)
		printf("\t\t// The name itself is a host of client %s.\n"
		       "\t\tgrant %s. name %s. A AAAA;\n",
		    owner, key, zone->name);
	if (err == ERR_OK)
		bind_print_acme(zone, &names);
	puts("\t};\n};");
	acme_names_done(&names);
	return err;
}

static void
powerdns_print_server(const struct ctl *ctl)
{
	puts(is_local(ctl, NULL)
		 ? "allow-dnsupdate-from=127.0.0.0/8,::1"
		 : "# allow-dnsupdate-from=WHERE-DDNSGATE-SENDS-FROM");
}

static void
powerdns_print_key(const struct tsig_key *key)
{
	printf("pdnsutil generate-tsig-key %s %s\n", tsig_key_name(key),
	    tsig_algorithm_name(tsig_key_algorithm(key)));
}

/* Whatever hosts there are: all names can be changed. */
static enum err
powerdns_print_zone(const struct ctl *ctl, const struct site_zone *zone)
{
	(void)ctl;
	printf("pdnsutil set-meta %s TSIG-ALLOW-DNSUPDATE %s\n"
	       "pdnsutil set-meta %s SOA-EDIT-DNSUPDATE INCREASE\n",
	    zone->name, tsig_key_name(zone->key), zone->name);
	return ERR_OK;
}

// clang-format off
static const struct server_kind kinds[] = {
	{ .name = "knot", .comment = "#",
	  .start =
"# Knot DNS, knot.conf: what ddnsgate needs and no more.  Where you have the\n"
"# section or the zone already, add these items to it.\n"
"\n",
	  .keys_start =
"# The keys, which are not printed.  Each file is readable for the user knot\n"
"# alone, and is what \"keymgr -t NAME ALGORITHM\" prints:\n"
"#   key:\n"
"#     - id: NAME\n"
"#       algorithm: ALGORITHM\n"
"#       secret: BASE64\n"
"# ddnsgate reads this form as well, from a copy that it alone can read.\n",
	  .print_key = knot_print_key,
	  .rights_start =
"\n"
"# Who has a key may change A and AAAA records of all names below the zone's\n"
"# own name, of that name itself only if it is a host, and no other type of\n"
"# record but what is for certificates.\n"
"acl:\n",
	  .print_rights = knot_print_rights,
	  .zones_start =
"\n"
"# Updates are on disk in the journal before they are confirmed; the other two\n"
"# settings leave the zone file as you wrote it, and put the journal's changes\n"
"# on top of it after a restart.\n"
"zone:\n",
	  .print_zone = knot_print_zone },
	{ .name = "bind", .comment = "//",
	  .start =
"// BIND, named.conf: what ddnsgate needs and no more.  Where you have the\n"
"// zone already, add the update-policy to it.\n"
"\n",
	  .keys_start =
"// The keys, which are not printed.  Each file is readable for the user bind\n"
"// alone, and is what \"tsig-keygen -a ALGORITHM NAME\" prints:\n"
"//   key \"NAME\" { algorithm ALGORITHM; secret \"BASE64\"; };\n"
"// ddnsgate reads this form as well, from a copy that it alone can read.\n",
	  .print_key = bind_print_key,
	  .zones_start =
"\n"
"// Who has a key may change A and AAAA records of all names below the zone's\n"
"// own name, of that name itself only if it is a host (\"zonesub\" would allow\n"
"// it always), and no other type of record but what is for certificates.\n"
"// BIND keeps a journal beside the zone's file.\n",
	  .print_zone = bind_print_zone },
	{ .name = "powerdns", .comment = "#",
	  .start =
"# PowerDNS 4.7: what ddnsgate needs.  In pdns.conf, where updates are off\n"
"# otherwise; restart it then:\n"
"dnsupdate=yes\n",
	  .print_server = powerdns_print_server,
	  .keys_start =
"\n"
"# Commands for new keys; \"pdnsutil list-tsig-keys\" shows their secrets.\n"
"# ddnsgate reads the line \"ALGORITHM:NAME:SECRET\", from a file that it alone\n"
"# can read.  (With \"pdnsutil import-tsig-key NAME ALGORITHM SECRET\" others on\n"
"# this machine can see the secret.)\n",
	  .print_key = powerdns_print_key,
	  .zones_start =
"\n"
"# Commands for the zones; a running server sees what they set within a minute.\n"
"# The key, and without the first line any key, may change all of its zone.\n"
"# PowerDNS restricts names and types by nothing but a Lua script\n"
"# (lua-dnsupdate-policy-script), in place of all the rights that are set here;\n"
"# and a change that the script denies it leaves out and answers NOERROR.  With\n"
"# such a script the zone needs \"read_back = true\" in ddnsgate.conf.\n",
	  .print_zone = powerdns_print_zone },
};
// clang-format on

static const struct server_kind *
find_kind(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	}
	return NULL;
}

static enum err
print_keys(const struct ctl *ctl, const struct server_kind *kind)
{
	enum err err = ERR_OK;

	for (size_t i = 0; i < site_zone_count(ctl->site); i++) {
		if (ctl_new_key(ctl->site, i) != NULL)
			kind->print_key(ctl_new_key(ctl->site, i));
	}
	if (kind->rights_start == NULL)
		return ERR_OK;
	fputs(kind->rights_start, stdout);
	for (size_t i = 0; i < site_zone_count(ctl->site) && err == ERR_OK;
	     i++) {
		const struct tsig_key *key = ctl_new_key(ctl->site, i);
		if (key != NULL)
			err = kind->print_rights(ctl, key);
	}
	return err;
}

static enum ctl_exit
say(enum err err)
{
	if (err != ERR_TABLE) /* was told */
		ctl_error("%s", err_text(err));
	return CTL_FAILED;
}

static enum ctl_exit
print_zones(const struct ctl *ctl, const struct server_kind *kind)
{
	enum ctl_exit status = CTL_DONE;

	fputs(kind->zones_start, stdout);
	for (size_t i = 0; i < site_zone_count(ctl->site); i++) {
		const struct site_zone *zone = site_zone(ctl->site, i);
		if (zone->key != NULL) {
			enum err err = kind->print_zone(ctl, zone);
			if (err != ERR_OK)
				return say(err);
			continue;
		}
		printf("%s %s: left out, since ddnsgate has no key for it\n",
		    kind->comment, zone->name);
		ctl_error("zone %s has no key: whoever can send from "
			  "ddnsgate's address could change it; give it one",
		    zone->name);
		status = CTL_FAILED;
	}
	return status;
}

enum ctl_exit
server_policy_run(struct ctl *ctl)
{
	const struct server_kind *kind = find_kind(ctl->args[0]);

	if (kind == NULL) {
		ctl_error("policy: \"%s\" is none of knot, bind, powerdns",
		    ctl->args[0]);
		return CTL_USAGE;
	}
	fputs(kind->start, stdout);
	if (kind->print_server != NULL)
		kind->print_server(ctl);
	fputs(kind->keys_start, stdout);
	enum err err = print_keys(ctl, kind);
	if (err != ERR_OK)
		return say(err);
	return print_zones(ctl, kind);
}
