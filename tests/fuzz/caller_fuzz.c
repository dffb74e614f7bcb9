#include <string.h>

#include "ddnsgate/request/caller.h"

#include "fuzz.h"
#include "web.h"

#define INPUT_MAX 4096

static const struct ipaddr_net proxies[] = {
    {{IPADDR_V4, {127}}, 8},
    {{IPADDR_V6, {0xfd}}, 8},
};
static struct site_settings settings = {
    .trusted_proxies = proxies,
    .trusted_proxy_count = 2,
    .proxy_header = "X-Forwarded-For",
};

/* The caller is the peer itself, unless the peer is a trusted proxy. */
static void
check_caller(const struct ipaddr *peer, const struct ipaddr *caller)
{
	bool is_proxy = ipaddr_net_contains(&proxies[0], peer) ||
			ipaddr_net_contains(&proxies[1], peer);

	FUZZ_CHECK(is_proxy || ipaddr_equal(peer, caller));
}

/* The input is REMOTE_ADDR in its first line, and the header. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char lines[INPUT_MAX];
	size_t len = size < INPUT_MAX ? size : INPUT_MAX - 1;
	struct ipaddr peer, caller;

	memcpy(lines, data, len);
	lines[len] = '\0';
	char *end = strchr(lines, '\n');
	if (end != NULL)
		*end = '\0';
	struct web web = {.remote_addr = lines};
	struct request_source source = web_source(&web);
	enum err err = caller_find(&source, &settings, &peer);
	FUZZ_CHECK(err == ERR_OK || err == ERR_CALLER);
	const char *header = end != NULL ? end + 1 : NULL;
	/* A header's name as the setting chooses it; its value is the same. */
	settings.proxy_header = header != NULL && header[0] == 'f'
				    ? "Forwarded"
				    : "X-Forwarded-For";
	web.forwarded_for = header;
	web.forwarded = header;
	if (caller_find(&source, &settings, &caller) == ERR_OK) {
		FUZZ_CHECK(err == ERR_OK);
		check_caller(&peer, &caller);
	}
	return 0;
}
