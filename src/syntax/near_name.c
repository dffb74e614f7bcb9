#include "ddnsgate/syntax/near_name.h"

#include <string.h>

/* Names that differ by no more are near. */
#define CHANGES_MAX 2
#define LEN_MAX 32

/* The edit distance: characters to be changed, added or left out. */
static size_t
distance(const char *a, const char *b)
{
	size_t row[LEN_MAX + 1];
	size_t len = strlen(b);

	if (len > LEN_MAX)
		return len;
	for (size_t i = 0; i <= len; i++)
		row[i] = i;
	for (size_t i = 0; a[i] != '\0'; i++) {
		size_t corner = row[0];
		row[0] = i + 1;
		for (size_t j = 0; j < len; j++) {
			size_t changed = corner + (a[i] != b[j]);
			size_t moved =
			    1 + (row[j] < row[j + 1] ? row[j] : row[j + 1]);
			corner = row[j + 1];
			row[j + 1] = changed < moved ? changed : moved;
		}
	}
	return row[len];
}

bool
near_name(const char *name, const char *known)
{
	/* The time goes by both lengths, and a name may have any. */
	return strnlen(name, LEN_MAX + CHANGES_MAX + 1) <=
		   LEN_MAX + CHANGES_MAX &&
	       distance(name, known) <= CHANGES_MAX;
}
