#ifndef DDNSGATE_BASE_ERR_H
#define DDNSGATE_BASE_ERR_H

/*
 * The outcome codes and their texts, from one list.
 *
 * A text may be sent to a client in the header X-DDNS-Reason.  Clients take
 * any reply that contains "ok", "good", "true", "updated", "success" or
 * "nochg" for a success, so no text contains one of those (err_test checks).
 * No text reveals whether a secret or a host exists.
 */

#include <stdbool.h>

// clang-format off
#define ERR_LIST(X) \
	X(OK,              "done") \
	/* In this program */ \
	X(MEMORY,          "out of memory") \
	X(IO,              "input or output failed") \
	X(SYNTAX,          "malformed") \
	X(RANGE,           "out of range") \
	X(ABSENT,          "absent") \
	X(AGAIN,           "not now") \
	X(UNCHANGED,       "nothing to do") \
	X(DISABLED,        "switched off") \
	X(UNSUPPORTED,     "not supported") \
	X(CONFIG,          "configuration not valid") \
	X(DUPLICATE,       "given twice") \
	X(CALLER,          "the web server does not say who calls") \
	X(PROXY,           "the proxy does not say who calls") \
	X(TABLE,           "the table of clients cannot be used") \
	/* The request */ \
	X(METHOD,          "method not allowed") \
	X(TOO_LARGE,       "request too large") \
	X(BUSY,            "too many requests wait for their bodies") \
	X(MEDIA,           "body is neither a form nor JSON, or is compressed") \
	X(SECRET,          "unknown path or secret") \
	X(PATH,            "unknown path") \
	X(PREVIEW,         "link previews and robots change nothing") \
	X(ORIGIN,          "not sent by a form of this site") \
	X(CHALLENGE,       "no credentials") \
	X(CREDENTIALS,     "wrong credentials") \
	X(FAILURES,        "too many failed credentials") \
	X(FROM,            "the caller's address may not use this client") \
	X(CHANGES,         "too many changes by this client") \
	X(NAME,            "host name malformed or missing") \
	X(NAMES,           "more host names than one request may have") \
	X(NOHOST,          "not a host of this client") \
	X(ADDR,            "address malformed") \
	X(ADDR_KIND,       "address of a kind that may not be published") \
	X(ADDR_SOURCE,     "only the caller's own address may be set") \
	X(ADDR_FAMILY,     "no address of a family that this host has") \
	X(ADDR_PREFIX,     "no interface identifier for the prefix") \
	X(OFFLINE,         "this client may not remove its addresses") \
	X(DRAINING,        "ddnsgatectl drain is on") \
	X(TXT,             "no value of a certificate: 43 letters, digits, - and _") \
	X(TXT_RIGHT,       "this host may have no TXT records") \
	X(TXT_MANY,        "too many TXT records at once for this host") \
	X(TXT_FULL,        "eight recent TXT records are there") \
	/* The DNS server does not answer, or refuses.  BADSIG is its verdict on \
	 * our signature; MAC, below, is our verdict on its signature */ \
	X(DNS_SILENT,      "no answer from the DNS server") \
	X(DNS_UNREACHABLE, "the DNS server cannot be reached") \
	X(DNS_BADKEY,      "BADKEY: unknown key, or the ACL denies it") \
	X(DNS_BADSIG,      "BADSIG: the DNS server has another TSIG secret") \
	X(DNS_BADTIME,     "BADTIME: the clocks differ by more than the fudge") \
	X(DNS_NOTAUTH,     "unsigned NOTAUTH: unknown key, or the ACL denies it") \
	X(DNS_NOTZONE,     "NOTZONE: the zone is not served there") \
	X(DNS_REFUSED,     "REFUSED: the DNS server's policy denies it") \
	X(DNS_CNAME,       "a CNAME is in the way") \
	X(DNS_SERVFAIL,    "SERVFAIL: the DNS server failed") \
	X(DNS_RCODE,       "the DNS server answers with another error") \
	/* Its answer cannot be trusted or used */ \
	X(DNS_UNSIGNED,    "the DNS server's answer has no signature") \
	X(DNS_MAC,         "the DNS server's signature is wrong") \
	X(DNS_STALE,       "the DNS server's signature is outside the fudge") \
	X(DNS_GARBAGE,     "the DNS server's answer is malformed") \
	X(DNS_LAME,        "the DNS server has no authority over the zone") \
	X(DNS_CHILD,       "the name is in the zone") \
	X(DNS_DELEGATED,   "the name is delegated to other servers") \
	X(DNS_NOT_KEPT, \
	  "the DNS server confirmed the change but does not have it") \
	X(DNS_FOREIGN, \
	  "only answers to other requests from the DNS server") \
	X(DNS_TRUNCATED, \
	  "truncated answer from the DNS server, and no whole one over TCP") \
	/* Between modules, never an outcome of a request */ \
	X(DNS_YXDOMAIN,    "YXDOMAIN: a name is in use")
// clang-format on

#define ERR_ENUM(name, text) ERR_##name,
enum err { ERR_LIST(ERR_ENUM) ERR_COUNT };
#undef ERR_ENUM

/* The text of a code, such as "malformed"; never NULL. */
const char *
err_text(enum err err);

/* Is the cause at the DNS server, not in the request or this program? */
bool
err_is_dns(enum err err);

/* The code's name for logs and tests, such as "DNS_BADKEY". */
const char *
err_name(enum err err);

#endif
