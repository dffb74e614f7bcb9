#ifndef DDNSGATE_TESTS_TEMP_DIR_H
#define DDNSGATE_TESTS_TEMP_DIR_H

/* A temporary directory that a test works in, and that is removed after it. */

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "table.h"

static char temp_dir_path[] = "/tmp/ddnsgate-test-XXXXXX";

static inline void
temp_dir_enter(void)
{
	strcpy(temp_dir_path + strlen(temp_dir_path) - 6, "XXXXXX");
	assert_non_null(mkdtemp(temp_dir_path));
	assert_int_equal(chdir(temp_dir_path), 0);
}

static inline int
temp_dir_remove_entry(
    const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void
temp_dir_leave(void)
{
	assert_int_equal(chdir("/"), 0);
	nftw(temp_dir_path, temp_dir_remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void
temp_dir_make(const char *path)
{
	assert_int_equal(mkdir(path, 0700), 0);
}

/* Writes bytes to a new file, which then replaces one of that name. */
static inline void
temp_dir_write_bytes(
    const char *path, const void *bytes, size_t len, mode_t mode)
{
	char fresh[256];

	snprintf(fresh, sizeof(fresh), "%s.new", path);
	int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(write(fd, bytes, len), (ssize_t)len);
	close(fd);
	assert_int_equal(rename(fresh, path), 0);
}

static inline void
temp_dir_write(const char *path, const char *text, mode_t mode)
{
	temp_dir_write_bytes(path, text, strlen(text), mode);
}

#endif
