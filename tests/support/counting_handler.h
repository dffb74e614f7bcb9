#ifndef DDNSGATE_TESTS_COUNTING_HANDLER_H
#define DDNSGATE_TESTS_COUNTING_HANDLER_H

/* A handler with counters, a scripted DNS server and two clients. */

#include "ddnsgate/handler/handler.h"
#include "ddnsgate/reply/reply.h"

#include "make_site.h"
#include "scripted_dns.h"
#include "web.h"

#define LARS "larslarslarslars"
#define ANNA "annaannaannaanna"
#define DYN ".dyn.example.org"
#define LAB ".lab.example.org"
#define HOME "192.0.2.9"      /* who may read what was counted */
#define ELSEWHERE "192.0.3.9" /* who may not */

struct counting {
	struct site *site;
	struct scripted_dns dns;
	struct counters *counters;
	struct limits *limits;
	struct handler *handler;
	char buf[REPLY_SIZE];
	struct text out;
	struct counters_snapshot counted;
};

static inline struct site *
counting_site(void)
{
	static const struct ipaddr_net home = {{IPADDR_V4, {192, 0, 2}}, 24};
	const struct site_rules rules = {
	    .allow_offline = true, .changes = {2, 3600000}};
	const struct site_rules words = {
	    .unchanged_good = true, .changes = {9, 3600000}};
	struct site *site = make_site();
	struct site_settings *settings = site_settings_edit(site);

	settings->failures = (struct bucket_rule){2, 3600000};
	settings->metrics_from = &home;
	settings->metrics_from_count = 1;
	make_zone(site, scripted_zones[0], 53);
	make_zone(site, scripted_zones[1], 5300);
	make_client(site, "lars", LARS, &rules);
	make_host(site, "h1" DYN, MAKE_BOTH, 0);
	make_host(site, "l1" LAB, MAKE_BOTH, 0);
	make_client(site, "anna", ANNA, &words);
	make_host(site, "a1" DYN, 1U << IPADDR_V4, 0);
	return site;
}

/* Somebody is told of what is logged. */
static inline void
counting_event(void *ctx, const struct event *event)
{
	(void)ctx;
	(void)event;
}

static inline void
counting_begin(struct counting *made, const char *script, const char *records)
{
	static const struct event_sink events = {counting_event, NULL};

	*made = (struct counting){
	    .site = counting_site(), .dns = {.script = script}};
	assert_int_equal(counters_new(&made->counters), ERR_OK);
	assert_int_equal(limits_new(NULL, &made->limits), ERR_OK);
	const struct handler_dependencies dependencies = {
	    .transport = {scripted_dns_send, &made->dns, made->counters},
	    .limits = made->limits,
	    .events = &events,
	    .counters = made->counters};
	scripted_dns_load(&made->dns, records);
	assert_int_equal(handler_new(&dependencies, &made->handler), ERR_OK);
}

static inline void
counting_end(struct counting *made)
{
	handler_free(made->handler);
	limits_free(made->limits);
	counters_close(made->counters);
	site_release(made->site);
}

/* Serves a request; the response is in made->out. */
static inline void
counting_serve(struct counting *made, const struct web *request)
{
	struct web web = *request;
	struct request_source source = web_source(&web);

	TEXT_INIT(&made->out, made->buf);
	handler_serve(made->handler, made->site, &source, &made->out);
	assert_false(made->out.overflow);
}

static inline void
counting_take(struct counting *made)
{
	counters_take(made->counters, &made->counted);
}

#endif
