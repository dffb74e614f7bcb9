#ifndef DDNSGATE_EVENT_SOCKET_H
#define DDNSGATE_EVENT_SOCKET_H

/*
 * Sends events as datagrams to the Unix socket of the setting events.  Nobody
 * waits for its reader: what does not get through at once is dropped and
 * counted, and the next datagram that gets through has the number.  All threads
 * share one.
 */

#include "ddnsgate/base/err.h"
#include "ddnsgate/reply/event.h"
#include "ddnsgate/server/health.h"
#include "ddnsgate/state/counters.h"

/* After a failure the next attempt to connect. */
#define EVENT_SOCKET_RETRY_MS 1000
/* That events are dropped is logged once in this time. */
#define EVENT_SOCKET_LOG_MS 600000

struct event_socket;

/* NULL or "unix:/PATH", copied; the counters are borrowed.  ERR_MEMORY. */
enum err
event_socket_new(
    const char *name, struct counters *counters, struct event_socket **ret);

void
event_socket_free(struct event_socket *to);

/* From now on, as in event_socket_new. */
void
event_socket_set(struct event_socket *to, const char *name);

const struct event_sink *
event_socket_sink(const struct event_socket *to);

/* The configuration was read again: why it is not in force, or NULL. */
void
event_socket_reloaded(struct event_socket *socket, const char *refused);

/* A server is lost, or back: with the socket as ctx, for health_tell. */
health_told event_socket_server;

#endif
