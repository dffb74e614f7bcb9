#ifndef DDNSGATE_TESTS_FAKEDNS_H
#define DDNSGATE_TESTS_FAKEDNS_H

/*
 * A scripted server on loopback, UDP and TCP on one port, in a thread of its
 * own.  The reply function writes the answers, the script says how they are
 * sent: it has a letter for each message that comes in by that transport, the
 * last one for all that follow.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/site/site.h"

#define FAKEDNS_MESSAGE_MAX 65535

/* The letters that the server knows; others are for the reply function, whose
 * answer is sent as it is. */
enum fakedns_letter {
	FAKEDNS_SILENT = 's',   /* no answer */
	FAKEDNS_LATE = 'l',     /* delayed, sent before the next answer */
	FAKEDNS_HOLD = 'h',     /* delayed, sent after the next answer */
	FAKEDNS_TWICE = '2',    /* sent twice */
	FAKEDNS_WRONG = 'w',    /* many times, each with one wrong byte */
	FAKEDNS_FLOOD = 'f',    /* the same, and then the right one */
	FAKEDNS_LONG = 'L',     /* too long to be read */
	FAKEDNS_BYTEWISE = 'b', /* TCP: a byte at a time */
	FAKEDNS_CLOSE = 'c',    /* TCP: the connection closed instead */
	FAKEDNS_HALF = 'H',     /* TCP: the same in the middle of it */
};

/* Writes the answer, FAKEDNS_MESSAGE_MAX at most; called for every message,
 * in the server's thread. */
typedef size_t
fakedns_reply(void *ctx, char letter, const uint8_t *request, size_t len,
    uint8_t *answer);

struct fakedns;

/* Starts a server, or aborts the program. */
struct fakedns *
fakedns_start(
    const char *udp, const char *tcp, fakedns_reply *reply, void *ctx);

/* The address on which it listens. */
struct server_addr
fakedns_server(const struct fakedns *fakedns);

/* What it has received. */
struct fakedns_seen {
	unsigned udp;
	unsigned tcp;
	unsigned connections;
	unsigned ports;      /* source ports of UDP, one after the other */
	bool resent_changed; /* a message with a known ID had other bytes */
};

/* Stops and frees it. */
struct fakedns_seen
fakedns_stop(struct fakedns *fakedns);

/* Have all running servers answered everything that has arrived?  To be called
 * by the one thread that starts and stops them. */
bool
fakedns_all_idle(void);

/* A port of 127.0.0.1 on which nothing listens. */
struct server_addr
fakedns_nobody(void);

#endif
