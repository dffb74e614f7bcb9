#include "ddnsgate/server/dns_request.h"

/* An outcome that is not listed is specific, and cannot be forged. */
static const struct {
	int8_t specificity; /* the lower, the less it says; 0 is the most */
	bool forgeable;
} traits[ERR_COUNT] = {
    // clang-format off
	[ERR_DNS_GARBAGE]     = { -1, true },
	[ERR_DNS_UNSIGNED]    = { -1, true },
	[ERR_DNS_MAC]         = { -1, true },
	[ERR_DNS_STALE]       = { -1, true },
	[ERR_DNS_TRUNCATED]   = { -2, true },
	[ERR_DNS_FOREIGN]     = { -3, true },
	[ERR_DNS_UNREACHABLE] = { -4, false },
	[ERR_DNS_SILENT]      = { -5, false },
    // clang-format on
};

bool
dns_request_got_reply(enum err outcome)
{
	return traits[outcome].specificity == 0;
}

void
dns_request_record(struct dns_request *request, enum err outcome)
{
	if (outcome == ERR_OK ||
	    traits[outcome].specificity > traits[request->outcome].specificity)
		request->outcome = outcome;
}

bool
dns_request_is_forgeable(enum err outcome)
{
	return traits[outcome].forgeable;
}
