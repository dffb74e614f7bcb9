#ifndef DDNSGATE_TESTS_BENCH_SERVE_H
#define DDNSGATE_TESTS_BENCH_SERVE_H

/*
 * Serves FastCGI as a program does that leaves all to libfcgi:
 *
 *	PROGRAM [SOCKET THREADS]
 *
 * Without a socket it serves that of mod_fcgid, on one thread.
 */

#include <fcgiapp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define SERVE_BACKLOG 4096
#define SERVE_STACK (256 * 1024)

struct serve {
	int socket;
	void (*reply)(FCGX_Request *request);
};

static inline void *
serve_thread(void *arg)
{
	const struct serve *serve = arg;
	FCGX_Request request;

	if (FCGX_InitRequest(&request, serve->socket, 0) != 0)
		return NULL;
	while (FCGX_Accept_r(&request) == 0) {
		serve->reply(&request);
		request.keepConnection = 0;
		FCGX_Finish_r(&request);
	}
	return NULL;
}

/* Gives what main returns. */
static inline int
serve_run(int argc, char *argv[], void (*reply)(FCGX_Request *request))
{
	struct serve serve = {0, reply};
	pthread_t thread;
	pthread_attr_t attr;

	if ((argc != 1 && argc != 3) || FCGX_Init() != 0) {
		fprintf(stderr, "usage: %s [SOCKET THREADS]\n", argv[0]);
		return 2;
	}
	if (argc == 3)
		serve.socket = FCGX_OpenSocket(argv[1], SERVE_BACKLOG);
	if (argc == 3 && (serve.socket < 0 || chmod(argv[1], 0666) != 0))
		return 1;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, SERVE_STACK);
	for (int i = 1; argc == 3 && i < atoi(argv[2]); i++) {
		if (pthread_create(&thread, &attr, serve_thread, &serve) != 0)
			return 1;
	}
	serve_thread(&serve);
	return 0;
}

#endif
