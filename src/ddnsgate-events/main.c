#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/log.h"
#include "ddnsgate/reply/event_group.h"
#include "options.h"
#include "programs.h"
#include "queue.h"
#include "receive.h"
#include "run.h"

enum { DONE, FAILED, USAGE };

/* Datagrams that are received in one go. */
#define AT_ONCE 64
/* That datagrams are no events is logged once in this time. */
#define REJECTED_LOG_MS 10000

struct receiver {
	struct options options;
	struct receive_socket socket;
	int signal_fd;
	struct event_group group;
	struct queue queue;
	/* The event that programs are run with */
	char text[EVENT_SIZE];
	char decoded[EVENT_SIZE]; /* event's fields lie in it */
	struct event event;
	struct programs programs;
	struct run run;
	/* Datagrams that are no events */
	uint64_t rejected;
	struct clock_deadline quiet; /* until then nothing is logged */
};

/* Receiving */

static void
reject(struct receiver *receiver, enum err err)
{
	receiver->rejected++;
	if (!clock_passed(receiver->quiet))
		return;
	log_line(LOG_LEVEL_WARNING, "%llu datagrams dropped, the last as %s",
	    (unsigned long long)receiver->rejected, err_text(err));
	receiver->rejected = 0;
	receiver->quiet = clock_after_ms(REJECTED_LOG_MS);
}

static void
receive(struct receiver *receiver)
{
	char buf[EVENT_SIZE];
	struct event event;
	ssize_t len;

	for (int i = 0; i < AT_ONCE; i++) {
		len = receive_next(&receiver->socket, buf, sizeof(buf));
		if (len < 0)
			return;
		enum err err = event_read(buf, (size_t)len, &event);
		if (err != ERR_OK)
			reject(receiver, err);
		else if (event_group_admits(&receiver->group, &event,
			     queue_has_room(&receiver->queue), clock_now_us()))
			queue_put(&receiver->queue, &event);
	}
}

static void
summarize(struct receiver *receiver)
{
	char now[EVENT_TIME_SIZE];
	struct event event;

	event_format_time(clock_calendar(), now);
	while (queue_has_room(&receiver->queue) &&
	       event_group_summary(&receiver->group, clock_now_us(), &event)) {
		event.fields[EVENT_TIME] = span_of(now);
		queue_put(&receiver->queue, &event);
	}
}

/* Running */

/* False: there is no event. */
static bool
take_event(struct receiver *receiver)
{
	if (!queue_take(&receiver->queue, receiver->text))
		return false;
	memcpy(receiver->decoded, receiver->text, EVENT_SIZE);
	enum err err = event_read(
	    receiver->decoded, strlen(receiver->decoded), &receiver->event);
	programs_done(&receiver->programs);
	if (err == ERR_OK)
		programs_list(receiver->options.dir, &receiver->programs);
	return true;
}

/* Starts the next program, if none runs. */
static void
run_next(struct receiver *receiver)
{
	while (receiver->run.pid == 0) {
		const char *path = programs_take(&receiver->programs);
		if (path != NULL)
			run_start(&receiver->run, path, &receiver->event,
			    receiver->text, receiver->options.seconds);
		else if (!take_event(receiver))
			return;
	}
}

/* The loop */

/* True: the program is to end. */
static bool
take_signals(struct receiver *receiver)
{
	struct signalfd_siginfo info;
	bool stop = false;

	while (read(receiver->signal_fd, &info, sizeof(info)) ==
	       (ssize_t)sizeof(info))
		stop |= info.ssi_signo != SIGCHLD;
	run_is_over(&receiver->run);
	return stop;
}

static int
wait_ms(const struct receiver *receiver)
{
	int ms = event_group_wait_ms(&receiver->group, clock_now_us());
	const struct run *run = &receiver->run;

	if (!queue_has_room(&receiver->queue))
		ms = -1; /* a program's end makes some */
	if (run->pid == 0 || run->killed)
		return ms;
	int left = clock_left_ms(run->until);
	return ms >= 0 && ms < left ? ms : left;
}

static void
loop(struct receiver *receiver)
{
	bool stop = false;

	while (!stop) {
		struct pollfd fds[] = {{receiver->signal_fd, POLLIN, 0},
		    {receiver->socket.fd, POLLIN, 0},
		    {receiver->run.output_fd, POLLIN, 0}};
		if (poll(fds, 3, wait_ms(receiver)) < 0 && errno != EINTR)
			return;
		if (fds[2].revents != 0)
			run_read(&receiver->run);
		if (fds[0].revents != 0)
			stop = take_signals(receiver);
		if (fds[1].revents != 0)
			receive(receiver);
		run_check(&receiver->run, stop);
		summarize(receiver);
		if (!stop)
			run_next(receiver);
	}
	if (receiver->queue.count > 0)
		log_line(LOG_LEVEL_WARNING, "stopped before %zu events",
		    receiver->queue.count);
}

static int
open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int
serve(const struct options *options)
{
	static struct receiver receiver;

	log_open(LOG_TARGET_STDERR, LOG_LEVEL_INFO);
	receiver.options = *options;
	run_init(&receiver.run);
	receiver.signal_fd = open_signals();
	if (receiver.signal_fd < 0 ||
	    receive_open(options->listen, &receiver.socket) != ERR_OK)
		return FAILED;
	if (access(options->dir, R_OK | X_OK) != 0)
		log_line(LOG_LEVEL_WARNING, "%s: %s, no program is run",
		    options->dir, strerror(errno));
	loop(&receiver);
	programs_done(&receiver.programs);
	receive_close(&receiver.socket);
	close(receiver.signal_fd);
	return DONE;
}

int
main(int argc, char *argv[])
{
	struct options options;

	if (options_parse(argc, argv, &options) != ERR_OK) {
		fputs("usage: ddnsgate-events [-l unix:/PATH] [-d DIR] "
		      "[-t SECONDS] [-V] [-h]\n",
		    stderr);
		return USAGE;
	}
	if (options.help)
		return fputs(options_help, stdout) < 0 ? FAILED : DONE;
	if (options.version)
		return puts("ddnsgate-events " DDNSGATE_VERSION) < 0 ? FAILED
								     : DONE;
	return serve(&options);
}
