/*
 * Does libfcgi add the lengths of a FastCGI parameter's name and value without
 * a check (CVE-2025-23016)?  It then allocates 0 bytes for two lengths of
 * 0x7fffffff, and writes as much as comes.  Nothing comes here.
 *
 * Exit status: 0 no, 1 yes, 2 not known.  Distributions mend old versions, so
 * the number of the version does not tell.
 */

#include <fcgiapp.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MENDED = 0, VULNERABLE = 1, UNKNOWN = 2 };

/* glibc's, below the one that libfcgi finds here */
void *
__libc_malloc(size_t size);

static volatile int is_reading, has_asked_for_nothing;

void *
malloc(size_t size)
{
	if (is_reading && size == 0)
		has_asked_for_nothing = 1;
	return __libc_malloc(size);
}

/* FastCGI 1.0, sections 3.3, 3.4 and 5.1 */
static const unsigned char request[] = {
    1, 1, 0, 1, 0, 8, 0, 0, /* begin */
    0, 1, 0, 0, 0, 0, 0, 0, /* as responder */
    1, 4, 0, 1, 0, 8, 0, 0, /* parameters */
    0xff, 0xff, 0xff, 0xff, /* the length of a name */
    0xff, 0xff, 0xff, 0xff, /* and of its value */
};

int
main(void)
{
	FCGX_Request fcgi;
	int ends[2];

	if (FCGX_Init() != 0 || FCGX_InitRequest(&fcgi, -1, 0) != 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0 ||
	    write(ends[1], request, sizeof(request)) != sizeof(request) ||
	    shutdown(ends[1], SHUT_WR) != 0)
		return UNKNOWN;
	fcgi.ipcFd = ends[0];
	fcgi.keepConnection = 1; /* else it is closed first */
	is_reading = 1;
	if (FCGX_Accept_r(&fcgi) == 0)
		return UNKNOWN;
	return has_asked_for_nothing ? VULNERABLE : MENDED;
}
