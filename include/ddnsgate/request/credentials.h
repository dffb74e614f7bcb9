#ifndef DDNSGATE_REQUEST_CREDENTIALS_H
#define DDNSGATE_REQUEST_CREDENTIALS_H

/*
 * Who a request says that it is, and by which secret.  The bytes are taken as
 * they come: a password in UTF-8 is another than the same one in Latin-1.
 */

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"
#include "ddnsgate/request/form.h"

struct credentials {
	struct span user; /* empty: none is told */
	struct span secret;
};

/*
 * Reads the value of an Authorization header, decoding it where it stands:
 * "Basic" with USER:SECRET in base64 (RFC 7617), "Bearer" or "Token" with the
 * secret alone.  ERR_ABSENT for what holds no secret: another scheme, no
 * base64, or the ":" that inadyn sends for want of both.
 */
enum err
credentials_from_header(char *text, size_t len, struct credentials *ret);

/*
 * The secret under the first of these names (NULL: none; the list ends in
 * NULL) that has a value, and the user's name likewise.  ERR_ABSENT without
 * a secret.
 */
enum err
credentials_from_form(const struct form *form,
    const char *const *secret_parameters, struct credentials *ret);

#endif
