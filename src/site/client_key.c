#include "ddnsgate/site/client_key.h"

#include <string.h>

/* In a line: the further secrets, and what is between two of them. */
#define SECRETS "secrets="
#define SECRETS_MARK ';'

struct span
client_key_span(const struct client_key *key)
{
	return (struct span){key->bytes, key->len};
}

/* What is behind its bytes is not written. */
static struct client_key
make_key(enum client_key_kind kind, const void *bytes, size_t len)
{
	struct client_key key;

	key.kind = kind;
	key.len = len <= CLIENT_KEY_MAX ? len : 0;
	memcpy(key.bytes, bytes, key.len);
	return key;
}

struct client_key
client_key_of_name(struct span name)
{
	return make_key(CLIENT_KEY_NAME, name.ptr, name.len);
}

struct client_key
client_key_of_secret(const struct secret_digest *digest)
{
	return make_key(
	    CLIENT_KEY_SECRET, digest->bytes, CLIENT_KEY_SECRET_LEN);
}

/* Writes the labels in reverse; the other way round it is the same. */
static void
reverse_labels(struct span name, char *buf)
{
	char *end = buf + name.len;
	struct span label;

	while (span_next(&name, '.', &label)) {
		end -= label.len;
		memcpy(end, label.ptr, label.len);
		if (end > buf)
			*--end = '.';
	}
}

struct client_key
client_key_of_host(struct span name)
{
	struct client_key key;

	/* In a line that of a host of one label has a dot behind it. */
	if (span_ends_nocase(name, span_of(".")))
		name.len--;
	key.kind = CLIENT_KEY_HOST;
	key.len = name.len <= CLIENT_KEY_MAX ? name.len : 0;
	name.len = key.len;
	reverse_labels(name, key.bytes);
	return key;
}

void
client_key_host_name(struct span key, char *buf)
{
	size_t len = key.len < CLIENT_KEY_MAX ? key.len : CLIENT_KEY_MAX;

	buf[len] = '\0';
	reverse_labels((struct span){key.ptr, len}, buf);
}

bool
client_keys_begin(struct span line, struct client_keys *ret)
{
	struct span rest = line;
	struct span settings = {NULL, 0};
	struct span setting;

	*ret = (struct client_keys){.has_crypt = false};
	if (!span_next(&rest, ' ', &ret->name) ||
	    !span_next(&rest, ' ', &ret->first_secret) ||
	    !span_next(&rest, ' ', &ret->hosts) || ret->name.len == 0 ||
	    ret->hosts.len == 0)
		return false;
	(void)span_next(&rest, ' ', &settings);
	while (span_next(&settings, ',', &setting)) {
		if (span_starts(setting, span_of(SECRETS)))
			ret->more_secrets =
			    (struct span){setting.ptr + strlen(SECRETS),
				setting.len - strlen(SECRETS)};
	}
	return true;
}

static bool
next_secret(struct client_keys *keys, struct span *ret)
{
	if (keys->first_secret.ptr == NULL)
		return span_next(&keys->more_secrets, SECRETS_MARK, ret);
	*ret = keys->first_secret;
	keys->first_secret.ptr = NULL;
	return true;
}

bool
client_keys_next(struct client_keys *keys, struct client_key *ret)
{
	struct secret_digest digest;
	struct span text = keys->name;

	if (text.ptr != NULL) {
		*ret = client_key_of_name(text);
		keys->name.ptr = NULL;
		return true;
	}
	while (next_secret(keys, &text)) {
		if (secret_stored_parse(text, &digest) == ERR_OK) {
			*ret = client_key_of_secret(&digest);
			return true;
		}
		if (keys->has_crypt)
			continue;
		keys->has_crypt = true;
		digest = secret_digest(text);
		*ret =
		    make_key(CLIENT_KEY_CRYPT, digest.bytes, SECRET_DIGEST_LEN);
		return true;
	}
	if (!span_next(&keys->hosts, ',', &text))
		return false;
	*ret = client_key_of_host(text);
	return true;
}
