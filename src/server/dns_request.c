#include "ddnsgate/server/dns_request.h"

/* An outcome that is not listed is specific, and cannot be forged. */
static const struct {
	int8_t specificity; /* the lower, the less it says; 0 is the most */
	bool forgeable;
	bool served; /* an answer that something is or is not there */
} traits[ERR_COUNT] = {
    // clang-format off
	[ERR_OK]              = { 0, false, true },
	[ERR_DNS_CNAME]       = { 0, false, true },
	[ERR_DNS_YXDOMAIN]    = { 0, false, true },
	[ERR_DNS_GARBAGE]     = { -1, true, false },
	[ERR_DNS_UNSIGNED]    = { -1, true, false },
	[ERR_DNS_MAC]         = { -1, true, false },
	[ERR_DNS_STALE]       = { -1, true, false },
	[ERR_DNS_TRUNCATED]   = { -2, true, false },
	[ERR_DNS_FOREIGN]     = { -3, true, false },
	[ERR_DNS_UNREACHABLE] = { -4, false, false },
	[ERR_DNS_SILENT]      = { -5, false, false },
    // clang-format on
};

bool
dns_request_got_reply(enum err outcome)
{
	return traits[outcome].specificity == 0;
}

static bool
says_more(enum err outcome, enum err than)
{
	return outcome == ERR_OK ||
	       traits[outcome].specificity > traits[than].specificity;
}

void
dns_request_record(struct dns_request *request, enum err outcome)
{
	if (says_more(outcome, request->outcome))
		request->outcome = outcome;
	if (says_more(outcome, request->here))
		request->here = outcome;
}

bool
dns_request_is_served(enum err outcome)
{
	return traits[outcome].served;
}

bool
dns_request_is_forgeable(enum err outcome)
{
	return traits[outcome].forgeable;
}
