#include <sys/mman.h>
#include <unistd.h>

#include "ddnsgate/conf.h"

#include "fuzz.h"

/* libconfig 1.5 loses memory when it gives a file up. */
const char *
__lsan_default_suppressions(void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:libconfig\n";
}

/* Complaints go to logs and terminals. */
static void
check_text(const char *text)
{
	for (; *text != '\0'; text++)
		FUZZ_CHECK((unsigned char)*text >= ' ' && *text != 0x7f);
}

static void
check_load(const char *path)
{
	struct complaint_list complaints = {0};
	struct conf_files files;
	struct site *site = NULL;

	enum err err = conf_load(path, &complaints, &files, &site);
	FUZZ_CHECK((err == ERR_OK) == (complaints.errors == 0));
	FUZZ_CHECK((err == ERR_OK) == (site != NULL));
	FUZZ_CHECK(files.count > 0);
	for (size_t i = 0; i < complaints.count; i++)
		check_text(complaints.items[i].text);
	site_release(site);
	conf_files_done(&files);
	complaint_done(&complaints);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char path[64];
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("conf_fuzz", MFD_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	FUZZ_CHECK(ftruncate(fd, 0) == 0);
	FUZZ_CHECK(pwrite(fd, data, size, 0) == (ssize_t)size);
	check_load(path);
	return 0;
}
