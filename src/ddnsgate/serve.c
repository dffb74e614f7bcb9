#include "serve.h"

#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "ddnsgate/base/log.h"
#include "ddnsgate/base/secret.h"
#include "ddnsgate/handler/log_limit.h"
#include "ddnsgate/limits/digest_cache.h"
#include "fcgi.h"
#include "report.h"
#include "service_sandbox.h"
#include "start_line.h"
#include "watch.h"

struct serve_thread {
	pthread_t thread;
	struct fcgi_worker *worker;
	bool runs;
};

static sigset_t
waited_signals(void)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGUSR1, SIGHUP};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaddset(&set, signals[i]);
	return set;
}

void
serve_block_signals(void)
{
	sigset_t set = waited_signals();

	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* beyond RLIMIT_FSIZE: EFBIG */
}

static void *
run_worker(void *arg)
{
	struct serve_thread *thread = arg;

	fcgi_worker_run(thread->worker);
	return NULL;
}

static enum err
start(struct serve_thread *thread, const struct fcgi_shared *shared)
{
	pthread_attr_t attr;

	enum err err = fcgi_worker_new(shared, &thread->worker);
	if (err != ERR_OK)
		return err;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, SERVE_STACK_SIZE);
	thread->runs =
	    pthread_create(&thread->thread, &attr, run_worker, thread) == 0;
	pthread_attr_destroy(&attr);
	return thread->runs ? ERR_OK : ERR_MEMORY;
}

/* Passes SIGHUP on until a signal says stop. */
static void
main_loop(const struct fcgi_shared *shared, struct watch *watch)
{
	const struct timespec tick = {.tv_sec = 1};
	sigset_t set = waited_signals();

	for (;;) {
		int signal_number = sigtimedwait(&set, NULL, &tick);
		if (signal_number > 0 && signal_number != SIGHUP)
			return;
		if (signal_number == SIGHUP)
			watch_force(watch);
		report_limits(shared->limits);
		report_seen(shared->seen);
		report_counters(shared->counters);
		log_limit_check(shared->log_limit, false);
	}
}

/* Waits for the workers: none waits without a limit for its peer. */
static void
join(struct serve_thread *threads, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (threads[i].runs)
			pthread_join(threads[i].thread, NULL);
		fcgi_worker_free(threads[i].worker);
	}
}

static enum err
run(struct serve_thread *threads, unsigned count,
    const struct fcgi_shared *shared, struct watch *watch)
{
	enum err err = ERR_OK;
	unsigned started = 0;

	while (started < count && err == ERR_OK)
		err = start(&threads[started++], shared);
	if (err == ERR_OK)
		main_loop(shared, watch);
	acceptor_stop(shared->acceptor);
	join(threads, started);
	log_limit_check(shared->log_limit, true);
	report_limits(shared->limits);
	return err;
}

/* The directory stays that of the configuration at the start. */
static enum err
open_state(struct reload *reload, struct fcgi_shared *shared)
{
	const struct site *site = reload_acquire(reload);
	enum err err = report_open_limits(site, &shared->limits);

	shared->seen = report_open_seen(site);
	if (err == ERR_OK)
		err = report_open_counters(site, &shared->counters);
	if (err == ERR_OK)
		limits_count_in(shared->limits, shared->counters);
	site_release(site);
	return err;
}

/* With the setting of the start; the watch passes on a new one. */
static enum err
open_events(struct reload *reload, struct fcgi_shared *shared)
{
	const struct site *site = reload_acquire(reload);
	enum err err = event_socket_new(
	    site_settings(site)->events, shared->counters, &shared->events);

	site_release(site);
	return err;
}

/* In the directory of the start: the sandbox lets no file be made later. */
static enum err
open_process_file(struct reload *reload, struct process_file **ret)
{
	const struct site *site = reload_acquire(reload);
	const char *dir = site_settings(site)->state_dir;
	const char *why = "";
	enum err err = ERR_OK;

	if (dir != NULL)
		err = process_file_new(
		    dir, reload_files(reload)->paths[0], ret, &why);
	if (err == ERR_IO)
		log_line(LOG_LEVEL_WARNING,
		    "state_dir: %s: ddnsgatectl does not see this process",
		    why);
	site_release(site);
	return err == ERR_IO ? ERR_OK : err;
}

static enum err
shared_new(unsigned threads, struct reload *reload, struct fcgi_shared *ret)
{
	*ret = (struct fcgi_shared){.reload = reload};
	enum err err = open_state(reload, ret);
	if (err == ERR_OK)
		err = log_limit_new(&ret->log_limit);
	if (err == ERR_OK)
		err = open_events(reload, ret);
	if (err == ERR_OK)
		err = password_check_new(
		    threads, secret_crypt_check, &ret->passwords);
	if (err == ERR_OK)
		err = server_shared_init(threads, &ret->servers);
	ret->servers.counters = ret->counters;
	ret->servers.is_lone = threads == 1;
	if (err == ERR_OK)
		err = ready_new(ret->servers.health, &ret->ready);
	if (err == ERR_OK)
		health_tell(
		    ret->servers.health, event_socket_server, ret->events);
	if (err == ERR_OK)
		err = wait_share_new(threads, listen_cut_off, &ret->wait_share);
	if (err == ERR_OK)
		err = group_commit_new(ret->servers.overdue,
		    group_commit_batches_by_clock, &ret->queue);
	if (err == ERR_OK)
		err = parent_cache_new(&ret->parents);
	if (err == ERR_OK)
		err = secondaries_new(threads, &ret->secondaries);
	if (err == ERR_OK)
		err = digest_cache_new(&ret->recent_txt);
	return err;
}

static void
shared_free(struct fcgi_shared *shared)
{
	acceptor_free(shared->acceptor);
	wait_share_free(shared->wait_share);
	group_commit_free(shared->queue);
	parent_cache_free(shared->parents);
	secondaries_free(shared->secondaries);
	digest_cache_free(shared->recent_txt);
	ready_free(shared->ready);
	server_shared_done(&shared->servers);
	event_socket_free(shared->events);
	log_limit_free(shared->log_limit);
	password_check_free(shared->passwords);
	seen_close(shared->seen);
	counters_close(shared->counters);
	limits_free(shared->limits);
}

/*
 * glibc would make up to eight heaps ("arenas") for each processor, and each
 * keeps the most memory that its threads have used at once.
 */
static void
limit_malloc_arenas(void)
{
	mallopt(M_ARENA_MAX, (int)sysconf(_SC_NPROCESSORS_ONLN));
}

/*
 * A request that waits for DNS holds three descriptors or more.  The soft
 * limit is low only for the sake of select(2), which libfcgi does not use.
 */
static void
raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* In the sandbox, which threads that were made before would be outside of. */
static enum err
run_watched(struct serve_thread *threads, unsigned count,
    const struct fcgi_shared *shared,
    const struct watch_dependencies *dependencies)
{
	struct watch *watch = NULL;

	enum err err = watch_new(dependencies, &watch);
	if (err == ERR_OK)
		err = run(threads, count, shared, watch);
	/* What is still being read serves nobody; the next start removes the
	 * socket's file. */
	if (!watch_stop(watch))
		_exit(EXIT_SUCCESS);
	return err;
}

/* As watch_dependencies has it. */
static const char *
user_by_setting(struct reload *reload, const struct run_as_user *self)
{
	const struct site *site = reload_acquire(reload);
	const char *setting = site_settings(site)->user;
	bool counts = self->uid == 0 ||
		      (setting != NULL && strcmp(setting, self->name) == 0);

	site_release(site);
	return counts ? self->name : NULL;
}

static void
log_start(struct reload *reload, const struct sandbox *sandbox,
    struct start_line *line)
{
	const struct site *site = reload_acquire(reload);

	line->site = site;
	line->sandbox = sandbox;
	start_line_log(line);
	site_release(site);
}

enum err
serve(const struct listen_socket *listener, unsigned threads,
    struct reload *reload)
{
	const char *path = listener->path[0] != '\0' ? listener->path : NULL;
	struct sandbox *sandbox = NULL;
	struct process_file *process = NULL;
	struct fcgi_shared shared;
	struct start_line line = {.threads = threads};
	struct serve_thread *table = calloc(threads, sizeof(*table));

	start_line_prepare(&line, listener->fd);
	limit_malloc_arenas();
	raise_descriptors();
	enum err err = shared_new(threads, reload, &shared);
	if (err == ERR_OK && table == NULL)
		err = ERR_MEMORY;
	if (err == ERR_OK)
		err = acceptor_new(listener->fd, threads, &shared.acceptor);
	if (err == ERR_OK)
		err = open_process_file(reload, &process);
	if (err == ERR_OK)
		err = service_sandbox_enter(reload, path, &sandbox);
	if (err == ERR_OK)
		err = fcgi_init();
	if (err == ERR_OK) {
		log_start(reload, sandbox, &line);
		const struct watch_dependencies dependencies = {reload, sandbox,
		    shared.limits, process, shared.events, shared.counters,
		    user_by_setting(reload, &line.user)};
		err = run_watched(table, threads, &shared, &dependencies);
	}
	sandbox_free(sandbox);
	process_file_free(process);
	shared_free(&shared);
	free(table);
	return err;
}
