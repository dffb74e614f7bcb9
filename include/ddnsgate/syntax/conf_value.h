#ifndef DDNSGATE_SYNTAX_CONF_VALUE_H
#define DDNSGATE_SYNTAX_CONF_VALUE_H

/* The formats of texts in the configuration: checks and parsers. */

#include <stdbool.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"
#include "ddnsgate/dns/ipaddr.h"
#include "ddnsgate/dns/server_addr.h"
#include "ddnsgate/syntax/endpoint.h"

#define CONF_CLIENT_NAME_MAX 64
#define CONF_HEADER_NAME_MAX 64
#define CONF_URL_MAX 1024     /* behind https:// */
#define CONF_USER_NAME_MAX 32 /* useradd(8) */
#define CONF_DNS_PORT 53
/* The low half of an IPv6 address. */
#define CONF_INTERFACE_ID_LEN 8

/* What is allowed, as diagnostics say it. */
#define CONF_CLIENT_NAME_ALLOWED "1 to 64 of A-Z a-z 0-9 . _ @ -"
#define CONF_HOSTNAME_ALLOWED "a domain name in ASCII, its first label may be *"

#define CONF_URL_ALLOWED "https://SERVER or http://SERVER, without a query"
#define CONF_LIMITS_ALLOWED \
	"redis:unix:/PATH, redis:ADDRESS:PORT or redis:[ADDRESS]:PORT"

/* Has the text a control character?  No format allows one. */
bool
conf_value_has_control(struct span text);

/* "unix:/PATH", "ADDRESS:PORT" or "[ADDRESS]:PORT" */
bool
conf_value_is_listen(struct span text);

/* "unix:/PATH" */
bool
conf_value_is_socket(struct span text);

/* "redis:" and the address of a server.  ERR_SYNTAX, ERR_RANGE. */
enum err
conf_value_limits(struct span text, struct endpoint *ret);

bool
conf_value_is_limits(struct span text);

/* "" or "/x/y" */
bool
conf_value_is_base_path(struct span text);

/* "https://SERVER", "http://SERVER:PORT/PATH": what a secret can be put behind,
 * and what is not special in a shell or a string. */
bool
conf_value_is_url(struct span text);

/* The name of a user, who need not be there: in the sandbox nobody can tell. */
bool
conf_value_is_user(struct span text);

/* The name of an HTTP header. */
bool
conf_value_is_header(struct span text);

bool
conf_value_is_net(struct span text);

bool
conf_value_is_server(struct span text);

/* A domain name without a wildcard. */
bool
conf_value_is_dname(struct span text);

/* A domain name, its first label may be "*". */
bool
conf_value_is_hostname(struct span text);

/* 1 to CONF_CLIENT_NAME_MAX of [A-Za-z0-9._@-]: names are logged as is. */
bool
conf_value_is_client_name(struct span text);

bool
conf_value_is_family(struct span text);

bool
conf_value_is_interface_id(struct span text);

bool
conf_value_is_algorithm(struct span text);

/* "ADDRESS" or "ADDRESS@PORT"; ERR_SYNTAX. */
enum err
conf_value_server(struct span text, struct server_addr *ret);

/* "A" or "AAAA"; ERR_SYNTAX. */
enum err
conf_value_family(struct span text, enum ipaddr_family *ret);

/* An IPv6 address whose first 64 bits, and not all others, are zero. */
enum err
conf_value_interface_id(struct span text, uint8_t ret[CONF_INTERFACE_ID_LEN]);

#endif
