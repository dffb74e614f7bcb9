#include "ddnsgate/limits/redis_link.h"

bool
redis_link_has_server(const struct redis_link_server *server)
{
	return server->path != NULL || server->addr.port != 0;
}

#ifdef DDNSGATE_REDIS

#include <errno.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ddnsgate/base/run_slot.h"

#define WORDS_MAX 16

static const char silent[] = "no answer in time";
static const char garbage[] = "it is no Redis server, or its answer is damaged";
static const char no_memory[] = "out of memory";

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un local;
};

bool
redis_link_is_built(void)
{
	return true;
}

/* 0: the path is too long. */
static socklen_t
to_address(const struct redis_link_server *server, union address *ret)
{
	*ret = (union address){0};
	if (server->path != NULL) {
		size_t len = strlen(server->path);
		if (len >= sizeof(ret->local.sun_path))
			return 0;
		ret->local.sun_family = AF_UNIX;
		memcpy(ret->local.sun_path, server->path, len);
		return sizeof(ret->local);
	}
	const uint8_t *bytes = server->addr.addr.bytes;
	if (server->addr.addr.family == IPADDR_V4) {
		ret->v4.sin_family = AF_INET;
		ret->v4.sin_port = htons(server->addr.port);
		memcpy(&ret->v4.sin_addr, bytes, sizeof(ret->v4.sin_addr));
		return sizeof(ret->v4);
	}
	ret->v6.sin6_family = AF_INET6;
	ret->v6.sin6_port = htons(server->addr.port);
	memcpy(&ret->v6.sin6_addr, bytes, sizeof(ret->v6.sin6_addr));
	return sizeof(ret->v6);
}

enum err
redis_link_open(
    const struct redis_link_server *server, int *ret_fd, const char **ret_why)
{
	union address address;
	const int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
	const int on = 1;

	socklen_t len = to_address(server, &address);
	int fd = len > 0 ? socket(address.any.sa_family, type, 0) : -1;
	if (fd >= 0 && server->path == NULL)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (fd >= 0 &&
	    (connect(fd, &address.any, len) == 0 || errno == EINPROGRESS)) {
		*ret_fd = fd;
		return ERR_OK;
	}
	*ret_why = strerrordesc_np(len > 0 ? errno : ENAMETOOLONG);
	redis_link_close(fd);
	return ERR_IO;
}

void
redis_link_close(int fd)
{
	if (fd >= 0)
		close(fd);
}

/* Also through signals. */
static bool
wait_for(int fd, short events, struct clock_deadline deadline)
{
	struct pollfd polled = {.fd = fd, .events = events};
	int ready;

	run_slot_release();
	do
		ready = poll(&polled, 1, clock_left_ms(deadline));
	while (ready < 0 && errno == EINTR);
	return ready > 0;
}

/* Of a call on the socket that has failed, or read to the end. */
static enum err
meaning_of(int error, const char **ret_why)
{
	*ret_why = strerrordesc_np(error);
	return error == EPIPE || error == ECONNRESET ? ERR_ABSENT : ERR_IO;
}

static enum err
send_all(int fd, struct span bytes, struct clock_deadline deadline,
    const char **ret_why)
{
	while (bytes.len > 0) {
		if (!wait_for(fd, POLLOUT, deadline)) {
			*ret_why = silent;
			return ERR_IO;
		}
		ssize_t len = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
		if (len < 0 && errno != EAGAIN && errno != EINTR)
			return meaning_of(errno, ret_why);
		if (len > 0)
			bytes = (struct span){
			    bytes.ptr + len, bytes.len - (size_t)len};
	}
	return ERR_OK;
}

static enum err
send_command(int fd, const struct span *words, size_t count,
    struct clock_deadline deadline, const char **ret_why)
{
	const char *texts[WORDS_MAX];
	size_t lens[WORDS_MAX];
	char *command = NULL;

	for (size_t i = 0; i < count; i++) {
		texts[i] = words[i].ptr;
		lens[i] = words[i].len;
	}
	long long len =
	    redisFormatCommandArgv(&command, (int)count, texts, lens);
	if (len < 0) {
		*ret_why = no_memory;
		return ERR_IO;
	}
	enum err err = send_all(
	    fd, (struct span){command, (size_t)len}, deadline, ret_why);
	redisFreeCommand(command);
	return err;
}

/*
 * What hiredis has read.  ERR_AGAIN: not all of it has come.  A reply of
 * another kind never gets to hiredis, which makes room for as many elements as
 * an array says that it has.
 */
static enum err
read_reply(redisReader *reader, struct redis_link_reply *ret)
{
	void *got = NULL;

	if (redisReaderGetReply(reader, &got) != REDIS_OK)
		return ERR_SYNTAX;
	if (got == NULL)
		return ERR_AGAIN;
	const redisReply *reply = got;
	bool is_error = reply->type == REDIS_REPLY_ERROR;
	bool is_text = is_error || reply->type == REDIS_REPLY_STRING;
	bool is_all = reader->pos == reader->len;
	if (is_text && is_all && reply->len < sizeof(ret->text)) {
		ret->is_error = is_error;
		ret->len = reply->len;
		memcpy(ret->text, reply->str, reply->len);
	}
	freeReplyObject(got);
	return is_text && is_all ? ERR_OK : ERR_SYNTAX;
}

/* Feeds what has come; *total counts it. */
static enum err
take_in(redisReader *reader, struct span bytes, size_t *total,
    struct redis_link_reply *ret)
{
	bool is_known =
	    *total > 0 || bytes.ptr[0] == '$' || bytes.ptr[0] == '-';

	*total += bytes.len;
	if (!is_known || *total > REDIS_LINK_REPLY_MAX)
		return ERR_SYNTAX;
	if (redisReaderFeed(reader, bytes.ptr, bytes.len) != REDIS_OK)
		return ERR_MEMORY;
	return read_reply(reader, ret);
}

static enum err
receive_reply(int fd, redisReader *reader, struct clock_deadline deadline,
    struct redis_link_reply *ret, const char **ret_why)
{
	char buf[REDIS_LINK_REPLY_MAX + 1];
	size_t total = 0;
	enum err err = ERR_AGAIN;

	while (err == ERR_AGAIN) {
		if (!wait_for(fd, POLLIN, deadline)) {
			*ret_why = silent;
			return ERR_IO;
		}
		ssize_t len = recv(fd, buf, sizeof(buf), 0);
		if (len < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (len <= 0) {
			err = meaning_of(len < 0 ? errno : EPIPE, ret_why);
			return total > 0 ? ERR_IO : err;
		}
		err = take_in(
		    reader, (struct span){buf, (size_t)len}, &total, ret);
	}
	if (err == ERR_OK)
		return ERR_OK;
	*ret_why = err == ERR_MEMORY ? no_memory : garbage;
	return ERR_IO;
}

enum err
redis_link_ask(int fd, const struct span *words, size_t count,
    struct clock_deadline deadline, struct redis_link_reply *ret,
    const char **ret_why)
{
	enum err err = send_command(fd, words, count, deadline, ret_why);
	if (err != ERR_OK)
		return err;
	redisReader *reader = redisReaderCreate();
	if (reader == NULL) {
		*ret_why = no_memory;
		return ERR_IO;
	}
	err = receive_reply(fd, reader, deadline, ret, ret_why);
	redisReaderFree(reader);
	return err;
}

#else

static enum err
fail(const char **ret_why)
{
	*ret_why = "ddnsgate was built without it";
	return ERR_UNSUPPORTED;
}

bool
redis_link_is_built(void)
{
	return false;
}

enum err
redis_link_open(
    const struct redis_link_server *server, int *ret_fd, const char **ret_why)
{
	(void)server;
	(void)ret_fd;
	return fail(ret_why);
}

void
redis_link_close(int fd)
{
	(void)fd;
}

enum err
redis_link_ask(int fd, const struct span *words, size_t count,
    struct clock_deadline deadline, struct redis_link_reply *ret,
    const char **ret_why)
{
	(void)fd;
	(void)words;
	(void)count;
	(void)deadline;
	(void)ret;
	return fail(ret_why);
}

#endif
