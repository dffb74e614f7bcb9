#include "ddnsgate/dns/ipaddr.h"

#include "fuzz.h"

/* An address that was read can be written, and is then read as the same. */
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

/* Puts a host into a network, and its network bits back again. */
static void
check_combine(const struct ipaddr *prefix, uint8_t len)
{
	static const struct ipaddr host = {
	    IPADDR_V6, {0xfd, 0xa5, 0x5a, 3, 4, 5, 6, 7, 2, 0x11, 0x22, 0xff,
			   0xfe, 0x33, 0x44, 0x55}};
	struct ipaddr made = ipaddr_combine(prefix, len, &host);
	struct ipaddr_net net = ipaddr_net_of(prefix, len);

	FUZZ_CHECK(made.family == IPADDR_V6);
	FUZZ_CHECK(ipaddr_net_contains(&net, &made));
	struct ipaddr back = ipaddr_combine(&host, len, &made);
	FUZZ_CHECK(ipaddr_equal(&back, &host));
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
		if (addr.family == IPADDR_V6)
			check_combine(&addr, len);
	}
	if (ipaddr_net_parse(text, &net) == ERR_OK)
		FUZZ_CHECK(ipaddr_net_contains(&net, &net.base));
	return 0;
}
