#ifndef DDNSGATE_CGI_H
#define DDNSGATE_CGI_H

/* One plain CGI request (RFC 3875) on the environment, stdin and stdout. */

/* Gives the exit status: 0 when a response was written. */
int
cgi_main(void);

#endif
