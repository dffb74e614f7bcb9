#include "ddnsgate/reply/snippet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ddnsgate/reply/template.h"

#define SECRET_PLACEHOLDER "SECRET"
/* BIND tells its secondaries of changes in intervals of 5 s (notify-delay). */
#define SECONDARIES_WAIT_S "6"
#define A (1U << IPADDR_V4)
#define AAAA (1U << IPADDR_V6)

/* The values for a template. */
struct snippet {
	const struct site_client *client;
	const struct site_host *hosts;
	const struct site_host *first; /* of those that the kind is for */
	const struct site_host *host;  /* in a block its own, else the first */
	bool is_last;                  /* host, in a block */
	const char *secret;            /* NULL: not known */
	const struct snippet_url *url;
	const struct site_zone *zone; /* of the first host */
	char *names;                  /* of all hosts, with commas */
	char *quoted_names;           /* each in double quotes */
	char number[24];              /* of the host, from 1 */
};

// clang-format off
/* Blocks for hosts: once if there is any host with one of the families or a
 * certificate, or for each host that has it. */
static const struct host_block {
	const char *word;
	unsigned    families;
	bool        acme;
	bool        each;
} host_blocks[] = {
	{ "ipv4",       A,        false, false },
	{ "ipv6",       AAAA,     false, false },
	{ "ipv4-hosts", A,        false, true },
	{ "ipv6-hosts", AAAA,     false, true },
	{ "hosts",      A | AAAA, false, true },
	{ "acme-hosts", 0,        true,  true },
};
// clang-format on

static const struct host_block *
find_block(struct span word)
{
	const size_t count = sizeof(host_blocks) / sizeof(host_blocks[0]);

	for (size_t i = 0; i < count; i++) {
		if (span_is(word, host_blocks[i].word))
			return &host_blocks[i];
	}
	return NULL;
}

static const char *
without_wildcard(const char *name)
{
	return strncmp(name, "*.", 2) == 0 ? name + 2 : name;
}

/* May it have a certificate that no other host of the client stands for?  The
 * right to one for a name is the right to one for its wildcard. */
static bool
has_certificate(const struct snippet *snippet, const struct site_host *host)
{
	const char *base = without_wildcard(host->name);

	if (base == host->name || !host->acme)
		return host->acme;
	for (uint32_t i = 0; i < snippet->client->host_count; i++) {
		const struct site_host *other = &snippet->hosts[i];
		if (other->acme && strcmp(other->name, base) == 0)
			return false;
	}
	return true;
}

/* The host of this number among those that a block is for, or NULL. */
static const struct site_host *
find_host(const struct snippet *snippet, const struct host_block *block,
    size_t number)
{
	for (uint32_t i = 0; i < snippet->client->host_count; i++) {
		const struct site_host *host = &snippet->hosts[i];
		bool is_meant = block->acme
				    ? has_certificate(snippet, host)
				    : (host->families & block->families) != 0;
		if (is_meant && number-- == 0)
			return host;
	}
	return NULL;
}

static bool
has_family(const struct snippet *snippet, unsigned family)
{
	const struct host_block block = {.families = family};

	return find_host(snippet, &block, 0) != NULL;
}

/* The families that any host has, in curl's digits. */
static const char *
families(const struct snippet *snippet)
{
	if (!has_family(snippet, AAAA))
		return "4";
	return has_family(snippet, A) ? "4 6" : "6";
}

/* Seconds that a hook lets pass until secondaries have what is new; ddnsgate
 * waits for those that it knows by itself. */
static const char *
wait_s(const struct snippet *snippet)
{
	return snippet->zone->secondary_count > 0 ? "0" : SECONDARIES_WAIT_S;
}

static void
set_host(struct snippet *snippet, const struct site_host *host)
{
	snippet->host = host;
	snprintf(snippet->number, sizeof(snippet->number), "%td",
	    host - snippet->hosts + 1);
}

static bool
is_true(const struct snippet *snippet, struct span word)
{
	// clang-format off
	const struct { const char *word; bool is; } facts[] = {
		{ "https",       snippet->url->https },
		{ "path",        snippet->url->path[0] != '\0' },
		{ "placeholder", snippet->secret == NULL },
	};
	// clang-format on

	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		if (span_is(word, facts[i].word))
			return facts[i].is;
	}
	return false;
}

static bool
repeat(void *data, struct span word, size_t index)
{
	struct snippet *snippet = data;
	const struct host_block *block = find_block(word);
	const struct site_host *host = NULL;

	if (block == NULL)
		return index == 0 && is_true(snippet, word);
	if (block->each || index == 0)
		host = find_host(snippet, block, index);
	snippet->is_last = find_host(snippet, block, index + 1) == NULL;
	set_host(snippet, host != NULL && block->each ? host : snippet->first);
	return host != NULL;
}

static const char *
value(void *data, struct span name)
{
	const struct snippet *snippet = data;
	const struct snippet_url *url = snippet->url;
	// clang-format off
	const struct { const char *name, *value; } values[] = {
		{ "CLIENT",       snippet->client->name },
		{ "SECRET",       snippet->secret != NULL
				      ? snippet->secret : SECRET_PLACEHOLDER },
		{ "HOST",         snippet->host->name },
		{ "DOMAIN",       without_wildcard(snippet->host->name) },
		{ "NUMBER",       snippet->number },
		{ "COMMA",        snippet->is_last ? "" : "," },
		{ "HOSTS",        snippet->names },
		{ "QUOTED_HOSTS", snippet->quoted_names },
		{ "FAMILIES",     families(snippet) },
		{ "WAIT",         wait_s(snippet) },
		{ "URL",          url->text },
		{ "SCHEME",       url->https ? "https" : "http" },
		{ "SERVER",       url->server },
		{ "PATH",         url->path },
		/* Is it HTTPS?  In the words of different programs. */
		{ "YES",          url->https ? "yes" : "no" },
		{ "TRUE",         url->https ? "true" : "false" },
		{ "ONE",          url->https ? "1" : "0" },
	};
	// clang-format on

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (span_is(name, values[i].name))
			return values[i].value;
	}
	return NULL;
}

/* All hosts' names with something around and between them, or NULL. */
static char *
join_names(
    const struct snippet *snippet, const char *quote, const char *separator)
{
	size_t size = 1;
	struct text joined;

	for (size_t i = 0; i < snippet->client->host_count; i++)
		size += strlen(snippet->hosts[i].name) + 2 * strlen(quote) +
			strlen(separator);
	char *buf = malloc(size);
	if (buf == NULL)
		return NULL;
	text_init(&joined, buf, size);
	for (size_t i = 0; i < snippet->client->host_count; i++)
		text_printf(&joined, "%s%s%s%s", i > 0 ? separator : "", quote,
		    snippet->hosts[i].name, quote);
	return buf;
}

static void
snippet_done(struct snippet *snippet)
{
	free(snippet->names);
	free(snippet->quoted_names);
}

/* NULL: no host of the client may have a certificate. */
static const struct site_host *
first_with_certificate(const struct snippet *snippet)
{
	static const struct host_block block = {.acme = true};

	return find_host(snippet, &block, 0);
}

static enum err
snippet_init(struct snippet *snippet, const struct snippet_kind *kind,
    const struct snippet_about *about)
{
	*snippet = (struct snippet){.client = about->client,
	    .secret = about->secret,
	    .url = about->url};
	snippet->hosts = site_hosts(about->site, about->client);
	snippet->first =
	    kind->acme ? first_with_certificate(snippet) : snippet->hosts;
	snippet->zone = site_zone(about->site, snippet->first->zone);
	set_host(snippet, snippet->first);
	snippet->names = join_names(snippet, "", ",");
	snippet->quoted_names = join_names(snippet, "\"", ", ");
	if (snippet->names != NULL && snippet->quoted_names != NULL)
		return ERR_OK;
	snippet_done(snippet);
	return ERR_MEMORY;
}

const struct snippet_kind *
snippet_find(struct span name)
{
	for (size_t i = 0; i < snippet_kind_count; i++) {
		if (span_is(name, snippet_kinds[i].name))
			return &snippet_kinds[i];
	}
	return NULL;
}

bool
snippet_fits(const struct snippet_kind *kind, const struct site *site,
    const struct site_client *client)
{
	const struct snippet snippet = {
	    .client = client, .hosts = site_hosts(site, client)};

	return client->host_count > 0 &&
	       (!kind->acme || first_with_certificate(&snippet) != NULL);
}

struct span
snippet_title(const struct snippet_kind *kind)
{
	return (struct span){kind->text, strcspn(kind->text, "\n")};
}

enum err
snippet_write(struct text *out, const struct snippet_kind *kind,
    const struct snippet_about *about)
{
	struct snippet snippet;
	const struct template_filler filler = {.data = &snippet,
	    .value = value,
	    .repeat = repeat,
	    .put = text_put};
	struct span text = span_of(kind->text);
	struct span title;
	enum err err = snippet_init(&snippet, kind, about);

	if (err != ERR_OK)
		return err;
	span_next(&text, '\n', &title);
	template_put(out, text, &filler);
	snippet_done(&snippet);
	return ERR_OK;
}
