#ifndef DDNSGATE_REQUEST_BROWSER_H
#define DDNSGATE_REQUEST_BROWSER_H

/*
 * Whether a person's browser sends a request, and from which page.  Browsers
 * open a URL ahead of a click, or when somebody only wants to look; so what
 * they get must change nothing.  No router or update client sends any of the
 * headers that tell them; Accept would not do, as Java's default begins with
 * text/html, too.
 */

#include <stdbool.h>

#include "ddnsgate/base/text.h"
#include "ddnsgate/request/form.h"
#include "ddnsgate/request/request_source.h"
#include "ddnsgate/site/site.h"

/* The headers that tell a browser, as Vary lists them. */
#define BROWSER_HEADERS                                 \
	"Sec-Fetch-Mode, Sec-Purpose, Purpose, X-Moz, " \
	"Upgrade-Insecure-Requests"
/* A longer User-Agent is looked at so far only. */
#define BROWSER_AGENT_MAX 1024
/* The longest host and port that an address of our own is made of. */
#define BROWSER_HOST_MAX 261
/* "https://", that and NUL. */
#define BROWSER_ORIGIN_SIZE (8 + BROWSER_HOST_MAX + 1)

enum browser_kind {
	BROWSER_NONE,    /* a router, or another program */
	BROWSER_PERSON,  /* a browser, maybe ahead of its user */
	BROWSER_PREVIEW, /* a robot that follows links, for a chat or an index
			  */
};

enum browser_kind
browser_kind(const struct request_source *source);

/* Does the request come by https, as far as the web server, a trusted proxy or
 * the setting url says? */
bool
browser_is_secure(
    const struct request_source *source, const struct site_settings *settings);

/*
 * May the request, which is no GET, be sent by our own page?  True also where
 * nothing is said of that, as by a router.
 *
 * Sec-Fetch-Site has to be "same-origin" or "none", if it is there, and Origin
 * ours: that of the setting url, else scheme and Host.  "null", which
 * Referrer-Policy "no-referrer" makes of it, is believed only beside such a
 * Sec-Fetch-Site.
 */
bool
browser_is_ours(
    const struct request_source *source, const struct site_settings *settings);

/* What a button of the page asks for. */
enum browser_button {
	BROWSER_SHOW,   /* nothing but the page */
	BROWSER_SETUP,  /* show how a kind of client is set up */
	BROWSER_HERE,   /* set the host to the caller's address */
	BROWSER_SET,    /* set it to the address that was typed */
	BROWSER_REMOVE, /* remove its addresses */
};

/* That which was pressed, by the parameter "do". */
enum browser_button
browser_button(const struct form *form);

/* Writes scheme and host of this request, for a URL that leads back here.
 * False, and nothing is written: the Host is none that may stand in a URL. */
bool
browser_put_origin(struct text *out, const struct request_source *source,
    const struct site_settings *settings);

#endif
