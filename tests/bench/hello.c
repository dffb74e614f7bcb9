/* The least that a FastCGI program can do (serve.h): what the web server and
 * libfcgi leave to the programs behind them. */

#include "serve.h"

static void
reply(FCGX_Request *request)
{
	FCGX_PutS("Status: 200 OK\r\nContent-Type: text/plain\r\n"
		  "Content-Length: 5\r\n\r\nhello",
	    request->out);
}

int
main(int argc, char *argv[])
{
	return serve_run(argc, argv, reply);
}
