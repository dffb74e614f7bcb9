#include "ddnsgate/state/seen.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ddnsgate/state/hash_file.h"

#define FILE_NAME "/seen"
#define LAYOUT "ddnsgate seen 1"
#define PATH_LEN_MAX 4096

/* As it is in the file. */
struct value {
	int64_t seen_s;
	int64_t changed_s;
	uint8_t states[IPADDR_FAMILIES];
	uint8_t unused[2];
	uint8_t v4[4];
	uint8_t v6[16];
};

static_assert(sizeof(struct value) == HASH_FILE_VALUE_LEN, "a whole value");

struct seen {
	struct hash_file *file;
	_Atomic(const char *) trouble; /* not told yet; or NULL */
	atomic_int_fast64_t quiet_until_s;
};

static const char *
make_path(const char *dir, char *buf, size_t size)
{
	int len = snprintf(buf, size, "%s" FILE_NAME, dir);

	return len >= 0 && (size_t)len < size ? buf : NULL;
}

/* Takes the file over if there is one. */
static enum err
wrap(enum err err, struct hash_file *file, struct seen **ret)
{
	if (err != ERR_OK)
		return err;
	struct seen *seen = calloc(1, sizeof(*seen));
	if (seen == NULL) {
		hash_file_close(file);
		return ERR_MEMORY;
	}
	seen->file = file;
	*ret = seen;
	return ERR_OK;
}

enum err
seen_open(const char *dir, size_t hosts, struct seen **ret, bool *ret_renewed,
    const char **ret_why)
{
	char path[PATH_LEN_MAX];
	struct hash_file *file = NULL;

	if (make_path(dir, path, sizeof(path)) == NULL) {
		*ret_why = strerrordesc_np(ENAMETOOLONG);
		return ERR_IO;
	}
	enum err err =
	    hash_file_open(path, LAYOUT, hosts, &file, ret_renewed, ret_why);
	return wrap(err, file, ret);
}

/* hash_file_open_reading, hash_file_open_existing */
typedef enum err
open_existing(const char *path, const char *layout, struct hash_file **ret,
    const char **ret_why);

static enum err
open_by(open_existing *open, const char *dir, struct seen **ret,
    const char **ret_why)
{
	char path[PATH_LEN_MAX];
	struct hash_file *file = NULL;

	if (make_path(dir, path, sizeof(path)) == NULL)
		return ERR_ABSENT;
	enum err err = open(path, LAYOUT, &file, ret_why);
	return wrap(err, file, ret);
}

enum err
seen_open_reading(const char *dir, struct seen **ret, const char **ret_why)
{
	return open_by(hash_file_open_reading, dir, ret, ret_why);
}

enum err
seen_open_existing(const char *dir, struct seen **ret, const char **ret_why)
{
	return open_by(hash_file_open_existing, dir, ret, ret_why);
}

int64_t
seen_begun_s(const struct seen *seen)
{
	return hash_file_begun_s(seen->file);
}

void
seen_close(struct seen *seen)
{
	if (seen == NULL)
		return;
	hash_file_close(seen->file);
	free(seen);
}

static void
get_family(const struct value *value, enum ipaddr_family family,
    struct seen_family *ret)
{
	uint8_t state = value->states[family];

	*ret = (struct seen_family){.addr.family = family};
	if (state <= SEEN_SET)
		ret->state = (enum seen_state)state;
	if (ret->state != SEEN_SET)
		return;
	if (family == IPADDR_V4)
		memcpy(ret->addr.bytes, value->v4, sizeof(value->v4));
	else
		memcpy(ret->addr.bytes, value->v6, sizeof(value->v6));
}

static void
put_family(struct value *value, enum ipaddr_family family,
    const struct seen_family *from)
{
	value->states[family] = (uint8_t)from->state;
	if (family == IPADDR_V4)
		memcpy(value->v4, from->addr.bytes, sizeof(value->v4));
	else
		memcpy(value->v6, from->addr.bytes, sizeof(value->v6));
}

enum err
seen_find(const struct seen *seen, struct span host, struct seen_host *ret)
{
	struct hash_file_place place;
	struct value value;

	if (!hash_file_find(seen->file, host, &place))
		return ERR_ABSENT;
	memcpy(&value, place.record.value, sizeof(value));
	ret->seen_s = value.seen_s;
	ret->changed_s = value.changed_s;
	for (int i = 0; i < IPADDR_FAMILIES; i++)
		get_family(&value, (enum ipaddr_family)i, &ret->families[i]);
	return ERR_OK;
}

static void
note_trouble(struct seen *seen, int reason, int64_t now_s)
{
	if (now_s < atomic_load(&seen->quiet_until_s))
		return;
	atomic_store(&seen->quiet_until_s, now_s + SEEN_TROUBLE_S);
	atomic_store(&seen->trouble, strerrordesc_np(reason));
}

/* A clock may also have been put back. */
static bool
is_recent(const struct value *value, int64_t now_s)
{
	return value->seen_s <= now_s &&
	       now_s - value->seen_s < SEEN_INTERVAL_S;
}

static void
put_acknowledged(struct value *value, const struct seen_family acknowledged[])
{
	for (int i = 0; i < IPADDR_FAMILIES; i++) {
		if (acknowledged[i].state != SEEN_UNKNOWN)
			put_family(
			    value, (enum ipaddr_family)i, &acknowledged[i]);
	}
}

void
seen_note(struct seen *seen, struct span host, int64_t now_s,
    const struct seen_family acknowledged[], bool changed)
{
	struct hash_file_place place;
	struct value value;

	(void)hash_file_find(seen->file, host, &place);
	memcpy(&value, place.record.value, sizeof(value));
	put_acknowledged(&value, acknowledged);
	if (changed)
		value.changed_s = now_s;
	if (is_recent(&value, now_s) &&
	    memcmp(&value, place.record.value, sizeof(value)) == 0)
		return;
	value.seen_s = now_s;
	memcpy(place.record.value, &value, sizeof(value));
	int failed = hash_file_put(seen->file, &place);
	if (failed != 0)
		note_trouble(seen, failed, now_s);
}

int
seen_note_other(struct seen *seen, struct span host,
    const struct seen_family acknowledged[], int64_t changed_s)
{
	struct hash_file_place place;
	struct value value;

	(void)hash_file_find(seen->file, host, &place);
	memcpy(&value, place.record.value, sizeof(value));
	put_acknowledged(&value, acknowledged);
	if (changed_s != 0)
		value.changed_s = changed_s;
	memcpy(place.record.value, &value, sizeof(value));
	return hash_file_put(seen->file, &place);
}

const char *
seen_trouble(struct seen *seen)
{
	return atomic_exchange(&seen->trouble, NULL);
}
