#include <stdio.h>
#include <string.h>

#include "ddnsgate/dns/ipaddr.h"

#include "commands.h"

/* Behind the key's name: the id of the item for zones with a host of their own
 * name. */
#define KNOT_OWN "-own-name"

/*
 * The parts of one kind of configuration, in their order; without rights_start
 * the rights are part of the zones.
 */
struct server_kind {
	const char *name;
	const char *start;
	void (*print_server)(const struct site *site); /* NULL: nothing */
	const char *keys_start;
	void (*print_key)(const struct tsig_key *key);
	const char *rights_start;
	void (*print_rights)(
	    const struct site *site, const struct tsig_key *key);
	const char *zones_start;
	void (*print_zone)(
	    const struct site_zone *zone, const struct site_client *owner);
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
is_local(const struct site *site, const struct tsig_key *key)
{
	for (size_t i = 0; i < site_zone_count(site); i++) {
		const struct site_zone *zone = site_zone(site, i);
		if (zone->key == NULL || (key != NULL && zone->key != key))
			continue;
		for (size_t j = 0; j < zone->server_count; j++) {
			if (!is_loopback(&zone->servers[j].addr))
				return false;
		}
	}
	return true;
}

/* The client that has the zone's own name as a host; NULL: none. */
static const struct site_client *
owner_of(const struct site *site, const struct site_zone *zone)
{
	const struct site_client *client;

	if (site_find_host(site, span_of(zone->name), &client) == NULL)
		return NULL;
	return client;
}

/* Is there a zone with this key whose own name is a host, or is none? */
static bool
has_zone(const struct site *site, const struct tsig_key *key, bool owned)
{
	for (size_t i = 0; i < site_zone_count(site); i++) {
		const struct site_zone *zone = site_zone(site, i);
		if (zone->key == key && (owner_of(site, zone) != NULL) == owned)
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
knot_print_acl(const struct tsig_key *key, const char *suffix, bool local,
    const char *match)
{
	printf("  - id: %s%s\n"
	       "    key: %s\n"
	       "    %s\n"
	       "    action: update\n"
	       "    update-type: [ A, AAAA ]\n"
	       "    update-owner: zone\n"
	       "    update-owner-match: %s\n",
	    tsig_key_name(key), suffix, tsig_key_name(key),
	    local ? "address: [ 127.0.0.1, ::1 ]"
		  : "# address: [ WHERE-DDNSGATE-SENDS-FROM ]",
	    match);
}

/*
 * One item allows the zone's own name and those below it, since Knot DNS wants
 * all records of an UPDATE to match the same item.
 */
static void
knot_print_rights(const struct site *site, const struct tsig_key *key)
{
	bool local = is_local(site, key);

	if (has_zone(site, key, false))
		knot_print_acl(key, "", local, "sub");
	if (!has_zone(site, key, true))
		return;
	puts("  # For zones whose own name is a host, too.  One item for all, "
	     "since Knot\n"
	     "  # DNS takes an UPDATE only if one item allows all of its "
	     "records.");
	knot_print_acl(key, KNOT_OWN, local, "sub-or-equal");
}

static void
knot_print_zone(const struct site_zone *zone, const struct site_client *owner)
{
	if (owner != NULL)
		printf("  # %s itself is a host of client %s.\n", zone->name,
		    owner->name);
	printf("  - domain: %s\n"
	       "    acl: %s%s\n"
	       "    journal-content: changes\n"
	       "    zonefile-sync: -1\n"
	       "    zonefile-load: difference\n",
	    zone->name, tsig_key_name(zone->key),
	    owner != NULL ? KNOT_OWN : "");
}

static void
bind_print_key(const struct tsig_key *key)
{
	printf("include \"/etc/bind/%s.key\";    // %s\n", tsig_key_name(key),
	    tsig_algorithm_name(tsig_key_algorithm(key)));
}

static void
bind_print_zone(const struct site_zone *zone, const struct site_client *owner)
{
	const char *key = tsig_key_name(zone->key);

	printf("zone \"%s\" {\n"
	       "\ttype primary;\n"
	       "\tfile \"/var/lib/bind/%s.zone\";\n"
	       "\tupdate-policy {\n"
	       "\t\tgrant %s. wildcard *.%s. A AAAA;\n",
	    zone->name, zone->name, key, zone->name);
	if (owner != NULL)
		printf("\t\t// The name itself is a host of client %s.\n"
		       "\t\tgrant %s. name %s. A AAAA;\n",
		    owner->name, key, zone->name);
	puts("\t};\n};");
}

static void
powerdns_print_server(const struct site *site)
{
	puts(is_local(site, NULL)
		 ? "allow-dnsupdate-from=127.0.0.0/8,::1"
		 : "# allow-dnsupdate-from=WHERE-DDNSGATE-SENDS-FROM");
}

static void
powerdns_print_key(const struct tsig_key *key)
{
	printf("pdnsutil generate-tsig-key %s %s\n", tsig_key_name(key),
	    tsig_algorithm_name(tsig_key_algorithm(key)));
}

static void
powerdns_print_zone(
    const struct site_zone *zone, const struct site_client *owner)
{
	(void)owner; /* its name can be changed like all others */
	printf("pdnsutil set-meta %s TSIG-ALLOW-DNSUPDATE %s\n"
	       "pdnsutil set-meta %s SOA-EDIT-DNSUPDATE INCREASE\n",
	    zone->name, tsig_key_name(zone->key), zone->name);
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
"# record.\n"
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
"// it always), and no other type of record.  BIND keeps a journal beside the\n"
"// zone's file.\n",
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

static void
print_keys(const struct site *site, const struct server_kind *kind)
{
	for (size_t i = 0; i < site_zone_count(site); i++) {
		if (ctl_new_key(site, i) != NULL)
			kind->print_key(ctl_new_key(site, i));
	}
	if (kind->rights_start == NULL)
		return;
	fputs(kind->rights_start, stdout);
	for (size_t i = 0; i < site_zone_count(site); i++) {
		const struct tsig_key *key = ctl_new_key(site, i);
		if (key != NULL)
			kind->print_rights(site, key);
	}
}

static enum ctl_exit
print_zones(const struct site *site, const struct server_kind *kind)
{
	enum ctl_exit status = CTL_DONE;

	fputs(kind->zones_start, stdout);
	for (size_t i = 0; i < site_zone_count(site); i++) {
		const struct site_zone *zone = site_zone(site, i);
		if (zone->key != NULL) {
			kind->print_zone(zone, owner_of(site, zone));
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
		kind->print_server(ctl->site);
	fputs(kind->keys_start, stdout);
	print_keys(ctl->site, kind);
	return print_zones(ctl->site, kind);
}
