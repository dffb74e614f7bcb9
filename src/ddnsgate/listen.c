#include "listen.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "ddnsgate/base/log.h"
#include "ddnsgate/base/text.h"
#include "ddnsgate/syntax/endpoint.h"

static_assert(sizeof(((struct sockaddr_un *)0)->sun_path) == ENDPOINT_PATH_SIZE,
    "unix(7)");

/* For owner and group only, such as the web server's. */
#define SOCKET_UMASK 0117

/* An address of a socket that was passed may be of any kind. */
union listen_addr {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un un;
	char bytes[sizeof(struct sockaddr_un) + 1]; /* and NUL */
};

bool
listen_is_listening(int fd)
{
	int listening = 0;
	socklen_t len = sizeof(listening);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) ==
		   0 &&
	       listening != 0;
}

static bool
systemd_passed_one(void)
{
	const char *pid = getenv("LISTEN_PID");
	const char *fds = getenv("LISTEN_FDS");
	uint64_t number;

	if (pid == NULL || fds == NULL)
		return false;
	if (span_number(span_of(pid), INT32_MAX, &number) != ERR_OK ||
	    number != (uint64_t)getpid())
		return false;
	return span_number(span_of(fds), INT32_MAX, &number) == ERR_OK &&
	       number >= 1 && listen_is_listening(LISTEN_SYSTEMD_FD);
}

static enum err
fail(const char *name, const char *what)
{
	log_line(LOG_LEVEL_ERROR, "listen %s: %s", name, what);
	return ERR_IO;
}

/* Binds and listens; closes the socket on failure. */
static enum err
bind_to(const char *name, int fd, const struct sockaddr *addr, socklen_t len)
{
	if (bind(fd, addr, len) == 0 && listen(fd, LISTEN_BACKLOG) == 0)
		return ERR_OK;
	enum err err = fail(name, strerror(errno));
	close(fd);
	return err;
}

/* Removes the file of a socket that no process listens on any more. */
static enum err
remove_stale(const char *name, const struct sockaddr_un *addr)
{
	struct stat st;

	if (lstat(addr->sun_path, &st) != 0)
		return errno == ENOENT ? ERR_OK : fail(name, strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return fail(name, "is there and no socket");

	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
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
open_unix(const char *name, const char *path, struct listen_socket *ret)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	struct stat st;

	memcpy(addr.sun_path, path, strlen(path) + 1);
	enum err err = remove_stale(name, &addr);
	if (err != ERR_OK)
		return err;

	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fail(name, strerror(errno));
	mode_t mask = umask(SOCKET_UMASK);
	err = bind_to(name, fd, (struct sockaddr *)&addr, sizeof(addr));
	umask(mask);
	if (err != ERR_OK)
		return err;
	*ret = (struct listen_socket){.fd = fd};
	memcpy(ret->path, path, strlen(path) + 1);
	if (lstat(path, &st) == 0) {
		ret->dev = st.st_dev;
		ret->ino = st.st_ino;
	}
	return ERR_OK;
}

static enum err
open_inet(const char *name, const struct ipaddr *addr, uint16_t port,
    struct listen_socket *ret)
{
	struct sockaddr_in in4 = {
	    .sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 in6 = {
	    .sin6_family = AF_INET6, .sin6_port = htons(port)};
	bool is_v4 = addr->family == IPADDR_V4;
	int on = 1;

	memcpy(&in4.sin_addr, addr->bytes, sizeof(in4.sin_addr));
	memcpy(&in6.sin6_addr, addr->bytes, sizeof(in6.sin6_addr));
	int fd =
	    socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fail(name, strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	enum err err =
	    is_v4 ? bind_to(name, fd, (struct sockaddr *)&in4, sizeof(in4))
		  : bind_to(name, fd, (struct sockaddr *)&in6, sizeof(in6));
	if (err == ERR_OK)
		*ret = (struct listen_socket){.fd = fd};
	return err;
}

static enum err
open_named(const char *name, struct listen_socket *ret)
{
	struct endpoint endpoint;

	if (endpoint_parse(span_of(name), &endpoint) != ERR_OK)
		return fail(name,
		    "unix:/PATH of up to 107 bytes, ADDRESS:PORT or "
		    "[ADDRESS]:PORT is allowed");
	if (endpoint.path[0] != '\0')
		return open_unix(name, endpoint.path, ret);
	return open_inet(name, &endpoint.addr, endpoint.port, ret);
}

static struct ipaddr
ip_of(const union listen_addr *addr)
{
	struct ipaddr ip = {.family = IPADDR_V4};

	if (addr->any.sa_family == AF_INET) {
		memcpy(ip.bytes, &addr->v4.sin_addr, 4);
	} else {
		ip.family = IPADDR_V6;
		memcpy(ip.bytes, &addr->v6.sin6_addr, 16);
	}
	return ip;
}

/* Whoever can connect says in REMOTE_ADDR who calls. */
static void
warn_of_reach(const char *name, int fd)
{
	union listen_addr addr = {.bytes = ""};
	socklen_t len = sizeof(addr.un);
	struct stat st;

	if (getsockname(fd, &addr.any, &len) != 0)
		return;
	struct ipaddr ip = ip_of(&addr);
	bool is_inet =
	    addr.any.sa_family == AF_INET || addr.any.sa_family == AF_INET6;
	if (is_inet && !ipaddr_is_loopback(&ip))
		log_line(LOG_LEVEL_WARNING,
		    "listen %s: whoever reaches this port can say who calls, "
		    "better is unix:/PATH or 127.0.0.1:PORT, else a firewall "
		    "in front",
		    name);
	if (addr.any.sa_family == AF_UNIX && addr.un.sun_path[0] == '/' &&
	    stat(addr.un.sun_path, &st) == 0 && (st.st_mode & S_IWOTH) != 0)
		log_line(LOG_LEVEL_WARNING,
		    "listen %s: others can connect to %s and say who calls, "
		    "allowed is mode 0660 or less",
		    name, addr.un.sun_path);
}

/* For the setting, the same is said when the configuration is read. */
static enum err
open_option(const char *option, struct listen_socket *ret)
{
	enum err err = open_named(option, ret);

	if (err == ERR_OK)
		warn_of_reach(option, ret->fd);
	return err;
}

enum err
listen_open(const char *option, const char *setting, struct listen_socket *ret)
{
	if (option != NULL)
		return open_option(option, ret);
	if (listen_is_listening(STDIN_FILENO)) {
		*ret = (struct listen_socket){
		    .fd = STDIN_FILENO, .on_stdin = true};
		warn_of_reach("on standard input", STDIN_FILENO);
		return ERR_OK;
	}
	if (systemd_passed_one()) {
		*ret = (struct listen_socket){.fd = LISTEN_SYSTEMD_FD};
		warn_of_reach("by systemd", LISTEN_SYSTEMD_FD);
		return ERR_OK;
	}
	if (setting != NULL)
		return open_named(setting, ret);
	return ERR_ABSENT;
}

/* Root gives away nothing but a socket, whatever others have put in its place
 * in a folder that they can write to. */
enum err
listen_give(const struct listen_socket *listener, uid_t uid, gid_t gid)
{
	struct stat st;
	enum err err = ERR_OK;

	if (listener->path[0] == '\0')
		return ERR_OK;
	int fd = open(listener->path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return fail(listener->path, strerror(errno));
	if (fstat(fd, &st) != 0 || st.st_dev != listener->dev ||
	    st.st_ino != listener->ino || !S_ISSOCK(st.st_mode))
		err = fail(listener->path, "is not the socket that was made");
	else if (fchownat(fd, "", uid, gid, AT_EMPTY_PATH) != 0)
		err = fail(listener->path, strerror(errno));
	close(fd);
	return err;
}

void
listen_put_address(struct text *out, int fd)
{
	union listen_addr addr = {.bytes = ""};
	socklen_t len = sizeof(addr.un);
	char text[ENDPOINT_PATH_SIZE + sizeof("unix:")];
	struct text name;

	TEXT_INIT(&name, text);
	bool known = getsockname(fd, &addr.any, &len) == 0;
	sa_family_t family = known ? addr.any.sa_family : AF_UNSPEC;
	if (family == AF_UNIX && addr.un.sun_path[0] == '/') {
		text_printf(&name, "unix:%s", addr.un.sun_path);
	} else if (family == AF_INET || family == AF_INET6) {
		struct ipaddr ip = ip_of(&addr);
		char ip_text[IPADDR_TEXT_SIZE];
		ipaddr_format(&ip, ip_text);
		text_printf(&name, family == AF_INET ? "%s:%u" : "[%s]:%u",
		    ip_text,
		    ntohs(family == AF_INET ? addr.v4.sin_port
					    : addr.v6.sin6_port));
	} else {
		text_puts(&name, "-");
	}
	text_put_quoted(out, text_span(&name));
}

static bool
set_limit(int fd, int option, unsigned ms)
{
	struct timeval limit = {
	    .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000L};

	return setsockopt(fd, SOL_SOCKET, option, &limit, sizeof(limit)) == 0;
}

bool
listen_limit_accept(int fd, unsigned ms)
{
	union listen_addr addr = {.bytes = ""};
	socklen_t len = sizeof(addr.un);
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || (flags & O_NONBLOCK) != 0 ||
	    getsockname(fd, &addr.any, &len) != 0 ||
	    addr.any.sa_family != AF_UNIX)
		return false;
	return set_limit(fd, SO_RCVTIMEO, ms);
}

int
listen_accept(int listen_fd)
{
	return accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
}

ssize_t
listen_peek(int fd, void *buf, size_t size)
{
	return recv(fd, buf, size, MSG_PEEK | MSG_DONTWAIT);
}

void
listen_limit_reading(int fd, unsigned ms)
{
	set_limit(fd, SO_RCVTIMEO, ms);
}

void
listen_limit_writing(int fd, unsigned ms)
{
	set_limit(fd, SO_SNDTIMEO, ms);
}

void
listen_cut_off(int fd)
{
	shutdown(fd, SHUT_RD);
}

void
listen_end_output(int fd)
{
	shutdown(fd, SHUT_WR);
}

void
listen_close(struct listen_socket *listener)
{
	struct stat st;

	close(listener->fd);
	if (listener->path[0] == '\0' || lstat(listener->path, &st) != 0)
		return;
	if (st.st_dev == listener->dev && st.st_ino == listener->ino)
		unlink(listener->path);
}
