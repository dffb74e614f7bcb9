#ifndef DDNSGATE_STATE_PROCESS_FILE_H
#define DDNSGATE_STATE_PROCESS_FILE_H

/*
 * A file for each serving process in the state directory, which says what
 * configuration it runs, so that the administrator's tool can tell whether a
 * change is in force:
 *
 *	DIR/process.RANDOM	struct process_status, as it is in memory
 *
 * The process holds a lock on its file as long as it lives.  A file without
 * one was left by a process that is gone, and the next that starts removes it.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/secret.h"

/* With NUL; what is longer is cut off. */
#define PROCESS_CONF_SIZE 1024
#define PROCESS_WHY_SIZE 512
/* The files that are read of a directory. */
#define PROCESS_FILES_MAX 4096

/* Times are microseconds since 1970, UTC. */
struct process_status {
	char layout[16];
	int64_t
	    pid; /* in the reader's PID namespace; 0: not to be seen there */
	int64_t started_us;
	int64_t loaded_us;            /* the configuration in force */
	int64_t tried_us;             /* when the last try to load one began */
	int64_t refused;              /* 1: that one failed */
	struct secret_digest files;   /* file_id_digest of that in force */
	char conf[PROCESS_CONF_SIZE]; /* its path, absolute, without links */
	char why[PROCESS_WHY_SIZE];   /* the failure, if there was one */
};

struct process_file;

/*
 * Makes the calling process's file, which runs the configuration of that path,
 * and removes those of processes that are gone.  ERR_MEMORY; ERR_IO with the
 * reason as a static text.
 */
enum err
process_file_new(const char *dir, const char *conf, struct process_file **ret,
    const char **ret_why);

/* Removes nothing: the sandbox does not allow it. */
void
process_file_free(struct process_file *file);

/* Says that a configuration, of files with this digest, is in force since a
 * try that began at tried_us. */
void
process_file_loaded(struct process_file *file, int64_t tried_us,
    const struct secret_digest *files);

/* Says that a try to load one, which began at tried_us, has failed. */
void
process_file_refused(
    struct process_file *file, int64_t tried_us, const char *why);

typedef void
process_file_visit(void *ctx, const struct process_status *status);

/* Calls visit for each process that runs.  ERR_IO: the directory cannot be
 * read, and errno says why. */
enum err
process_file_each(const char *dir, process_file_visit *visit, void *ctx);

#endif
