/*
 * Runs a fuzz target over every file of a folder, so that the ordinary build
 * tests what the fuzzer once found.  Names each before it runs.
 */

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"

/* The input has a block of its own size, so ASan sees what reads past it. */
static void
run_bytes(FILE *in, size_t size)
{
	uint8_t *data = malloc(size > 0 ? size : 1);

	FUZZ_CHECK(data != NULL);
	FUZZ_CHECK(fread(data, 1, size, in) == size);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
}

/* Gives 1 for a file that ran, 0 for what is no file. */
static size_t
run_entry(const char *folder, const char *name)
{
	char path[4096];
	struct stat status;
	int len = snprintf(path, sizeof(path), "%s/%s", folder, name);

	FUZZ_CHECK(len > 0 && (size_t)len < sizeof(path));
	FILE *in = fopen(path, "rb");
	FUZZ_CHECK(in != NULL);
	FUZZ_CHECK(fstat(fileno(in), &status) == 0);
	if (S_ISREG(status.st_mode)) {
		printf("%s\n", name);
		fflush(stdout);
		run_bytes(in, (size_t)status.st_size);
	}
	fclose(in);
	return S_ISREG(status.st_mode);
}

int
main(int argc, char **argv)
{
	struct dirent **entries;
	size_t ran = 0;

	if (argc != 2) {
		fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
		return 2;
	}
	int count = scandir(argv[1], &entries, NULL, alphasort);
	if (count < 0) {
		fprintf(stderr, "%s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	for (int i = 0; i < count; i++) {
		ran += run_entry(argv[1], entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	printf("%zu inputs ran\n", ran);
	return ran > 0 ? 0 : 1;
}
