#ifndef DDNSGATE_LIMITS_REDIS_LINK_H
#define DDNSGATE_LIMITS_REDIS_LINK_H

/*
 * A connection to Redis or Valkey: one command, one reply, by one deadline.
 * The only file that includes hiredis, which writes the commands and reads the
 * replies; its own connections are not used, since they wait anew for each
 * piece of a reply, look up names and let SIGPIPE come.
 *
 * What the server sends is hostile: a reply is a short text or an error, whole
 * and with nothing after it, and everything else is a failure.  After a failure
 * the connection is of no use: a late reply would be taken for the next one.
 */

#include <stdbool.h>
#include <stddef.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"
#include "ddnsgate/dns/server_addr.h"

/* Of a reply with all that is around it; the expected ones have 30. */
#define REDIS_LINK_REPLY_MAX 512

/* Where the server is. */
struct redis_link_server {
	const char *path;        /* of its socket; NULL: addr counts */
	struct server_addr addr; /* port 0: there is no server */
};

struct redis_link_reply {
	bool is_error; /* in the server's words */
	size_t len;
	char text[REDIS_LINK_REPLY_MAX];
};

/* Is there a server? */
bool
redis_link_has_server(const struct redis_link_server *server);

/* Was the program built with hiredis?  If not, the others fail. */
bool
redis_link_is_built(void);

/* Does not wait.  Functions that fail set *ret_why, a static text.  ERR_IO,
 * ERR_UNSUPPORTED. */
enum err
redis_link_open(
    const struct redis_link_server *server, int *ret_fd, const char **ret_why);

void
redis_link_close(int fd);

/*
 * Sends a command of so many words and waits for its reply.  Releases the run
 * slot.  ERR_IO; ERR_ABSENT: the server has closed the connection before it
 * replied, as it may while one is not used.
 */
enum err
redis_link_ask(int fd, const struct span *words, size_t count,
    struct clock_deadline deadline, struct redis_link_reply *ret,
    const char **ret_why);

#endif
