#include "ddnsgate/syntax/diagnostic.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 16

void
diagnostic_init(struct diagnostic_list *list)
{
	*list = (struct diagnostic_list){0};
}

void
diagnostic_done(struct diagnostic_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i].text);
	free(list->items);
	diagnostic_init(list);
}

size_t
diagnostic_warnings(const struct diagnostic_list *list)
{
	return list->warnings;
}

/* "FILE:LINE: SETTING: ", without the parts that are not known. */
static void
write_location(FILE *out, const struct diagnostic_location *location)
{
	if (location->file != NULL)
		fputs(location->file, out);
	if (location->file != NULL && location->line > 0)
		fprintf(out, ":%u", location->line);
	if (location->file != NULL)
		fputs(": ", out);
	if (location->setting != NULL)
		fprintf(out, "%s: ", location->setting);
}

/* Counts a diagnostic; false if it is only counted. */
static bool
count_in(struct diagnostic_list *list, enum diagnostic_severity severity)
{
	if (severity == DIAGNOSTIC_ERROR)
		list->errors++;
	else
		list->warnings++;
	return list->count < DIAGNOSTIC_MAX &&
	       (severity == DIAGNOSTIC_ERROR ||
		   list->warnings <= DIAGNOSTIC_WARNINGS_MAX);
}

/* Takes the text over.  When out of memory, it is lost, but was counted. */
static void
append(struct diagnostic_list *list, struct diagnostic diagnostic)
{
	bool is_full =
	    list->count == 0 || (list->count >= FIRST_CAPACITY &&
				    (list->count & (list->count - 1)) == 0);

	if (is_full) {
		size_t capacity =
		    list->count == 0 ? FIRST_CAPACITY : 2 * list->count;
		struct diagnostic *items =
		    reallocarray(list->items, capacity, sizeof(*list->items));
		if (items == NULL) {
			free(diagnostic.text);
			return;
		}
		list->items = items;
	}
	list->items[list->count++] = diagnostic;
}

void
diagnostic_add(struct diagnostic_list *list, enum diagnostic_severity severity,
    struct diagnostic_location location, const char *format, ...)
{
	struct diagnostic diagnostic = {severity, .line = location.line};
	size_t len;
	va_list args;

	if (!count_in(list, severity))
		return;
	FILE *out = open_memstream(&diagnostic.text, &len);
	if (out == NULL)
		return;
	write_location(out, &location);
	va_start(args, format);
	vfprintf(out, format, args);
	va_end(args);
	if (fclose(out) != 0) {
		free(diagnostic.text);
		return;
	}
	if (location.file != NULL)
		diagnostic.file_len = strlen(location.file);
	append(list, diagnostic);
}

struct diagnostic_value
diagnostic_quote(struct span value)
{
	struct diagnostic_value quoted = {.text = ""};
	struct text text;

	TEXT_INIT(&text, quoted.text);
	text_put_quoted(&text, value);
	return quoted;
}

/* The index of the diagnostic's file; count if it is not in the list. */
static size_t
file_rank(
    const struct diagnostic *diagnostic, char *const files[], size_t count)
{
	struct span file = {diagnostic->text, diagnostic->file_len};
	size_t i = 0;

	while (i < count && !span_is(file, files[i]))
		i++;
	return i;
}

struct ranked {
	struct diagnostic diagnostic;
	size_t rank;
	size_t added;
};

static int
compare(const void *left, const void *right)
{
	const struct ranked *a = left;
	const struct ranked *b = right;

	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	if (a->diagnostic.line != b->diagnostic.line)
		return a->diagnostic.line < b->diagnostic.line ? -1 : 1;
	return a->added < b->added ? -1 : a->added > b->added;
}

void
diagnostic_sort(struct diagnostic_list *list, size_t first, char *const files[],
    size_t count)
{
	size_t sorted = list->count - first;
	struct ranked *ranked =
	    sorted > 0 ? calloc(sorted, sizeof(*ranked)) : NULL;

	if (ranked == NULL) /* out of memory: they stay unsorted */
		return;
	for (size_t i = 0; i < sorted; i++) {
		struct diagnostic *diagnostic = &list->items[first + i];
		ranked[i] = (struct ranked){
		    *diagnostic, file_rank(diagnostic, files, count), i};
	}
	qsort(ranked, sorted, sizeof(*ranked), compare);
	for (size_t i = 0; i < sorted; i++)
		list->items[first + i] = ranked[i].diagnostic;
	free(ranked);
}
