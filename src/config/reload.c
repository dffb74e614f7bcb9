#include "ddnsgate/config/reload.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ddnsgate/config/conf.h"

/* Differs when a file has changed; zeroes for a file that does not exist. */
struct file_id {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec mtime, ctime;
};

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
	struct conf_files files;
	struct file_id *loaded; /* of each file when it was loaded */
	struct file_id *seen;   /* at the last check */
};

static struct file_id
take_file_id(const char *path)
{
	struct stat status;

	if (stat(path, &status) != 0)
		return (struct file_id){0};
	return (struct file_id){status.st_dev, status.st_ino, status.st_size,
	    status.st_mtim, status.st_ctim};
}

static bool
same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool
same_file_id(const struct file_id *a, const struct file_id *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	       same_time(a->mtime, b->mtime) && same_time(a->ctime, b->ctime);
}

static bool
same_file_ids(const struct file_id *a, const struct file_id *b, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!same_file_id(&a[i], &b[i]))
			return false;
	}
	return true;
}

static struct file_id *
new_file_ids(size_t count)
{
	return calloc(count + 1, sizeof(struct file_id));
}

/*
 * The identities of the files before they were loaded, so that a file which
 * changes while it is loaded is loaded again.  Of a file that was not watched
 * before, there is only the present identity.
 */
static struct file_id *
file_ids_before(const struct reload *reload, const struct conf_files *files)
{
	struct file_id *file_ids = new_file_ids(files->count);
	size_t count = reload->files.count;
	size_t at = 0; /* both lists have nearly the same order */

	for (size_t i = 0; i < files->count && file_ids != NULL; i++) {
		size_t tried = 0;
		while (tried < count &&
		       strcmp(reload->files.paths[at], files->paths[i]) != 0) {
			at = (at + 1) % count;
			tried++;
		}
		file_ids[i] = tried < count ? reload->seen[at]
					    : take_file_id(files->paths[i]);
	}
	return file_ids;
}

/* Watches these files from now on; takes over what it is given. */
static void
watch(struct reload *reload, struct conf_files files, struct file_id *loaded,
    struct file_id *seen)
{
	conf_files_done(&reload->files);
	free(reload->loaded);
	free(reload->seen);
	reload->files = files;
	reload->loaded = loaded;
	reload->seen = seen;
}

static enum err
watch_files(struct reload *reload, struct conf_files files)
{
	struct file_id *loaded = file_ids_before(reload, &files);
	struct file_id *seen = new_file_ids(files.count);

	if (loaded == NULL || seen == NULL) {
		free(loaded);
		free(seen);
		conf_files_done(&files);
		return ERR_MEMORY;
	}
	memcpy(seen, loaded, files.count * sizeof(*seen));
	watch(reload, files, loaded, seen);
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

/* seen was updated just before. */
static enum err
load(struct reload *reload, struct diagnostic_list *diagnostics)
{
	struct conf_files files;
	struct site *site = NULL;

	enum err err = conf_load(reload->path, diagnostics, &files, &site);
	enum err watched = watch_files(reload, files);
	if (err == ERR_OK)
		err = watched;
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
	watch(reload, (struct conf_files){0}, NULL, NULL);
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

/* Updates seen.  Have files changed since loaded, but not since seen? */
static bool
files_have_changed(struct reload *reload)
{
	size_t count = reload->files.count;
	bool stable = true;

	for (size_t i = 0; i < count; i++) {
		struct file_id now = take_file_id(reload->files.paths[i]);
		stable &= same_file_id(&now, &reload->seen[i]);
		reload->seen[i] = now;
	}
	return stable && !same_file_ids(reload->seen, reload->loaded, count);
}

enum err
reload_check(
    struct reload *reload, bool force, struct diagnostic_list *diagnostics)
{
	if (!files_have_changed(reload) && !force)
		return ERR_UNCHANGED;
	return load(reload, diagnostics);
}
