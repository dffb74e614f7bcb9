#include <stdbool.h>
#include <string.h>

#include "ddnsgate/request/variable.h"

#include "fuzz.h"

#define INPUT_MAX 32768
#define STRINGS_MAX 256

static bool
ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

/* Whatever comes before, the last value is there, and at the end. */
static void
check(struct variable_list *list, const char *name)
{
	const char *value = variable_value(list, name);
	const char *last = NULL;

	for (size_t i = 0; list->strings[i] != NULL; i++) {
		const char *string = list->strings[i];
		size_t len = strlen(name);
		if (strncmp(string, name, len) == 0 && string[len] == '=')
			last = string + len + 1;
	}
	FUZZ_CHECK((value == NULL) == (last == NULL));
	if (value == NULL)
		return;
	FUZZ_CHECK(ends_with(value, last));
	FUZZ_CHECK(strncmp(name, "HTTP_", 5) == 0 || value == last);
	FUZZ_CHECK(list->used <= sizeof(list->joined));
	FUZZ_CHECK(variable_value(list, name) != NULL);
}

/* The input is a variable in each line. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char lines[INPUT_MAX];
	static struct variable_list list;
	char *strings[STRINGS_MAX + 1] = {NULL};
	size_t len = size < INPUT_MAX ? size : INPUT_MAX - 1;
	char *rest = lines;

	memcpy(lines, data, len);
	lines[len] = '\0';
	for (size_t i = 0; i < STRINGS_MAX && rest != NULL; i++)
		strings[i] = strsep(&rest, "\n");
	variable_list_init(&list, strings);
	check(&list, "HTTP_X_FORWARDED_FOR");
	check(&list, "REMOTE_ADDR");
	check(&list, "HTTP_A");
	check(&list, "HTTP_X_FORWARDED_FOR");
	variable_list_done(&list);
	return 0;
}
