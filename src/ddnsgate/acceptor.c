#include "acceptor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "ddnsgate/base/run_slot.h"
#include "listen.h"

/* Pause after accept(2) failed for want of descriptors or memory. */
#define ACCEPT_PAUSE_MS 50

/* The only worker of a process waits so long for the next connection before it
 * turns to epoll(7): the next mostly comes sooner, and then accept(2) alone is
 * half the work. */
#define ACCEPT_WAIT_MS 100

struct acceptor {
	int listen_fd;
	int stop_fd;
	bool waits; /* accept(2) does, for ACCEPT_WAIT_MS */
	atomic_bool stops;
	struct run_slot_pool *run_slots;
	unsigned slots;
	int epoll_fds[]; /* one for each run slot */
};

static unsigned
count_slots(unsigned workers)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned slots = RUN_SLOT_PER_PROCESSOR *
			 (unsigned)(processors > 1 ? processors : 1);

	return slots < workers ? slots : workers;
}

/* EPOLLEXCLUSIVE: a connection wakes one worker; with poll(2) it would wake
 * all of them. */
static int
open_epoll(int listen_fd, int stop_fd)
{
	struct epoll_event listener = {
	    .events = EPOLLIN | EPOLLEXCLUSIVE, .data.fd = listen_fd};
	struct epoll_event stop = {.events = EPOLLIN, .data.fd = stop_fd};
	int fd = epoll_create1(EPOLL_CLOEXEC);

	if (fd < 0)
		return -1;
	if (epoll_ctl(fd, EPOLL_CTL_ADD, listen_fd, &listener) == 0 &&
	    epoll_ctl(fd, EPOLL_CTL_ADD, stop_fd, &stop) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Several workers must not wait in accept(2): the one that an event woke finds
 * no connection where another process was faster. */
static bool
set_non_blocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

static enum err
init(struct acceptor *acceptor, unsigned workers, unsigned slots)
{
	acceptor->waits =
	    workers == 1 &&
	    listen_limit_accept(acceptor->listen_fd, ACCEPT_WAIT_MS);
	if (!acceptor->waits && !set_non_blocking(acceptor->listen_fd))
		return ERR_IO;
	acceptor->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (acceptor->stop_fd < 0)
		return ERR_IO;
	for (; acceptor->slots < slots; acceptor->slots++) {
		int fd = open_epoll(acceptor->listen_fd, acceptor->stop_fd);
		if (fd < 0)
			return ERR_IO;
		acceptor->epoll_fds[acceptor->slots] = fd;
	}
	return run_slot_pool_new(slots, &acceptor->run_slots);
}

enum err
acceptor_new(int listen_fd, unsigned workers, struct acceptor **ret)
{
	unsigned slots = count_slots(workers);
	struct acceptor *acceptor =
	    calloc(1, sizeof(*acceptor) + slots * sizeof(int));

	if (acceptor == NULL)
		return ERR_MEMORY;
	acceptor->listen_fd = listen_fd;
	acceptor->stop_fd = -1;
	enum err err = init(acceptor, workers, slots);
	if (err != ERR_OK) {
		acceptor_free(acceptor);
		return err;
	}
	*ret = acceptor;
	return ERR_OK;
}

void
acceptor_free(struct acceptor *acceptor)
{
	if (acceptor == NULL)
		return;
	run_slot_pool_free(acceptor->run_slots);
	for (unsigned i = 0; i < acceptor->slots; i++)
		close(acceptor->epoll_fds[i]);
	if (acceptor->stop_fd >= 0)
		close(acceptor->stop_fd);
	free(acceptor);
}

void
acceptor_stop(struct acceptor *acceptor)
{
	atomic_store(&acceptor->stops, true);
	eventfd_write(acceptor->stop_fd, 1);
}

/* A connection that comes within ACCEPT_WAIT_MS, or -1. */
static int
accept_soon(struct acceptor *acceptor)
{
	if (!acceptor->waits || atomic_load(&acceptor->stops))
		return -1;
	run_slot_take(acceptor->run_slots);
	int fd = listen_accept(acceptor->listen_fd);
	run_slot_begin();
	return fd;
}

/* Waits for a connection or the stop; true if it is the stop. */
static bool
wait_for_event(struct acceptor *acceptor)
{
	unsigned slot = run_slot_take(acceptor->run_slots);
	struct epoll_event event = {0};

	int count = epoll_wait(acceptor->epoll_fds[slot], &event, 1, -1);
	run_slot_begin();
	return count == 1 && event.data.fd != acceptor->listen_fd;
}

/* No thread could accept a connection now, so this one keeps its slot. */
static void
pause_after_failure(void)
{
	clock_sleep_ms(ACCEPT_PAUSE_MS, clock_after_ms(ACCEPT_PAUSE_MS));
}

int
acceptor_next(struct acceptor *acceptor, struct clock_deadline *drain)
{
	for (;;) {
		int fd = accept_soon(acceptor);
		if (fd >= 0)
			return fd;
		if (wait_for_event(acceptor) && drain->at_us == 0)
			*drain = clock_after_ms(ACCEPTOR_DRAIN_MS);

		fd = listen_accept(acceptor->listen_fd);
		if (drain->at_us != 0 && (fd < 0 || clock_passed(*drain))) {
			if (fd >= 0)
				close(fd);
			run_slot_release();
			return -1;
		}
		if (fd >= 0)
			return fd;
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
			pause_after_failure();
	}
}
