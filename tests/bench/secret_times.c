/*
 * How long auth takes over what is asked with: known secrets, unknown ones,
 * some that are nearly right, wrong passwords of users that exist or not.
 * Prints the distribution of each in nanoseconds, and Welch's t against the
 * first of its kind, of what is below the 99th percentile: |t| above 4.5 is
 * taken for a difference (dudect), but with a million samples one of a
 * nanosecond shows.
 *
 *	ninja -C build secret_times && build/bin/secret_times
 *
 * The order is at random, so that a machine that slows down slows down all.
 */

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ddnsgate/update/auth.h"

#include "make_site.h"

#define CLIENTS 1000
#define KNOWN "known-secret-of-number-0500-abcd"
#define SHA512_HASH                                                            \
	"$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2/jctKu9YterLp8" \
	"wwnSq.qc.eoxqOmSuNp2xS0ktL3nh/"

// clang-format off
static const struct asked {
	const char *name;
	const char *user;   /* NULL: a secret URL */
	const char *secret; /* NULL: another one each time */
	int baseline;       /* the row to compare with */
} rows[] = {
	{ "unknown secret, another each time", NULL, NULL, 0 },
	{ "unknown secret, always the same", NULL,
	  "unknown-secret-of-nobody-at-all", 0 },
	{ "known secret", NULL, KNOWN, 0 },
	{ "known but for the first character", NULL,
	  "Xnown-secret-of-number-0500-abcd", 0 },
	{ "known but for the last character", NULL,
	  "known-secret-of-number-0500-abcX", 0 },
	{ "password, no such user", "nobody", "wrong password", 5 },
	{ "password, user without hash", "c500", "wrong password", 5 },
	{ "password, user with hash", "person", "wrong password", 5 },
};
// clang-format on

#define ROWS (sizeof(rows) / sizeof(rows[0]))
#define QUICK_SAMPLES 1000000
#define SLOW_SAMPLES 1000

struct samples {
	double *ns;
	size_t count, room;
};

static struct site *
make_world(void)
{
	const struct site_rules rules = {.allow_offline = true};
	struct site *site = make_site();
	char name[16], secret[40];

	make_zone(site, "dyn.example.org", 53);
	for (int i = 0; i < CLIENTS; i++) {
		snprintf(name, sizeof(name), "c%d", i);
		snprintf(secret, sizeof(secret),
		    "known-secret-of-number-%04d-abcd", i);
		make_client(site, name, secret, &rules);
	}
	make_client(site, "person", "secret-of-the-person", &rules);
	assert_int_equal(site_add_crypt(site, span_of(SHA512_HASH)), ERR_OK);
	return site;
}

static double
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void
measure(const struct site *site, const struct asked *row, struct samples *ret)
{
	static const struct ipaddr caller = {IPADDR_V4, {192, 0, 2, 7}};
	static const char *const paths[] = {"/nic/update", NULL};
	static const struct dialect url = {.name = "url"};
	static const struct dialect basic = {.name = "basic", .paths = paths};
	static struct request request;
	static const struct auth_memory memory;
	struct auth auth;
	char other[40];

	if (ret->count == ret->room)
		return;
	snprintf(other, sizeof(other), "unknown-%08x%08x%08x",
	    (unsigned)random(), (unsigned)random(), (unsigned)random());
	request.dialect = row->user == NULL ? &url : &basic;
	request.credential_count = 1;
	request.credentials[0] = (struct credentials){span_of(row->user),
	    span_of(row->secret != NULL ? row->secret : other)};
	double start = now_ns();
	enum err err = auth_client(site, &request, &caller, &memory, &auth);
	ret->ns[ret->count++] = now_ns() - start;
	assert_int_equal(err == ERR_OK,
	    row->secret != NULL && strcmp(row->secret, KNOWN) == 0);
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

static double
at(const struct samples *samples, double part)
{
	return samples->ns[(size_t)(part * (double)(samples->count - 1))];
}

/* Of all below the 99th percentile. */
static void
moments(const struct samples *samples, double *mean, double *variance)
{
	size_t count = samples->count / 100 * 99;
	double sum = 0, squares = 0;

	for (size_t i = 0; i < count; i++)
		sum += samples->ns[i];
	*mean = sum / (double)count;
	for (size_t i = 0; i < count; i++)
		squares += (samples->ns[i] - *mean) * (samples->ns[i] - *mean);
	*variance = squares / (double)count / (double)count;
}

static double
welch_t(const struct samples *a, const struct samples *b)
{
	double mean[2], variance[2];

	moments(a, &mean[0], &variance[0]);
	moments(b, &mean[1], &variance[1]);
	return (mean[0] - mean[1]) / sqrt(variance[0] + variance[1]);
}

static void
print(const struct samples all[ROWS])
{
	printf("%-36s %9s %9s %9s %9s %9s %9s %8s %8s\n", "ns", "min", "p1",
	    "p25", "p50", "p75", "p99", "samples", "t");
	for (size_t i = 0; i < ROWS; i++) {
		const struct samples *own = &all[i];
		printf("%-36s %9.0f %9.0f %9.0f %9.0f %9.0f %9.0f %8zu %8.1f\n",
		    rows[i].name, own->ns[0], at(own, 0.01), at(own, 0.25),
		    at(own, 0.5), at(own, 0.75), at(own, 0.99), own->count,
		    welch_t(own, &all[rows[i].baseline]));
	}
}

int
main(void)
{
	struct site *site = make_world();
	struct samples all[ROWS];

	for (size_t i = 0; i < ROWS; i++) {
		all[i].count = 0;
		all[i].room =
		    rows[i].user != NULL ? SLOW_SAMPLES : QUICK_SAMPLES;
		all[i].ns = calloc(all[i].room, sizeof(double));
		assert_non_null(all[i].ns);
	}
	for (size_t left = QUICK_SAMPLES * ROWS * 2; left > 0; left--) {
		size_t row = (size_t)random() % ROWS;
		measure(site, &rows[row], &all[row]);
	}
	for (size_t i = 0; i < ROWS; i++)
		qsort(all[i].ns, all[i].count, sizeof(double), by_size);
	print(all);
	for (size_t i = 0; i < ROWS; i++)
		free(all[i].ns);
	site_release(site);
	return 0;
}
