#include "host_name.h"

#include <stdio.h>
#include <string.h>

#include "ctl.h"

static void
list_zones(const struct site *site)
{
	for (size_t i = 0; i < site_zone_count(site); i++)
		fprintf(stderr, "  %s\n", site_zone(site, i)->name);
}

const char *
host_name_hint(const char *given)
{
	for (; *given != '\0'; given++) {
		if ((unsigned char)*given >= 0x80)
			return "; write it in ASCII, as xn--...";
	}
	return "";
}

const struct site_zone *
host_name_complete(const struct site *site, const char *given, char *buf)
{
	uint16_t index;
	bool is_short = strchr(given, '.') == NULL;
	enum err err = dname_canonical(span_of(given), true, buf);

	if (err == ERR_OK && is_short && site_zone_count(site) > 1) {
		ctl_error("\"%s\": give the full name, as there are several "
			  "zones:",
		    given);
		list_zones(site);
		return NULL;
	}
	if (err == ERR_OK)
		err = site_complete_name(site, span_of(given), buf);
	if (err != ERR_OK) {
		ctl_error("\"%s\": %s%s", given, err_text(ERR_NAME),
		    host_name_hint(given));
		return NULL;
	}
	const struct site_zone *zone =
	    site_find_zone(site, span_of(buf), &index);
	if (zone == NULL) {
		ctl_error("\"%s\" is in none of the zones:", given);
		list_zones(site);
	}
	return zone;
}
