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
#define HEALTH_BACK_OFF_MS 5000
/* Servers that failed lately and are remembered; more push out the oldest. */
#define HEALTH_FAILED_MAX 64

struct health;

enum err
health_new(struct health **ret);

void
health_free(struct health *health);

/* The server did not answer; or it did, and all is forgiven. */
void
health_record(struct health *health, const struct server_addr *server,
    bool failed, int64_t now_us);

/*
 * Is the server to be tried last?  When its time is up, one caller is told
 * no, and the others go on avoiding it until that one has noted what he
 * found, or for another HEALTH_BACK_OFF_MS.
 */
bool
health_backs_off(
    struct health *health, const struct server_addr *server, int64_t now_us);

#endif
