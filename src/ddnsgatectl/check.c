#include <stdio.h>

#include "ddnsgate/syntax/diagnostic.h"

#include "check_table.h"
#include "commands.h"
#include "probe.h"
#include "probe_limits.h"
#include "sandbox_report.h"
#include "user_access.h"

static const char *
plural(size_t count)
{
	return count == 1 ? "" : "s";
}

static void
print_counts(const struct site *site, const struct check_table *table)
{
	size_t keys = 0;

	for (size_t i = 0; i < site_zone_count(site); i++)
		keys += ctl_new_key(site, i) != NULL;
	size_t zones = site_zone_count(site);
	size_t clients = table->clients;
	size_t hosts = table->hosts;
	printf("%zu zone%s, %zu key%s, %zu client%s, %zu host%s; ", zones,
	    plural(zones), keys, plural(keys), clients, plural(clients), hosts,
	    plural(hosts));
}

/* What comes before all else where the package has just been installed. */
static void
print_first_steps(const struct ctl *ctl)
{
	printf("\nThere is no zone yet.  First:\n"
	       "  1. Make a TSIG key for the DNS server, and put a copy of its "
	       "file into\n"
	       "     \"keys\" of %s.\n"
	       "  2. Put the zone, its servers and the key's name into "
	       "\"zones\" there.\n"
	       "  3. Let the key change the zone: ddnsgatectl policy "
	       "knot|bind|powerdns\n"
	       "  4. Make a client: ddnsgatectl add CLIENT HOST...\n"
	       "  5. See whether all is right, also in DNS: ddnsgatectl check "
	       "--live\n",
	    ctl->conf);
}

enum ctl_exit
check_run(struct ctl *ctl)
{
	struct diagnostic_list diagnostics;
	struct site *site = NULL;

	diagnostic_init(&diagnostics);
	enum err err = conf_load(ctl->conf, &diagnostics, &ctl->files, &site);
	ctl->site = site;
	ctl_print_diagnostics(&diagnostics, DIAGNOSTIC_WARNING);
	size_t unreadable = user_access_check(ctl);
	if (err != ERR_OK && diagnostics.errors == 0)
		ctl_error("%s: %s", ctl->conf, err_text(err));
	size_t errors = diagnostics.errors + unreadable;
	size_t warnings = diagnostic_warnings(&diagnostics);
	if (site != NULL) {
		struct check_table table = check_table(ctl);
		errors += table.errors;
		warnings += table.warnings;
		print_counts(site, &table);
	}
	printf("%zu error%s, %zu warning%s\n", errors, plural(errors), warnings,
	    plural(warnings));
	diagnostic_done(&diagnostics);
	if (err != ERR_OK || errors > 0)
		return CTL_FAILED;
	enum ctl_exit status = sandbox_report_print(ctl);
	if (site_zone_count(site) == 0)
		print_first_steps(ctl);
	else if (ctl->options & CTL_LIVE &&
		 probe_servers(ctl) + probe_limits(site) > 0)
		return CTL_FAILED;
	return status;
}
