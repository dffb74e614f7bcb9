#ifndef DDNSGATE_SERVER_DNS_REQUEST_H
#define DDNSGATE_SERVER_DNS_REQUEST_H

/*
 * DNS messages to be sent, and what came of each: what those who write and
 * read them (transaction.h) and those who send them (exchange.h) tell each
 * other.
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
	/* The attempt's own (attempt.h): at the server that is being tried */
	bool final; /* nothing that it says later would change the outcome */
	bool udp;   /* may be answered by UDP */
	bool tcp;   /* is to go over TCP */
	bool tcp_sent;
};

/* Did the server say this?  Not if nothing came, or what may be forged. */
bool
dns_request_got_reply(enum err outcome);

/*
 * Called with a message that came in: says which request it answers and what
 * that means.  It may change the bytes.
 * ERR_DNS_MAC, _STALE, _UNSIGNED, _GARBAGE, and _FOREIGN for an answer to
 * none of them: may be forged, wait on, but remember why; without an index,
 * of all requests.  ERR_DNS_TRUNCATED: ask over TCP, too.  Anything else is
 * final for this server.
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
	/* In: index of the server to try first, or -1.  Out: the last one. */
	int server;
};

/* Notes what came of a request, unless more is known of it already. */
void
dns_request_record(struct dns_request *request, enum err outcome);

/* May a stranger have sent this, so that the wait goes on? */
bool
dns_request_is_forgeable(enum err outcome);

#endif
