#include "ddnsgate/syntax/diagnostic.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ddnsgate/base/table.h"

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

/* An unknown one may be of any length. */
static void
write_setting(FILE *out, const char *setting)
{
	bool is_cut = strnlen(setting, TEXT_QUOTED_MAX + 1) > TEXT_QUOTED_MAX;

	fprintf(out, "%.*s%s: ", TEXT_QUOTED_MAX, setting, is_cut ? "..." : "");
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
		write_setting(out, location->setting);
}

bool
diagnostic_has_room(
    const struct diagnostic_list *list, enum diagnostic_severity severity)
{
	return list->count < DIAGNOSTIC_MAX &&
	       (severity == DIAGNOSTIC_ERROR ||
		   list->warnings < DIAGNOSTIC_WARNINGS_MAX);
}

/* Counts a diagnostic; false if it is only counted. */
static bool
count_in(struct diagnostic_list *list, enum diagnostic_severity severity)
{
	bool has_room = diagnostic_has_room(list, severity);

	if (severity == DIAGNOSTIC_ERROR)
		list->errors++;
	else
		list->warnings++;
	return has_room;
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

static struct span
file_bytes(const void *item)
{
	char *const *file = item;
	return span_of(*file);
}

static const struct table_kind file_kind = {
    sizeof(char *), file_bytes, span_equal};

/* False when out of memory. */
static bool
index_files(struct table *ret, char *const files[], size_t count)
{
	enum err err = ERR_OK;

	table_init(ret, &file_kind);
	for (size_t i = 0; i < count && err == ERR_OK; i++)
		err = table_add(ret, &files[i], true);
	return err == ERR_OK;
}

/* Gives each its rank: the index of its file, or that after the last one. */
static void
rank(struct ranked *ranked, const struct diagnostic *items, size_t count,
    const struct table *files)
{
	for (size_t i = 0; i < count; i++) {
		struct span file = {items[i].text, items[i].file_len};
		ranked[i] = (struct ranked){items[i], files->count, i};
		table_find(files, file, &ranked[i].rank);
	}
}

void
diagnostic_sort(struct diagnostic_list *list, size_t first, char *const files[],
    size_t count)
{
	size_t sorted = list->count - first;
	struct ranked *ranked =
	    sorted > 0 ? calloc(sorted, sizeof(*ranked)) : NULL;
	struct table by_name;

	if (ranked == NULL) /* out of memory: they stay unsorted */
		return;
	if (index_files(&by_name, files, count)) {
		rank(ranked, list->items + first, sorted, &by_name);
		qsort(ranked, sorted, sizeof(*ranked), compare);
		for (size_t i = 0; i < sorted; i++)
			list->items[first + i] = ranked[i].diagnostic;
	}
	table_done(&by_name);
	free(ranked);
}
