#ifndef DDNSGATE_SERVER_HEALTH_H
#define DDNSGATE_SERVER_HEALTH_H

/*
 * Which servers failed lately, whatever the zone; one for all threads of a
 * process.  The time (clock_now_us) is the caller's, so that a test need not
 * wait.
 */

#include <stdbool.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/config/site.h"

/* A server that failed is tried last for so long. */
#define EXCHANGE_FAILED_MS 5000
/* Servers that failed lately and are remembered; more push out the oldest. */
#define EXCHANGE_FAILED_MAX 64

struct exchange_health;

enum err
exchange_health_new(struct exchange_health **ret);

void
exchange_health_free(struct exchange_health *health);

/* The server did not answer; or it did, and all is forgiven. */
void
exchange_health_note(struct exchange_health *health,
    const struct server_addr *server, bool failed, int64_t now_us);

/*
 * Is the server to be tried last?  When its time is up, one caller is told
 * no, and the others go on avoiding it until that one has noted what he
 * found, or for another EXCHANGE_FAILED_MS.
 */
bool
exchange_health_avoids(struct exchange_health *health,
    const struct server_addr *server, int64_t now_us);

#endif
