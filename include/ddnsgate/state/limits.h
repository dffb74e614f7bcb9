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
#define LIMITS_SOURCE_BITS 64
/* Who wait for one another in limits_serialize. */
#define LIMITS_SERIALIZED_MAX 4
/* One hour. */
#define LIMITS_TROUBLE_US INT64_C(3600000000)

struct limits;

/* With folder NULL, or one that cannot be used (limits_trouble), all is kept in
 * the memory of the process. */
enum err
limits_new(const char *folder, struct limits **ret);

void
limits_free(struct limits *limits);

/* Is that its folder?  Both may be NULL. */
bool
limits_is_in(const struct limits *limits, const char *folder);

/*
 * Why records are in the memory of this process although there is a folder:
 * NULL, or a text that is valid for ever; trouble that goes on, or comes and
 * goes, is told once in LIMITS_TROUBLE_US.
 */
const char *
limits_trouble(struct limits *limits);

/* The key of a client's changes; its name is not to be read from it. */
struct limits_key
limits_key_client(struct span name);

/* The key of a source's failures: an IPv4 address, an IPv6 network; it is not
 * to be read from it either. */
struct limits_key
limits_key_source(const struct ipaddr *addr);

/* Takes a token; how long to wait for one is set unless it was taken. */
enum bucket_verdict
limits_take(struct limits *limits, const struct limits_key *key,
    const struct bucket_rule *rule, unsigned *ret_wait_s);

/* Gives it back. */
void
limits_give(struct limits *limits, const struct limits_key *key,
    const struct bucket_rule *rule);

/* Is there none? */
bool
limits_is_empty(struct limits *limits, const struct limits_key *key,
    const struct bucket_rule *rule);

/*
 * For what is costly and asked for by somebody suspect: one at a time, and
 * false if more than a few wait already; else limits_serialize_end follows.
 */
bool
limits_serialize(struct limits *limits);

void
limits_serialize_end(struct limits *limits);

#endif
