/*
 * The least that a FastCGI program can do, on as many threads as it is told:
 * what the web server and libfcgi leave to the programs behind them.
 *
 *	hello [SOCKET THREADS]
 *
 * Without a socket it serves that of mod_fcgid, on one thread.
 */

#include <fcgiapp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define BACKLOG 4096

static void *
serve(void *arg)
{
	const int *socket = arg;
	FCGX_Request request;

	if (FCGX_InitRequest(&request, *socket, 0) != 0)
		return NULL;
	while (FCGX_Accept_r(&request) == 0) {
		FCGX_PutS("Status: 200 OK\r\nContent-Type: text/plain\r\n"
			  "Content-Length: 5\r\n\r\nhello",
		    request.out);
		request.keepConnection = 0;
		FCGX_Finish_r(&request);
	}
	return NULL;
}

int
main(int argc, char *argv[])
{
	pthread_t thread;
	pthread_attr_t attr;
	int socket = 0;

	if ((argc != 1 && argc != 3) || FCGX_Init() != 0) {
		fputs("usage: hello [SOCKET THREADS]\n", stderr);
		return 2;
	}
	if (argc == 3)
		socket = FCGX_OpenSocket(argv[1], BACKLOG);
	if (argc == 3 && (socket < 0 || chmod(argv[1], 0666) != 0))
		return 1;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 256 * 1024);
	for (int i = 1; argc == 3 && i < atoi(argv[2]); i++) {
		if (pthread_create(&thread, &attr, serve, &socket) != 0)
			return 1;
	}
	serve(&socket);
	return 0;
}
