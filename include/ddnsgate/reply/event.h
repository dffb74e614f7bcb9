#ifndef DDNSGATE_REPLY_EVENT_H
#define DDNSGATE_REPLY_EVENT_H

/*
 * An event as the text of one datagram, a flat JSON object:
 *
 *	{"time":"2026-11-28T16:30:05Z","event":"changed","client":"home",
 *	"host":"home.dyn.example.org","type":"A","old":"192.0.2.1",
 *	"new":"192.0.2.7","word":"good","reason":"",
 *	"server":"127.0.0.1@53","from":"192.0.2.7"}
 *
 * Every field is there, "" if there is nothing to say, and never has a control
 * character or one beyond ASCII.  Two counts follow if they are not zero:
 * "count", of the events that this one stands for, and "dropped", of those
 * before it that could not be sent.
 */

#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"

// clang-format off
#define EVENT_FIELD_LIST(X) \
	X(TIME, time) X(KIND, event) X(CLIENT, client) X(HOST, host) \
	X(TYPE, type) X(OLD, old) X(NEW, new) X(WORD, word) \
	X(REASON, reason) X(SERVER, server) X(FROM, from)
#define EVENT_KIND_LIST(X) \
	X(CHANGED, changed) /* an address of a host, in DNS */ \
	X(FAILED, failed)   /* a client's request, or this program */ \
	X(LIMITED, limited) /* a limit is reached */ \
	X(REFUSED, refused) /* wrong credentials */ \
	X(RELOADED, reloaded) \
	X(SERVER_DOWN, server_down) \
	X(SERVER_UP, server_up)
#define EVENT_FIELD_ENUM(name, word) EVENT_##name,
enum event_field { EVENT_FIELD_LIST(EVENT_FIELD_ENUM) EVENT_FIELDS };
#define EVENT_KIND_ENUM(name, word) EVENT_IS_##name,
enum event_kind { EVENT_KIND_LIST(EVENT_KIND_ENUM) EVENT_KINDS };
#undef EVENT_FIELD_ENUM
#undef EVENT_KIND_ENUM
// clang-format on

/* Bytes of a field; a longer one is cut off. */
#define EVENT_VALUE_MAX 320
/* Of a whole text and NUL: each byte of a field may be escaped. */
#define EVENT_SIZE 8192
/* "2026-11-28T16:30:05Z" and NUL */
#define EVENT_TIME_SIZE 21

struct event {
	enum event_kind kind;
	struct span fields[EVENT_FIELDS]; /* borrowed; EVENT_KIND is unused */
	uint64_t count;                   /* 0: it stands for itself */
	uint64_t dropped;
};

/* Where events go.  It never waits, and may be called by any thread. */
struct event_sink {
	void (*send)(void *ctx, const struct event *event);
	void *ctx;
};

/* To a sink, which may be NULL. */
void
event_send(const struct event_sink *sink, const struct event *event);

/* Appends the text, to a buffer with EVENT_SIZE bytes left. */
void
event_write(struct text *out, const struct event *event);

/*
 * Reads such a text, which it decodes in place, so that the fields lie in it.
 * A name that it does not know is left out.  ERR_SYNTAX: no such text, which a
 * field with a control character or a byte beyond ASCII is not either.
 * ERR_RANGE: longer than EVENT_SIZE, or a field than EVENT_VALUE_MAX.
 */
enum err
event_read(char *text, size_t len, struct event *ret);

/* The word of a kind, such as "changed", and the name of a field. */
const char *
event_kind_word(enum event_kind kind);

const char *
event_field_name(enum event_field field);

/* Seconds since 1970 as UTC. */
void
event_format_time(uint64_t seconds, char buf[EVENT_TIME_SIZE]);

#endif
