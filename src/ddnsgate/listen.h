#ifndef DDNSGATE_LISTEN_H
#define DDNSGATE_LISTEN_H

/* The socket that FastCGI requests come in by.  Door: listening sockets. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/syntax/endpoint.h"

#define LISTEN_BACKLOG 1024
/* systemd passes sockets from here on (sd_listen_fds(3)). */
#define LISTEN_SYSTEMD_FD 3

struct listen_socket {
	int fd;
	bool on_stdin; /* a web server made us for this socket */
	/* A Unix socket of our own, to remove that one only; "": none */
	char path[ENDPOINT_PATH_SIZE];
	dev_t dev;
	ino_t ino;
};

/* Is this descriptor a stream socket that listens? */
bool
listen_is_listening(int fd);

/*
 * Finds or makes the socket: the one that the option names, else standard
 * input, else systemd's, else the one that the setting names.  Either may be
 * NULL.  A failure is logged.  ERR_ABSENT: there is none, nor a name for one.
 */
enum err
listen_open(const char *option, const char *setting, struct listen_socket *ret);

/* The next connection, or -1 with errno; never waits. */
int
listen_accept(int listen_fd);

/* Is there something to read from a connection, at once or very soon? */
bool
listen_has_sent(int fd);

/* Makes reading from a connection end, whoever is doing it. */
void
listen_cut_off(int fd);

/* Closes it, and removes the Unix socket if it is still ours. */
void
listen_close(struct listen_socket *listener);

#endif
