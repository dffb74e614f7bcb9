/*
 * What a FastCGI program takes that asks DNS one question for each request and
 * does nothing else (serve.h): no signature, no limits, no check of who calls
 * or of what comes back but for the address.  The DNS server is at NAIVE_PORT
 * of the loopback; a request for /bench0...07?ip=ADDRESS is about the host h7
 * of NAIVE_ZONE.
 */

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "serve.h"

#define HEAD_LEN 12
#define PACKET_MAX 512

static struct sockaddr_in dns;
static const char *zone;

static size_t
put_name(uint8_t *out, char *name)
{
	size_t len = 0;

	for (char *label = strtok_r(name, ".", &name); label != NULL;
	     label = strtok_r(NULL, ".", &name)) {
		out[len++] = (uint8_t)strlen(label);
		memcpy(out + len, label, strlen(label));
		len += strlen(label);
	}
	out[len++] = 0;
	return len;
}

/* A query for the host's address; its length. */
static size_t
put_query(uint8_t *packet, const char *host)
{
	static const uint8_t head[HEAD_LEN] = {0, 0, 0, 0, 0, 1};
	static const uint8_t type_and_class[] = {0, 1, 0, 1};
	char name[256];

	memcpy(packet, head, HEAD_LEN);
	snprintf(name, sizeof(name), "h%d.%s", atoi(host), zone);
	size_t len = HEAD_LEN + put_name(packet + HEAD_LEN, name);
	memcpy(packet + len, type_and_class, sizeof(type_and_class));
	return len + sizeof(type_and_class);
}

/* Does DNS say that the host has this address?  A's is what its answer ends
 * with, as no more than that was asked for. */
static int
has_address(const char *host, const char *address)
{
	uint8_t query[PACKET_MAX], reply[PACKET_MAX];
	struct in_addr ip;
	size_t len = put_query(query, host);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ssize_t got = -1;

	if (connect(fd, (struct sockaddr *)&dns, sizeof(dns)) == 0 &&
	    send(fd, query, len, 0) == (ssize_t)len)
		got = recv(fd, reply, sizeof(reply), 0);
	close(fd);
	return inet_pton(AF_INET, address, &ip) == 1 &&
	       got > (ssize_t)(len + sizeof(ip)) && reply[7] > 0 &&
	       memmem(reply + len, (size_t)got - len, &ip, sizeof(ip)) != NULL;
}

static void
reply(FCGX_Request *request)
{
	const char *path = FCGX_GetParam("PATH_INFO", request->envp);
	const char *query = FCGX_GetParam("QUERY_STRING", request->envp);
	const char *uri = FCGX_GetParam("REQUEST_URI", request->envp);
	const char *host = strstr(path != NULL && *path ? path : uri, "bench");
	const char *address = query != NULL ? strstr(query, "ip=") : NULL;
	/* What is not about a host is the load's /health. */
	int found = host == NULL ||
		    (address != NULL &&
			has_address(host + strlen("bench"), address + 3));

	FCGX_FPrintF(request->out,
	    "Status: %s\r\nContent-Type: text/plain\r\n\r\n%s",
	    found ? "200 OK" : "404 Not Found", found ? "nochg" : "nohost");
}

int
main(int argc, char *argv[])
{
	const char *port = getenv("NAIVE_PORT");

	zone = getenv("NAIVE_ZONE");
	if (port == NULL || zone == NULL) {
		fputs(
		    "naive: NAIVE_PORT and NAIVE_ZONE are to be set\n", stderr);
		return 2;
	}
	dns = (struct sockaddr_in){.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)atoi(port)),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	return serve_run(argc, argv, reply);
}
