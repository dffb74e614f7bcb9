#ifndef DDNSGATE_WATCH_H
#define DDNSGATE_WATCH_H

/*
 * Reloads the configuration when its files change, on a thread of its own:
 * reading a large one takes seconds, and signals and slow peers do not wait
 * for that.  Logs what is wrong with a new one, and says in the state directory
 * which one is in force.
 */

#include "ddnsgate/config/reload.h"
#include "ddnsgate/sandbox/sandbox.h"
#include "ddnsgate/limits/limits.h"
#include "ddnsgate/state/process_file.h"
#include "event_socket.h"

/* How long watch_stop waits for the end of a reading. */
#define WATCH_STOP_MS 2000

struct watch;

/* Borrowed. */
struct watch_dependencies {
	struct reload *reload;
	const struct sandbox *sandbox;
	const struct limits *limits;
	struct process_file *process; /* NULL: there is no state directory */
	struct event_socket *events;
	struct counters *counters;
	/* Whom the setting user has root be; NULL: it does not count, as this
	 * was not root's process. */
	const char *user;
};

/* Starts the thread.  ERR_MEMORY. */
enum err
watch_new(const struct watch_dependencies *dependencies, struct watch **ret);

/* Reads the configuration now, whether files have changed or not. */
void
watch_force(struct watch *watch);

/*
 * Ends the thread and frees all; NULL is nothing to end.  False if the thread
 * still reads a configuration after WATCH_STOP_MS: then it goes on, and what it
 * has borrowed must stay until the process ends.
 */
bool
watch_stop(struct watch *watch);

#endif
