#include "ddnsgate/state/counters.h"

#include <assert.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/page_buffer.h"
#include "ddnsgate/state/counters_file.h"
#include "ddnsgate/state/map_guard.h"

/* A line of the processor's cache, which no two stripes share. */
#define LINE 64

/*
 * Whoever finds a key that is free puts its server's there; all who look for
 * that server find the key and write the same address, so that nothing is
 * amiss when one of them is killed.
 */
struct server {
	_Atomic uint64_t key; /* 0: free */
	_Atomic uint64_t addr[2];
	_Atomic uint64_t rest; /* port and family, IS_WRITTEN; 0: not yet */
};
#define IS_WRITTEN (UINT64_C(1) << 32)

struct stripe {
	alignas(LINE) _Atomic uint64_t cells[COUNTERS_CELLS];
};

/* The file. */
struct image {
	struct counters_header header;
	_Atomic int64_t gauges[COUNTERS_GAUGES];
	struct server servers[COUNTERS_SERVERS_MAX];
	struct stripe stripes[COUNTERS_STRIPES];
};

static_assert(sizeof(_Atomic uint64_t) == sizeof(uint64_t), "in a file");
static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "for several processes");

struct counters {
	_Atomic(struct image *) image; /* one of these: */
	struct image *mapped;          /* NULL: there is no file */
	struct image *own;
	_Atomic(const char *) trouble; /* not told yet; or NULL */
};

// clang-format off
const int64_t counters_bounds_us[COUNTERS_BOUNDS] = {
	1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000,
	1000000, 2500000, 5000000,
};
// clang-format on

/* Opening */

enum err
counters_new(struct counters **ret)
{
	struct counters *counters = calloc(1, sizeof(*counters));

	if (counters == NULL)
		return ERR_MEMORY;
	counters->own = page_buffer_new(sizeof(*counters->own));
	if (counters->own == NULL) {
		free(counters);
		return ERR_MEMORY;
	}
	counters->own->header.begun_s = (int64_t)clock_calendar();
	atomic_store(&counters->image, counters->own);
	*ret = counters;
	return ERR_OK;
}

enum err
counters_open(const char *dir, const struct secret_digest *layout,
    struct counters **ret, bool *ret_renewed, const char **ret_why)
{
	struct counters *counters;
	void *mapped;

	enum err err = counters_new(&counters);
	if (err != ERR_OK)
		return err;
	err = counters_file_map(
	    dir, layout, sizeof(struct image), &mapped, ret_renewed, ret_why);
	if (err != ERR_OK) {
		counters_close(counters);
		return err;
	}
	map_guard_init();
	counters->mapped = mapped;
	atomic_store(&counters->image, counters->mapped);
	*ret = counters;
	return ERR_OK;
}

void
counters_close(struct counters *counters)
{
	if (counters == NULL)
		return;
	if (counters->mapped != NULL)
		munmap(counters->mapped, sizeof(*counters->mapped));
	page_buffer_free(counters->own, sizeof(*counters->own));
	free(counters);
}

/* Access to the image */

struct access {
	struct image *image;
	unsigned at; /* of a cell or gauge */
	uint64_t value;
	const struct server_addr *server;
	struct counters_snapshot *snapshot;
};

/* Runs it on the file; if that fails, on the memory of this process, and so
 * from now on. */
static void
run(struct counters *counters, map_guard_access *access, struct access *ctx)
{
	ctx->image =
	    atomic_load_explicit(&counters->image, memory_order_acquire);
	if (ctx->image == counters->own) {
		access(ctx);
		return;
	}
	if (map_guard_run(access, ctx))
		return;
	if (atomic_compare_exchange_strong(
		&counters->image, &ctx->image, counters->own))
		atomic_store(&counters->trouble,
		    "the file was cut short, or its disk failed");
	ctx->image = counters->own;
	access(ctx);
}

const char *
counters_trouble(struct counters *counters)
{
	return atomic_exchange(&counters->trouble, NULL);
}

/* Counting */

static unsigned
own_stripe(void)
{
	static atomic_uint threads;
	static _Thread_local unsigned own; /* plus one; 0: none yet */

	if (own == 0)
		own = 1 + atomic_fetch_add(&threads, 1) % COUNTERS_STRIPES;
	return own - 1;
}

/* A map_guard_access, as are those below. */
static void
add(void *ctx)
{
	const struct access *access = ctx;
	struct stripe *stripe = &access->image->stripes[own_stripe()];

	atomic_fetch_add_explicit(
	    &stripe->cells[access->at], access->value, memory_order_relaxed);
}

void
counters_add(struct counters *counters, unsigned cell, uint64_t count)
{
	struct access access = {.at = cell, .value = count};

	if (counters != NULL && count > 0)
		run(counters, add, &access);
}

void
counters_observe(struct counters *counters, unsigned first, int64_t took_us)
{
	unsigned bucket = 0;

	if (took_us < 0)
		took_us = 0;
	while (bucket < COUNTERS_BOUNDS && took_us > counters_bounds_us[bucket])
		bucket++;
	counters_add(counters, first + bucket, 1);
	counters_add(counters, first + COUNTERS_BOUNDS + 1, (uint64_t)took_us);
}

static void
set(void *ctx)
{
	const struct access *access = ctx;

	atomic_store_explicit(&access->image->gauges[access->at],
	    (int64_t)access->value, memory_order_relaxed);
}

void
counters_set(struct counters *counters, unsigned gauge, int64_t value)
{
	struct access access = {.at = gauge, .value = (uint64_t)value};

	if (counters == NULL)
		return;
	run(counters, set, &access);
	/* What this process knows is still known without the file, but not the
	 * numbers of servers. */
	if (access.image != counters->own && gauge < COUNTERS_SERVER_SUCCESS) {
		access.image = counters->own;
		set(&access);
	}
}

/* Servers */

/* A server as three words. */
struct words {
	uint64_t addr[2];
	uint64_t rest;
};

static struct words
words_of(const struct server_addr *server)
{
	struct words words = {.rest = IS_WRITTEN | server->port |
				      (uint64_t)server->addr.family << 16};

	memcpy(words.addr, server->addr.bytes, sizeof(words.addr));
	return words;
}

/* FNV-1a, 64 bits: the servers are the administrator's choice. */
static uint64_t
key_of(const struct words *words)
{
	const unsigned char *bytes = (const unsigned char *)words;
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < sizeof(*words); i++)
		hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
	return hash != 0 ? hash : 1;
}

/* Is the place the key's now? */
static bool
take_key(struct server *server, uint64_t key)
{
	uint64_t there = atomic_load(&server->key);

	return there == key || (there == 0 && (atomic_compare_exchange_strong(
						   &server->key, &there, key) ||
						  there == key));
}

static void
write_server(struct server *server, const struct words *words)
{
	for (int i = 0; i < 2; i++)
		atomic_store(&server->addr[i], words->addr[i]);
	atomic_store(&server->rest, words->rest);
}

static void
find_server(void *ctx)
{
	struct access *access = ctx;
	struct words words = words_of(access->server);
	uint64_t key = key_of(&words);
	unsigned i = 0;

	while (i < COUNTERS_SERVERS_MAX &&
	       !take_key(&access->image->servers[i], key))
		i++;
	if (i < COUNTERS_SERVERS_MAX &&
	    atomic_load(&access->image->servers[i].rest) == 0)
		write_server(&access->image->servers[i], &words);
	access->at = i;
}

unsigned
counters_server(struct counters *counters, const struct server_addr *server)
{
	struct access access = {.server = server};

	if (counters != NULL)
		run(counters, find_server, &access);
	return access.at;
}

/* Reading */

/* What a stranger has put into the file is no server. */
static void
read_server(const struct server *server, struct server_addr *ret, bool *ret_is)
{
	uint64_t rest = atomic_load(&server->rest);
	uint64_t family = rest >> 16 & 0xffff;
	uint64_t addr[2];

	*ret = (struct server_addr){.port = (uint16_t)rest};
	*ret_is = (rest & IS_WRITTEN) != 0 && family < IPADDR_FAMILIES;
	if (!*ret_is)
		return;
	for (int i = 0; i < 2; i++)
		addr[i] = atomic_load(&server->addr[i]);
	ret->addr.family = (enum ipaddr_family)family;
	memcpy(ret->addr.bytes, addr, sizeof(addr));
}

static void
take(void *ctx)
{
	const struct access *access = ctx;
	const struct image *image = access->image;
	struct counters_snapshot *ret = access->snapshot;

	memset(ret, 0, sizeof(*ret));
	ret->begun_s = image->header.begun_s;
	for (size_t i = 0; i < COUNTERS_GAUGES; i++)
		ret->gauges[i] = atomic_load_explicit(
		    &image->gauges[i], memory_order_relaxed);
	for (size_t i = 0; i < COUNTERS_SERVERS_MAX; i++)
		read_server(&image->servers[i], &ret->servers[i].addr,
		    &ret->servers[i].is_known);
	for (size_t stripe = 0; stripe < COUNTERS_STRIPES; stripe++) {
		for (size_t i = 0; i < COUNTERS_CELLS; i++)
			ret->cells[i] += atomic_load_explicit(
			    &image->stripes[stripe].cells[i],
			    memory_order_relaxed);
	}
}

void
counters_take(struct counters *counters, struct counters_snapshot *ret)
{
	struct access access = {.snapshot = ret};

	run(counters, take, &access);
}

enum err
counters_read(const char *dir, const struct secret_digest *layout,
    struct counters_snapshot *ret, const char **ret_why)
{
	struct image *image = page_buffer_new(sizeof(*image));

	if (image == NULL)
		return ERR_MEMORY;
	enum err err =
	    counters_file_read(dir, layout, image, sizeof(*image), ret_why);
	if (err == ERR_OK)
		take(&(struct access){.image = image, .snapshot = ret});
	page_buffer_free(image, sizeof(*image));
	return err;
}
