#ifndef DDNSGATE_TESTS_SPOIL_H
#define DDNSGATE_TESTS_SPOIL_H

/* Damages a file of LMDB, page by page. */

#include <sys/stat.h>

#include "temp_dir.h"

#define SPOIL_PAGE 4096

/* What LMDB has allocated when it is broken off is lost, see lmdb_file.h. */
const char *
__lsan_default_suppressions(void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:mdb_txn_begin\nleak:mdb_cursor_open\nleak:mdb_env_\n";
}

/* Where LMDB's two first pages have the size of a page, and the number of the
 * last one. */
#define SPOIL_PAGE_SIZE_AT 40
#define SPOIL_LAST_PAGE_AT 136

static inline size_t
spoil_size(const char *path)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	return (size_t)status.st_size;
}

/* The bytes of a file; the caller frees them. */
static inline char *
spoil_load(const char *path, size_t *ret_size)
{
	size_t size = spoil_size(path);
	char *bytes = malloc(size + 1);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_non_null(bytes);
	assert_true(fd >= 0);
	assert_int_equal(read(fd, bytes, size), (ssize_t)size);
	close(fd);
	*ret_size = size;
	return bytes;
}

/* Writes in place, so that who has the file open sees it. */
static inline void
spoil_write(const char *path, const void *bytes, size_t len, size_t at)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, len, (off_t)at), (ssize_t)len);
	close(fd);
}

/* The file is what it was, in place. */
static inline void
spoil_restore(const char *path, const char *bytes, size_t size)
{
	assert_int_equal(truncate(path, (off_t)size), 0);
	spoil_write(path, bytes, size, 0);
}

/* What a page is overwritten with.  Each makes SPOIL_PAGE bytes of a page of a
 * file whose bytes are known. */
typedef void
spoil_make(const char *bytes, size_t size, size_t page, char *ret);

static inline void
spoil_zeros(const char *bytes, size_t size, size_t page, char *ret)
{
	(void)bytes, (void)size, (void)page;
	memset(ret, 0, SPOIL_PAGE);
}

static inline void
spoil_ones(const char *bytes, size_t size, size_t page, char *ret)
{
	(void)bytes, (void)size, (void)page;
	memset(ret, 0xff, SPOIL_PAGE);
}

/* The same ones each time. */
static inline void
spoil_random(const char *bytes, size_t size, size_t page, char *ret)
{
	unsigned seed = (unsigned)page + 1;

	(void)bytes, (void)size;
	for (size_t i = 0; i < SPOIL_PAGE; i++)
		ret[i] = (char)rand_r(&seed);
}

/* The head of a page of LMDB is right, and the rest is not. */
static inline void
spoil_body(const char *bytes, size_t size, size_t page, char *ret)
{
	spoil_random(bytes, size, page, ret);
	memcpy(ret, bytes + page * SPOIL_PAGE, 16);
}

static inline void
spoil_as_next(const char *bytes, size_t size, size_t page, char *ret)
{
	size_t other = (page + 1) % (size / SPOIL_PAGE);

	memcpy(ret, bytes + other * SPOIL_PAGE, SPOIL_PAGE);
}

static inline void
spoil_as_middle(const char *bytes, size_t size, size_t page, char *ret)
{
	(void)page;
	memcpy(ret, bytes + size / SPOIL_PAGE / 2 * SPOIL_PAGE, SPOIL_PAGE);
}

/* The last page with something in it is often a root. */
static inline void
spoil_as_last(const char *bytes, size_t size, size_t page, char *ret)
{
	(void)page;
	memcpy(ret, bytes + (size / SPOIL_PAGE - 1) * SPOIL_PAGE, SPOIL_PAGE);
}

/* Some bits of it. */
static inline void
spoil_bits(const char *bytes, size_t size, size_t page, char *ret)
{
	unsigned seed = (unsigned)page + 1;

	(void)size;
	memcpy(ret, bytes + page * SPOIL_PAGE, SPOIL_PAGE);
	for (int i = 0; i < 64; i++)
		ret[rand_r(&seed) % SPOIL_PAGE] ^= (char)(1 << i % 8);
}

struct spoil_kind {
	const char *name;
	spoil_make *make;
};

// clang-format off
static const struct spoil_kind spoil_kinds[] = {
	{ "zeros",                    spoil_zeros },
	{ "ones",                     spoil_ones },
	{ "at random",                spoil_random },
	{ "at random behind a head",  spoil_body },
	{ "some bits",                spoil_bits },
	{ "the next page",            spoil_as_next },
	{ "the page in the middle",   spoil_as_middle },
	{ "the last page",            spoil_as_last },
};
// clang-format on

#endif
