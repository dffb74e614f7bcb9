#ifndef DDNSGATE_CONNECTION_H
#define DDNSGATE_CONNECTION_H

/*
 * A web server's FastCGI connection, around what libfcgi does with it: waits
 * until libfcgi can read without waiting, and keeps it until the reply is read.
 *
 * Each step has a time of its own, and a thread that has to wait for the web
 * server does so within a share of all threads (wait_share.h), and without a
 * run slot.  What is there already is taken without waiting.
 */

#include <stdbool.h>
#include <stddef.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/limits/wait_share.h"

/* What comes so late at most, counted from the acceptance of the connection, is
 * not waited for within the share: on a busy machine honest web servers take a
 * while from the connection to the variables, and none of them should have to
 * give way. */
#define CONNECTION_PROMPT_MS 100
/* A web server sends all variables at once. */
#define CONNECTION_VARIABLES_MAX_MS 5000
/* For the web server to close the connection, where it may still send. */
#define CONNECTION_LINGER_MAX_MS 2000

struct connection;

/* Makes an object that one thread uses for one connection after the other.
 * member is borrowed. */
enum err
connection_new(struct wait_share_member *member, struct connection **ret);

void
connection_free(struct connection *connection);

/* Borrows a descriptor; connection_done follows. */
void
connection_open(struct connection *connection, int fd);

/*
 * Waits until all variables are there; nothing of them is read.  *ret_has_body:
 * so is all of the body.  Any error means that the connection is of no use:
 * ERR_TOO_LARGE and ERR_SYNTAX as fastcgi_scan has it, the others are of no
 * interest.
 */
enum err
connection_wait_variables(struct connection *connection, bool *ret_has_body);

/* Around what may wait for this connection: in the share and without a run
 * slot.  At its end false if the thread had to give way to another, and the
 * connection was cut off. */
void
connection_begin_wait(struct connection *connection);

bool
connection_end_wait(struct connection *connection);

/* Keeps the connection open beyond the close of its descriptor: it is closed
 * before all was read that the web server sends, and that may lose the reply.
 */
void
connection_keep(struct connection *connection);

/* Wipes what was seen.  What was kept is closed, after the web server had the
 * time to read the reply. */
void
connection_done(struct connection *connection);

#endif
