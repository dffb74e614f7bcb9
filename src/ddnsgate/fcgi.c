#include "fcgi.h"

#include <fcgiapp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "connection.h"
#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/log.h"
#include "ddnsgate/base/page_buffer.h"
#include "ddnsgate/base/run_slot.h"
#include "ddnsgate/base/secret.h"
#include "ddnsgate/handler/handler.h"
#include "ddnsgate/reply/reply.h"
#include "ddnsgate/request/variable.h"
#include "listen.h"

/* FCGI_RESPONDER of the FastCGI specification, section 6.1. */
#define ROLE_RESPONDER 1
/* A web server that takes nothing of a long reply for so long is given up. */
#define WRITE_MAX_MS 2000

struct fcgi_worker {
	struct acceptor *acceptor;
	struct reload *reload;
	struct exchange *exchange;
	struct handler *handler;
	struct wait_share_member *member;
	struct connection *connection;
	/* While a request is answered: */
	FCGX_Request request;
	struct variable_list variables;
	bool has_body; /* all of it is there */
	struct clock_deadline body_until;
	/* Of REPLY_SIZE.  Not on the stack, where it would spread what is in
	 * use while the worker waits over more pages. */
	char *reply;
};

enum err
fcgi_init(void)
{
	return FCGX_Init() == 0 ? ERR_OK : ERR_IO;
}

static enum err
init(struct fcgi_worker *worker, const struct fcgi_shared *shared)
{
	worker->reply = page_buffer_new(REPLY_SIZE);
	if (worker->reply == NULL)
		return ERR_MEMORY;
	enum err err =
	    wait_share_member_new(shared->wait_share, &worker->member);
	if (err == ERR_OK)
		err = connection_new(worker->member, &worker->connection);
	if (err == ERR_OK)
		err = exchange_new(&shared->servers, &worker->exchange);
	if (err != ERR_OK)
		return err;
	const struct handler_dependencies dependencies = {
	    .transport = exchange_transport(worker->exchange),
	    .group = shared->queue,
	    .parents = shared->parents,
	    .limits = shared->limits,
	    .log_limit = shared->log_limit,
	    .events = event_socket_sink(shared->events),
	    .passwords = shared->passwords,
	    .secondaries = shared->secondaries,
	    .recent_txt = shared->recent_txt,
	    .ready = shared->ready,
	    .seen = shared->seen,
	    .counters = shared->counters};
	return handler_new(&dependencies, &worker->handler);
}

enum err
fcgi_worker_new(const struct fcgi_shared *shared, struct fcgi_worker **ret)
{
	struct fcgi_worker *worker = calloc(1, sizeof(*worker));

	if (worker == NULL)
		return ERR_MEMORY;
	worker->acceptor = shared->acceptor;
	worker->reload = shared->reload;
	enum err err = init(worker, shared);
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
	connection_free(worker->connection);
	wait_share_member_free(worker->member);
	page_buffer_free(worker->reply, REPLY_SIZE);
	free(worker);
}

static const char *
variable(void *ctx, const char *name)
{
	struct fcgi_worker *worker = ctx;
	return variable_value(&worker->variables, name);
}

static bool
has_body(void *ctx)
{
	struct fcgi_worker *worker = ctx;
	return worker->has_body;
}

/* How much of the body libfcgi has read already. */
static size_t
buffered(const FCGX_Stream *in)
{
	return (size_t)(in->stop - in->rdNext);
}

/*
 * Reads up to size bytes of a body of which not all is there.  libfcgi has read
 * some of it ahead, nobody knows how much, so poll(2) would not tell whether
 * there is more; what does not come ends with the time for a body.
 */
static int
read_late_body(
    struct fcgi_worker *worker, char *buf, size_t size, enum err *ret_err)
{
	FCGX_Stream *in = worker->request.in;

	if (worker->body_until.at_us == 0) {
		worker->body_until = clock_after_ms(REQUEST_SOURCE_BODY_MAX_MS);
		listen_limit_reading(
		    worker->request.ipcFd, REQUEST_SOURCE_BODY_MAX_MS);
	}
	/* FCGX_GetStr would wait until it has all that it is asked for. */
	size_t wanted = buffered(in) > 0 ? buffered(in) : 1;
	connection_begin_wait(worker->connection);
	int len = FCGX_GetStr(buf, (int)(wanted < size ? wanted : size), in);
	bool kept_place = connection_end_wait(worker->connection);
	if (len > 0 && clock_passed(worker->body_until))
		*ret_err = ERR_IO;
	else if (len <= 0 && FCGX_GetError(in) != 0)
		*ret_err = kept_place ? ERR_IO : ERR_BUSY;
	return len;
}

static enum err
read_body(void *ctx, char *buf, size_t size, size_t *ret_len)
{
	struct fcgi_worker *worker = ctx;
	FCGX_Stream *in = worker->request.in;
	enum err err = ERR_OK;
	int len;

	if (worker->has_body) {
		len = FCGX_GetStr(buf, (int)size, in);
		err = FCGX_GetError(in) == 0 ? ERR_OK : ERR_IO;
	} else {
		len = read_late_body(worker, buf, size, &err);
	}
	*ret_len = len > 0 ? (size_t)len : 0;
	return err;
}

static void
respond(struct fcgi_worker *worker)
{
	const struct request_source source = {.variable = variable,
	    .has_body = has_body,
	    .read = read_body,
	    .marks_end = true,
	    .ctx = worker};
	struct text out;

	worker->body_until = (struct clock_deadline){0};
	text_init(&out, worker->reply, REPLY_SIZE);
	const struct site *site = reload_acquire(worker->reload);
	handler_serve(worker->handler, site, &source, &out);
	site_release(site);
	/* The socket's buffer takes any reply but that of /metrics. */
	if (out.len > REPLY_SIZE) {
		run_slot_release();
		listen_limit_writing(worker->request.ipcFd, WRITE_MAX_MS);
	}
	/* Fails if the client is gone; its request has been carried out. */
	FCGX_PutStr(out.buf, (int)out.len, worker->request.out);
	handler_reply_sent(worker->handler);
}

/* The variables hold secrets, and libfcgi does not wipe them. */
static void
wipe_variables(const FCGX_Request *request)
{
	for (char **variable = request->envp; *variable != NULL; variable++)
		secret_wipe(*variable, strlen(*variable));
}

/* Reads what is there of a body that was not used. */
static bool
read_to_end(struct fcgi_worker *worker)
{
	FCGX_Stream *in = worker->request.in;

	while (worker->has_body && FCGX_GetChar(in) != EOF)
		;
	return FCGX_HasSeenEOF(in) == EOF;
}

/* A connection that is reset looks to libfcgi like the end of the variables,
 * and a missing one may be the address to set. */
static bool
is_whole(const FCGX_Request *request)
{
	return request->role == ROLE_RESPONDER &&
	       FCGX_GetError(request->in) == 0;
}

/*
 * Has libfcgi read the request, whose variables are all there.
 *
 * libfcgi could accept by itself, but would then wait without limit for a peer
 * that sends nothing.  So the connection is handed over in ipcFd, which
 * FCGX_Accept_r reads from, and first closes unless keepConnection is set.
 * That stays set if the web server asks to keep the connection, and is cleared
 * then: the worker would be bound to it.
 */
static bool
accept_request(FCGX_Request *request, int fd)
{
	if (FCGX_InitRequest(request, -1, FCGI_FAIL_ACCEPT_ON_INTR) != 0) {
		close(fd);
		return false;
	}
	request->ipcFd = fd;
	request->keepConnection = 1;
	if (FCGX_Accept_r(request) != 0) /* has closed it */
		return false;
	request->keepConnection = 0;
	return true;
}

static void
serve_request(struct fcgi_worker *worker)
{
	FCGX_Request *request = &worker->request;

	/* FCGX_GetParam would give the first of several values. */
	variable_list_init(&worker->variables, request->envp);
	if (is_whole(request))
		respond(worker);
	/* libfcgi would wait without a limit for the web server to close. */
	if (!read_to_end(worker))
		connection_keep(worker->connection);
	FCGX_Detach(request);
	variable_list_done(&worker->variables);
	wipe_variables(request);
	FCGX_Finish_r(request); /* writes the reply, and closes */
}

/* What a web server never sends is logged once, so that nobody who can connect
 * fills the log. */
static void
log_refusal(enum err err)
{
	static atomic_bool logged;

	if ((err == ERR_TOO_LARGE || err == ERR_SYNTAX) &&
	    !atomic_exchange(&logged, true))
		log_line(LOG_LEVEL_WARNING,
		    "FastCGI: a connection was closed: %s (not logged again)",
		    err_text(err));
}

static void
serve_connection(struct fcgi_worker *worker, int fd)
{
	connection_open(worker->connection, fd);
	enum err err =
	    connection_wait_variables(worker->connection, &worker->has_body);
	if (err != ERR_OK) {
		log_refusal(err);
		close(fd);
	} else if (accept_request(&worker->request, fd)) {
		serve_request(worker);
	}
	connection_done(worker->connection);
}

void
fcgi_worker_run(struct fcgi_worker *worker)
{
	struct clock_deadline drain = {0};
	int fd;

	while ((fd = acceptor_next(worker->acceptor, &drain)) >= 0)
		serve_connection(worker, fd);
}
