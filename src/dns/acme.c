#include "ddnsgate/dns/acme.h"

#include <stdio.h>
#include <string.h>

#include "ddnsgate/base/secret.h"

/* RFC 4648, section 5 */
static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

bool
acme_is_value(struct span text)
{
	if (text.len != ACME_VALUE_LEN)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '\0' ||
		    strchr(alphabet, text.ptr[i]) == NULL)
			return false;
	}
	return true;
}

void
acme_value(struct span key_authorization, char *buf)
{
	struct secret_digest digest = secret_digest(key_authorization);
	unsigned bits = 0, count = 0;

	for (size_t i = 0; i < sizeof(digest.bytes); i++) {
		bits = bits << 8 | digest.bytes[i];
		for (count += 8; count >= 6; count -= 6)
			*buf++ = alphabet[bits >> (count - 6) & 63];
	}
	*buf++ = alphabet[bits << (6 - count) & 63];
	*buf = '\0';
}

struct span
acme_without_label(struct span name)
{
	struct span rest = name;
	struct span label;

	if (!span_next(&rest, '.', &label) || rest.ptr == NULL ||
	    !span_equal_nocase(label, span_of(ACME_LABEL)))
		return name;
	return rest;
}

enum err
acme_name(const char *host, char *buf)
{
	const char *base = strncmp(host, "*.", 2) == 0 ? host + 2 : host;
	int len = snprintf(buf, DNAME_SIZE, "%s.%s", ACME_LABEL, base);

	return len < DNAME_SIZE ? ERR_OK : ERR_RANGE;
}
