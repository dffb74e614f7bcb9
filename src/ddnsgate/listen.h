#ifndef DDNSGATE_LISTEN_H
#define DDNSGATE_LISTEN_H

/* The listening socket for FastCGI, and the connections that it accepts. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"
#include "ddnsgate/syntax/endpoint.h"

#define LISTEN_BACKLOG 1024
/* The first socket that systemd passes (sd_listen_fds(3)). */
#define LISTEN_SYSTEMD_FD 3

struct listen_socket {
	int fd;
	bool on_stdin; /* as a process manager starts FastCGI programs */
	/* The Unix socket that was made, to remove that one only; "": none */
	char path[ENDPOINT_PATH_SIZE];
	dev_t dev;
	ino_t ino;
};

/* Is the descriptor a stream socket that listens? */
bool
listen_is_listening(int fd);

/*
 * Finds or makes the socket: the one that the option names, else standard
 * input, else systemd's, else the one that the setting names.  Option and
 * setting may be NULL.  ERR_ABSENT if there is none of these; ERR_IO, which is
 * logged.
 */
enum err
listen_open(const char *option, const char *setting, struct listen_socket *ret);

/* Gives the Unix socket that was made, if one was, to a user and a group, as if
 * that user had made it.  ERR_IO, which is logged. */
enum err
listen_give(const struct listen_socket *listener, uid_t uid, gid_t gid);

/* unix:/PATH, with each special character of the path escaped, and NUL */
#define LISTEN_TEXT_SIZE (4 * ENDPOINT_PATH_SIZE + 16)

/* Appends the address of a listening socket as the setting has it; "-" for one
 * that has none of these forms. */
void
listen_put_address(struct text *out, int fd);

/*
 * Has listen_accept wait for so long at most.  False, and nothing is changed,
 * if it does not wait; or if the socket is not of unix, as connections of
 * others inherit the limit.
 */
bool
listen_limit_accept(int fd, unsigned ms);

/* The next connection, or -1 and errno; waits if the socket does. */
int
listen_accept(int listen_fd);

/* As recv(2), without waiting: what can be read, which stays there. */
ssize_t
listen_peek(int fd, void *buf, size_t size);

/* A read(2) of the connection fails after so many milliseconds. */
void
listen_limit_reading(int fd, unsigned ms);

/* A write(2) of it likewise, as long as nothing of it can be written. */
void
listen_limit_writing(int fd, unsigned ms);

/* Ends reading from the connection, also in other threads; what has come before
 * can still be read. */
void
listen_cut_off(int fd);

/* Tells the peer of a connection that nothing more is sent. */
void
listen_end_output(int fd);

/* Closes the socket, and removes its file if it is still the same. */
void
listen_close(struct listen_socket *listener);

#endif
