#ifndef DDNSGATE_LIMITS_LIMITS_H
#define DDNSGATE_LIMITS_LIMITS_H

/*
 * Limits how often each client may change DNS, how many TXT records each host
 * may have added, and how often each source address, and each IPv6 network of
 * several, may fail to authenticate.  Each has a token bucket (bucket.h); this
 * module says whose bucket it is, by a key, and where its record is kept:
 *
 *	limits_take(key, rule) --> limits_redis   server of all machines
 *	                   |-----> limits_file    directory of all processes
 *	                   `-----> limits_memory  this process
 *
 * The first of these that there is and that does not fail counts.
 *
 * All threads of a process share one struct limits.  A call may wait for the
 * server or the disk, and then releases the run slot.
 */

#include <stdbool.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"
#include "ddnsgate/dns/ipaddr.h"
#include "ddnsgate/limits/bucket.h"
#include "ddnsgate/limits/limits_set.h"
#include "ddnsgate/limits/redis_link.h"

/* All of an IPv6 network of so many bits is one source: a single host may use
 * any of its addresses. */
#define LIMITS_SOURCE_BITS 64
/* Who has a wider IPv6 network, of so many bits, may move through all the
 * sources in it.  So the failures of all of them are counted as well, against a
 * limit of so many times the burst and the rate. */
#define LIMITS_NETWORK_BITS 48
#define LIMITS_NETWORK_FACTOR 16
/* How often trouble is reported, in microseconds: once an hour. */
#define LIMITS_TROUBLE_US INT64_C(3600000000)

struct limits;

/*
 * With a directory of NULL all records are in the process's memory; so they
 * are, and limits_trouble says why, if the directory cannot be used.
 * ERR_MEMORY, ERR_IO.
 */
enum err
limits_new(const char *dir, struct limits **ret);

void
limits_free(struct limits *limits);

/* From now on the records are in this Redis server, if it is one.  To be called
 * before others use them.  ERR_MEMORY. */
enum err
limits_use_redis(struct limits *limits, const struct redis_link_server *server);

/* Was it made with this directory?  Both may be NULL. */
bool
limits_is_in(const struct limits *limits, const char *dir);

/* Does it use this Redis server?  Both may be none. */
bool
limits_is_at(
    const struct limits *limits, const struct redis_link_server *server);

/*
 * Why records are in the process's memory although there is a directory: a
 * static text, or NULL.  Gives it once, when the trouble begins, and again
 * after LIMITS_TROUBLE_US if there still is or again is some.
 */
const char *
limits_trouble(struct limits *limits);

/* What was damaged in the directory and has been repaired: a static text, or
 * NULL.  Given as often as trouble is. */
const char *
limits_repair(struct limits *limits);

/*
 * Has Redis ceased to answer, or begun again, since this was told last?
 * *ret_why: why it does not answer, a static text; NULL: it answers again.
 */
bool
limits_redis_changed(struct limits *limits, const char **ret_why);

/* The key of a client's changes; a digest that does not show the name. */
struct limits_key
limits_key_client(struct span name);

/* The key of a host's TXT records, likewise. */
struct limits_key
limits_key_host(struct span name);

/* The key of a source's failures: the IPv4 address or the IPv6 network; also a
 * digest. */
struct limits_key
limits_key_source(const struct ipaddr *addr);

/* Takes a token from the key's bucket.  Unless one was taken, *ret_wait_s is
 * set: in how many seconds there is one. */
enum bucket_verdict
limits_take(struct limits *limits, const struct limits_key *key,
    const struct bucket_rule *rule, unsigned *ret_wait_s);

/* Gives a token back. */
void
limits_give(struct limits *limits, const struct limits_key *key,
    const struct bucket_rule *rule);

/* Has the key's bucket no token? */
bool
limits_is_empty(struct limits *limits, const struct limits_key *key,
    const struct bucket_rule *rule);

/*
 * Counts one failure of this address: takes a token from the bucket of its
 * source, and if there was one, from that of its wider network, so that one
 * source alone does not use up what is for the others there.
 */
enum bucket_verdict
limits_count_failure(struct limits *limits, const struct ipaddr *addr,
    const struct bucket_rule *rule, unsigned *ret_wait_s);

/* Has this address reached the limit of failures, by its source or by its wider
 * network? */
bool
limits_is_suspect(struct limits *limits, const struct ipaddr *addr,
    const struct bucket_rule *rule);

#endif
