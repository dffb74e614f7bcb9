#ifndef DDNSGATE_REQUEST_REQUEST_BODY_H
#define DDNSGATE_REQUEST_REQUEST_BODY_H

/*
 * The parameters in the body of a request: a form, or a flat JSON object whose
 * members are the parameters.  In JSON true and false are "yes" and "no", and a
 * member that is null is absent.
 */

#include "ddnsgate/base/err.h"
#include "ddnsgate/request/form.h"
#include "ddnsgate/request/request_source.h"

/* ERR_MEDIA: what the variables say of the body is another type than these, or
 * a Content-Encoding. */
enum err
request_body_check_media(const struct request_source *source);

/*
 * Adds the parameters of the body to a form, which is told whether it is JSON;
 * the body is decoded in place and
 * has to outlive it.  What tells JSON is the type application/json, or a "{" at
 * the beginning where the type is that of a form or none: acme.sh sends JSON as
 * a form, and curl -d any text.
 *
 * ERR_MEDIA: another type, or a Content-Encoding; ERR_SYNTAX: other JSON than
 * that; ERR_TOO_LARGE: too many parameters.
 */
enum err
request_body_read(const struct request_source *source, char *body, size_t len,
    struct form *form);

#endif
