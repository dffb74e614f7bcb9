#ifndef DDNSGATE_EVENTS_RECEIVE_H
#define DDNSGATE_EVENTS_RECEIVE_H

/* The socket that datagrams come to. */

#include <stddef.h>
#include <sys/types.h>

#include "ddnsgate/base/err.h"

struct receive_socket {
	int fd;
	const char *path; /* to be removed; NULL: it is systemd's */
};

/* Makes the socket of the option -l, for owner and group; without one takes
 * that of systemd (sd_listen_fds(3)).  Logs what is wrong, for ERR_IO. */
enum err
receive_open(const char *option, struct receive_socket *ret);

/* The next datagram: its length, which may be more than size, or -1. */
ssize_t
receive_next(const struct receive_socket *socket, char *buf, size_t size);

void
receive_close(const struct receive_socket *socket);

#endif
