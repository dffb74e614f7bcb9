#include "connection.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/page_buffer.h"
#include "ddnsgate/base/run_slot.h"
#include "ddnsgate/base/secret.h"
#include "ddnsgate/request/fastcgi.h"
#include "listen.h"

/* Between two looks at variables of which a part is there: poll(2) would not
 * wait for the rest. */
#define LOOK_INTERVAL_MS 5
/* Records about the connection.  Web servers send one at most. */
#define MANAGEMENT_MAX 4
/* More memory than this is seldom used, and given back. */
#define KEPT_SIZE 16384
/* What is read and dropped at once */
#define DROP_SIZE 4096

struct connection {
	struct wait_share_member *member;
	int fd;
	int kept_fd; /* -1: none */
	/* For the variables to come, outside of the share, and at all */
	struct clock_deadline prompt, until;
	bool has_ended;  /* nothing comes after what is there */
	size_t seen_len; /* of what was looked at last */
	size_t seen_max;
	/* Not read from the socket yet; rarely used to its end. */
	char seen[FASTCGI_SCAN_SIZE];
};

enum err
connection_new(struct wait_share_member *member, struct connection **ret)
{
	struct connection *connection = page_buffer_new(sizeof(*connection));

	if (connection == NULL)
		return ERR_MEMORY;
	connection->member = member;
	*ret = connection;
	return ERR_OK;
}

void
connection_free(struct connection *connection)
{
	page_buffer_free(connection, sizeof(*connection));
}

void
connection_open(struct connection *connection, int fd)
{
	connection->fd = fd;
	connection->kept_fd = -1;
	connection->has_ended = false;
	connection->seen_len = 0;
	connection->seen_max = 0;
	connection->prompt = clock_after_ms(CONNECTION_PROMPT_MS);
	connection->until = clock_after_ms(CONNECTION_VARIABLES_MAX_MS);
	wait_share_begin(connection->member);
}

/* Is one of the events of poll(2) there within so many milliseconds? */
static bool
has_event(const struct connection *connection, short events, int ms)
{
	struct pollfd peer = {.fd = connection->fd, .events = events};

	return poll(&peer, 1, ms) == 1;
}

/* As has_event, but within the share. */
static enum err
wait_in_share(struct connection *connection, short events, int ms)
{
	wait_share_enter(connection->member, connection->fd);
	bool has_come = has_event(connection, events, ms);
	if (!wait_share_leave(connection->member))
		return ERR_BUSY;
	return has_come ? ERR_OK : ERR_ABSENT;
}

/* Waits for a first byte: most come within a moment, for which no slot has to
 * change hands. */
static enum err
wait_for_first(struct connection *connection)
{
	if (has_event(connection, POLLIN, RUN_SLOT_WAIT_MAX_MS))
		return ERR_OK;
	run_slot_release();
	if (has_event(connection, POLLIN, clock_left_ms(connection->prompt)))
		return ERR_OK;
	return wait_in_share(
	    connection, POLLIN, clock_left_ms(connection->until));
}

/* Waits for more than what was seen, or the end of the connection. */
static enum err
wait_for_more(struct connection *connection)
{
	run_slot_release();
	if (!clock_passed(connection->prompt)) {
		connection->has_ended =
		    has_event(connection, POLLRDHUP, LOOK_INTERVAL_MS);
		return ERR_OK;
	}
	enum err err = wait_in_share(connection, POLLRDHUP, LOOK_INTERVAL_MS);
	connection->has_ended = err == ERR_OK;
	return err == ERR_ABSENT && !clock_passed(connection->until) ? ERR_OK
								     : err;
}

/* Looks at what is there.  ERR_AGAIN: more has to come; ERR_IO: nothing will.
 */
static enum err
look(struct connection *connection, struct fastcgi_scan *ret)
{
	ssize_t len = listen_peek(
	    connection->fd, connection->seen, sizeof(connection->seen));

	if (len == 0 || (len < 0 && errno != EAGAIN && errno != EINTR))
		return ERR_IO;
	connection->seen_len = len > 0 ? (size_t)len : 0;
	if (connection->seen_len > connection->seen_max)
		connection->seen_max = connection->seen_len;
	enum err err = fastcgi_scan(
	    (struct span){connection->seen, connection->seen_len}, ret);
	if (err != ERR_AGAIN)
		return err;
	if (connection->seen_len == sizeof(connection->seen))
		return ERR_TOO_LARGE;
	return connection->has_ended ? ERR_IO : ERR_AGAIN;
}

/* The answer is so short that the socket takes it. */
static enum err
answer_management(struct connection *connection, size_t len)
{
	char buf[FASTCGI_MANAGEMENT_SIZE];
	struct text answer;

	TEXT_INIT(&answer, buf);
	fastcgi_put_management((struct span){connection->seen, len}, &answer);
	if (read(connection->fd, connection->seen, len) != (ssize_t)len ||
	    write(connection->fd, answer.buf, answer.len) !=
		(ssize_t)answer.len)
		return ERR_IO;
	return ERR_OK;
}

/* Has nothing unread left that would make the close of a TCP connection a
 * reset, which may take away what was sent before. */
static void
drop_seen(struct connection *connection)
{
	ssize_t dropped =
	    read(connection->fd, connection->seen, connection->seen_len);
	(void)dropped;
}

/* ERR_AGAIN: all is well, and there is more to be looked at. */
static enum err
look_or_wait(
    struct connection *connection, unsigned *managements, bool *ret_has_body)
{
	struct fastcgi_scan scan = {0};

	enum err err = look(connection, &scan);
	if (err == ERR_OK && scan.management_len == 0) {
		*ret_has_body = scan.has_body;
		return ERR_OK;
	}
	if (err == ERR_AGAIN)
		err = connection->seen_len == 0 ? wait_for_first(connection)
						: wait_for_more(connection);
	else if (err == ERR_OK && (*managements)++ == MANAGEMENT_MAX)
		err = ERR_SYNTAX;
	else if (err == ERR_OK)
		err = answer_management(connection, scan.management_len);
	return err == ERR_OK ? ERR_AGAIN : err;
}

enum err
connection_wait_variables(struct connection *connection, bool *ret_has_body)
{
	unsigned managements = 0;
	enum err err;

	do
		err = look_or_wait(connection, &managements, ret_has_body);
	while (err == ERR_AGAIN);
	if (err != ERR_OK && connection->seen_len > 0)
		drop_seen(connection);
	return err;
}

void
connection_begin_wait(struct connection *connection)
{
	run_slot_release();
	wait_share_enter(connection->member, connection->fd);
}

bool
connection_end_wait(struct connection *connection)
{
	return wait_share_leave(connection->member);
}

/* Reads and drops, until the web server closes.  It has its reply, so this may
 * be given up in need. */
static void
linger(struct connection *connection)
{
	struct clock_deadline deadline =
	    clock_after_ms(CONNECTION_LINGER_MAX_MS);
	char dropped[DROP_SIZE];

	run_slot_release();
	listen_end_output(connection->fd);
	if (!wait_share_enter_spare(connection->member, connection->fd))
		return;
	while (has_event(connection, POLLIN, clock_left_ms(deadline)) &&
	       !clock_passed(deadline) &&
	       read(connection->fd, dropped, sizeof(dropped)) > 0)
		;
	wait_share_leave(connection->member);
	secret_wipe(dropped, sizeof(dropped));
}

void
connection_keep(struct connection *connection)
{
	connection->kept_fd = fcntl(connection->fd, F_DUPFD_CLOEXEC, 0);
}

void
connection_done(struct connection *connection)
{
	connection->fd = connection->kept_fd;
	if (connection->fd >= 0) {
		linger(connection);
		close(connection->fd);
	}
	secret_wipe(connection->seen, connection->seen_max);
	if (connection->seen_max > KEPT_SIZE)
		page_buffer_discard(connection->seen, connection->seen_max);
}
