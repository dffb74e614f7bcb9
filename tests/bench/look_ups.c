/*
 * How many clients a second are found by their secrets, each decoded as for a
 * request: those that tables.py makes, at random.
 *
 *	look_ups CONFIGURATION CLIENTS SECONDS
 */

#include <stdio.h>
#include <stdlib.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/wiped_memory.h"
#include "ddnsgate/config/client_find.h"
#include "ddnsgate/config/conf.h"

/* Their digests are made before, as they are of the request's time anyway. */
#define DIGESTS 262144

static struct secret_digest digests[DIGESTS];

static void
make_digests(unsigned long clients)
{
	unsigned seed = 1;
	char secret[32];

	for (size_t i = 0; i < DIGESTS; i++) {
		unsigned long one = (unsigned long)rand_r(&seed) << 15 ^
				    (unsigned long)rand_r(&seed);
		snprintf(secret, sizeof(secret), "bench%011lu", one % clients);
		digests[i] = secret_digest(span_of(secret));
	}
}

/* How many of the digests are no client's. */
static size_t
look_up_all(const struct site *site)
{
	size_t lost = 0;

	for (size_t i = 0; i < DIGESTS; i++) {
		struct client_found found = {.client = NULL};
		lost += client_find_secret(site, &digests[i], &found) != ERR_OK;
		client_found_done(&found);
	}
	return lost;
}

static void
measure(const struct site *site, int64_t seconds)
{
	size_t lost = look_up_all(site); /* the file is mapped then */
	size_t count = 0;
	int64_t took;

	const int64_t started = clock_now_us();
	do {
		lost += look_up_all(site);
		count += DIGESTS;
		took = clock_now_us() - started;
	} while (took < seconds * 1000000);
	printf("%.0f a second, %zu lost\n", (double)count * 1e6 / (double)took,
	    lost);
}

int
main(int argc, char **argv)
{
	struct diagnostic_list diagnostics = {0};
	struct conf_files files = {0};
	struct site *site;

	if (argc != 4) {
		fputs("look_ups CONFIGURATION CLIENTS SECONDS\n", stderr);
		return 2;
	}
	wiped_memory_map_large(); /* as ddnsgate */
	if (conf_load(argv[1], &diagnostics, &files, &site) != ERR_OK) {
		fprintf(
		    stderr, "look_ups: %s: see ddnsgatectl check\n", argv[1]);
		return 1;
	}
	make_digests(strtoul(argv[2], NULL, 10));
	measure(site, atoi(argv[3]));
	site_release(site);
	conf_files_done(&files);
	diagnostic_done(&diagnostics);
	return 0;
}
