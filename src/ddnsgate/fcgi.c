#include "fcgi.h"

#include <fcgiapp.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/page_buffer.h"
#include "ddnsgate/base/run_slot.h"
#include "ddnsgate/base/secret.h"
#include "ddnsgate/handler/handler.h"
#include "ddnsgate/reply/reply.h"
#include "ddnsgate/request/variable.h"
#include "listen.h"

/* FCGI_RESPONDER of the FastCGI specification, section 6.1. */
#define ROLE_RESPONDER 1

struct fcgi_worker {
	struct acceptor *acceptor;
	struct reload *reload;
	struct exchange *exchange;
	struct handler *handler;
	FCGX_Request request;
	struct variable_list variables; /* while a request is answered */
	/* Of REPLY_SIZE.  Not on the stack, where it would spread what is in
	 * use while the worker waits over more pages. */
	char *reply;

	/* The connection being read, for fcgi_worker_check_timeout. */
	pthread_mutex_t lock;
	int reading_fd; /* -1: none */
	struct clock_deadline reading_until;
};

enum err
fcgi_init(void)
{
	return FCGX_Init() == 0 ? ERR_OK : ERR_IO;
}

enum err
fcgi_worker_new(const struct fcgi_shared *shared, struct fcgi_worker **ret)
{
	struct fcgi_worker *worker = calloc(1, sizeof(*worker));
	if (worker == NULL)
		return ERR_MEMORY;
	worker->acceptor = shared->acceptor;
	worker->reload = shared->reload;
	worker->reading_fd = -1;
	pthread_mutex_init(&worker->lock, NULL);

	worker->reply = page_buffer_new(REPLY_SIZE);
	enum err err = worker->reply != NULL ? ERR_OK : ERR_MEMORY;
	if (err == ERR_OK)
		err = exchange_new(&shared->servers, &worker->exchange);
	if (err == ERR_OK) {
		const struct handler_dependencies dependencies = {
		    .transport = exchange_transport(worker->exchange),
		    .group = shared->queue,
		    .parents = shared->parents,
		    .limits = shared->limits};
		err = handler_new(&dependencies, &worker->handler);
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
	page_buffer_free(worker->reply, REPLY_SIZE);
	pthread_mutex_destroy(&worker->lock);
	free(worker);
}

/*
 * Starts the time in which the request has to arrive; false if the connection
 * could not be cut off after it.  The descriptor is a duplicate: libfcgi may
 * close its own at any moment, and another thread may open that number again.
 */
static bool
start_reading(struct fcgi_worker *worker, int fd)
{
	pthread_mutex_lock(&worker->lock);
	worker->reading_fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	worker->reading_until = clock_after_ms(FCGI_READ_MAX_MS);
	bool can_cut_off = worker->reading_fd >= 0;
	pthread_mutex_unlock(&worker->lock);
	return can_cut_off;
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
fcgi_worker_check_timeout(struct fcgi_worker *worker)
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
	return variable_value(&worker->variables, name);
}

/* Does the end of the body usually come with the variables? */
static bool
ends_at_once(struct fcgi_worker *worker)
{
	const char *method = variable(worker, "REQUEST_METHOD");

	return method != NULL &&
	       (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0);
}

/* Is there a body, as far as the variables say? */
static bool
announces_body(struct fcgi_worker *worker)
{
	static const char *const names[] = {
	    "CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = variable(worker, names[i]);
		if (value != NULL && *value != '\0')
			return true;
	}
	return false;
}

static enum err
read_body(void *ctx, char *buf, size_t size, size_t *ret_len)
{
	struct fcgi_worker *worker = ctx;
	FCGX_Stream *in = worker->request.in;

	/* The web server may pass on a body as it comes. */
	if (!ends_at_once(worker) || announces_body(worker))
		run_slot_release();
	int len = FCGX_GetStr(buf, (int)size, in);
	*ret_len = len > 0 ? (size_t)len : 0;
	return FCGX_GetError(in) == 0 ? ERR_OK : ERR_IO;
}

static void
respond(struct fcgi_worker *worker)
{
	const struct request_source source = {.variable = variable,
	    .read = read_body,
	    .marks_end = true,
	    .ctx = worker};
	struct text out;

	text_init(&out, worker->reply, REPLY_SIZE);
	const struct site *site = reload_acquire(worker->reload);
	handler_serve(worker->handler, site, &source, &out);
	site_release(site);
	/* Fails if the client is gone; its request has been carried out. */
	FCGX_PutStr(out.buf, (int)out.len, worker->request.out);
}

/*
 * Has the whole request arrived?  libfcgi takes the end of a connection
 * between two variables for the end of the variables, and a missing one may
 * be the address to set.
 */
static bool
is_whole(const FCGX_Request *request)
{
	return request->role == ROLE_RESPONDER &&
	       FCGX_GetError(request->in) == 0;
}

/* The variables hold secrets, and libfcgi does not wipe them. */
static void
wipe_variables(const FCGX_Request *request)
{
	for (char **variable = request->envp; *variable != NULL; variable++)
		secret_wipe(*variable, strlen(*variable));
}

/*
 * Has everything been read that the web server sends?  Then the connection can
 * be closed at once.  If not, closing it might lose the reply, and libfcgi
 * waits for the web server to close it.
 */
static bool
is_read_to_end(struct fcgi_worker *worker)
{
	FCGX_Stream *in = worker->request.in;

	if (ends_at_once(worker))
		FCGX_GetChar(in);
	return FCGX_HasSeenEOF(in) == EOF;
}

/*
 * Serves the one request of a connection and closes it.
 *
 * libfcgi could accept by itself, but would then wait without limit for a peer
 * that sends nothing.  So the connection is accepted here and handed over in
 * ipcFd, which FCGX_Accept_r reads from, and first closes unless
 * keepConnection is set.  That stays set if the web server asks to keep the
 * connection, and is cleared then: the worker would be bound to it.
 */
static void
serve_connection(struct fcgi_worker *worker, int fd)
{
	FCGX_Request *request = &worker->request;

	if (FCGX_InitRequest(request, -1, FCGI_FAIL_ACCEPT_ON_INTR) != 0 ||
	    !start_reading(worker, fd)) {
		close(fd);
		return;
	}
	request->ipcFd = fd;
	request->keepConnection = 1;
	/* A web server sends all variables at once; a peer that has not begun
	 * to may never. */
	if (!listen_has_sent(fd))
		run_slot_release();
	int accepted = FCGX_Accept_r(request); /* closes fd if it fails */
	if (accepted == 0) {
		request->keepConnection = 0;
		/* FCGX_GetParam would give the first of several values. */
		variable_list_init(&worker->variables, request->envp);
		if (is_whole(request))
			respond(worker);
		if (is_read_to_end(worker))
			FCGX_Detach(request);
		else
			run_slot_release();
		variable_list_done(&worker->variables);
		wipe_variables(request);
	}
	if (accepted == 0)
		FCGX_Finish_r(request); /* may read on until the peer closes */
	stop_reading(worker);
}

void
fcgi_worker_run(struct fcgi_worker *worker)
{
	struct clock_deadline drain = {0};
	int fd;

	while ((fd = acceptor_next(worker->acceptor, &drain)) >= 0)
		serve_connection(worker, fd);
}
