#ifndef DDNSGATE_SYNTAX_KEYFILE_H
#define DDNSGATE_SYNTAX_KEYFILE_H

/*
 * Reads TSIG key files in the three forms that DNS servers' tools write:
 *   BIND, tsig-keygen   key "NAME" { algorithm hmac-sha256; secret "…"; };
 *   Knot, keymgr -t     key:\n  - id: NAME\n    algorithm: …\n    secret: …
 *   a line              hmac-sha256:NAME:SECRET, also after a "#"
 * Comments of each form are skipped.  A file may have several keys.
 */

#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"
#include "ddnsgate/dns/dname.h"
#include "ddnsgate/dns/tsig_key.h"

/* The largest file that is read. */
#define KEYFILE_SIZE_MAX 65536

struct keyfile_key {
	char name[DNAME_SIZE]; /* canonical */
	enum tsig_algorithm algorithm;
	uint8_t secret[TSIG_SECRET_MAX];
	size_t secret_len;
};

/* The line that is at fault, and why, as a static string. */
struct keyfile_problem {
	unsigned line; /* 0: the whole file */
	const char *why;
};

/*
 * Finds the key of this canonical name in the text of a file.  ERR_ABSENT when
 * there is none, ERR_SYNTAX when it is not valid; *ret_problem then says more.
 * The caller wipes *ret after use.
 */
enum err
keyfile_find(struct span text, struct span name, struct keyfile_key *ret,
    struct keyfile_problem *ret_problem);

#endif
