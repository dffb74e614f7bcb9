#include "ddnsgate/limits/limits_redis.h"

#include <errno.h>
#include <openssl/evp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ddnsgate/limits/limits.h"
#include "ddnsgate/limits/refusals.h"

#include "table.h"
#include "temp_dir.h"

#define SOCKET "redis.sock"
#define REPLIES_MAX 4
#define COMMAND_SIZE 4096
/* So many lines has a command of seven words. */
#define COMMAND_LINES 15
#define PATIENT_MS 100000

static const struct bucket_rule three = {3, 1000};
static const struct limits_key key = {"0123456789abcdefc"};

/* Time passes on demand, if it stands still only so, and only those who wait in
 * vain are given up. */
static atomic_bool in_vain;
static atomic_int_fast64_t later_us;
static atomic_int_fast64_t stands_at_us; /* 0: it does not */

int64_t
__real_clock_now_us(void);
int64_t
__wrap_clock_now_us(void);
struct clock_deadline
__real_clock_after_ms(int64_t ms);
struct clock_deadline
__wrap_clock_after_ms(int64_t ms);

int64_t
__wrap_clock_now_us(void)
{
	return (stands_at_us != 0 ? stands_at_us : __real_clock_now_us()) +
	       later_us;
}

struct clock_deadline
__wrap_clock_after_ms(int64_t ms)
{
	assert_int_equal(ms, LIMITS_REDIS_WAIT_MS);
	return __real_clock_after_ms(in_vain ? ms : PATIENT_MS);
}

/* A server that replies as it is told, one reply to a command. */
static const char hangs[] = "it does not reply";
static const char ends[] = "it closes the connection";

struct server {
	const char *const *replies; /* the next one; NULL: no more */
	int listener;
	pthread_t thread;
	atomic_uint connections, commands;
	char last[COMMAND_SIZE]; /* command */
	int stop[2];
};

static unsigned
lines_in(const char *text)
{
	unsigned lines = 0;

	for (const char *at = text; (at = strstr(at, "\r\n")) != NULL; at += 2)
		lines++;
	return lines;
}

/* False: there is none, the connection is at its end. */
static bool
read_command(int fd, char command[COMMAND_SIZE])
{
	size_t len = 0;

	command[0] = '\0';
	while (lines_in(command) < COMMAND_LINES) {
		ssize_t got = read(fd, command + len, COMMAND_SIZE - 1 - len);
		if (got <= 0)
			return false;
		len += (size_t)got;
		command[len] = '\0';
	}
	return true;
}

/* In pieces of a byte each where the reply says so. */
static void
write_reply(int fd, const char *reply)
{
	bool in_pieces = reply[0] == '|';
	const char *at = in_pieces ? reply + 1 : reply;
	size_t piece = in_pieces ? 1 : strlen(at);

	for (; *at != '\0'; at += piece) {
		if (send(fd, at, piece, MSG_NOSIGNAL) < 0)
			return;
		if (in_pieces)
			usleep(100);
	}
}

static void
serve_connection(struct server *server, int fd)
{
	char command[COMMAND_SIZE];

	while (read_command(fd, command)) {
		const char *reply = *server->replies;
		memcpy(server->last, command, sizeof(command));
		server->commands++;
		if (reply == NULL || reply == ends) {
			server->replies += reply != NULL;
			return;
		}
		server->replies++;
		if (reply != hangs)
			write_reply(fd, reply);
	}
}

static void *
serve(void *arg)
{
	struct server *server = arg;

	for (;;) {
		struct pollfd polled[] = {
		    {.fd = server->listener, .events = POLLIN},
		    {.fd = server->stop[0], .events = POLLIN}};
		poll(polled, 2, -1);
		if (polled[1].revents != 0)
			return NULL;
		int fd = accept(server->listener, NULL, NULL);
		server->connections++;
		serve_connection(server, fd);
		close(fd);
	}
}

static void
start(struct server *server, const char *const *replies)
{
	const struct sockaddr_un address = {
	    .sun_family = AF_UNIX, .sun_path = SOCKET};

	*server = (struct server){.replies = replies};
	temp_dir_enter();
	server->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(
	    bind(server->listener, (const struct sockaddr *)&address,
		sizeof(address)),
	    0);
	assert_int_equal(listen(server->listener, 8), 0);
	assert_int_equal(pipe(server->stop), 0);
	assert_int_equal(
	    pthread_create(&server->thread, NULL, serve, server), 0);
}

static void
end_thread(struct server *server)
{
	assert_int_equal(write(server->stop[1], "", 1), 1);
	pthread_join(server->thread, NULL);
}

static void
clean_up(struct server *server)
{
	close(server->stop[0]);
	close(server->stop[1]);
	close(server->listener);
	temp_dir_leave();
}

static void
stop(struct server *server)
{
	end_thread(server);
	clean_up(server);
}

/* The test itself accepts and replies, and then cleans up. */
static void
start_unserved(struct server *server)
{
	static const char *const none[] = {NULL};

	start(server, none);
	end_thread(server);
}

static struct limits_redis *
make_redis(void)
{
	const struct redis_link_server where = {.path = SOCKET};
	struct limits_redis *redis;

	later_us = 0;
	in_vain = false;
	assert_int_equal(limits_redis_new(&where, &redis), ERR_OK);
	return redis;
}

/* What comes of one operation; the letter is that of the verdict, "x" of a
 * failure. */
static char
letter_of(struct limits_redis *redis, enum limits_redis_verb verb,
    struct limits_redis_answer *answer)
{
	static const char letters[] = {[BUCKET_TAKEN] = 't',
	    [BUCKET_REFUSED_FIRST] = 'f',
	    [BUCKET_REFUSED] = 'r'};

	if (limits_redis_change(redis, &key, &three, verb, answer) != ERR_OK)
		return 'x';
	if (verb == LIMITS_REDIS_TAKE)
		return letters[answer->verdict];
	if (verb == LIMITS_REDIS_GIVE)
		return 'g';
	return answer->empty ? 'e' : 'n';
}

#define NOSCRIPT "-NOSCRIPT No matching script. Please use EVAL.\r\n"
#define NO_REDIS "it is no Redis server, or its answer is damaged"
#define ODD "it answered what the script does not"
#define TAKE LIMITS_REDIS_TAKE
#define GIVE LIMITS_REDIS_GIVE
#define LOOK LIMITS_REDIS_LOOK
#define TENS "0123456789"
#define HUNDRED TENS TENS TENS TENS TENS TENS TENS TENS TENS TENS

// clang-format off
static const struct row {
	const char *name;
	const char *replies[REPLIES_MAX];
	enum limits_redis_verb verb;
	char letter;
	uint64_t wait_ms;
	unsigned commands;
	const char *why;
} rows[] = {
	{ "taken", { "$3\r\nt 0\r\n" }, TAKE, 't', 0, 1, NULL },
	{ "refused for the first time", { "$6\r\nf 1001\r\n" }, TAKE, 'f', 1001, 1, NULL },
	{ "refused again", { "$6\r\nr 1000\r\n" }, TAKE, 'r', 1000, 1, NULL },
	{ "a long wait", { "$15\r\nr 9000000000000\r\n" }, TAKE, 'r', UINT64_C(9000000000000), 1, NULL },
	{ "given back", { "$3\r\ng 0\r\n" }, GIVE, 'g', 0, 1, NULL },
	{ "empty", { "$5\r\ne 999\r\n" }, LOOK, 'e', 999, 1, NULL },
	{ "not empty", { "$3\r\nn 0\r\n" }, LOOK, 'n', 0, 1, NULL },
	{ "in pieces", { "|$3\r\nt 0\r\n" }, TAKE, 't', 0, 1, NULL },
	{ "script not known", { NOSCRIPT, "$3\r\nt 0\r\n" }, TAKE, 't', 0, 2, NULL },
	{ "nor taken", { NOSCRIPT, NOSCRIPT }, TAKE, 'x', 0, 2, "it answered with an error" },
	/* Errors of the server */
	{ "a password", { "-NOAUTH Authentication required.\r\n" }, TAKE, 'x', 0, 1, "it wants a password" },
	{ "a right that lacks", { "-NOPERM this user has no permissions\r\n" }, TAKE, 'x', 0, 1, "its access list allows not all of the script" },
	{ "a replica", { "-READONLY You can't write\r\n" }, TAKE, 'x', 0, 1, "it is a replica that may not be written to" },
	{ "an error", { "-ERR no\r\n" }, TAKE, 'x', 0, 1, "it answered with an error" },
	{ "an error without words", { "-\r\n" }, TAKE, 'x', 0, 1, "it answered with an error" },
	/* Answers to something else */
	{ "of another verb", { "$3\r\ng 0\r\n" }, TAKE, 'x', 0, 1, ODD },
	{ "of no verb", { "$3\r\nz 0\r\n" }, TAKE, 'x', 0, 1, ODD },
	{ "no wait", { "$2\r\nt \r\n" }, TAKE, 'x', 0, 1, ODD },
	{ "no number", { "$5\r\nt inf\r\n" }, TAKE, 'x', 0, 1, ODD },
	{ "a negative number", { "$4\r\nt -1\r\n" }, TAKE, 'x', 0, 1, ODD },
	{ "a fraction", { "$5\r\nt 1.5\r\n" }, TAKE, 'x', 0, 1, ODD },
	{ "a large number", { "$22\r\nt 99999999999999999999\r\n" }, TAKE, 'x', 0, 1, ODD },
	{ "empty text", { "$0\r\n\r\n" }, TAKE, 'x', 0, 1, ODD },
	/* Other kinds of answers */
	{ "a status", { "+OK\r\n" }, TAKE, 'x', 0, 1, NO_REDIS },
	{ "a number", { ":1\r\n" }, TAKE, 'x', 0, 1, NO_REDIS },
	{ "nothing", { "$-1\r\n" }, TAKE, 'x', 0, 1, NO_REDIS },
	{ "an array", { "*1\r\n$3\r\nt 0\r\n" }, TAKE, 'x', 0, 1, NO_REDIS },
	{ "a large array", { "*2147483647\r\n" }, TAKE, 'x', 0, 1, NO_REDIS },
	{ "another protocol", { "HTTP/1.1 400 Bad Request\r\n\r\n" }, TAKE, 'x', 0, 1, NO_REDIS },
	{ "a negative length", { "$-7\r\n" }, TAKE, 'x', 0, 1, NO_REDIS },
	{ "two answers", { "$3\r\nt 0\r\n$3\r\nt 0\r\n" }, TAKE, 'x', 0, 1, NO_REDIS },
	{ "an end of another kind", { "$3\r\nt 0xx$3\r\nt 0\r\n" }, TAKE, 'x', 0, 1, NO_REDIS },
	{ "a long answer", { "$600\r\n" HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED }, TAKE, 'x', 0, 1, NO_REDIS },
	{ "a long error", { "-" HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED }, TAKE, 'x', 0, 1, NO_REDIS },
	/* No answer */
	{ "it hangs", { hangs }, TAKE, 'x', 0, 1, "no answer in time" },
	{ "half an answer", { "$3\r\nt" }, TAKE, 'x', 0, 1, "no answer in time" },
	{ "the length of a large one", { "$536870912\r\nt" }, TAKE, 'x', 0, 1, "no answer in time" },
	{ "hangs with the script", { NOSCRIPT, hangs }, TAKE, 'x', 0, 2, "no answer in time" },
	{ "it closes", { ends }, TAKE, 'x', 0, 1, "Broken pipe" },
};
// clang-format on

static void
answers(void **state)
{
	const struct row *row = *state;
	struct limits_redis_answer answer = {0};
	struct server server;
	const char *why;

	start(&server, row->replies);
	struct limits_redis *redis = make_redis();
	in_vain =
	    row->why != NULL && strcmp(row->why, "no answer in time") == 0;
	assert_int_equal(letter_of(redis, row->verb, &answer), row->letter);
	assert_int_equal(answer.wait_ms, row->wait_ms);
	assert_int_equal(limits_redis_news(redis, &why), row->why != NULL);
	if (row->why != NULL)
		assert_string_equal(why, row->why);
	limits_redis_free(redis);
	stop(&server);
	/* A busy machine may not have let the server run in time. */
	if (!in_vain)
		assert_int_equal(server.commands, row->commands);
}

/* What is sent: by name first, then the whole; the key shows no name. */
static void
question(void **state)
{
	static const char *const replies[] = {
	    "$3\r\nt 0\r\n", NOSCRIPT, "$3\r\nt 0\r\n", NULL};
	struct limits_redis_answer answer;
	struct server server;
	uint8_t digest[EVP_MAX_MD_SIZE];
	char name[2 * sizeof(digest) + 1] = "";
	unsigned len;
	char by_name[COMMAND_SIZE];

	(void)state;
	start(&server, replies);
	struct limits_redis *redis = make_redis();
	assert_int_equal(letter_of(redis, TAKE, &answer), 't');
	memcpy(by_name, server.last, sizeof(by_name));
	assert_int_equal(letter_of(redis, TAKE, &answer), 't');
	limits_redis_free(redis);
	stop(&server);
	assert_int_equal(server.connections, 1);
	assert_non_null(
	    strstr(by_name, "\r\n$1\r\n1\r\n$39\r\n"
			    "ddns:3031323334353637383961626364656663\r\n"
			    "$4\r\ntake\r\n$1\r\n3\r\n$4\r\n1000\r\n"));
	/* Under the name that the server will know the script by */
	const char *script = strstr(server.last, "local now");
	assert_non_null(script);
	EVP_Digest(script, (size_t)(strstr(script, "\r\n") - script), digest,
	    &len, EVP_sha1(), NULL);
	for (unsigned i = 0; i < len; i++)
		snprintf(name + 2 * i, 3, "%02x", digest[i]);
	assert_non_null(strstr(by_name, name));
}

/* A failure: nobody asks for a while, then one does. */
static void
quiet_after_failure(void **state)
{
	static const char *const replies[] = {"+OK\r\n", "+OK\r\n",
	    "$3\r\nt 0\r\n", "$3\r\nt 0\r\n", "+OK\r\n", NULL};
	struct limits_redis_answer answer;
	struct server server;
	const char *why;

	(void)state;
	start(&server, replies);
	struct limits_redis *redis = make_redis();
	assert_false(limits_redis_news(redis, &why));
	for (unsigned failures = 1; failures <= 2; failures++) {
		for (int i = 0; i < 10; i++)
			assert_int_equal(letter_of(redis, TAKE, &answer), 'x');
		assert_int_equal(server.commands, failures);
		assert_int_equal(limits_redis_news(redis, &why), failures == 1);
		assert_non_null(why);
		later_us += LIMITS_REDIS_QUIET_MS * 1000;
	}
	assert_int_equal(letter_of(redis, TAKE, &answer), 't');
	assert_true(limits_redis_news(redis, &why));
	assert_null(why);
	assert_int_equal(letter_of(redis, TAKE, &answer), 't');
	/* Not told again so soon, nor that it is over then. */
	assert_int_equal(letter_of(redis, TAKE, &answer), 'x');
	assert_false(limits_redis_news(redis, &why));
	later_us += LIMITS_REDIS_NEWS_MS * 1000;
	assert_true(limits_redis_news(redis, &why));
	assert_non_null(why);
	limits_redis_free(redis);
	stop(&server);
	assert_int_equal(server.connections, 3);
}

/* A connection that the server has closed since is replaced by a new one. */
static void
closed_meanwhile(void **state)
{
	static const char *const replies[] = {
	    "$3\r\nt 0\r\n", ends, "$3\r\nr 0\r\n", NULL};
	struct limits_redis_answer answer;
	struct server server;
	const char *why;

	(void)state;
	start(&server, replies);
	struct limits_redis *redis = make_redis();
	assert_int_equal(letter_of(redis, TAKE, &answer), 't');
	assert_int_equal(letter_of(redis, TAKE, &answer), 'r');
	assert_false(limits_redis_news(redis, &why));
	limits_redis_free(redis);
	stop(&server);
	assert_int_equal(server.connections, 2);
}

/* Two links that are not in use.  Once one fails the other is closed, too, as
 * it leads to the same place. */
static void *
take_one(void *arg)
{
	struct limits_redis_answer answer;

	return letter_of(arg, TAKE, &answer) == 't' ? NULL : arg;
}

static void
failure_closes_the_others(void **state)
{
	const struct timeval patience = {PATIENT_MS / 1000, 0};
	struct limits_redis_answer answer;
	pthread_t threads[2];
	struct server server;
	char command[COMMAND_SIZE];
	int links[2];
	void *failed;

	(void)state;
	start_unserved(&server);
	struct limits_redis *redis = make_redis();
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, take_one, redis);
	for (int i = 0; i < 2; i++) {
		links[i] = accept(server.listener, NULL, NULL);
		setsockopt(links[i], SOL_SOCKET, SO_RCVTIMEO, &patience,
		    sizeof(patience));
		assert_true(read_command(links[i], command));
	}
	for (int i = 0; i < 2; i++)
		write_reply(links[i], "$3\r\nt 0\r\n");
	for (int i = 0; i < 2; i++) {
		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	write_reply(links[0], "+OK\r\n"); /* which nobody has asked for */
	write_reply(links[1], "+OK\r\n");
	assert_int_equal(letter_of(redis, TAKE, &answer), 'x');
	for (int i = 0; i < 2; i++) {
		errno = 0;
		while (read_command(links[i], command))
			continue;
		assert_int_not_equal(errno, EAGAIN); /* it is still open */
		close(links[i]);
	}
	limits_redis_free(redis);
	clean_up(&server);
}

/* Where nobody listens; nobody waits for that. */
// clang-format off
static const struct nobody_row {
	const char *name;
	struct redis_link_server where;
	const char *why;
} nobody_rows[] = {
	{ "no socket", { .path = "/nonexistent/redis" },
	  "No such file or directory" },
	{ "a long path", { .path = "/" HUNDRED HUNDRED },
	  "File name too long" },
};
// clang-format on

static void
nobody(void **state)
{
	const struct nobody_row *row = *state;
	struct limits_redis_answer answer;
	struct limits_redis *redis;
	const char *why;

	later_us = 0;
	in_vain = false;
	assert_int_equal(limits_redis_new(&row->where, &redis), ERR_OK);
	assert_int_equal(letter_of(redis, TAKE, &answer), 'x');
	assert_true(limits_redis_news(redis, &why));
	assert_string_equal(why, row->why);
	limits_redis_free(redis);
}

static unsigned
take_in_vain(struct limits *limits, enum bucket_verdict verdict)
{
	unsigned wait_s = 0;

	assert_int_equal(limits_take(limits, &key, &three, &wait_s), verdict);
	return wait_s;
}

/* Who is refused is refused again without a question, for a while, or until a
 * token is given back. */
static void
refused_again(void **state)
{
	static const char *const replies[] = {"$6\r\nf 4001\r\n",
	    "$6\r\ne 3001\r\n", "$6\r\nf 3001\r\n", "$5\r\nr 300\r\n",
	    "$3\r\ng 0\r\n", "$3\r\nn 0\r\n", "$3\r\nt 0\r\n", NULL};
	const struct redis_link_server where = {.path = SOCKET};
	struct limits *limits;
	struct server server;
	unsigned wait_s;

	(void)state;
	start(&server, replies);
	later_us = 0;
	in_vain = false;
	stands_at_us = __real_clock_now_us();
	assert_int_equal(limits_new(NULL, &limits), ERR_OK);
	assert_int_equal(limits_use_redis(limits, &where), ERR_OK);
	assert_int_equal(take_in_vain(limits, BUCKET_REFUSED_FIRST), 5);
	assert_int_equal(take_in_vain(limits, BUCKET_REFUSED), 5);
	assert_true(limits_is_empty(limits, &key, &three));
	assert_int_equal(server.commands, 1);
	later_us += REFUSALS_MS * 1000;
	assert_true(limits_is_empty(limits, &key, &three));
	/* It looked, so it is the first one still. */
	assert_int_equal(take_in_vain(limits, BUCKET_REFUSED_FIRST), 4);
	assert_true(limits_is_empty(limits, &key, &three));
	assert_int_equal(server.commands, 3);
	later_us += REFUSALS_MS * 1000;
	assert_int_equal(take_in_vain(limits, BUCKET_REFUSED), 1);
	limits_give(limits, &key, &three);
	assert_int_equal(server.commands, 5);
	assert_false(limits_is_empty(limits, &key, &three));
	assert_int_equal(
	    limits_take(limits, &key, &three, &wait_s), BUCKET_TAKEN);
	limits_free(limits);
	stop(&server);
	stands_at_us = 0;
	assert_int_equal(server.commands, 7);
}

/* Several threads at once: no more connections than there may be, and each gets
 * an answer of its own. */
#define THREADS 16
#define EACH 50

static void *
echo(void *arg)
{
	int fd = (int)(intptr_t)arg;
	char command[COMMAND_SIZE];

	while (read_command(fd, command))
		write_reply(fd, "$3\r\nt 0\r\n");
	close(fd);
	return NULL;
}

static void *
take_each(void *arg)
{
	struct limits_redis_answer answer;

	for (int i = 0; i < EACH; i++) {
		if (letter_of(arg, TAKE, &answer) != 't')
			return arg;
	}
	return NULL;
}

static void
many_threads(void **state)
{
	pthread_t threads[THREADS], echoes[LIMITS_REDIS_LINKS + 1];
	struct server server;
	unsigned links = 0;
	void *failed;

	(void)state;
	start_unserved(&server);
	struct limits_redis *redis = make_redis();
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, take_each, redis);
	struct pollfd polled = {.fd = server.listener, .events = POLLIN};
	bool goes_on = true;
	for (int joined = 0; goes_on || joined < THREADS;) {
		goes_on = poll(&polled, 1, 10) > 0;
		if (goes_on) {
			assert_true(links < LIMITS_REDIS_LINKS);
			intptr_t fd = accept(server.listener, NULL, NULL);
			pthread_create(
			    &echoes[links++], NULL, echo, (void *)fd);
		} else if (joined < THREADS &&
			   pthread_tryjoin_np(threads[joined], &failed) == 0) {
			assert_null(failed);
			joined++;
		}
	}
	limits_redis_free(redis);
	while (links > 0)
		pthread_join(echoes[--links], NULL);
	clean_up(&server);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(question),
	    cmocka_unit_test(quiet_after_failure),
	    cmocka_unit_test(closed_meanwhile),
	    cmocka_unit_test(refused_again),
	    cmocka_unit_test(failure_closes_the_others),
	    cmocka_unit_test(many_threads),
	};

	if (!redis_link_is_built())
		return 0;
	return TABLE_RUN("limits_redis: answers", rows, answers) +
	       TABLE_RUN("limits_redis: nobody", nobody_rows, nobody) +
	       cmocka_run_group_tests(tests, NULL, NULL);
}
