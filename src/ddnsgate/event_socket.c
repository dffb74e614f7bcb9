#include "event_socket.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/log.h"
#include "ddnsgate/syntax/endpoint.h"

struct event_socket {
	struct event_sink sink;
	struct counters *counters;
	pthread_mutex_t lock;
	struct sockaddr_un addr; /* sun_path "": there is no setting */
	int fd;                  /* -1: not connected */
	struct clock_deadline retry;
	uint64_t dropped;
	/* For the log: */
	struct clock_deadline quiet; /* until then nothing is logged */
	uint64_t unlogged;           /* dropped since the last line */
};

static void
disconnect(struct event_socket *to)
{
	if (to->fd >= 0)
		close(to->fd);
	to->fd = -1;
}

/* Gives errno, or 0.  It does not wait, as the sandbox allows no flag that says
 * so with each datagram. */
static int
connect_to(struct event_socket *to)
{
	const struct sockaddr *addr = (const struct sockaddr *)&to->addr;

	if (to->fd >= 0)
		return 0;
	if (!clock_passed(to->retry))
		return ENOTCONN;
	to->retry = clock_after_ms(EVENT_SOCKET_RETRY_MS);
	to->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (to->fd >= 0 && connect(to->fd, addr, sizeof(to->addr)) == 0)
		return 0;
	int failed = errno;
	disconnect(to);
	return failed;
}

/* A reader that is slow (EAGAIN) stays connected. */
static int
send_to(struct event_socket *to, struct span text)
{
	int failed = connect_to(to);

	if (failed != 0)
		return failed;
	if (send(to->fd, text.ptr, text.len, MSG_NOSIGNAL) >= 0)
		return 0;
	failed = errno;
	if (failed != EAGAIN && failed != ENOBUFS)
		disconnect(to);
	return failed;
}

/* Is it to be logged that one more was dropped?  If so, how many were. */
static uint64_t
count_dropped(struct event_socket *to)
{
	uint64_t unlogged = ++to->unlogged;

	to->dropped++;
	counters_add(to->counters, COUNTERS_EVENTS_DROPPED, 1);
	if (!clock_passed(to->quiet))
		return 0;
	to->quiet = clock_after_ms(EVENT_SOCKET_LOG_MS);
	to->unlogged = 0;
	return unlogged;
}

/* Sends under the lock, as the number of those dropped goes along. */
static void
send_event(void *ctx, const struct event *event)
{
	struct event_socket *to = ctx;
	struct event numbered = *event;
	char buf[EVENT_SIZE];
	struct text text;
	uint64_t told = 0;
	int failed = 0;

	pthread_mutex_lock(&to->lock);
	if (to->addr.sun_path[0] != '\0') {
		TEXT_INIT(&text, buf);
		numbered.dropped = to->dropped;
		event_write(&text, &numbered);
		failed = send_to(to, text_span(&text));
		if (failed != 0)
			told = count_dropped(to);
		else
			to->dropped = 0;
	}
	pthread_mutex_unlock(&to->lock);
	if (told > 0)
		log_line(LOG_LEVEL_WARNING,
		    "events: %llu dropped, as the reader is %s: %s",
		    (unsigned long long)told,
		    failed == EAGAIN ? "slow" : "not there",
		    strerrordesc_np(failed));
}

static void
set(struct event_socket *to, const char *name)
{
	struct endpoint endpoint;

	to->addr = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (name != NULL && endpoint_parse(span_of(name), &endpoint) == ERR_OK)
		memcpy(to->addr.sun_path, endpoint.path, sizeof(endpoint.path));
}

enum err
event_socket_new(
    const char *name, struct counters *counters, struct event_socket **ret)
{
	struct event_socket *made = calloc(1, sizeof(*made));

	if (made == NULL)
		return ERR_MEMORY;
	made->sink = (struct event_sink){send_event, made};
	made->counters = counters;
	made->fd = -1;
	pthread_mutex_init(&made->lock, NULL);
	set(made, name);
	*ret = made;
	return ERR_OK;
}

void
event_socket_free(struct event_socket *to)
{
	if (to == NULL)
		return;
	disconnect(to);
	pthread_mutex_destroy(&to->lock);
	free(to);
}

void
event_socket_set(struct event_socket *to, const char *name)
{
	pthread_mutex_lock(&to->lock);
	disconnect(to);
	set(to, name);
	to->retry = (struct clock_deadline){0};
	pthread_mutex_unlock(&to->lock);
}

const struct event_sink *
event_socket_sink(const struct event_socket *to)
{
	return &to->sink;
}

static void
send_now(struct event_socket *to, const struct event *event)
{
	struct event timed = *event;
	char now[EVENT_TIME_SIZE];

	event_format_time(clock_calendar(), now);
	timed.fields[EVENT_TIME] = span_of(now);
	send_event(to, &timed);
}

void
event_socket_reloaded(struct event_socket *to, const char *refused)
{
	char reason[EVENT_VALUE_MAX + 1];
	struct event event = {.kind = EVENT_IS_RELOADED};
	struct text text;

	TEXT_INIT(&text, reason);
	if (refused != NULL) {
		event.kind = EVENT_IS_FAILED;
		text_puts(&text, "reload: ");
		size_t left = sizeof(reason) - 1 - text.len;
		text_put(&text, (struct span){refused, strnlen(refused, left)});
	}
	event.fields[EVENT_REASON] = text_span(&text);
	send_now(to, &event);
}

void
event_socket_server(void *ctx, const struct server_addr *server, bool failed)
{
	struct event event = {
	    .kind = failed ? EVENT_IS_SERVER_DOWN : EVENT_IS_SERVER_UP};
	char addr[IPADDR_TEXT_SIZE], name[IPADDR_TEXT_SIZE + sizeof("@65535")];
	struct text text;

	ipaddr_format(&server->addr, addr);
	TEXT_INIT(&text, name);
	text_printf(&text, "%s@%u", addr, server->port);
	event.fields[EVENT_SERVER] = text_span(&text);
	send_now(ctx, &event);
}
