#ifndef DDNSGATE_REPLY_PAGE_FILL_H
#define DDNSGATE_REPLY_PAGE_FILL_H

/* What the page's template is filled in with: the values, and the sentences
 * that depend on what is to be said. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"
#include "ddnsgate/dns/ipaddr.h"
#include "ddnsgate/reply/reply.h"
#include "ddnsgate/reply/snippet.h"
#include "ddnsgate/site/site.h"
#include "ddnsgate/update/host_update.h"

/* A line about a kind of client, and NUL. */
#define PAGE_TITLE_SIZE 128

#define PAGE_SIZE_MAX 16384 /* bytes */
#define PAGE_HOSTS_MAX 20
/* Of more hosts not each has a form of its own; one form is for all. */
#define PAGE_FORMS_MAX 8

struct page_host {
	const char *name;
	uint32_t ttl;
	bool may_be_here; /* set to the caller's address; it is not yet */
	bool is_known;    /* what DNS has */
	size_t count[IPADDR_FAMILIES];        /* its records */
	struct ipaddr addrs[IPADDR_FAMILIES]; /* the first of each */
	/* Since when; in seconds, negative: not known. */
	int64_t seen_ago_s, changed_ago_s;
};

enum page_subject {
	PAGE_FIELD,  /* a field for the secret */
	PAGE_DEVICE, /* that this URL is for devices */
	PAGE_HOSTS,
	PAGE_SETUP, /* how a kind of client is set up */
};

/* What stands on it; all of it is borrowed. */
struct page {
	enum page_subject subject;
	enum err outcome;
	const char *detail; /* what the outcome is about; NULL: nothing */
	unsigned retry_s;
	const char *action; /* where forms are sent to, relative to this URL */
	const struct ipaddr *caller; /* NULL: not known */
	bool is_secure;              /* came by https */
	/* What a button has done */
	const struct host_update *updates;
	size_t update_count;
	/* Of PAGE_HOSTS and PAGE_SETUP: */
	const struct site *site;
	const struct site_client *client;
	const char *secret;
	const struct snippet_url *url; /* NULL: not known */
	const struct page_host *hosts;
	size_t host_count; /* of those on this page */
	size_t first;      /* of them among all, from 0 */
	const struct snippet_kind *kind;
	const char *setup; /* the text of the kind; NULL: too long */
};

/* A page, and where in it the blocks are. */
struct page_filler {
	const struct page *page;
	const struct page_host *host;
	const struct host_update *update;
	bool is_left_out; /* of the update, what was */
	int family;       /* of host or update */
	const char *name; /* of either */
	const struct snippet_kind *kind;
	/* What values are written to, one after the other. */
	char buf[REPLY_REASON_SIZE + PAGE_TITLE_SIZE + IPADDR_TEXT_SIZE];
};

/* How many hosts of the client are on this page and those before. */
size_t
page_behind(const struct page *page);

/* For struct template_filler, whose data is a struct page_filler. */
const char *
page_fill_value(void *data, struct span name);

const char *
page_fill_sentence(void *data, struct span name);

#endif
