#include "ddnsgate/request/variable.h"

#include <stdbool.h>
#include <string.h>

#include "ddnsgate/base/secret.h"
#include "ddnsgate/base/text.h"

#define SEPARATOR ", "

void
variable_list_init(struct variable_list *list, char *const *strings)
{
	size_t count = 0;

	for (; strings[count] != NULL; count++) {
		const char *name = strings[count];
		if (count < VARIABLE_INDEXED_MAX)
			list->name_lens[count] =
			    (uint8_t)(strchrnul(name, '=') - name);
	}
	list->strings = strings;
	list->count = count;
	list->used = 0;
}

/* The value, if the string is NAME=VALUE of this name; else NULL. */
static const char *
value_of(const char *string, struct span name)
{
	if (strncmp(string, name.ptr, name.len) != 0 || string[name.len] != '=')
		return NULL;
	return string + name.len + 1;
}

/* The index, from this one on, of the next string that may be of the name; the
 * count, if none is. */
static size_t
next_of(const struct variable_list *list, size_t from, struct span name)
{
	size_t indexed = list->count < VARIABLE_INDEXED_MAX
			     ? list->count
			     : VARIABLE_INDEXED_MAX;

	if (from >= indexed)
		return from;
	const uint8_t *found =
	    memchr(list->name_lens + from, (uint8_t)name.len, indexed - from);
	return found != NULL ? (size_t)(found - list->name_lens) : indexed;
}

static bool
is_header(const char *name)
{
	return strncmp(name, "HTTP_", strlen("HTTP_")) == 0;
}

/* The joined value of a name that was asked for before, or NULL. */
static const char *
find_joined(const struct variable_list *list, struct span name)
{
	for (size_t at = 0; at < list->used;) {
		const char *string = list->joined + at;
		const char *value = value_of(string, name);
		if (value != NULL)
			return value;
		at += strlen(string) + 1;
	}
	return NULL;
}

/* The index of the first value that is to be joined: all fit from there on. */
static size_t
first_that_fits(const struct variable_list *list, struct span name)
{
	size_t room = sizeof(list->joined) - list->used;
	size_t needed = name.len + strlen("=") + 1;
	size_t first = list->count;

	for (size_t i = first; i-- > 0;) {
		const char *value = value_of(list->strings[i], name);
		if (value == NULL)
			continue;
		needed += strlen(value) + strlen(SEPARATOR);
		if (needed > room)
			break;
		first = i;
	}
	return first;
}

/* Joins the values of a header; NULL if not even the last of them fits. */
static const char *
join(struct variable_list *list, struct span name)
{
	struct text text;
	size_t first = first_that_fits(list, name);

	if (first == list->count)
		return NULL;
	text_init(&text, list->joined + list->used,
	    sizeof(list->joined) - list->used);
	text_put(&text, name);
	text_puts(&text, "=");
	for (size_t i = first; i < list->count; i++) {
		const char *value = value_of(list->strings[i], name);
		if (value == NULL)
			continue;
		text_puts(&text, i > first ? SEPARATOR : "");
		text_puts(&text, value);
	}
	list->used += text.len + 1;
	return text.buf + name.len + strlen("=");
}

const char *
variable_value(struct variable_list *list, const char *name)
{
	struct span wanted = span_of(name);
	const char *last = NULL;
	size_t count = 0;

	for (size_t i = next_of(list, 0, wanted); i < list->count;
	     i = next_of(list, i + 1, wanted)) {
		const char *value = value_of(list->strings[i], wanted);
		if (value == NULL)
			continue;
		last = value;
		count++;
	}
	if (count < 2 || !is_header(name))
		return last;
	const char *joined = find_joined(list, wanted);
	if (joined == NULL)
		joined = join(list, wanted);
	return joined != NULL ? joined : last;
}

void
variable_list_done(struct variable_list *list)
{
	secret_wipe(list->joined, list->used);
	list->used = 0;
}
