#include "ddnsgate/syntax/file_id.h"

#include <string.h>
#include <sys/stat.h>

struct file_id
file_id_of(const char *path)
{
	struct stat status;

	if (stat(path, &status) != 0)
		return (struct file_id){0};
	return (struct file_id){{status.st_dev, status.st_ino,
	    (uint64_t)status.st_size, (uint64_t)status.st_mtim.tv_sec,
	    (uint64_t)status.st_mtim.tv_nsec, (uint64_t)status.st_ctim.tv_sec,
	    (uint64_t)status.st_ctim.tv_nsec}};
}

struct file_id
file_id_of_place(const char *path)
{
	struct file_id id = file_id_of(path);

	return (struct file_id){{id.fields[0], id.fields[1]}};
}

bool
file_id_equal(const struct file_id *a, const struct file_id *b)
{
	return memcmp(a->fields, b->fields, sizeof(a->fields)) == 0;
}

struct secret_digest
file_id_digest(const struct file_id *ids, size_t count)
{
	return secret_digest(
	    (struct span){(const char *)ids, count * sizeof(*ids)});
}
