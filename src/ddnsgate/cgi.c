#include "cgi.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/log.h"
#include "ddnsgate/base/secret.h"
#include "ddnsgate/config/conf.h"
#include "ddnsgate/handler/handler.h"
#include "ddnsgate/reply/reply.h"
#include "ddnsgate/request/variable.h"
#include "ddnsgate/sandbox/run_as.h"
#include "ddnsgate/sandbox/sandbox.h"
#include "ddnsgate/server/exchange.h"
#include "event_socket.h"
#include "options.h"
#include "report.h"

/* How long the rest of a body, which is not used, is still read. */
#define DRAIN_MS 2000

struct input {
	struct variable_list variables;
	struct clock_deadline read_until; /* {0}: nothing was read yet */
};

static const char *
variable(void *ctx, const char *name)
{
	struct input *input = ctx;
	return variable_value(&input->variables, name);
}

/* Has it begun to come, at least?  What is refused before is no use waiting
 * for, though only this process would wait. */
static bool
has_body(void *ctx)
{
	struct pollfd body = {.fd = STDIN_FILENO, .events = POLLIN};

	(void)ctx;
	return poll(&body, 1, 0) != 0;
}

/* A body of unknown length has no other end than that of the input, which some
 * web servers may leave open. */
static enum err
read_body(void *ctx, char *buf, size_t size, size_t *ret_len)
{
	struct input *input = ctx;
	struct pollfd body = {.fd = STDIN_FILENO, .events = POLLIN};
	ssize_t len;

	*ret_len = 0;
	if (input->read_until.at_us == 0)
		input->read_until = clock_after_ms(REQUEST_SOURCE_BODY_MAX_MS);
	do {
		len = poll(&body, 1, clock_left_ms(input->read_until));
		if (len > 0)
			len = read(STDIN_FILENO, buf, size);
		else if (len == 0)
			return ERR_IO;
	} while (len < 0 && errno == EINTR);
	if (len < 0)
		return ERR_IO;
	*ret_len = (size_t)len;
	return ERR_OK;
}

static enum err
write_all(struct span bytes)
{
	while (bytes.len > 0) {
		ssize_t len = write(STDOUT_FILENO, bytes.ptr, bytes.len);
		if (len < 0 && errno == EINTR)
			continue;
		if (len <= 0)
			return ERR_IO;
		bytes.ptr += len;
		bytes.len -= (size_t)len;
	}
	return ERR_OK;
}

/*
 * Reads and drops the rest of the body, for a bounded time: a web server that
 * is still writing when this process ends may lose the reply.
 */
static void
drain_body(void)
{
	struct clock_deadline deadline = clock_after_ms(DRAIN_MS);
	struct pollfd body = {.fd = STDIN_FILENO, .events = POLLIN};
	char buf[4096];

	close(STDOUT_FILENO); /* the end of the reply */
	while (poll(&body, 1, clock_left_ms(deadline)) > 0) {
		if (clock_passed(deadline) ||
		    read(STDIN_FILENO, buf, sizeof(buf)) <= 0)
			return;
	}
}

static enum err
load(struct site **ret)
{
	struct diagnostic_list diagnostics = {0};
	struct conf_files files = {0};

	enum err err =
	    conf_load(options_default_conf(), &diagnostics, &files, ret);
	if (err == ERR_OK) {
		log_set_format(site_settings(*ret)->log_format);
		log_open(site_settings(*ret)->log_target,
		    site_settings(*ret)->log_level);
	} else /* mere warnings would come with every request */
		report_diagnostics(&diagnostics);
	conf_files_done(&files);
	diagnostic_done(&diagnostics);
	return err;
}

/* As root, which a web server never is; nothing is read again. */
static enum err
become_user(const struct site *site)
{
	const char *name = site_settings(site)->user;
	struct run_as_user user;

	if (name == NULL || geteuid() != 0)
		return ERR_OK;
	enum err err = run_as_find(name, &user);
	if (err == ERR_OK)
		err = run_as(&user);
	if (err != ERR_OK)
		log_line(LOG_LEVEL_ERROR, "user: %s: %s", name,
		    err == ERR_ABSENT ? "there is no such user"
				      : err_text(err));
	return err;
}

/* After all files have been read or opened.  Parts of the sandbox that this
 * system lacks are not logged, as that would come with every request. */
static enum err
enter_sandbox(const struct site *site)
{
	const struct sandbox_dependencies dependencies = {.site = site};
	struct sandbox *sandbox = NULL;

	enum err err = sandbox_enter(&dependencies, &sandbox);
	if (err != ERR_OK)
		log_line(LOG_LEVEL_ERROR, "sandbox: %s", err_text(err));
	sandbox_free(sandbox);
	return err;
}

/* What is shared with other processes, opened before the sandbox. */
struct state {
	struct limits *limits;
	struct seen *seen; /* NULL: there is none */
	struct counters *counters;
};

static enum err
open_state(const struct site *site, struct state *ret)
{
	enum err err = report_open_limits(site, &ret->limits);

	ret->seen = report_open_seen(site);
	if (err == ERR_OK)
		err = report_open_counters(site, &ret->counters);
	if (err == ERR_OK) {
		limits_count_in(ret->limits, ret->counters);
		report_loaded(ret->counters, site);
	}
	return err;
}

static void
close_state(const struct state *state)
{
	if (state->limits != NULL)
		report_limits(state->limits);
	report_seen(state->seen);
	if (state->counters != NULL)
		report_counters(state->counters);
	limits_free(state->limits);
	seen_close(state->seen);
	counters_close(state->counters);
}

/* Gives whether the response could be written. */
static enum err
respond(struct handler *handler, const struct site *site)
{
	struct input input = {.read_until = {.at_us = 0}};
	const struct request_source source = {.variable = variable,
	    .has_body = has_body,
	    .read = read_body,
	    .ctx = &input};
	char buf[REPLY_SIZE];
	struct text out;

	variable_list_init(&input.variables, environ);
	TEXT_INIT(&out, buf);
	handler_serve(handler, site, &source, &out);
	variable_list_done(&input.variables);
	return write_all(text_span(&out));
}

/* With ERR_OK *ret_written is what respond gives. */
static enum err
serve(const struct site *site, const struct state *state, enum err *ret_written)
{
	struct server_shared servers;
	struct exchange *exchange = NULL;
	struct ready *ready = NULL;
	struct handler *handler = NULL;
	struct event_socket *events = NULL;
	struct secondaries *secondaries = NULL;

	enum err err = server_shared_init(1, &servers);
	servers.counters = state->counters;
	servers.is_lone = true;
	if (err == ERR_OK)
		err = exchange_new(&servers, &exchange);
	if (err == ERR_OK)
		err = ready_new(servers.health, &ready);
	if (err == ERR_OK)
		err = event_socket_new(
		    site_settings(site)->events, state->counters, &events);
	if (err == ERR_OK)
		err = secondaries_new(1, &secondaries);
	if (err == ERR_OK) {
		const struct handler_dependencies dependencies = {
		    .transport = exchange_transport(exchange),
		    .limits = state->limits,
		    .ready = ready,
		    .seen = state->seen,
		    .secondaries = secondaries,
		    .counters = state->counters,
		    .events = event_socket_sink(events)};
		err = handler_new(&dependencies, &handler);
	}
	if (err == ERR_OK)
		*ret_written = respond(handler, site);
	handler_free(handler);
	ready_free(ready);
	event_socket_free(events);
	secondaries_free(secondaries);
	exchange_free(exchange);
	server_shared_done(&servers);
	return err;
}

static bool
is_head(void)
{
	const char *method = getenv("REQUEST_METHOD");

	return method != NULL && strcmp(method, "HEAD") == 0;
}

/* Apache's mod_cgi reads one and adds the time; with mod_cgid it is the error
 * log itself. */
static bool
stderr_is_pipe(void)
{
	struct stat status;

	return fstat(STDERR_FILENO, &status) == 0 && S_ISFIFO(status.st_mode);
}

static enum err
write_failure(enum err outcome)
{
	char buf[REPLY_SIZE];
	struct text out;

	TEXT_INIT(&out, buf);
	reply_write(
	    &out, &(struct reply){.outcome = outcome, .head = is_head()});
	return write_all(text_span(&out));
}

int
cgi_main(void)
{
	struct site *site = NULL;
	struct state state = {.limits = NULL};
	enum err written = ERR_OK;

	mallopt(M_ARENA_MAX, 1); /* one thread at a time allocates */
	secret_prepare_briefly();
	signal(SIGXFSZ, SIG_IGN); /* beyond RLIMIT_FSIZE: EFBIG */
	log_set_time(!stderr_is_pipe());
	log_open(LOG_TARGET_STDERR, LOG_LEVEL_INFO);
	enum err err = load(&site);
	if (err == ERR_OK)
		err = become_user(site);
	if (err == ERR_OK)
		err = open_state(site, &state);
	if (err == ERR_OK)
		err = enter_sandbox(site);
	if (err == ERR_OK)
		err = serve(site, &state, &written);
	close_state(&state);
	if (err != ERR_OK)
		written = write_failure(err);
	site_release(site);
	drain_body();
	return written == ERR_OK ? 0 : 1;
}
