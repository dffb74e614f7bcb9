#ifndef DDNSGATE_TESTS_HEX_H
#define DDNSGATE_TESTS_HEX_H

/* Bytes that tests write as hexadecimal digits, with blanks between them. */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "ddnsgate/base/text.h"

static inline size_t
hex_bytes(const char *hex, uint8_t *out, size_t size)
{
	size_t len = 0;

	while (*hex != '\0') {
		struct span digits = {hex, 2};
		size_t one = 0;
		if (*hex == ' ') {
			hex++;
			continue;
		}
		if (text_hex_decode(digits, out + len, size - len, &one) !=
		    ERR_OK)
			abort();
		len += one;
		hex += 2;
	}
	return len;
}

#endif
