#include "ddnsgate/state/hash_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/secret.h"
#include "ddnsgate/state/file_lock.h"

/* For the service itself and root. */
#define FILE_MODE 0600

#define RECORDS_PER_BUCKET 8
/* A new file is half full when it has as many records as were expected. */
#define EXPECTED_PER_BUCKET 4
#define BUCKETS_MIN 16
#define BUCKETS_MAX (UINT64_C(1) << 24)
#define LAYOUT_SIZE 16

struct bucket {
	struct hash_file_record records[RECORDS_PER_BUCKET];
};

/* In the place of a bucket, in the byte order of the machine. */
struct header {
	char layout[LAYOUT_SIZE];
	uint64_t first_buckets; /* of segment 0; a power of two */
	int64_t begun_s;        /* seconds since 1970 */
	uint8_t unused[sizeof(struct bucket) - LAYOUT_SIZE - 16];
};

struct hash_file {
	int fd;
	char layout[LAYOUT_SIZE];
	uint64_t first_buckets;
	int64_t begun_s;
	atomic_uint segments;  /* that were there at least, when last counted */
	struct file_lock lock; /* for a new record */
};

/* Segments */

static off_t
segment_end(uint64_t first_buckets, unsigned segments)
{
	uint64_t buckets = first_buckets * ((UINT64_C(1) << segments) - 1);

	return (off_t)((1 + buckets) * sizeof(struct bucket));
}

static off_t
bucket_offset(
    const struct hash_file *file, const uint8_t *key, unsigned segment)
{
	uint64_t buckets = file->first_buckets << segment;
	uint64_t number;

	memcpy(&number, key, sizeof(number));
	return segment_end(file->first_buckets, segment) +
	       (off_t)((number & (buckets - 1)) * sizeof(struct bucket));
}

/* How many segments the file has in full. */
static unsigned
count_segments(const struct hash_file *file)
{
	struct stat about;
	unsigned segments = 0;

	if (fstat(file->fd, &about) != 0)
		return 0;
	while (segments < HASH_FILE_SEGMENTS_MAX &&
	       about.st_size >= segment_end(file->first_buckets, segments + 1))
		segments++;
	return segments;
}

/* Opening and beginning */

static uint64_t
buckets_for(size_t records)
{
	uint64_t buckets = BUCKETS_MIN;

	while (buckets < records / EXPECTED_PER_BUCKET && buckets < BUCKETS_MAX)
		buckets *= 2;
	return buckets;
}

static bool
header_is_valid(const struct hash_file *file, const struct header *header)
{
	uint64_t buckets = header->first_buckets;

	return memcmp(header->layout, file->layout, LAYOUT_SIZE) == 0 &&
	       buckets >= BUCKETS_MIN && buckets <= BUCKETS_MAX &&
	       (buckets & (buckets - 1)) == 0;
}

/* False if there is no such file yet. */
static bool
read_header(struct hash_file *file)
{
	struct header header;

	if (pread(file->fd, &header, sizeof(header), 0) != sizeof(header) ||
	    !header_is_valid(file, &header))
		return false;
	file->first_buckets = header.first_buckets;
	file->begun_s = header.begun_s;
	file->segments = count_segments(file);
	return file->segments > 0;
}

/* In place, so that other processes that have the file open go on with it. */
static int
begin(struct hash_file *file, size_t records)
{
	struct header header = {.first_buckets = buckets_for(records),
	    .begun_s = (int64_t)clock_calendar()};

	memcpy(header.layout, file->layout, LAYOUT_SIZE);
	if (ftruncate(file->fd, 0) != 0 ||
	    ftruncate(file->fd, segment_end(header.first_buckets, 1)) != 0)
		return errno;
	errno = ENOSPC; /* for a write that is short */
	if (pwrite(file->fd, &header, sizeof(header), 0) != sizeof(header))
		return errno;
	file->first_buckets = header.first_buckets;
	file->begun_s = header.begun_s;
	file->segments = 1;
	return 0;
}

static int
read_or_begin(struct hash_file *file, size_t records, bool *ret_renewed)
{
	struct stat about;

	int failed = file_lock_take(&file->lock, file->fd);
	if (failed != 0)
		return failed;
	if (!read_header(file)) {
		*ret_renewed =
		    fstat(file->fd, &about) == 0 && about.st_size > 0;
		failed = begin(file, records);
	}
	file_lock_release(&file->lock, file->fd);
	return failed;
}

/* Opens a regular file; gives 0 or an errno. */
static int
open_file(struct hash_file *file, const char *path, int flags)
{
	struct stat about;

	file->fd =
	    open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, FILE_MODE);
	if (file->fd < 0 || fstat(file->fd, &about) != 0)
		return errno;
	return S_ISREG(about.st_mode) ? 0 : EINVAL;
}

static struct hash_file *
new_file(const char *layout)
{
	struct hash_file *file = calloc(1, sizeof(*file));

	if (file == NULL)
		return NULL;
	file->fd = -1;
	strncpy(file->layout, layout, LAYOUT_SIZE - 1);
	file_lock_init(&file->lock);
	return file;
}

enum err
hash_file_open(const char *path, const char *layout, size_t records,
    struct hash_file **ret, bool *ret_renewed, const char **ret_why)
{
	struct hash_file *file = new_file(layout);
	bool renewed = false;

	if (file == NULL)
		return ERR_MEMORY;
	int failed = open_file(file, path, O_RDWR | O_CREAT);
	if (failed == 0)
		failed = read_or_begin(file, records, &renewed);
	if (failed != 0) {
		*ret_why = strerrordesc_np(failed);
		hash_file_close(file);
		return ERR_IO;
	}
	*ret = file;
	*ret_renewed = renewed;
	return ERR_OK;
}

static enum err
open_existing(const char *path, const char *layout, int flags,
    struct hash_file **ret, const char **ret_why)
{
	struct hash_file *file = new_file(layout);

	if (file == NULL)
		return ERR_MEMORY;
	int failed = open_file(file, path, flags);
	if (failed == 0 && read_header(file)) {
		*ret = file;
		return ERR_OK;
	}
	hash_file_close(file);
	if (failed == 0 || failed == ENOENT)
		return ERR_ABSENT;
	*ret_why = strerrordesc_np(failed);
	return ERR_IO;
}

enum err
hash_file_open_reading(const char *path, const char *layout,
    struct hash_file **ret, const char **ret_why)
{
	return open_existing(path, layout, O_RDONLY, ret, ret_why);
}

enum err
hash_file_open_existing(const char *path, const char *layout,
    struct hash_file **ret, const char **ret_why)
{
	return open_existing(path, layout, O_RDWR, ret, ret_why);
}

int64_t
hash_file_begun_s(const struct hash_file *file)
{
	return file->begun_s;
}

void
hash_file_close(struct hash_file *file)
{
	if (file == NULL)
		return;
	if (file->fd >= 0)
		close(file->fd);
	file_lock_done(&file->lock);
	free(file);
}

/* Records */

/* FNV-1a, 64 bits, which an empty record does not have: against accidents, as
 * who can write to the file can write any record. */
static uint64_t
check_of(const struct hash_file_record *record)
{
	const uint8_t *bytes = (const uint8_t *)record;
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < offsetof(struct hash_file_record, check); i++)
		hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
	return hash;
}

static bool
is_whole(const struct hash_file_record *record)
{
	uint64_t check = check_of(record);

	return memcmp(record->check, &check, sizeof(check)) == 0;
}

/* Looks for the record of this key in a bucket. */
static bool
find_in_bucket(const struct hash_file *file, const uint8_t *key, off_t offset,
    struct hash_file_place *ret)
{
	struct bucket bucket;

	if (pread(file->fd, &bucket, sizeof(bucket), offset) != sizeof(bucket))
		return false;
	for (size_t i = 0; i < RECORDS_PER_BUCKET; i++) {
		const struct hash_file_record *record = &bucket.records[i];
		if (memcmp(record->key, key, HASH_FILE_KEY_LEN) != 0 ||
		    !is_whole(record))
			continue;
		ret->offset = offset + (off_t)(i * sizeof(*record));
		ret->record = *record;
		return true;
	}
	return false;
}

static bool
find_in_segments(const struct hash_file *file, const uint8_t *key,
    unsigned segments, struct hash_file_place *ret)
{
	for (unsigned segment = 0; segment < segments; segment++) {
		if (find_in_bucket(
			file, key, bucket_offset(file, key, segment), ret))
			return true;
	}
	return false;
}

/* One that is just being written is whole when it is read again; the file may
 * have grown meanwhile. */
static bool
find_by_key(const struct hash_file *file, const uint8_t *key,
    struct hash_file_place *ret)
{
	unsigned known = atomic_load(&file->segments);

	return find_in_segments(file, key, known, ret) ||
	       find_in_segments(file, key, count_segments(file), ret);
}

bool
hash_file_find(
    const struct hash_file *file, struct span name, struct hash_file_place *ret)
{
	struct secret_digest key = secret_digest(name);

	*ret = (struct hash_file_place){0};
	memcpy(ret->record.key, key.bytes, HASH_FILE_KEY_LEN);
	return find_by_key(file, key.bytes, ret);
}

static off_t
find_free_in_bucket(const struct hash_file *file, off_t offset)
{
	struct bucket bucket;

	if (pread(file->fd, &bucket, sizeof(bucket), offset) != sizeof(bucket))
		return 0;
	for (size_t i = 0; i < RECORDS_PER_BUCKET; i++) {
		if (!is_whole(&bucket.records[i]))
			return offset +
			       (off_t)(i * sizeof(struct hash_file_record));
	}
	return 0;
}

/* Finds room for a new record, in a segment more if there is none; 0 or an
 * errno.  With the file locked. */
static int
find_free(struct hash_file *file, const uint8_t *key, off_t *ret)
{
	unsigned segments = count_segments(file);

	for (unsigned segment = 0; segment < segments; segment++) {
		*ret = find_free_in_bucket(
		    file, bucket_offset(file, key, segment));
		if (*ret != 0)
			return 0;
	}
	if (segments >= HASH_FILE_SEGMENTS_MAX)
		return EFBIG;
	if (ftruncate(
		file->fd, segment_end(file->first_buckets, segments + 1)) != 0)
		return errno;
	file->segments = segments + 1;
	*ret = bucket_offset(file, key, segments);
	return 0;
}

static int
write_record(const struct hash_file *file, struct hash_file_place *place)
{
	const uint64_t check = check_of(&place->record);

	memcpy(place->record.check, &check, sizeof(check));
	/* A copy, as gcc's -O3 takes the record for its first member. */
	const struct hash_file_record record = place->record;
	errno = ENOSPC; /* for a write that is short */
	return pwrite(file->fd, &record, sizeof(record), place->offset) ==
		       (ssize_t)sizeof(record)
		   ? 0
		   : errno;
}

/* Another process may have added one of the same name meanwhile. */
static int
add_record(struct hash_file *file, struct hash_file_place *place)
{
	struct hash_file_place other = {0};

	int failed = file_lock_take(&file->lock, file->fd);
	if (failed != 0)
		return failed;
	if (!find_by_key(file, place->record.key, &other))
		failed = find_free(file, place->record.key, &other.offset);
	place->offset = other.offset;
	if (failed == 0)
		failed = write_record(file, place);
	file_lock_release(&file->lock, file->fd);
	return failed;
}

int
hash_file_put(struct hash_file *file, struct hash_file_place *place)
{
	return place->offset != 0 ? write_record(file, place)
				  : add_record(file, place);
}
