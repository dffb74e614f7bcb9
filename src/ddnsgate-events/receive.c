#include "receive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "ddnsgate/base/log.h"
#include "ddnsgate/base/text.h"

#define PREFIX "unix:"
#define SYSTEMD_FD 3
/* For owner and group only, such as ddnsgate's. */
#define SOCKET_UMASK 0117

static enum err
fail(const char *name, const char *what)
{
	log_line(LOG_LEVEL_ERROR, "%s: %s", name, what);
	return ERR_IO;
}

static bool
is_datagram(int fd)
{
	int domain = 0, type = 0;
	socklen_t len = sizeof(int);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 &&
	       getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
	       domain == AF_UNIX && type == SOCK_DGRAM;
}

static bool
systemd_passed_one(void)
{
	const char *pid = getenv("LISTEN_PID");
	const char *fds = getenv("LISTEN_FDS");
	uint64_t number;

	return pid != NULL && fds != NULL &&
	       span_number(span_of(pid), INT32_MAX, &number) == ERR_OK &&
	       number == (uint64_t)getpid() &&
	       span_number(span_of(fds), INT32_MAX, &number) == ERR_OK &&
	       number >= 1 && is_datagram(SYSTEMD_FD);
}

/* Removes the file of a socket that no process receives from any more. */
static enum err
remove_stale(const char *name, const struct sockaddr_un *addr)
{
	struct stat st;

	if (lstat(addr->sun_path, &st) != 0)
		return errno == ENOENT ? ERR_OK : fail(name, strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return fail(name, "is there and no socket");
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fail(name, strerror(errno));
	int connected =
	    connect(fd, (const struct sockaddr *)addr, sizeof(*addr));
	int reason = errno;
	close(fd);
	if (connected == 0 || reason != ECONNREFUSED)
		return fail(name, "is in use by another process");
	if (unlink(addr->sun_path) != 0)
		return fail(name, strerror(errno));
	return ERR_OK;
}

static enum err
bind_to(const char *name, const char *path, struct receive_socket *ret)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	memcpy(addr.sun_path, path, strlen(path) + 1);
	enum err err = remove_stale(name, &addr);
	if (err != ERR_OK)
		return err;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fail(name, strerror(errno));
	mode_t mask = umask(SOCKET_UMASK);
	int bound = bind(fd, (const struct sockaddr *)&addr, sizeof(addr));
	int reason = errno;
	umask(mask);
	if (bound != 0) {
		close(fd);
		return fail(name, strerror(reason));
	}
	*ret = (struct receive_socket){fd, path};
	return ERR_OK;
}

enum err
receive_open(const char *option, struct receive_socket *ret)
{
	size_t prefix = strlen(PREFIX);

	if (option == NULL && !systemd_passed_one())
		return fail("no socket", "give -l unix:/PATH, or a datagram "
					 "socket of systemd");
	if (option == NULL) {
		fcntl(SYSTEMD_FD, F_SETFD, FD_CLOEXEC);
		*ret = (struct receive_socket){SYSTEMD_FD, NULL};
		return ERR_OK;
	}
	if (strncmp(option, PREFIX "/", prefix + 1) != 0 ||
	    option[prefix + 1] == '\0' ||
	    strlen(option + prefix) >=
		sizeof(((struct sockaddr_un *)0)->sun_path))
		return fail(option, "unix:/PATH of up to 107 bytes is allowed");
	return bind_to(option, option + prefix, ret);
}

ssize_t
receive_next(const struct receive_socket *from, char *buf, size_t size)
{
	return recv(from->fd, buf, size, MSG_DONTWAIT | MSG_TRUNC);
}

void
receive_close(const struct receive_socket *from)
{
	close(from->fd);
	if (from->path != NULL)
		unlink(from->path);
}
