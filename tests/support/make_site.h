#ifndef DDNSGATE_TESTS_MAKE_SITE_H
#define DDNSGATE_TESTS_MAKE_SITE_H

/* Builds a site for a test, with defaults for what most tests do not need. */

#include "ddnsgate/base/secret.h"
#include "ddnsgate/site/site_build.h"

#include "table.h"

static inline struct site *
make_site(void)
{
	struct site *site;

	assert_int_equal(site_new(&site), ERR_OK);
	return site;
}

/* A zone on 127.0.0.1 whose updates go unsigned. */
static inline void
make_zone(struct site *site, const char *name, uint16_t port)
{
	const struct site_zone zone = {
	    .name = name,
	    .servers = {{{IPADDR_V4, {127, 0, 0, 1}}, port}},
	    .server_count = 1,
	    .ttl = 60,
	};

	assert_int_equal(site_add_zone(site, &zone), ERR_OK);
}

/* Hosts that are added next belong to this client. */
static inline void
make_client(struct site *site, const char *name, const char *secret,
    const struct site_rules *rules)
{
	struct secret_digest digest = secret_digest(span_of(secret));
	const struct site_rules *stored;

	assert_int_equal(site_add_rules(site, rules, &stored), ERR_OK);
	assert_int_equal(site_add_client(site, span_of(name), stored), ERR_OK);
	assert_int_equal(site_add_secret(site, &digest), ERR_OK);
}

/* A host with these families; its interface identifier is ::ID, 0: none. */
static inline void
make_host(
    struct site *site, const char *name, uint8_t families, uint8_t interface_id)
{
	struct site_host host = {
	    .name = name,
	    .ttl = 60,
	    .families = families,
	    .has_interface_id = interface_id != 0,
	    .interface_id = {[7] = interface_id},
	};

	assert_non_null(site_find_zone(site, span_of(name), &host.zone));
	assert_int_equal(site_add_host(site, &host), ERR_OK);
}

/* One that may have TXT records; with no families, nothing else. */
static inline void
make_acme_host(struct site *site, const char *name, uint8_t families)
{
	struct site_host host = {
	    .name = name, .ttl = 60, .families = families, .acme = true};

	assert_non_null(site_find_zone(site, span_of(name), &host.zone));
	assert_int_equal(site_add_host(site, &host), ERR_OK);
}

#define MAKE_BOTH (1U << IPADDR_V4 | 1U << IPADDR_V6)

#endif
