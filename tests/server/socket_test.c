#include "ddnsgate/server/socket.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "table.h"

/* What exchange_test, with servers, does not show. */

/* Frames */

#define CHUNKS_MAX 5

// clang-format off
static const struct frame_row {
	const char *name;
	struct { const char *bytes; size_t len; } chunks[CHUNKS_MAX];
	const char *messages;  /* joined with "|" */
	enum err want;         /* at the end, the server's side closed */
} frame_rows[] = {
	{ "one",               { { "\0\3abc", 5 } },            "abc|",
	  ERR_DNS_SILENT },
	{ "two at once",       { { "\0\3abc\0\2de", 9 } },      "abc|de|",
	  ERR_DNS_SILENT },
	{ "by the byte",       { { "\0", 1 }, { "\2", 1 }, { "a", 1 },
	                         { "b", 1 } },                  "ab|",
	  ERR_DNS_SILENT },
	{ "one and a half",    { { "\0\1a\0\2b", 6 }, { "c", 1 } }, "a|bc|",
	  ERR_DNS_SILENT },
	{ "empty",             { { "\0\0\0\1a", 5 } },          "|a|",
	  ERR_DNS_SILENT },
	{ "nothing",           { { "", 0 } },                   "",
	  ERR_DNS_SILENT },
	{ "half a length",     { { "\0", 1 } },                 "",
	  ERR_DNS_GARBAGE },
	{ "half a message",    { { "\0\1a\0\2b", 6 } },         "a|",
	  ERR_DNS_GARBAGE },
	{ "too long by one",   { { "\0\1a\x10\1", 5 } },        "a|",
	  ERR_DNS_GARBAGE },
	{ "too long by far",   { { "\xff\xff", 2 } },           "",
	  ERR_DNS_GARBAGE },
};
// clang-format on

/* Takes all complete messages, as text. */
static enum err
take_all(struct socket_stream *stream, struct text *text)
{
	uint8_t *wire;
	size_t len;
	enum err err;

	while ((err = socket_stream_take(stream, &wire, &len)) == ERR_OK) {
		text_put(text, (struct span){(const char *)wire, len});
		text_puts(text, "|");
	}
	return err;
}

static void
frames(void **state)
{
	const struct frame_row *row = *state;
	struct socket_stream stream = {.fd = -1};
	enum err err = ERR_AGAIN;
	char buf[64];
	struct text text;
	int pair[2];

	TEXT_INIT(&text, buf);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	stream.fd = pair[0];
	for (size_t i = 0; i < CHUNKS_MAX && row->chunks[i].len > 0; i++) {
		assert_int_equal(
		    write(pair[1], row->chunks[i].bytes, row->chunks[i].len),
		    row->chunks[i].len);
		assert_int_equal(socket_stream_fill(&stream), ERR_OK);
		err = take_all(&stream, &text);
	}
	close(pair[1]);
	if (err == ERR_AGAIN)
		err = socket_stream_fill(&stream);
	socket_stream_close(&stream);
	assert_int_equal(stream.fd, -1);
	assert_string_equal(buf, row->messages);
	assert_string_equal(err_name(err), err_name(row->want));
}

/* The longest message fits, wherever in the buffer it begins. */
static void
longest_frame(void **state)
{
	static uint8_t bytes[3 + 2 + RESPONSE_SIZE_MAX] = {
	    0, 1, 'a', RESPONSE_SIZE_MAX >> 8, RESPONSE_SIZE_MAX & 0xff};
	struct socket_stream stream = {.fd = -1};
	uint8_t *wire;
	size_t len;
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	stream.fd = pair[0];
	bytes[sizeof(bytes) - 1] = 'z';
	assert_int_equal(write(pair[1], bytes, sizeof(bytes)), sizeof(bytes));
	assert_int_equal(socket_stream_fill(&stream), ERR_OK);
	assert_int_equal(socket_stream_take(&stream, &wire, &len), ERR_OK);
	assert_int_equal(socket_stream_take(&stream, &wire, &len), ERR_AGAIN);
	assert_int_equal(socket_stream_fill(&stream), ERR_OK);
	assert_int_equal(socket_stream_take(&stream, &wire, &len), ERR_OK);
	assert_int_equal(len, RESPONSE_SIZE_MAX);
	assert_int_equal(wire[len - 1], 'z');
	socket_stream_close(&stream);
	close(pair[1]);
}

/* A message that the kernel takes in pieces arrives complete. */
static void
sends_in_pieces(void **state)
{
	static uint8_t out[60000], in[2 + sizeof(out)];
	struct socket_stream stream = {.fd = -1};
	size_t have = 0;
	int pair[2];
	unsigned waits = 0;
	enum err err;

	(void)state;
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &(int){1}, sizeof(int));
	stream.fd = pair[0];
	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = (uint8_t)(i % 251);
	while ((err = socket_stream_send(&stream, out, sizeof(out))) ==
	       ERR_AGAIN) {
		ssize_t got = read(pair[1], in + have, sizeof(in) - have);
		assert_true(got > 0);
		have += (size_t)got;
		waits++;
	}
	assert_int_equal(err, ERR_OK);
	assert_true(waits > 1);
	for (ssize_t got = 1; have < sizeof(in) && got > 0;) {
		got = read(pair[1], in + have, sizeof(in) - have);
		have += (size_t)(got > 0 ? got : 0);
	}
	assert_int_equal(have, sizeof(in));
	assert_int_equal(in[0] << 8 | in[1], sizeof(out));
	assert_memory_equal(in + 2, out, sizeof(out));
	socket_stream_close(&stream);
	close(pair[1]);
}

/* SIGPIPE would end this program. */
static void
sends_to_closed(void **state)
{
	struct socket_stream stream = {.fd = -1};
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	close(pair[1]);
	stream.fd = pair[0];
	assert_int_equal(socket_stream_send(&stream, (const uint8_t *)"a", 1),
	    ERR_DNS_SILENT);
	socket_stream_close(&stream);
}

/* Kept sockets; they can be opened without a server. */

static struct server_addr
server(uint8_t number)
{
	return (struct server_addr){{IPADDR_V4, {127, 0, 1, number}}, 9};
}

static int
open_to(struct socket_cache *cache, uint8_t number)
{
	struct server_addr to = server(number);
	int fd = -1;

	assert_int_equal(socket_cache_open(cache, &to, &fd), ERR_OK);
	return fd;
}

static size_t
count_kept(const struct socket_cache *cache)
{
	size_t count = 0;

	for (size_t i = 0; i < SOCKET_CACHE_MAX; i++)
		count += cache->cached[i].fd >= 0;
	return count;
}

static void
least_recently_used_goes(void **state)
{
	struct socket_cache cache;
	int fds[SOCKET_CACHE_MAX];

	(void)state;
	socket_cache_init(&cache, false);
	for (uint8_t i = 0; i < SOCKET_CACHE_MAX; i++)
		fds[i] = open_to(&cache, i);
	assert_int_equal(open_to(&cache, 0), fds[0]); /* so 1 is the oldest */
	/* The descriptor that becomes free is the one that is given. */
	assert_int_equal(open_to(&cache, 100), fds[1]);
	for (uint8_t i = 2; i < SOCKET_CACHE_MAX; i++)
		assert_int_equal(open_to(&cache, i), fds[i]);
	assert_int_equal(open_to(&cache, 0), fds[0]);
	assert_int_equal(count_kept(&cache), SOCKET_CACHE_MAX);
	socket_cache_drop(&cache, fds[5]);
	socket_cache_drop(&cache, -1);
	assert_int_equal(count_kept(&cache), SOCKET_CACHE_MAX - 1);
	socket_cache_done(&cache);
	assert_int_equal(count_kept(&cache), 0);
}

/* The pending error of an earlier message does not keep the next one from being
 * sent, which here gets an error of its own. */
static void
old_error_is_forgotten(void **state)
{
	struct socket_cache cache;
	uint8_t byte = 0;
	size_t len;

	(void)state;
	socket_cache_init(&cache, false);
	int fd = open_to(&cache, 1);
	assert_int_equal(socket_send(fd, &byte, 1), ERR_OK);
	assert_int_equal(open_to(&cache, 1), fd);
	assert_int_equal(socket_send(fd, &byte, 1), ERR_OK);
	assert_int_equal(
	    socket_receive(fd, &byte, 1, &len), ERR_DNS_UNREACHABLE);
	socket_cache_done(&cache);
}

/* A socket to a server of this test's, by a cache that waits or not. */
static int
open_pair(struct socket_cache *cache, bool waits, int *ret_server)
{
	struct sockaddr_in addr = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(addr);
	struct server_addr server = {
	    .addr = {.family = IPADDR_V4, .bytes = {127, 0, 0, 1}}};
	int fd;

	*ret_server = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(
	    bind(*ret_server, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(
	    getsockname(*ret_server, (struct sockaddr *)&addr, &len), 0);
	server.port = ntohs(addr.sin_port);
	socket_cache_init(cache, waits);
	assert_int_equal(socket_cache_open(cache, &server, &fd), ERR_OK);
	return fd;
}

/* Sends a byte to the server's first datagram's sender. */
static void
answer(int server)
{
	struct sockaddr_in peer;
	socklen_t len = sizeof(peer);
	char byte;

	assert_int_equal(
	    recvfrom(server, &byte, 1, 0, (struct sockaddr *)&peer, &len), 1);
	assert_int_equal(
	    sendto(server, &byte, 1, 0, (struct sockaddr *)&peer, len), 1);
}

static void *
answer_later(void *arg)
{
	usleep(SOCKET_SOON_MS * 1000 / 5);
	answer(*(int *)arg);
	return NULL;
}

/* It waits for what comes, but not for ever; the other call never does. */
static void
receive_soon_waits(void **state)
{
	struct socket_cache cache;
	uint8_t byte = 'x';
	pthread_t thread;
	int server;
	size_t len = 0;

	(void)state;
	int fd = open_pair(&cache, true, &server);
	assert_int_equal(socket_receive_soon(fd, &byte, 1, &len), ERR_AGAIN);
	assert_int_equal(socket_send(fd, &byte, 1), ERR_OK);
	assert_int_equal(
	    pthread_create(&thread, NULL, answer_later, &server), 0);
	enum err err = ERR_AGAIN;
	for (int again = 0; again < 1000 && err == ERR_AGAIN; again++)
		err = socket_receive_soon(fd, &byte, 1, &len);
	assert_int_equal(err, ERR_OK);
	assert_int_equal(len, 1);
	pthread_join(thread, NULL);
	assert_int_equal(socket_receive(fd, &byte, 1, &len), ERR_AGAIN);
	socket_cache_done(&cache);
	close(server);
}

/* The socket of a cache that does not wait never does. */
static void
others_do_not_wait(void **state)
{
	struct socket_cache cache;
	uint8_t byte = 'x';
	int server;
	size_t len = 0;

	(void)state;
	int fd = open_pair(&cache, false, &server);
	assert_true((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
	assert_int_equal(socket_receive(fd, &byte, 1, &len), ERR_AGAIN);
	assert_int_equal(socket_send(fd, &byte, 1), ERR_OK);
	answer(server);
	assert_int_equal(socket_receive(fd, &byte, 1, &len), ERR_OK);
	socket_cache_done(&cache);
	close(server);
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(longest_frame),
	    cmocka_unit_test(sends_in_pieces),
	    cmocka_unit_test(sends_to_closed),
	    cmocka_unit_test(least_recently_used_goes),
	    cmocka_unit_test(old_error_is_forgotten),
	    cmocka_unit_test(receive_soon_waits),
	    cmocka_unit_test(others_do_not_wait),
	};
	int failures = 0;

	failures += TABLE_RUN("channel: frames", frame_rows, frames);
	failures += cmocka_run_group_tests_name(
	    "channel: singles", singles, NULL, NULL);
	return failures;
}
