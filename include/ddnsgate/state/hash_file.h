#ifndef DDNSGATE_STATE_HASH_FILE_H
#define DDNSGATE_STATE_HASH_FILE_H

/*
 * A hash table of small records in a file, which several processes share:
 *
 *	header | segment 0 | segment 1 (twice as large) | ...
 *
 * A segment is a table of buckets, a bucket has eight records.  A record is
 * looked for in its bucket of each segment; when all of these are full, the
 * file grows by a segment.  A record has a checksum: one that a power cut or a
 * stranger has spoilt does not count, and its place is used again.  Finding and
 * replacing take no lock; a record that is just being written is read once
 * more.  The file is read and written, not mapped, so that one that is cut
 * short is an error and not a signal.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"

#define HASH_FILE_KEY_LEN 16
#define HASH_FILE_VALUE_LEN 40
/* So many segments, each twice as large as the one before: more than any
 * configuration fills. */
#define HASH_FILE_SEGMENTS_MAX 20

struct hash_file;

struct hash_file_record {
	uint8_t key[HASH_FILE_KEY_LEN];
	uint8_t value[HASH_FILE_VALUE_LEN];
	uint8_t check[8]; /* this module's */
};

/* A record, and where in the file it is. */
struct hash_file_place {
	off_t offset; /* 0: nowhere yet */
	struct hash_file_record record;
};

/*
 * Opens the file, or begins a new one that is large enough for that many
 * records; one that is no such file is begun anew, and *ret_renewed says so.
 * layout, of up to 15 characters, names what the records mean.  ERR_MEMORY;
 * ERR_IO with the reason as a static text.
 */
enum err
hash_file_open(const char *path, const char *layout, size_t records,
    struct hash_file **ret, bool *ret_renewed, const char **ret_why);

/* Opens the file to read it.  ERR_ABSENT: there is none; else as above. */
enum err
hash_file_open_reading(const char *path, const char *layout,
    struct hash_file **ret, const char **ret_why);

/* Opens the file to read and write it, and never begins one.  As above. */
enum err
hash_file_open_existing(const char *path, const char *layout,
    struct hash_file **ret, const char **ret_why);

/* When the file was begun, in seconds since 1970. */
int64_t
hash_file_begun_s(const struct hash_file *file);

void
hash_file_close(struct hash_file *file);

/* Finds the record of this name, or makes an empty one with its key in *ret.
 * False: there is none. */
bool
hash_file_find(const struct hash_file *file, struct span name,
    struct hash_file_place *ret);

/* Writes a record that hash_file_find gave.  Gives 0 or an errno.  May wait
 * for another process when it is new, and releases the run slot for that. */
int
hash_file_put(struct hash_file *file, struct hash_file_place *place);

#endif
