#include "ddnsgate/syntax/diagnostic.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 16

void
complaint_init(struct complaint_list *list)
{
	*list = (struct complaint_list){0};
}

void
complaint_done(struct complaint_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i].text);
	free(list->items);
	complaint_init(list);
}

size_t
complaint_warnings(const struct complaint_list *list)
{
	return list->warnings;
}

/* "FILE:LINE: SETTING: "; the parts that are not known are left out. */
static void
write_place(FILE *out, const struct complaint_place *place)
{
	if (place->file != NULL)
		fputs(place->file, out);
	if (place->file != NULL && place->line > 0)
		fprintf(out, ":%u", place->line);
	if (place->file != NULL)
		fputs(": ", out);
	if (place->setting != NULL)
		fprintf(out, "%s: ", place->setting);
}

/* Counts a complaint; is there to be room for it? */
static bool
counts_in(struct complaint_list *list, enum complaint_severity severity)
{
	if (severity == COMPLAINT_ERROR)
		list->errors++;
	else
		list->warnings++;
	return list->count < COMPLAINT_MAX &&
	       (severity == COMPLAINT_ERROR ||
		   list->warnings <= COMPLAINT_WARNINGS_MAX);
}

/* Takes the complaint's text over, which is lost when memory runs out. */
static void
append(struct complaint_list *list, struct complaint complaint)
{
	bool is_full =
	    list->count == 0 || (list->count >= FIRST_ROOM &&
				    (list->count & (list->count - 1)) == 0);

	if (is_full) {
		size_t room = list->count == 0 ? FIRST_ROOM : 2 * list->count;
		struct complaint *items =
		    reallocarray(list->items, room, sizeof(*list->items));
		if (items == NULL) {
			free(complaint.text);
			return;
		}
		list->items = items;
	}
	list->items[list->count++] = complaint;
}

void
complaint_add(struct complaint_list *list, enum complaint_severity severity,
    struct complaint_place place, const char *format, ...)
{
	struct complaint complaint = {severity, .line = place.line};
	size_t len;
	va_list args;

	if (!counts_in(list, severity))
		return;
	FILE *out = open_memstream(&complaint.text, &len);
	if (out == NULL)
		return;
	write_place(out, &place);
	va_start(args, format);
	vfprintf(out, format, args);
	va_end(args);
	if (fclose(out) != 0) {
		free(complaint.text);
		return;
	}
	if (place.file != NULL)
		complaint.file_len = strlen(place.file);
	append(list, complaint);
}

struct complaint_value
complaint_quote(struct span value)
{
	struct complaint_value quoted = {.text = ""};
	struct text text;

	TEXT_INIT(&text, quoted.text);
	text_put_quoted(&text, value);
	return quoted;
}

/* The place of the complaint's file in the list, or behind all. */
static size_t
file_rank(const struct complaint *complaint, char *const files[], size_t count)
{
	struct span file = {complaint->text, complaint->file_len};
	size_t i = 0;

	while (i < count && !span_is(file, files[i]))
		i++;
	return i;
}

struct ranked {
	struct complaint complaint;
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
	if (a->complaint.line != b->complaint.line)
		return a->complaint.line < b->complaint.line ? -1 : 1;
	return a->added < b->added ? -1 : a->added > b->added;
}

void
complaint_sort(struct complaint_list *list, size_t first, char *const files[],
    size_t count)
{
	size_t sorted = list->count - first;
	struct ranked *ranked =
	    sorted > 0 ? calloc(sorted, sizeof(*ranked)) : NULL;

	if (ranked == NULL) /* all are there, in any order */
		return;
	for (size_t i = 0; i < sorted; i++) {
		struct complaint *complaint = &list->items[first + i];
		ranked[i] = (struct ranked){
		    *complaint, file_rank(complaint, files, count), i};
	}
	qsort(ranked, sorted, sizeof(*ranked), compare);
	for (size_t i = 0; i < sorted; i++)
		list->items[first + i] = ranked[i].complaint;
	free(ranked);
}
