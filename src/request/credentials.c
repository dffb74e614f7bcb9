#include "ddnsgate/request/credentials.h"

#include <stdint.h>

static const char *const user_parameters[] = {
    "username", "user", "login", "u", NULL};

static enum err
read_basic(struct span encoded, char *out, struct credentials *ret)
{
	struct span secret = {out, 0};
	struct credentials found;

	/* In place: three bytes are written where four were read. */
	if (text_base64_decode(
		encoded, (uint8_t *)out, encoded.len, &secret.len) != ERR_OK)
		return ERR_ABSENT;
	/* The name ends at the first colon; the password may contain more. */
	span_next(&secret, ':', &found.user);
	if (secret.ptr == NULL || (found.user.len == 0 && secret.len == 0))
		return ERR_ABSENT;
	found.secret = secret;
	*ret = found;
	return ERR_OK;
}

static enum err
read_bearer(struct span secret, char *out, struct credentials *ret)
{
	(void)out;
	if (secret.len == 0)
		return ERR_ABSENT;
	*ret = (struct credentials){.user = {NULL, 0}, .secret = secret};
	return ERR_OK;
}

// clang-format off
static const struct {
	const char *name;
	enum err (*read)(
	    struct span value, char *out, struct credentials *ret);
} schemes[] = {
	{ "Basic",  read_basic },
	{ "Bearer", read_bearer },
	{ "Token",  read_bearer },
};
// clang-format on

enum err
credentials_from_header(char *text, size_t len, struct credentials *ret)
{
	struct span rest = span_trim((struct span){text, len});
	struct span scheme;

	if (!span_next(&rest, ' ', &scheme) || rest.ptr == NULL)
		return ERR_ABSENT;
	rest = span_trim(rest);
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		if (span_equal_nocase(scheme, span_of(schemes[i].name)))
			return schemes[i].read(
			    rest, text + (rest.ptr - text), ret);
	}
	return ERR_ABSENT;
}

/* The first value that is not empty under one of the names. */
static struct span
find_value(const struct form *form, const char *const *names)
{
	struct span value;

	for (size_t i = 0; names != NULL && names[i] != NULL; i++) {
		if (form_find(form, names[i], &value) && value.len > 0)
			return value;
	}
	return (struct span){NULL, 0};
}

enum err
credentials_from_form(const struct form *form,
    const char *const *secret_parameters, struct credentials *ret)
{
	struct span secret = find_value(form, secret_parameters);

	if (secret.len == 0)
		return ERR_ABSENT;
	*ret = (struct credentials){
	    .user = find_value(form, user_parameters),
	    .secret = secret,
	};
	return ERR_OK;
}
