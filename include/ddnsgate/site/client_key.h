#ifndef DDNSGATE_SITE_CLIENT_KEY_H
#define DDNSGATE_SITE_CLIENT_KEY_H

/*
 * By what a client is found in the table of clients (client_db.h): its name,
 * its secrets, its hosts, and for those with crypt(3) hashes the sample that
 * site_find_crypts takes.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/base/secret.h"
#include "ddnsgate/base/text.h"

#define CLIENT_KEY_MAX 255
/* Of a digest so many bytes are the key; the whole of it is in the record. */
#define CLIENT_KEY_SECRET_LEN 16

enum client_key_kind {
	CLIENT_KEY_NAME,
	CLIENT_KEY_SECRET,
	CLIENT_KEY_HOST,  /* labels in reverse, so that those below a name are
			   * beside each other */
	CLIENT_KEY_CRYPT, /* the digest of the client's first hash */
	CLIENT_KEY_KINDS
};

struct client_key {
	enum client_key_kind kind;
	size_t len; /* 0: too long for any client to have it */
	char bytes[CLIENT_KEY_MAX];
};

struct span
client_key_span(const struct client_key *key);

struct client_key
client_key_of_name(struct span name);

struct client_key
client_key_of_secret(const struct secret_digest *digest);

/* Of a canonical name, or of one as it is in a line. */
struct client_key
client_key_of_host(struct span name);

/* Writes the name of a host's key with NUL, CLIENT_KEY_MAX + 1 bytes. */
void
client_key_host_name(struct span key, char *buf);

/* The keys of a canonical line (client_line.h), one after the other. */
struct client_keys {
	struct span name, first_secret, more_secrets, hosts; /* yet to come */
	bool has_crypt; /* its key was given */
};

/* False: it is not a canonical line. */
bool
client_keys_begin(struct span line, struct client_keys *ret);

/* False at the end. */
bool
client_keys_next(struct client_keys *keys, struct client_key *ret);

#endif
