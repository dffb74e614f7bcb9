#ifndef DDNSGATE_SERVER_MESSAGE_ID_H
#define DDNSGATE_SERVER_MESSAGE_ID_H

/*
 * IDs of DNS messages, which nobody can guess.  Each thread draws them from the
 * system in blocks, as the call takes longer than most of what a request needs;
 * an ID leaves the block as it is used, and a process that was forked begins
 * with a new one.
 */

#include <stdint.h>

#include "ddnsgate/base/err.h"

/* IDs in a block. */
#define MESSAGE_ID_BLOCK 64

/* ERR_IO: there are no random bytes. */
enum err
message_id_next(uint16_t *ret);

#endif
