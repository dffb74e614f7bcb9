#include "fcgi.h"

#include <errno.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "ddnsgate/answer.h"
#include "ddnsgate/clock.h"
#include "ddnsgate/handler.h"
#include "ddnsgate/secret.h"
#include "listen.h"

/* FCGI_RESPONDER of the FastCGI specification, section 6.1. */
#define ROLE_RESPONDER 1
/* Pause after accept(2) failed for want of descriptors or memory. */
#define ACCEPT_PAUSE_MS 50

struct fcgi_worker {
	int listen_fd;
	int epoll_fd;
	struct reload *reload;
	struct exchange *exchange;
	struct handler *handler;
	FCGX_Request request;

	/* What fcgi_worker_reap looks at: the connection being read. */
	pthread_mutex_t lock;
	int reading_fd; /* -1: none */
	struct clock_deadline reading_until;
};

enum err
fcgi_init(int listen_fd)
{
	int flags = fcntl(listen_fd, F_GETFL);

	if (flags < 0 || fcntl(listen_fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return ERR_IO;
	return FCGX_Init() == 0 ? ERR_OK : ERR_IO;
}

/*
 * EPOLLEXCLUSIVE wakes one worker for one connection, where poll(2) would
 * wake them all.
 */
static enum err
watch(struct fcgi_worker *worker, int stop_fd)
{
	struct epoll_event arrival = {
	    .events = EPOLLIN | EPOLLEXCLUSIVE, .data.fd = worker->listen_fd};
	struct epoll_event stop = {.events = EPOLLIN, .data.fd = stop_fd};

	worker->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (worker->epoll_fd < 0)
		return ERR_IO;
	if (epoll_ctl(worker->epoll_fd, EPOLL_CTL_ADD, worker->listen_fd,
		&arrival) != 0 ||
	    epoll_ctl(worker->epoll_fd, EPOLL_CTL_ADD, stop_fd, &stop) != 0)
		return ERR_IO;
	return ERR_OK;
}

enum err
fcgi_worker_new(int listen_fd, int stop_fd, const struct fcgi_commons *commons,
    struct fcgi_worker **ret)
{
	struct fcgi_worker *worker = calloc(1, sizeof(*worker));
	if (worker == NULL)
		return ERR_MEMORY;
	worker->listen_fd = listen_fd;
	worker->reload = commons->reload;
	worker->reading_fd = -1;
	pthread_mutex_init(&worker->lock, NULL);

	enum err err = watch(worker, stop_fd);
	if (err == ERR_OK)
		err = exchange_new(&commons->exchange, &worker->exchange);
	if (err == ERR_OK) {
		const struct handler_means means = {
		    exchange_carrier(worker->exchange), commons->queue,
		    commons->state};
		err = handler_new(&means, &worker->handler);
	}
	if (err != ERR_OK) {
		fcgi_worker_free(worker);
		return err;
	}
	*ret = worker;
	return ERR_OK;
}

void
fcgi_worker_free(struct fcgi_worker *worker)
{
	if (worker == NULL)
		return;
	handler_free(worker->handler);
	exchange_free(worker->exchange);
	if (worker->epoll_fd >= 0)
		close(worker->epoll_fd);
	pthread_mutex_destroy(&worker->lock);
	free(worker);
}

/*
 * Starts the time in which the request has to come.  The descriptor is a
 * duplicate, since libfcgi may close its own at any moment, and another
 * thread may get that number.
 */
static void
start_reading(struct fcgi_worker *worker, int fd)
{
	pthread_mutex_lock(&worker->lock);
	worker->reading_fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	worker->reading_until = clock_after_ms(FCGI_READ_MAX_MS);
	pthread_mutex_unlock(&worker->lock);
}

static void
stop_reading(struct fcgi_worker *worker)
{
	pthread_mutex_lock(&worker->lock);
	if (worker->reading_fd >= 0)
		close(worker->reading_fd);
	worker->reading_fd = -1;
	pthread_mutex_unlock(&worker->lock);
}

void
fcgi_worker_reap(struct fcgi_worker *worker)
{
	pthread_mutex_lock(&worker->lock);
	/* read(2) in libfcgi then sees the end of the connection. */
	if (worker->reading_fd >= 0 && clock_passed(worker->reading_until))
		listen_cut_off(worker->reading_fd);
	pthread_mutex_unlock(&worker->lock);
}

static const char *
variable(void *ctx, const char *name)
{
	struct fcgi_worker *worker = ctx;
	return FCGX_GetParam(name, worker->request.envp);
}

static size_t
read_body(void *ctx, char *buf, size_t size)
{
	struct fcgi_worker *worker = ctx;
	int len = FCGX_GetStr(buf, (int)size, worker->request.in);
	return len > 0 ? (size_t)len : 0;
}

static void
answer(struct fcgi_worker *worker)
{
	const struct request_source source = {
	    .variable = variable, .read = read_body, .ctx = worker};
	char buf[ANSWER_SIZE];
	struct text out;

	TEXT_INIT(&out, buf);
	const struct site *site = reload_acquire(worker->reload);
	handler_serve(worker->handler, site, &source, &out);
	site_release(site);
	/* A client that is gone shows here; what it asked for is done. */
	FCGX_PutStr(buf, (int)out.len, worker->request.out);
}

/*
 * Has all of the request come?  libfcgi takes a connection that ends between
 * two variables for the end of the variables, and what is missing may be the
 * address to set.
 */
static bool
is_whole(const FCGX_Request *request)
{
	return request->role == ROLE_RESPONDER &&
	       FCGX_GetError(request->in) == 0;
}

/* libfcgi wipes nothing, and among the variables are secrets. */
static void
wipe_variables(const FCGX_Request *request)
{
	for (char **variable = request->envp; *variable != NULL; variable++)
		secret_wipe(*variable, strlen(*variable));
}

/*
 * Has all come that the web server sends?  Then the connection is closed at
 * once.  Else that might cost it the reply, and libfcgi first waits for the
 * web server to close.
 */
static bool
is_read_up(const FCGX_Request *request)
{
	const char *method = FCGX_GetParam("REQUEST_METHOD", request->envp);

	/* Here the end of the body has come with the variables. */
	if (method != NULL && strcmp(method, "GET") == 0)
		FCGX_GetChar(request->in);
	return FCGX_HasSeenEOF(request->in) == EOF;
}

/*
 * Serves the one request of a connection and closes it.
 *
 * libfcgi would accept by itself, but then blocks without limit on a peer
 * that sends nothing.  So it is given the accepted connection: it reads from
 * ipcFd if that is set, and leaves it open before the request if
 * keepConnection is.  It clears the latter afterwards only if the web server
 * does not ask to keep the connection, which would pin the worker to it.
 */
static void
serve_connection(struct fcgi_worker *worker, int fd)
{
	FCGX_Request *request = &worker->request;

	if (FCGX_InitRequest(request, -1, FCGI_FAIL_ACCEPT_ON_INTR) != 0) {
		close(fd);
		return;
	}
	request->ipcFd = fd;
	request->keepConnection = 1;
	start_reading(worker, fd);
	int accepted = FCGX_Accept_r(request); /* closes fd if it fails */
	if (accepted == 0) {
		request->keepConnection = 0;
		if (is_whole(request))
			answer(worker);
		if (is_read_up(request))
			FCGX_Detach(request);
		wipe_variables(request);
	}
	stop_reading(worker);
	if (accepted == 0)
		FCGX_Finish_r(request);
}

/*
 * Waits for a connection; -1 when it is time to stop.  Connections that wait
 * when the stop comes are still served, for a bounded time.
 */
static int
next_connection(struct fcgi_worker *worker, struct clock_deadline *drain)
{
	for (;;) {
		struct epoll_event event = {0};
		int count = epoll_wait(worker->epoll_fd, &event, 1, -1);
		if (count < 0 && errno != EINTR)
			return -1;
		if (count == 1 && event.data.fd != worker->listen_fd &&
		    drain->at_us == 0)
			*drain = clock_after_ms(FCGI_DRAIN_MS);

		int fd = listen_accept(worker->listen_fd);
		if (drain->at_us != 0 && (fd < 0 || clock_passed(*drain))) {
			if (fd >= 0)
				close(fd);
			return -1;
		}
		if (fd >= 0)
			return fd;
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
			clock_sleep_ms(
			    ACCEPT_PAUSE_MS, clock_after_ms(ACCEPT_PAUSE_MS));
	}
}

void
fcgi_worker_run(struct fcgi_worker *worker)
{
	struct clock_deadline drain = {0};
	int fd;

	while ((fd = next_connection(worker, &drain)) >= 0)
		serve_connection(worker, fd);
}
