#ifndef DDNSGATE_TESTS_FAKEDNS_H
#define DDNSGATE_TESTS_FAKEDNS_H

/*
 * A scripted server on loopback, UDP and TCP on one port, in a thread of its
 * own.  What it says is the reply function's, how that gets to the client the
 * script's: one letter for each message that comes in by that transport, the
 * last one for all that follow.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/config/site.h"

#define FAKEDNS_MESSAGE_MAX 65535

/* The letters that the server knows; others are the reply function's, and
 * what it says is sent as it is. */
enum fakedns_way {
	FAKEDNS_SILENT = 's',   /* no answer */
	FAKEDNS_LATE = 'l',     /* kept, and sent before the next answer */
	FAKEDNS_HOLD = 'h',     /* kept, and sent after the next answer */
	FAKEDNS_TWICE = '2',    /* sent twice */
	FAKEDNS_WRONG = 'w',    /* each of its bytes wrong once */
	FAKEDNS_FLOOD = 'f',    /* the same, and then it */
	FAKEDNS_LONG = 'L',     /* too long to be read */
	FAKEDNS_BYTEWISE = 'b', /* TCP: a byte at a time */
	FAKEDNS_CLOSE = 'c',    /* TCP: the connection closed instead */
	FAKEDNS_HALF = 'H',     /* TCP: the same in the middle of it */
};

/* Writes the answer, FAKEDNS_MESSAGE_MAX at most; called for every message,
 * in the server's thread. */
typedef size_t
fakedns_reply(
    void *ctx, char way, const uint8_t *request, size_t len, uint8_t *answer);

struct fakedns;

/* Starts a server; a test that cannot have one is aborted. */
struct fakedns *
fakedns_start(
    const char *udp, const char *tcp, fakedns_reply *reply, void *ctx);

/* Where it listens. */
struct server_addr
fakedns_server(const struct fakedns *fakedns);

/* What it has seen, for after fakedns_stop. */
struct fakedns_seen {
	unsigned udp;
	unsigned tcp;
	unsigned connections;
	unsigned ports;      /* times that UDP came from another port */
	bool resent_changed; /* a message with a known ID had other bytes */
};

/* Ends and frees it. */
struct fakedns_seen
fakedns_stop(struct fakedns *fakedns);

/* Have all servers that run done what they were asked, as far as anything has
 * come to them?  For one thread, which starts and stops them. */
bool
fakedns_all_idle(void);

/* A port of 127.0.0.1 where nobody listens. */
struct server_addr
fakedns_nobody(void);

#endif
