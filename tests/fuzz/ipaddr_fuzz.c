#include "ddnsgate/ipaddr.h"

#include "fuzz.h"

/* What is read can be written, and reads back as the same. */
static void
check_round_trip(const struct ipaddr *addr)
{
	char buf[IPADDR_TEXT_SIZE];
	struct ipaddr again;

	ipaddr_format(addr, buf);
	FUZZ_CHECK(ipaddr_parse(span_of(buf), &again) == ERR_OK);
	FUZZ_CHECK(ipaddr_equal(addr, &again));
	FUZZ_CHECK(ipaddr_kind(addr) <= IPADDR_UNUSABLE);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = {(const char *)data, size};
	struct ipaddr addr;
	struct ipaddr_net net;
	uint8_t len;

	if (ipaddr_parse(text, &addr) == ERR_OK)
		check_round_trip(&addr);
	if (ipaddr_parse_prefix(text, &addr, &len) == ERR_OK) {
		check_round_trip(&addr);
		net = ipaddr_net_of(&addr, len);
		FUZZ_CHECK(ipaddr_net_contains(&net, &addr));
	}
	if (ipaddr_net_parse(text, &net) == ERR_OK)
		FUZZ_CHECK(ipaddr_net_contains(&net, &net.base));
	return 0;
}
