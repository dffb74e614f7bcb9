#ifndef DDNSGATE_SERVER_DNS_REQUEST_H
#define DDNSGATE_SERVER_DNS_REQUEST_H

/*
 * DNS requests as bytes, and their outcomes: the interface between the module
 * that writes requests and checks responses (transaction.h) and those that send
 * and receive them (exchange.h), which do not know what the bytes mean.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"

enum dns_request_kind { DNS_REQUEST_QUERY, DNS_REQUEST_UPDATE };
#define DNS_REQUEST_KINDS 2

struct dns_request {
	const uint8_t *wire;
	size_t len;
	enum err outcome; /* of its response, or ERR_DNS_SILENT and the like */
	/* A server that it went to has not told what became of it, so an UPDATE
	 * may have been done there, whatever the outcome is. */
	bool unanswered;
	/* About the server that is being tried, set by delivery.c */
	enum err here;      /* the outcome there */
	unsigned datagrams; /* sent, the same one again counts, too */
	bool tcp_sent;
	/* and internal to it: */
	bool final; /* no later response of it would change the outcome */
	bool udp;   /* may be answered by UDP */
	bool tcp;   /* is to go over TCP */
};

/* Is this what the server said?  Not if nothing came, or if it may be forged.
 */
bool
dns_request_got_reply(enum err outcome);

/*
 * Response callback: is called with each message that comes in, whose bytes it
 * may change.  Sets *ret_index to the request that it answers, and gives the
 * outcome:
 *
 *	ERR_DNS_MAC, _STALE, _UNSIGNED, _GARBAGE, _FOREIGN (answers none)
 *		may be forged: is recorded, and the wait goes on; if *ret_index
 *		was not set, for all requests
 *	ERR_DNS_TRUNCATED
 *		the request is sent over TCP, too
 *	anything else
 *		is final for this server
 */
typedef enum err
dns_request_on_response(
    void *ctx, uint8_t *wire, size_t len, size_t *ret_index);

/* Requests that are sent to one server at the same time. */
struct dns_request_set {
	enum dns_request_kind kind;
	struct dns_request *requests;
	size_t count;
	dns_request_on_response *on_response;
	void *ctx;
	/* In: index of the server to try first, or -1.  Out: the last one
	 * that was tried, or -1. */
	int server;
};

/* Sets both outcomes, each unless the present one says more. */
void
dns_request_record(struct dns_request *request, enum err outcome);

/* Did the server do its part, also if that ends the request with an error? */
bool
dns_request_is_served(enum err outcome);

/* May a third party have sent this, so that the wait goes on? */
bool
dns_request_is_forgeable(enum err outcome);

#endif
