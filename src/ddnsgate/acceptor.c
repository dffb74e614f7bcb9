#include "acceptor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "ddnsgate/base/run_slot.h"
#include "listen.h"

/* Pause after accept(2) failed for want of descriptors or memory. */
#define ACCEPT_PAUSE_MS 50

struct arrival {
	int listen_fd;
	struct run_slot_pool *room;
	unsigned desks;
	int epoll_fds[]; /* one for each desk */
};

static unsigned
count_desks(unsigned workers)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned desks = RUN_SLOT_PER_PROCESSOR *
			 (unsigned)(processors > 1 ? processors : 1);

	return desks < workers ? desks : workers;
}

/*
 * EPOLLEXCLUSIVE wakes one worker for one connection, where poll(2) would
 * wake them all.
 */
static int
watch(int listen_fd, int stop_fd)
{
	struct epoll_event arrival = {
	    .events = EPOLLIN | EPOLLEXCLUSIVE, .data.fd = listen_fd};
	struct epoll_event stop = {.events = EPOLLIN, .data.fd = stop_fd};
	int fd = epoll_create1(EPOLL_CLOEXEC);

	if (fd < 0)
		return -1;
	if (epoll_ctl(fd, EPOLL_CTL_ADD, listen_fd, &arrival) == 0 &&
	    epoll_ctl(fd, EPOLL_CTL_ADD, stop_fd, &stop) == 0)
		return fd;
	close(fd);
	return -1;
}

static enum err
furnish(struct arrival *arrival, int stop_fd, unsigned desks)
{
	int flags = fcntl(arrival->listen_fd, F_GETFL);

	if (flags < 0 ||
	    fcntl(arrival->listen_fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return ERR_IO;
	for (; arrival->desks < desks; arrival->desks++) {
		int fd = watch(arrival->listen_fd, stop_fd);
		if (fd < 0)
			return ERR_IO;
		arrival->epoll_fds[arrival->desks] = fd;
	}
	return run_slot_pool_new(desks, &arrival->room);
}

enum err
arrival_new(int listen_fd, int stop_fd, unsigned workers, struct arrival **ret)
{
	unsigned desks = count_desks(workers);
	struct arrival *arrival =
	    calloc(1, sizeof(*arrival) + desks * sizeof(int));

	if (arrival == NULL)
		return ERR_MEMORY;
	arrival->listen_fd = listen_fd;
	enum err err = furnish(arrival, stop_fd, desks);
	if (err != ERR_OK) {
		arrival_free(arrival);
		return err;
	}
	*ret = arrival;
	return ERR_OK;
}

void
arrival_free(struct arrival *arrival)
{
	if (arrival == NULL)
		return;
	run_slot_pool_free(arrival->room);
	for (unsigned i = 0; i < arrival->desks; i++)
		close(arrival->epoll_fds[i]);
	free(arrival);
}

/* Until something may have come; true if the stop has. */
static bool
wait_for_event(struct arrival *arrival)
{
	unsigned desk = run_slot_take(arrival->room);
	struct epoll_event event = {0};

	int count = epoll_wait(arrival->epoll_fds[desk], &event, 1, -1);
	run_slot_begin();
	return count == 1 && event.data.fd != arrival->listen_fd;
}

int
arrival_next(struct arrival *arrival, struct clock_deadline *drain)
{
	for (;;) {
		if (wait_for_event(arrival) && drain->at_us == 0)
			*drain = clock_after_ms(ARRIVAL_DRAIN_MS);

		int fd = listen_accept(arrival->listen_fd);
		if (drain->at_us != 0 && (fd < 0 || clock_passed(*drain))) {
			if (fd >= 0)
				close(fd);
			run_slot_release();
			return -1;
		}
		if (fd >= 0)
			return fd;
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
			clock_sleep_ms(
			    ACCEPT_PAUSE_MS, clock_after_ms(ACCEPT_PAUSE_MS));
	}
}
