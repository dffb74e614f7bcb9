#ifndef DDNSGATE_STATE_LIMITS_H
#define DDNSGATE_STATE_LIMITS_H

/*
 * What is remembered of callers from one request to the next: how much each
 * client has changed, and how often each source has failed.  In a folder that
 * all processes share; without one, or when it fails, in the memory of each.
 * One for all threads of a process.
 */

#include <stdbool.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"
#include "ddnsgate/dns/ipaddr.h"
#include "ddnsgate/state/bucket.h"
#include "ddnsgate/state/limits_memory.h"

/* An IPv6 source is its network of so many bits, as one host has all of it. */
#define STATE_SOURCE_BITS 64
/* Who wait for one another in state_admit. */
#define STATE_ADMITTED_MAX 4
/* One hour. */
#define STATE_TROUBLE_US INT64_C(3600000000)

struct state;

/* With folder NULL, or one that cannot be used (state_trouble), all is kept in
 * the memory of the process. */
enum err
state_new(const char *folder, struct state **ret);

void
state_free(struct state *state);

/* Is that its folder?  Both may be NULL. */
bool
state_is_in(const struct state *state, const char *folder);

/*
 * Why records are in the memory of this process although there is a folder:
 * NULL, or a text that is valid for ever; trouble that goes on, or comes and
 * goes, is told once in STATE_TROUBLE_US.
 */
const char *
state_trouble(struct state *state);

/* The key of a client's changes; its name is not to be read from it. */
struct state_key
state_key_client(struct span name);

/* The key of a source's failures: an IPv4 address, an IPv6 network; it is not
 * to be read from it either. */
struct state_key
state_key_source(const struct ipaddr *addr);

/* Takes a token; how long to wait for one is set unless it was taken. */
enum limit_verdict
state_take(struct state *state, const struct state_key *key,
    const struct limit_rule *rule, unsigned *ret_wait_s);

/* Gives it back. */
void
state_give(struct state *state, const struct state_key *key,
    const struct limit_rule *rule);

/* Is there none? */
bool
state_is_empty(struct state *state, const struct state_key *key,
    const struct limit_rule *rule);

/*
 * For what is costly and asked for by somebody suspect: one at a time, and
 * false if more than a few wait already; else state_dismiss follows.
 */
bool
state_admit(struct state *state);

void
state_dismiss(struct state *state);

#endif
