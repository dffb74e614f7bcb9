#ifndef DDNSGATECTL_DNS_STEPS_H
#define DDNSGATECTL_DNS_STEPS_H

/*
 * Changes hosts as a request does, once it is decided what of them, and prints
 * each step to stdout.  What comes of it is noted in state_dir, if there is a
 * file for it: what was last acknowledged is what restore sets again.
 */

#include "ddnsgate/state/seen.h"
#include "ddnsgate/update/host_update.h"
#include "ddnsgate/update/lookup.h"

#include "ctl.h"
#include "dns.h"

/* Its place must not change between dns_steps_init and dns_steps_done. */
struct dns_steps {
	bool quiet; /* prints no messages that are sent */
	struct dns dns;
	struct transaction *transaction;
	struct parent_cache *parents;
	struct lookup *lookup;
	struct transaction_report report; /* of the last step */
	const char *state_dir;
	struct seen *seen;    /* NULL: nothing is noted */
	const char *seen_why; /* it could not be opened; or NULL */
};

/* Prints to stderr why it cannot. */
enum err
dns_steps_init(const struct ctl *ctl, struct dns_steps *steps);

void
dns_steps_done(struct dns_steps *steps);

/*
 * Brings up to REQUEST_HOSTS_MAX hosts, whose zone, host and decided are set,
 * to DNS, and asks afterwards whether DNS has it.  Goes on after an error, as
 * the servers of another zone may do better, and gives the first one, after an
 * error message.
 */
enum err
dns_steps_run(struct dns_steps *steps, const struct ctl *ctl,
    struct host_update *updates, size_t count);

/* The same with all that it needs for one time. */
enum ctl_exit
dns_steps_run_once(
    const struct ctl *ctl, struct host_update *updates, size_t count);

/* The two halves of it, for hosts of one zone; error messages as above. */
enum err
dns_steps_look_up(struct dns_steps *steps, const struct site_zone *zone,
    struct host_update *const updates[], size_t count,
    struct clock_deadline deadline);

enum err
dns_steps_commit(struct dns_steps *steps, const struct site_zone *zone,
    struct host_update *const updates[], size_t count,
    struct clock_deadline deadline);

/* What all that changes a zone prints first. */
void
dns_steps_print_zone(const struct site_zone *zone);

/* What the server said last. */
void
dns_steps_print_answer(
    const struct site_zone *zone, const struct transaction_report *report);

/* Prints the error to stderr. */
void
dns_steps_say_why(const struct dns_steps *steps, const struct site_zone *zone,
    enum err err, const struct transaction_report *report);

#endif
