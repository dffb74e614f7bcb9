#ifndef DDNSGATE_CGI_H
#define DDNSGATE_CGI_H

/* Serves one CGI request (RFC 3875): environment, stdin and stdout. */

/* Gives the exit status: 0 if a response was written. */
int
cgi_main(void);

#endif
