#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ddnsgate/clientfile.h"

#include "fuzz.h"

/* Lines come in their order, each once; fields have no blanks. */
static void
check_line(unsigned *last, unsigned line)
{
	FUZZ_CHECK(line > *last);
	*last = line;
}

static void
check_field(struct span field)
{
	FUZZ_CHECK(field.len > 0);
	FUZZ_CHECK(memchr(field.ptr, ' ', field.len) == NULL);
	FUZZ_CHECK(memchr(field.ptr, '\n', field.len) == NULL);
}

static enum err
see_client(void *ctx, const struct clientfile_client *client)
{
	check_line(ctx, client->line);
	check_field(client->name);
	check_field(client->secret);
	check_field(client->hosts);
	return ERR_OK;
}

static void
see_bad_line(void *ctx, unsigned line, const char *why)
{
	check_line(ctx, line);
	FUZZ_CHECK(why != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	unsigned last = 0;
	const struct clientfile_reader reader = {
	    see_client, see_bad_line, &last};

	if (fd < 0)
		fd = memfd_create("clientfile_fuzz", MFD_CLOEXEC);
	FUZZ_CHECK(ftruncate(fd, 0) == 0);
	FUZZ_CHECK(pwrite(fd, data, size, 0) == (ssize_t)size);
	FUZZ_CHECK(lseek(fd, 0, SEEK_SET) == 0);
	FUZZ_CHECK(clientfile_read(fd, &reader) == ERR_OK);
	return 0;
}
