#include "ddnsgate/config/reload.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "ddnsgate/config/conf.h"

/* Threads take turns at the copies, so that few wait for the same lock. */
#define COPIES 64

/* The current site, once for each group of threads. */
struct copy {
	pthread_mutex_t lock;
	const struct site *site;
};

struct reload {
	struct copy copies[COPIES];
	char *path;
	struct conf_files files; /* as they were when they were loaded */
	struct file_id *seen;    /* of each at the last check */
};

/* Watches these files from now on, and takes them over.  ERR_MEMORY: it goes
 * on with those before. */
static enum err
watch(struct reload *reload, struct conf_files *files)
{
	struct file_id *seen = calloc(files->count + 1, sizeof(*seen));

	if (seen == NULL) {
		conf_files_done(files);
		return ERR_MEMORY;
	}
	if (files->count > 0)
		memcpy(seen, files->ids, files->count * sizeof(*seen));
	conf_files_done(&reload->files);
	free(reload->seen);
	reload->files = *files;
	reload->seen = seen;
	return ERR_OK;
}

static void
publish(struct reload *reload, const struct site *site)
{
	for (size_t i = 0; i < COPIES; i++) {
		struct copy *copy = &reload->copies[i];
		pthread_mutex_lock(&copy->lock);
		const struct site *old = copy->site;
		copy->site = site_acquire(site);
		pthread_mutex_unlock(&copy->lock);
		site_release(old);
	}
	site_release(site);
}

/* A table that is gone, as its disk is not there or its name was mistyped, is
 * not taken for one without clients by who has had one. */
static enum err
check_table(const struct reload *reload, const struct site *site,
    struct diagnostic_list *diagnostics)
{
	const struct site *before = reload->copies[0].site;
	const char *path = site_settings(site)->clients_db;

	if (before == NULL || site_clients_db(before) == NULL || path == NULL ||
	    site_clients_db(site) != NULL)
		return ERR_OK;
	diagnostic_add(diagnostics, DIAGNOSTIC_ERROR,
	    (struct diagnostic_location){reload->path, 0, "clients_db"},
	    "%s is not there any more, allowed is a table, or a restart "
	    "without",
	    path);
	return ERR_CONFIG;
}

static enum err
load(struct reload *reload, struct diagnostic_list *diagnostics)
{
	struct conf_files files = {0};
	struct site *site = NULL;

	enum err err = conf_load(reload->path, diagnostics, &files, &site);
	enum err watched = watch(reload, &files);
	if (err == ERR_OK)
		err = watched;
	if (err == ERR_OK)
		err = check_table(reload, site, diagnostics);
	if (err == ERR_OK)
		publish(reload, site);
	else
		site_release(site);
	return err;
}

enum err
reload_new(
    const char *path, struct diagnostic_list *diagnostics, struct reload **ret)
{
	struct reload *reload = calloc(1, sizeof(*reload));
	enum err err = ERR_MEMORY;

	if (reload == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < COPIES; i++)
		pthread_mutex_init(&reload->copies[i].lock, NULL);
	reload->path = strdup(path);
	if (reload->path != NULL)
		err = load(reload, diagnostics);
	if (err == ERR_OK)
		*ret = reload;
	else
		reload_free(reload);
	return err;
}

void
reload_free(struct reload *reload)
{
	if (reload == NULL)
		return;
	for (size_t i = 0; i < COPIES; i++) {
		site_release(reload->copies[i].site);
		pthread_mutex_destroy(&reload->copies[i].lock);
	}
	conf_files_done(&reload->files);
	free(reload->seen);
	free(reload->path);
	free(reload);
}

/* A number of the calling thread, different for each thread. */
static unsigned
thread_number(void)
{
	static atomic_uint threads;
	static _Thread_local unsigned number; /* 0: none yet */

	if (number == 0)
		number = ++threads;
	return number;
}

const struct site *
reload_acquire(struct reload *reload)
{
	struct copy *copy = &reload->copies[thread_number() % COPIES];

	pthread_mutex_lock(&copy->lock);
	const struct site *site = site_acquire(copy->site);
	pthread_mutex_unlock(&copy->lock);
	return site;
}

const struct conf_files *
reload_files(const struct reload *reload)
{
	return &reload->files;
}

/* Updates seen.  Have files changed since they were loaded, but not since
 * seen? */
static bool
files_have_changed(struct reload *reload)
{
	bool stable = true;
	bool changed = false;

	for (size_t i = 0; i < reload->files.count; i++) {
		struct file_id now = conf_files_id(&reload->files, i);
		stable &= file_id_equal(&now, &reload->seen[i]);
		changed |= !file_id_equal(&now, &reload->files.ids[i]);
		reload->seen[i] = now;
	}
	return stable && changed;
}

enum err
reload_check(
    struct reload *reload, bool force, struct diagnostic_list *diagnostics)
{
	if (!files_have_changed(reload) && !force)
		return ERR_UNCHANGED;
	return load(reload, diagnostics);
}
