#include "ddnsgate/state/seen.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ddnsgate/state/hash_file.h"

#define FILE_NAME "/seen"
#define COPIES_NAME FILE_NAME ".d"
#define LAYOUT "ddnsgate seen 2"
#define PATH_LEN_MAX 4096

/* As it is in the file. */
struct value {
	uint32_t seen_s; /* unsigned: until 2106 */
	uint32_t changed_s;
	uint32_t acknowledged_s[IPADDR_FAMILIES];
	uint8_t states[IPADDR_FAMILIES];
	uint8_t unused[2];
	uint8_t v4[4];
	uint8_t v6[16];
};

static_assert(sizeof(struct value) == HASH_FILE_VALUE_LEN, "a whole value");

struct seen {
	struct hash_file *file; /* NULL: there are only copies */
	struct hash_file *copies[SEEN_COPIES_MAX];
	size_t copy_count;
	int64_t oldest_copy_s;
	_Atomic(const char *) trouble; /* not told yet; or NULL */
	atomic_int_fast64_t quiet_until_s;
};

static const char *
make_path(const char *dir, const char *name, char *buf, size_t size)
{
	int len = snprintf(buf, size, "%s%s", dir, name);

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
	seen->oldest_copy_s = INT64_MAX;
	*ret = seen;
	return ERR_OK;
}

enum err
seen_open(const char *dir, size_t hosts, struct seen **ret, bool *ret_renewed,
    const char **ret_why)
{
	char path[PATH_LEN_MAX];
	struct hash_file *file = NULL;

	if (make_path(dir, FILE_NAME, path, sizeof(path)) == NULL) {
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

	if (make_path(dir, FILE_NAME, path, sizeof(path)) == NULL)
		return ERR_ABSENT;
	enum err err = open(path, LAYOUT, &file, ret_why);
	return wrap(err, file, ret);
}

/* One that is damaged is no reason to go on as if its machine had noted
 * nothing: a host that calls there would be taken for stale. */
static enum err
add_copy(struct seen *seen, const char *path, const char **ret_why)
{
	struct stat about;

	if (seen->copy_count == SEEN_COPIES_MAX) {
		*ret_why = "there are too many copies in seen.d";
		return ERR_IO;
	}
	enum err err = hash_file_open_reading(
	    path, LAYOUT, &seen->copies[seen->copy_count], ret_why);
	if (err == ERR_OK)
		seen->copy_count++;
	if (err == ERR_OK && stat(path, &about) == 0) {
		if (about.st_mtime < seen->oldest_copy_s)
			seen->oldest_copy_s = about.st_mtime;
		return ERR_OK;
	}
	*ret_why = "a copy in seen.d cannot be read, or is damaged";
	return err == ERR_MEMORY ? err : ERR_IO;
}

/* Hidden ones are those that are just being written. */
static enum err
add_copies(struct seen *seen, const char *dir, const char **ret_why)
{
	char path[PATH_LEN_MAX], copy[PATH_LEN_MAX + NAME_MAX + 2];
	enum err err = ERR_OK;

	if (make_path(dir, COPIES_NAME, path, sizeof(path)) == NULL)
		return ERR_OK;
	DIR *copies = opendir(path);
	if (copies == NULL && errno == ENOENT)
		return ERR_OK;
	if (copies == NULL) {
		*ret_why = "seen.d cannot be read";
		return ERR_IO;
	}
	struct dirent *entry;
	while (err == ERR_OK && (entry = readdir(copies)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(copy, sizeof(copy), "%s/%s", path, entry->d_name);
		err = add_copy(seen, copy, ret_why);
	}
	closedir(copies);
	return err;
}

enum err
seen_open_reading(const char *dir, struct seen **ret, const char **ret_why)
{
	struct seen *seen = NULL;
	enum err err = open_by(hash_file_open_reading, dir, &seen, ret_why);

	if (err == ERR_ABSENT)
		err = wrap(ERR_OK, NULL, &seen);
	if (err == ERR_OK)
		err = add_copies(seen, dir, ret_why);
	if (err == ERR_OK && seen->file == NULL && seen->copy_count == 0)
		err = ERR_ABSENT;
	if (err != ERR_OK) {
		seen_close(seen);
		return err;
	}
	*ret = seen;
	return ERR_OK;
}

enum err
seen_open_existing(const char *dir, struct seen **ret, const char **ret_why)
{
	return open_by(hash_file_open_existing, dir, ret, ret_why);
}

int64_t
seen_begun_s(const struct seen *seen)
{
	int64_t last_s =
	    seen->file != NULL ? hash_file_begun_s(seen->file) : INT64_MIN;

	for (size_t i = 0; i < seen->copy_count; i++) {
		int64_t begun_s = hash_file_begun_s(seen->copies[i]);
		last_s = begun_s > last_s ? begun_s : last_s;
	}
	return last_s;
}

int64_t
seen_oldest_copy_s(const struct seen *seen)
{
	return seen->oldest_copy_s;
}

void
seen_close(struct seen *seen)
{
	if (seen == NULL)
		return;
	hash_file_close(seen->file);
	for (size_t i = 0; i < seen->copy_count; i++)
		hash_file_close(seen->copies[i]);
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

/* The later of both times; of a family what was acknowledged later, so that a
 * machine that a host has left does not hide what it said elsewhere. */
static void
merge(struct seen_host *into, const struct value *value)
{
	if (value->seen_s > into->seen_s)
		into->seen_s = value->seen_s;
	if (value->changed_s > into->changed_s)
		into->changed_s = value->changed_s;
	for (int i = 0; i < IPADDR_FAMILIES; i++) {
		if (value->states[i] == SEEN_UNKNOWN ||
		    (into->families[i].state != SEEN_UNKNOWN &&
			value->acknowledged_s[i] <= into->acknowledged_s[i]))
			continue;
		get_family(value, (enum ipaddr_family)i, &into->families[i]);
		into->acknowledged_s[i] = value->acknowledged_s[i];
	}
}

static bool
find_in(const struct hash_file *file, struct span host, struct seen_host *into)
{
	struct hash_file_place place;
	struct value value;

	if (!hash_file_find(file, host, &place))
		return false;
	memcpy(&value, place.record.value, sizeof(value));
	merge(into, &value);
	return true;
}

enum err
seen_find(const struct seen *seen, struct span host, struct seen_host *ret)
{
	struct seen_host found = {0};

	for (int i = 0; i < IPADDR_FAMILIES; i++)
		found.families[i].addr.family = (enum ipaddr_family)i;
	bool any = seen->file != NULL && find_in(seen->file, host, &found);
	for (size_t i = 0; i < seen->copy_count; i++)
		any |= find_in(seen->copies[i], host, &found);
	if (!any)
		return ERR_ABSENT;
	*ret = found;
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

/* As it is in the file. */
static uint32_t
stored_time(int64_t at_s)
{
	if (at_s < 0)
		return 0;
	return at_s > UINT32_MAX ? UINT32_MAX : (uint32_t)at_s;
}

/* A clock may also have been put back. */
static bool
is_recent(uint32_t at_s, int64_t now_s)
{
	return at_s <= now_s && now_s - at_s < SEEN_INTERVAL_S;
}

static void
put_acknowledged(struct value *value, int64_t now_s,
    const struct seen_family acknowledged[], bool changed)
{
	if (changed)
		value->changed_s = stored_time(now_s);
	for (int i = 0; i < IPADDR_FAMILIES; i++) {
		const struct value before = *value;
		if (acknowledged[i].state == SEEN_UNKNOWN)
			continue;
		put_family(value, (enum ipaddr_family)i, &acknowledged[i]);
		if (changed || memcmp(&before, value, sizeof(before)) != 0 ||
		    !is_recent(value->acknowledged_s[i], now_s))
			value->acknowledged_s[i] = stored_time(now_s);
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
	put_acknowledged(&value, now_s, acknowledged, changed);
	if (is_recent(value.seen_s, now_s) &&
	    memcmp(&value, place.record.value, sizeof(value)) == 0)
		return;
	value.seen_s = stored_time(now_s);
	memcpy(place.record.value, &value, sizeof(value));
	int failed = hash_file_put(seen->file, &place);
	if (failed != 0)
		note_trouble(seen, failed, now_s);
}

int
seen_note_other(struct seen *seen, struct span host, int64_t now_s,
    const struct seen_family acknowledged[], bool changed)
{
	struct hash_file_place place;
	struct value value;

	(void)hash_file_find(seen->file, host, &place);
	memcpy(&value, place.record.value, sizeof(value));
	put_acknowledged(&value, now_s, acknowledged, changed);
	memcpy(place.record.value, &value, sizeof(value));
	return hash_file_put(seen->file, &place);
}

const char *
seen_trouble(struct seen *seen)
{
	return atomic_exchange(&seen->trouble, NULL);
}
