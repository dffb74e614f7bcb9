#ifndef DDNSGATE_TESTS_FUZZ_LOAD_H
#define DDNSGATE_TESTS_FUZZ_LOAD_H

/* Loads a configuration from memory and checks what holds for any of them. */

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ddnsgate/config/conf.h"

#include "fuzz.h"

/* A file in memory, with a path that can be opened. */
struct load_file {
	int fd;
	char path[32];
};

static inline struct load_file
load_file_new(void)
{
	struct load_file file = {.fd = memfd_create("fuzz", MFD_CLOEXEC)};

	FUZZ_CHECK(file.fd >= 0);
	snprintf(file.path, sizeof(file.path), "/proc/self/fd/%d", file.fd);
	return file;
}

static inline void
load_file_write(const struct load_file *file, const void *data, size_t size)
{
	FUZZ_CHECK(ftruncate(file->fd, 0) == 0);
	FUZZ_CHECK(pwrite(file->fd, data, size, 0) == (ssize_t)size);
	FUZZ_CHECK(lseek(file->fd, 0, SEEK_SET) == 0);
}

/* Diagnostics are printed to logs and terminals: no control characters. */
static inline void
load_check_text(const char *text)
{
	for (; *text != '\0'; text++)
		FUZZ_CHECK((unsigned char)*text >= ' ' && *text != 0x7f);
}

/* The site, whose reference is the caller's; NULL if there are errors. */
static inline struct site *
load_site(const struct load_file *file)
{
	struct diagnostic_list diagnostics = {0};
	struct conf_files files;
	struct site *site = NULL;

	enum err err = conf_load(file->path, &diagnostics, &files, &site);
	FUZZ_CHECK((err == ERR_OK) == (diagnostics.errors == 0));
	FUZZ_CHECK((err == ERR_OK) == (site != NULL));
	FUZZ_CHECK(files.count > 0);
	for (size_t i = 0; i < diagnostics.count; i++)
		load_check_text(diagnostics.items[i].text);
	conf_files_done(&files);
	diagnostic_done(&diagnostics);
	return site;
}

#endif
