#include "ddnsgate/reply/reply_word.h"

// clang-format off
static const struct {
	unsigned status;
	const char *word;
} outcomes[ERR_COUNT] = {
	[ERR_OK]              = { 200, "good" },
	/* Failures of this service */
	[ERR_MEMORY]          = { 503, "911" },
	[ERR_IO]              = { 503, "911" },
	[ERR_SYNTAX]          = { 400, "badrequest" },
	[ERR_RANGE]           = { 503, "911" },
	[ERR_ABSENT]          = { 503, "911" },
	[ERR_AGAIN]           = { 503, "911" },
	[ERR_UNCHANGED]       = { 503, "911" },
	[ERR_DISABLED]        = { 503, "911" },
	[ERR_UNSUPPORTED]     = { 503, "911" },
	[ERR_CONFIG]          = { 503, "911" },
	[ERR_DUPLICATE]       = { 503, "911" },
	[ERR_CALLER]          = { 503, "911" },
	[ERR_TABLE]           = { 503, "911" },
	[ERR_PROXY]           = { 503, "911" },
	/* The request */
	[ERR_METHOD]          = { 405, "badrequest" },
	[ERR_TOO_LARGE]       = { 413, "badrequest" },
	[ERR_BUSY]            = { 503, "911" },
	[ERR_MEDIA]           = { 415, "badrequest" },
	[ERR_SECRET]          = { 404, "badauth" },
	[ERR_PATH]            = { 404, "badauth" },
	[ERR_PREVIEW]         = { 403, "badagent" },
	[ERR_ORIGIN]          = { 403, "badagent" },
	[ERR_CHALLENGE]       = { 401, "badauth" },
	[ERR_CREDENTIALS]     = { 401, "badauth" },
	[ERR_FAILURES]        = { 503, "abuse" },
	[ERR_FROM]            = { 403, "abuse" },
	[ERR_CHANGES]         = { 503, "abuse" },
	[ERR_NAME]            = { 400, "notfqdn" },
	[ERR_NAMES]           = { 400, "numhost" },
	[ERR_NOHOST]          = { 404, "nohost" },
	[ERR_ADDR]            = { 400, "badip" },
	[ERR_ADDR_KIND]       = { 400, "badip" },
	[ERR_ADDR_SOURCE]     = { 400, "badip" },
	[ERR_ADDR_FAMILY]     = { 400, "badip" },
	[ERR_ADDR_PREFIX]     = { 400, "badip" },
	[ERR_OFFLINE]         = { 400, "badip" },
	[ERR_TXT]             = { 400, "badrequest" },
	[ERR_TXT_RIGHT]       = { 400, "badrequest" },
	[ERR_TXT_MANY]        = { 503, "abuse" },
	[ERR_TXT_FULL]        = { 503, "abuse" },
	[ERR_DRAINING]        = { 503, "draining" },
	/* The DNS server */
	[ERR_DNS_SILENT]      = { 503, "dnserr" },
	[ERR_DNS_UNREACHABLE] = { 503, "dnserr" },
	[ERR_DNS_BADKEY]      = { 503, "dnserr" },
	[ERR_DNS_BADSIG]      = { 503, "dnserr" },
	[ERR_DNS_BADTIME]     = { 503, "dnserr" },
	[ERR_DNS_NOTAUTH]     = { 503, "dnserr" },
	[ERR_DNS_NOTZONE]     = { 503, "dnserr" },
	[ERR_DNS_REFUSED]     = { 503, "dnserr" },
	[ERR_DNS_CNAME]       = { 503, "dnserr" },
	[ERR_DNS_SERVFAIL]    = { 503, "dnserr" },
	[ERR_DNS_RCODE]       = { 503, "dnserr" },
	[ERR_DNS_UNSIGNED]    = { 503, "dnserr" },
	[ERR_DNS_MAC]         = { 503, "dnserr" },
	[ERR_DNS_STALE]       = { 503, "dnserr" },
	[ERR_DNS_GARBAGE]     = { 503, "dnserr" },
	[ERR_DNS_LAME]        = { 503, "dnserr" },
	[ERR_DNS_YXDOMAIN]    = { 503, "dnserr" },
	[ERR_DNS_CHILD]       = { 503, "dnserr" },
	[ERR_DNS_DELEGATED]   = { 503, "dnserr" },
	[ERR_DNS_NOT_KEPT]    = { 503, "dnserr" },
	[ERR_DNS_FOREIGN]     = { 503, "dnserr" },
	[ERR_DNS_TRUNCATED]   = { 503, "dnserr" },
};
// clang-format on

/* What acme-dns says of an outcome, where that is not as above: its clients
 * know these words only. */
// clang-format off
static const struct {
	enum err outcome;
	unsigned status;
	const char *word;
} acme_dns_outcomes[] = {
	{ ERR_CHALLENGE,   401, "forbidden" },
	{ ERR_CREDENTIALS, 401, "forbidden" },
	{ ERR_FROM,        401, "forbidden" },
	{ ERR_NAME,        400, "bad_subdomain" },
	{ ERR_NAMES,       400, "bad_subdomain" },
	{ ERR_NOHOST,      400, "bad_subdomain" },
	{ ERR_TXT_RIGHT,   400, "bad_subdomain" },
	{ ERR_TXT,         400, "bad_txt" },
};
// clang-format on

const char *
reply_word(enum err outcome)
{
	return outcomes[outcome].word;
}

unsigned
reply_status(enum err outcome)
{
	return outcomes[outcome].status;
}

struct reply_verdict
reply_verdict(enum err outcome, const struct dialect *dialect)
{
	size_t count = sizeof(acme_dns_outcomes) / sizeof(acme_dns_outcomes[0]);
	bool is_acme_dns =
	    dialect != NULL && dialect->reply == DIALECT_ACME_DNS;

	for (size_t i = 0; i < count && is_acme_dns; i++) {
		if (acme_dns_outcomes[i].outcome == outcome)
			return (struct reply_verdict){
			    acme_dns_outcomes[i].status,
			    acme_dns_outcomes[i].word};
	}
	return (struct reply_verdict){
	    reply_status(outcome), reply_word(outcome)};
}
