#include "report.h"

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/log.h"
#include "ddnsgate/site/client_db.h"
#include "ddnsgate/reply/metrics.h"

void
report_diagnostics(const struct diagnostic_list *diagnostics)
{
	for (size_t i = 0; i < diagnostics->count; i++) {
		const struct diagnostic *diagnostic = &diagnostics->items[i];
		bool is_error = diagnostic->severity == DIAGNOSTIC_ERROR;
		log_line(is_error ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, "%s",
		    diagnostic->text);
	}
}

enum err
report_open_limits(const struct site *site, struct limits **ret)
{
	const struct site_settings *settings = site_settings(site);
	struct limits *limits;

	enum err err = limits_new(settings->state_dir, &limits);
	if (err != ERR_OK)
		return err;
	err = limits_use_redis(limits, &settings->limits);
	if (err == ERR_OK)
		*ret = limits;
	else
		limits_free(limits);
	return err;
}

static void
report_redis(struct limits *limits)
{
	const char *why;

	if (!limits_redis_changed(limits, &why))
		return;
	if (why != NULL)
		log_line(LOG_LEVEL_WARNING,
		    "limits: Redis does not answer: %s: they hold for this "
		    "machine alone until it does",
		    why);
	else
		log_line(LOG_LEVEL_INFO,
		    "limits: Redis answers again: they hold for all machines");
}

void
report_limits(struct limits *limits)
{
	const char *repair = limits_repair(limits);
	const char *trouble = limits_trouble(limits);

	if (repair != NULL)
		log_line(LOG_LEVEL_WARNING, "state_dir: %s", repair);
	if (trouble != NULL)
		log_line(LOG_LEVEL_WARNING,
		    "state_dir: %s, limits hold for each process alone",
		    trouble);
	report_redis(limits);
}

/* What the table has when it cannot be read is not counted. */
struct report_counts
report_count(const struct site *site)
{
	struct report_counts counts = {.clients = site_client_count(site)};
	struct client_db *db = site_clients_db(site);
	struct client_db_counts stored;
	const char *why;

	for (size_t i = 0; i < counts.clients; i++)
		counts.hosts += site_client(site, i)->host_count;
	if (db != NULL && client_db_count(db, &stored, &why) == ERR_OK) {
		counts.clients += (size_t)stored.clients;
		counts.hosts += (size_t)stored.hosts;
	}
	return counts;
}

struct seen *
report_open_seen(const struct site *site)
{
	const char *dir = site_settings(site)->state_dir;
	struct seen *seen = NULL;
	const char *why = "";
	bool renewed = false;

	if (dir == NULL)
		return NULL;
	enum err err =
	    seen_open(dir, report_count(site).hosts, &seen, &renewed, &why);
	if (err != ERR_OK)
		log_line(LOG_LEVEL_WARNING,
		    "state_dir: seen: %s: when hosts call is not noted",
		    err == ERR_IO ? why : err_text(err));
	else if (renewed)
		log_line(LOG_LEVEL_WARNING,
		    "state_dir: seen was damaged and has been begun anew");
	return seen;
}

void
report_seen(struct seen *seen)
{
	const char *trouble = seen != NULL ? seen_trouble(seen) : NULL;

	if (trouble != NULL)
		log_line(LOG_LEVEL_WARNING,
		    "state_dir: seen: %s: when hosts call is not noted",
		    trouble);
}

/* The counters of the directory; NULL: there are none, and a line says why. */
static struct counters *
open_counters(const char *dir)
{
	const struct secret_digest layout = metrics_layout();
	struct counters *counters = NULL;
	const char *why = "";
	bool renewed = false;

	enum err err = counters_open(dir, &layout, &counters, &renewed, &why);
	if (err != ERR_OK)
		log_line(LOG_LEVEL_WARNING,
		    "state_dir: counters: %s: each process counts for itself",
		    err == ERR_IO ? why : err_text(err));
	else if (renewed)
		log_line(LOG_LEVEL_WARNING,
		    "state_dir: counters was damaged and has been begun anew");
	return counters;
}

enum err
report_open_counters(const struct site *site, struct counters **ret)
{
	const struct site_settings *settings = site_settings(site);

	if (settings->state_dir != NULL)
		*ret = open_counters(settings->state_dir);
	else if (settings->metrics_from_count > 0)
		log_line(LOG_LEVEL_WARNING,
		    "metrics_from: without state_dir each process counts for "
		    "itself");
	return *ret != NULL ? ERR_OK : counters_new(ret);
}

void
report_counters(struct counters *counters)
{
	const char *trouble = counters_trouble(counters);

	if (trouble != NULL)
		log_line(LOG_LEVEL_WARNING,
		    "state_dir: counters: %s: this process counts for itself "
		    "from now on",
		    trouble);
}

static void
put_counts(struct counters *counters, const struct site *site)
{
	struct report_counts counts = report_count(site);

	counters_set(counters, COUNTERS_CLIENTS, (int64_t)counts.clients);
	counters_set(counters, COUNTERS_HOSTS, (int64_t)counts.hosts);
}

void
report_changed(struct counters *counters, const struct site *site)
{
	if (site_clients_db(site) != NULL)
		put_counts(counters, site);
}

void
report_loaded(struct counters *counters, const struct site *site)
{
	counters_set(counters, COUNTERS_RELOAD_SUCCESSFUL, 1);
	counters_set(counters, COUNTERS_RELOAD_TIME, (int64_t)clock_calendar());
	put_counts(counters, site);
	counters_set(counters, COUNTERS_ZONES, (int64_t)site_zone_count(site));
}
