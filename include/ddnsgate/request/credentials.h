#ifndef DDNSGATE_REQUEST_CREDENTIALS_H
#define DDNSGATE_REQUEST_CREDENTIALS_H

/*
 * The user's name and secret that a request gives.  They are compared as bytes:
 * a password in UTF-8 is another than the same one in Latin-1.
 */

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"
#include "ddnsgate/request/form.h"

struct credentials {
	struct span user; /* empty: none is given */
	struct span secret;
};

/*
 * Reads the value of an Authorization header, which is decoded in place:
 * "Basic" with USER:SECRET in base64 (RFC 7617), "Bearer" or "Token" with the
 * secret alone.  ERR_ABSENT: there is no secret, as with another scheme, with
 * what is not base64, or with the ":" that inadyn sends when it has neither.
 */
enum err
credentials_from_header(char *text, size_t len, struct credentials *ret);

/*
 * Reads the secret from the first of these parameters that has a value, and
 * the user's name from the usual ones.  The list of names ends in NULL and may
 * itself be NULL.  ERR_ABSENT: there is no secret.
 */
enum err
credentials_from_form(const struct form *form,
    const char *const *secret_parameters, struct credentials *ret);

#endif
