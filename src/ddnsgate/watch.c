#include "watch.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/log.h"
#include "report.h"
#include "service_sandbox.h"

struct watch {
	struct watch_dependencies dependencies;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t called; /* one of these is set: */
	bool forced;
	bool stopped;
};

/* Says what of a new configuration counts at a start only. */
static void
report_unchanged(
    const struct watch_dependencies *with, const struct site_settings *settings)
{
	const char *user = settings->user != NULL ? settings->user : "root";

	if (!limits_is_in(with->limits, settings->state_dir))
		log_line(LOG_LEVEL_WARNING,
		    "reload: state_dir is that of the start: restart ddnsgate");
	if (!limits_is_at(with->limits, &settings->limits))
		log_line(LOG_LEVEL_WARNING,
		    "reload: limits is that of the start: restart ddnsgate");
	if (with->user != NULL && strcmp(with->user, user) != 0)
		log_line(LOG_LEVEL_WARNING,
		    "reload: user is that of the start: restart ddnsgate");
}

static void
report_new(const struct watch_dependencies *with)
{
	const struct site *site = reload_acquire(with->reload);
	const struct site_settings *settings = site_settings(site);

	log_set_format(settings->log_format);
	log_open(settings->log_target, settings->log_level);
	log_line(LOG_LEVEL_INFO, "reload: %zu zones, %zu clients",
	    site_zone_count(site), report_count(site).clients);
	event_socket_set(with->events, settings->events);
	report_unchanged(with, settings);
	site_release(site);
	event_socket_reloaded(with->events, NULL);
}

/* What is in the table changes without a reload. */
static void
report_table(const struct watch_dependencies *with)
{
	const struct site *site = reload_acquire(with->reload);

	report_changed(with->counters, site);
	site_release(site);
}

/* Where others look, and to those who are told. */
static void
report_refused(
    const struct watch_dependencies *with, int64_t tried_us, const char *why)
{
	process_file_refused(with->process, tried_us, why);
	counters_set(with->counters, COUNTERS_RELOAD_SUCCESSFUL, 0);
	event_socket_reloaded(with->events, why);
}

static void
put_loaded(const struct watch_dependencies *with, int64_t tried_us)
{
	const struct conf_files *files = reload_files(with->reload);
	struct secret_digest digest = file_id_digest(files->ids, files->count);
	const struct site *site = reload_acquire(with->reload);

	process_file_loaded(with->process, tried_us, &digest);
	report_loaded(with->counters, site);
	site_release(site);
}

/* The first error, as the log has it. */
static const char *
first_error(const struct diagnostic_list *diagnostics, enum err err)
{
	for (size_t i = 0; i < diagnostics->count; i++) {
		if (diagnostics->items[i].severity == DIAGNOSTIC_ERROR)
			return diagnostics->items[i].text;
	}
	return err_text(err);
}

static void
check_files(const struct watch_dependencies *with, bool force)
{
	struct diagnostic_list diagnostics = {0};
	int64_t tried_us = clock_calendar_us();

	enum err err = reload_check(with->reload, force, &diagnostics);
	report_diagnostics(&diagnostics);
	if (err == ERR_OK)
		put_loaded(with, tried_us);
	else if (err != ERR_UNCHANGED)
		report_refused(with, tried_us, first_error(&diagnostics, err));
	diagnostic_done(&diagnostics);
	if (err == ERR_UNCHANGED) {
		report_table(with);
		return;
	}
	service_sandbox_check(with->sandbox, with->reload);
	if (err == ERR_OK)
		report_new(with);
	else
		log_line(LOG_LEVEL_ERROR,
		    "reload: %s, the old configuration stays", err_text(err));
}

static struct timespec
after_interval(void)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += RELOAD_INTERVAL_MS / 1000;
	return until;
}

/* Waits for the next check; false if there is none. */
static bool
wait_for_turn(struct watch *watch, bool *ret_force)
{
	const struct timespec until = after_interval();
	int late = 0;

	pthread_mutex_lock(&watch->lock);
	while (!watch->forced && !watch->stopped && late == 0)
		late = pthread_cond_clockwait(
		    &watch->called, &watch->lock, CLOCK_MONOTONIC, &until);
	bool goes_on = !watch->stopped;
	*ret_force = watch->forced;
	watch->forced = false;
	pthread_mutex_unlock(&watch->lock);
	return goes_on;
}

static void *
run(void *arg)
{
	struct watch *watch = arg;
	bool force = false;

	while (wait_for_turn(watch, &force))
		check_files(&watch->dependencies, force);
	return NULL;
}

static void
free_watch(struct watch *watch)
{
	pthread_cond_destroy(&watch->called);
	pthread_mutex_destroy(&watch->lock);
	free(watch);
}

enum err
watch_new(const struct watch_dependencies *dependencies, struct watch **ret)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	if (watch == NULL)
		return ERR_MEMORY;
	watch->dependencies = *dependencies;
	pthread_mutex_init(&watch->lock, NULL);
	pthread_cond_init(&watch->called, NULL);
	put_loaded(dependencies, clock_calendar_us());
	if (pthread_create(&watch->thread, NULL, run, watch) != 0) {
		free_watch(watch);
		return ERR_MEMORY;
	}
	*ret = watch;
	return ERR_OK;
}

static void
call(struct watch *watch, bool *what)
{
	pthread_mutex_lock(&watch->lock);
	*what = true;
	pthread_cond_signal(&watch->called);
	pthread_mutex_unlock(&watch->lock);
}

void
watch_force(struct watch *watch)
{
	call(watch, &watch->forced);
}

bool
watch_stop(struct watch *watch)
{
	struct timespec until;

	if (watch == NULL)
		return true;
	call(watch, &watch->stopped);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += WATCH_STOP_MS / 1000;
	if (pthread_timedjoin_np(watch->thread, NULL, &until) != 0)
		return false;
	free_watch(watch);
	return true;
}
