#include <stdio.h>
#include <string.h>

#include "ddnsgate/dns/ipaddr.h"

#include "commands.h"

/* The parts of one kind of configuration, in their order. */
struct server_kind {
	const char *name;
	const char *start;
	void (*print_key)(const struct tsig_key *key);
	const char *rights_start;
	/* NULL: they are part of the zone */
	void (*print_rights)(const struct tsig_key *key, bool local);
	const char *zones_start;
	void (*print_zone)(const struct site_zone *zone);
	const char *comment; /* the sign that starts one */
};

static void
knot_print_key(const struct tsig_key *key)
{
	printf("include: /etc/knot/%s.key    # %s\n", tsig_key_name(key),
	    tsig_algorithm_name(tsig_key_algorithm(key)));
}

static void
knot_print_rights(const struct tsig_key *key, bool local)
{
	printf("  - id: %s\n"
	       "    key: %s\n"
	       "    %s\n"
	       "    action: update\n"
	       "    update-type: [ A, AAAA ]\n"
	       "    update-owner: zone\n"
	       "    update-owner-match: sub\n",
	    tsig_key_name(key), tsig_key_name(key),
	    local ? "address: [ 127.0.0.1, ::1 ]"
		  : "# address: [ WHERE-DDNSGATE-SENDS-FROM ]");
}

static void
knot_print_zone(const struct site_zone *zone)
{
	printf("  - domain: %s\n"
	       "    acl: %s\n"
	       "    journal-content: changes\n"
	       "    zonefile-sync: -1\n"
	       "    zonefile-load: difference\n",
	    zone->name, tsig_key_name(zone->key));
}

static void
bind_print_key(const struct tsig_key *key)
{
	printf("include \"/etc/bind/%s.key\";    // %s\n", tsig_key_name(key),
	    tsig_algorithm_name(tsig_key_algorithm(key)));
}

static void
bind_print_zone(const struct site_zone *zone)
{
	printf("zone \"%s\" {\n"
	       "\ttype primary;\n"
	       "\tfile \"/var/lib/bind/%s.zone\";\n"
	       "\tupdate-policy {\n"
	       "\t\tgrant %s. wildcard *.%s. A AAAA;\n"
	       "\t};\n"
	       "};\n",
	    zone->name, zone->name, tsig_key_name(zone->key), zone->name);
}

// clang-format off
static const struct server_kind kinds[] = {
	{ .name = "knot", .comment = "#",
	  .start =
"# Knot DNS, knot.conf: what ddnsgate needs and no more.  Where you have the\n"
"# section or the zone already, add these items to it.\n"
"\n"
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
"# own name, never of that name itself, and no other type of record.\n"
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
"\n"
"// The keys, which are not printed.  Each file is readable for the user bind\n"
"// alone, and is what \"tsig-keygen -a ALGORITHM NAME\" prints:\n"
"//   key \"NAME\" { algorithm ALGORITHM; secret \"BASE64\"; };\n"
"// ddnsgate reads this form as well, from a copy that it alone can read.\n",
	  .print_key = bind_print_key,
	  .zones_start =
"\n"
"// Who has a key may change A and AAAA records of all names below the zone's\n"
"// own name, never of that name itself (\"zonesub\" would allow it), and no\n"
"// other type of record.  BIND keeps a journal beside the zone's file.\n",
	  .print_zone = bind_print_zone },
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

static bool
is_loopback(const struct ipaddr *addr)
{
	static const struct ipaddr_net nets[] = {
	    {{IPADDR_V4, {127}}, 8},
	    {{IPADDR_V6, {[15] = 1}}, 128},
	};

	return ipaddr_net_contains(&nets[addr->family], addr);
}

/* Are all servers with this key on this machine? */
static bool
is_local(const struct site *site, const struct tsig_key *key)
{
	for (size_t i = 0; i < site_zone_count(site); i++) {
		const struct site_zone *zone = site_zone(site, i);
		for (size_t j = 0; j < zone->server_count; j++) {
			if (zone->key == key &&
			    !is_loopback(&zone->servers[j].addr))
				return false;
		}
	}
	return true;
}

static void
print_keys(const struct site *site, const struct server_kind *kind)
{
	for (size_t i = 0; i < site_zone_count(site); i++) {
		if (ctl_new_key(site, i) != NULL)
			kind->print_key(ctl_new_key(site, i));
	}
	if (kind->print_rights == NULL)
		return;
	fputs(kind->rights_start, stdout);
	for (size_t i = 0; i < site_zone_count(site); i++) {
		const struct tsig_key *key = ctl_new_key(site, i);
		if (key != NULL)
			kind->print_rights(key, is_local(site, key));
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
			kind->print_zone(zone);
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
		ctl_error(
		    "policy: \"%s\" is neither knot nor bind", ctl->args[0]);
		return CTL_USAGE;
	}
	fputs(kind->start, stdout);
	print_keys(ctl->site, kind);
	return print_zones(ctl->site, kind);
}
