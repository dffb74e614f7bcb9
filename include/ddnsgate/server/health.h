#ifndef DDNSGATE_SERVER_HEALTH_H
#define DDNSGATE_SERVER_HEALTH_H

/*
 * Which servers failed lately, for whatever zone.  One object serves all
 * threads of a process.  Callers pass the time (clock_now_us), so that a test
 * need not wait.
 */

#include <stdbool.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/site/site.h"

/* A server that failed is tried last for this time. */
#define HEALTH_BACK_OFF_MS 5000
/* So many failed servers are remembered; a further one replaces the oldest. */
#define HEALTH_FAILED_MAX 64

struct health;

enum err
health_new(struct health **ret);

void
health_free(struct health *health);

/* Is told that a server begins to fail, and when it answers again; not of one
 * that another has replaced by then. */
typedef void
health_told(void *ctx, const struct server_addr *server, bool failed);

/* Before any thread uses the object. */
void
health_tell(struct health *health, health_told *told, void *ctx);

/* Records that the server did not answer, or that it did, which ends its time.
 */
void
health_record(struct health *health, const struct server_addr *server,
    bool failed, int64_t now_us);

/* When any server answered the last time; 0: none has. */
int64_t
health_answered_us(const struct health *health);

/*
 * Is the server to be tried last?  When its time is up, false is given to one
 * caller, which tries it; for the others it stays true until that one has
 * recorded a result, or for another HEALTH_BACK_OFF_MS.
 */
bool
health_backs_off(
    struct health *health, const struct server_addr *server, int64_t now_us);

#endif
