#include "ddnsgate/syntax/conf_source.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ddnsgate/base/arena.h"
#include "ddnsgate/base/table.h"
#include "ddnsgate/syntax/conf_scan.h"
#include "ddnsgate/syntax/conf_strings.h"
#include "ddnsgate/syntax/conf_value.h"

/* Bytes of the text at first. */
#define FIRST_SIZE 4096
/* Added to the numbers of large integers: more than any file has strings. */
#define LARGE_BASE (1LL << 62)

/* One of the files; the first is the main one. */
struct file {
	const char *name; /* as in @include */
	const char *path;
	bool exposed;
};

/* From this line of the text on, lines are those of a file. */
struct segment {
	unsigned first;
	unsigned line;
	size_t file; /* index */
};

struct conf_source {
	char *text; /* ends in NUL */
	size_t text_len, text_size;
	struct conf_strings strings;
	struct table files, segments;
	struct arena names;
	unsigned line;  /* that the end of text is in */
	bool in_string; /* another string would be joined to the last one */
	size_t size;    /* of all files that were read */
	size_t includes;
	/* The settings so far of each group that is open. */
	unsigned settings[CONF_SOURCE_DEPTH_MAX + 1];
	unsigned depth;
};

/* The context of conf_scan's callbacks: a file that is being read. */
struct scanning {
	struct conf_source *source;
	struct conf_files *files;
	struct diagnostic_list *diagnostics;
	size_t file;     /* index */
	unsigned nested; /* in so many files */
	bool nul_seen;
	enum err err;
};

static struct span
file_bytes(const void *item)
{
	const struct file *file = item;
	return span_of(file->name);
}

static const struct table_kind file_kind = {
    sizeof(struct file), file_bytes, span_equal};
static const struct table_kind segment_kind = {.size = sizeof(struct segment)};

static void
fail(struct scanning *scanning, enum err err)
{
	if (scanning->err == ERR_OK)
		scanning->err = err;
}

static struct diagnostic_location
location_of(const struct scanning *scanning, unsigned line, const char *setting)
{
	const struct file *file =
	    table_item(&scanning->source->files, scanning->file);

	return (struct diagnostic_location){file->path, line, setting};
}

#define REPORT(scanning, line, setting, ...)                                  \
	do {                                                                  \
		diagnostic_add((scanning)->diagnostics, DIAGNOSTIC_ERROR,     \
		    location_of((scanning), (line), (setting)), __VA_ARGS__); \
		fail((scanning), ERR_CONFIG);                                 \
	} while (0)

/* The text for libconfig */

/* There is no secret in it, so that it need not be wiped. */
static bool
reserve(struct conf_source *source, size_t more)
{
	if (source->text_size - source->text_len >= more)
		return true;
	size_t size =
	    source->text_size > 0 ? 2 * source->text_size : FIRST_SIZE;
	if (size - source->text_len < more)
		size = source->text_len + more;
	char *text = realloc(source->text, size);
	if (text == NULL)
		return false;
	source->text = text;
	source->text_size = size;
	return true;
}

static void
append(struct scanning *scanning, struct span bytes)
{
	struct conf_source *source = scanning->source;

	if (!reserve(source, bytes.len + 1)) {
		fail(scanning, ERR_MEMORY);
		return;
	}
	memcpy(source->text + source->text_len, bytes.ptr, bytes.len);
	source->text_len += bytes.len;
	source->text[source->text_len] = '\0';
	for (size_t i = 0; i < bytes.len; i++)
		source->line += bytes.ptr[i] == '\n';
}

/* Keeps the lines of what is left out. */
static void
append_newlines(struct scanning *scanning, struct span bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		if (bytes.ptr[i] == '\n')
			append(scanning, span_of("\n"));
	}
}

/* The next line of the text is this one of the scanned file. */
static void
start_segment(struct scanning *scanning, unsigned line)
{
	const struct segment segment = {
	    scanning->source->line, line, scanning->file};

	fail(scanning, table_add(&scanning->source->segments, &segment, false));
}

static void
on_comment(void *ctx, struct span comment)
{
	append(ctx, span_of(" "));
	append_newlines(ctx, comment);
}

static void
open_group(struct scanning *scanning, unsigned line)
{
	struct conf_source *source = scanning->source;

	if (source->depth < CONF_SOURCE_DEPTH_MAX)
		source->settings[++source->depth] = 0;
	else if (scanning->err == ERR_OK)
		REPORT(scanning, line, NULL,
		    "is nested too deep, allowed are up to %d groups and lists "
		    "within each other",
		    CONF_SOURCE_DEPTH_MAX);
}

static void
count_setting(struct scanning *scanning, unsigned line)
{
	struct conf_source *source = scanning->source;

	if (++source->settings[source->depth] == CONF_SOURCE_SETTINGS_MAX + 1)
		REPORT(scanning, line, NULL,
		    "is one setting more than the %d allowed in a group",
		    CONF_SOURCE_SETTINGS_MAX);
}

static void
on_plain(void *ctx, unsigned line, struct span bytes)
{
	struct scanning *scanning = ctx;
	bool is_blank =
	    *bytes.ptr != '\0' && strchr(" \t\r\n\f", *bytes.ptr) != NULL;

	scanning->source->in_string &= is_blank;
	append(scanning, bytes);
	if (strchr("{([", *bytes.ptr) != NULL && *bytes.ptr != '\0')
		open_group(scanning, line);
	else if (strchr("})]", *bytes.ptr) != NULL)
		scanning->source->depth -= scanning->source->depth > 0;
	else if (*bytes.ptr == '=' || *bytes.ptr == ':')
		count_setting(scanning, line);
}

/* Strings and large integers */

/* Notes the result of adding one. */
static bool
check_added(struct scanning *scanning, unsigned line, enum err err)
{
	if (err == ERR_RANGE)
		REPORT(scanning, line, NULL,
		    "is one text more than the %d allowed", TABLE_ITEMS_MAX);
	else
		fail(scanning, err);
	return err == ERR_OK;
}

/*
 * Strings that follow each other are one.  libconfig would join their numbers,
 * in memory that it makes larger by 64 bytes each time.
 */
static void
on_string(void *ctx, unsigned line, struct span quoted)
{
	struct scanning *scanning = ctx;
	struct conf_source *source = scanning->source;
	char buf[32];
	struct text text;
	size_t number;

	TEXT_INIT(&text, buf);
	if (source->in_string) {
		fail(scanning, conf_strings_extend(&source->strings, quoted));
	} else {
		enum err err =
		    conf_strings_add(&source->strings, quoted, &number);
		if (!check_added(scanning, line, err))
			return;
		text_printf(&text, "\"%zu\"", number);
	}
	source->in_string = true;
	append(scanning, text_span(&text));
	append_newlines(scanning, quoted);
}

static void
on_large(void *ctx, unsigned line, struct span literal)
{
	struct scanning *scanning = ctx;
	char buf[32];
	struct text text;
	size_t number;

	enum err err = conf_strings_add_literal(
	    &scanning->source->strings, literal, &number);
	if (!check_added(scanning, line, err))
		return;
	TEXT_INIT(&text, buf);
	scanning->source->in_string = false;
	text_printf(&text, "%lldL", LARGE_BASE + (long long)number);
	append(scanning, text_span(&text));
}

/* Files */

static void
on_nul(void *ctx, unsigned line)
{
	struct scanning *scanning = ctx;

	if (!scanning->nul_seen)
		REPORT(scanning, line, NULL,
		    "a NUL byte, allowed is text without any");
	scanning->nul_seen = true;
}

static void
on_unterminated(void *ctx, unsigned line, const char *what)
{
	REPORT((struct scanning *)ctx, line, NULL, "%s without an end", what);
}

static void
on_include(void *ctx, unsigned line, struct span name);

/* Reads and scans a file.  named is where, NULL for the main one. */
static void
scan_file(struct scanning *scanning, const struct diagnostic_location *named)
{
	const struct conf_scan_reader reader = {on_nul, on_unterminated,
	    on_large, on_include, on_string, on_comment, on_plain, scanning};
	struct conf_source *source = scanning->source;
	struct file *file = table_item(&source->files, scanning->file);
	struct diagnostic_location location = {file->path, 0, NULL};
	struct conf_text text;
	const char *why;

	enum err err = conf_text_read(
	    file->path, CONF_FILES_SIZE_MAX - source->size, &text, &why);
	if (err == ERR_IO) {
		diagnostic_add(scanning->diagnostics, DIAGNOSTIC_ERROR,
		    named != NULL ? *named : location, "%s cannot be read: %s",
		    named != NULL ? file->path : "the file", why);
		err = ERR_CONFIG;
	}
	fail(scanning, err);
	if (err != ERR_OK)
		return;
	file->exposed = text.exposed;
	source->size += text.len - 1; /* a newline may have been added */
	struct span bytes = {text.bytes, text.len};
	start_segment(scanning, 1);
	conf_scan(named != NULL ? bytes : span_without_mark(bytes), &reader);
	conf_text_done(&text);
}

/* Is it to be followed?  Else there was a diagnostic, or an error before. */
static bool
check_include(struct scanning *scanning, unsigned line, struct span name)
{
	struct diagnostic_value shown = diagnostic_quote(name);

	if (span_starts(name, span_of("/")))
		REPORT(scanning, line, "@include",
		    "%s is absolute, allowed is a name relative to the main "
		    "file's folder",
		    shown.text);
	else if (conf_value_has_control(name))
		REPORT(scanning, line, "@include",
		    "%s has a control character, allowed is a name without",
		    shown.text);
	else if (name.len > CONF_FILES_NAME_MAX)
		REPORT(scanning, line, "@include",
		    "%s is too long, allowed are up to %d bytes", shown.text,
		    CONF_FILES_NAME_MAX);
	else if (scanning->nested >= CONF_SOURCE_NESTED_MAX)
		REPORT(scanning, line, "@include",
		    "%s is nested too deep, allowed are up to %d files that "
		    "include each other",
		    shown.text, CONF_SOURCE_NESTED_MAX);
	else if (scanning->source->includes == CONF_SOURCE_INCLUDES_MAX)
		REPORT(scanning, line, "@include",
		    "%s is one more than the %d allowed", shown.text,
		    CONF_SOURCE_INCLUDES_MAX);
	else
		return true;
	/* One diagnostic is enough: those that follow are not read. */
	scanning->source->includes = SIZE_MAX;
	return false;
}

/* The index of the file of this name, which is added if it is new. */
static enum err
find_file(struct scanning *scanning, struct span name, size_t *ret)
{
	struct conf_source *source = scanning->source;
	const struct file *main = table_item(&source->files, 0);

	if (table_find(&source->files, name, ret))
		return ERR_OK;
	struct file file = {.name = arena_dup_text(&source->names, name),
	    .path = conf_files_add(scanning->files, main->path, name)};
	if (file.name == NULL || file.path == NULL)
		return ERR_MEMORY;
	*ret = source->files.count;
	return table_add(&source->files, &file, true);
}

static void
on_include(void *ctx, unsigned line, struct span name)
{
	struct scanning *scanning = ctx;
	struct conf_source *source = scanning->source;
	struct diagnostic_location named =
	    location_of(scanning, line, "@include");
	struct scanning inner = {.source = source,
	    .files = scanning->files,
	    .diagnostics = scanning->diagnostics,
	    .nested = scanning->nested + 1};

	if (source->includes > CONF_SOURCE_INCLUDES_MAX ||
	    !check_include(scanning, line, name))
		return;
	source->includes++;
	fail(scanning, find_file(scanning, name, &inner.file));
	if (scanning->err == ERR_MEMORY)
		return;
	append(scanning, span_of("\n"));
	scan_file(&inner, &named);
	fail(scanning, inner.err);
	start_segment(scanning, line);
	/* So that what follows is not at the start of a line. */
	append(scanning, span_of("/**/"));
}

enum err
conf_source_read(const char *path, struct conf_files *files,
    struct diagnostic_list *diagnostics, struct conf_source **ret)
{
	struct conf_source *source = calloc(1, sizeof(*source));
	const struct file main = {.path = path};
	struct scanning scanning = {
	    .source = source, .files = files, .diagnostics = diagnostics};

	if (source == NULL)
		return ERR_MEMORY;
	source->line = 1;
	conf_strings_init(&source->strings);
	table_init(&source->files, &file_kind);
	table_init(&source->segments, &segment_kind);
	fail(&scanning, table_add(&source->files, &main, false));
	if (scanning.err == ERR_OK)
		scan_file(&scanning, NULL);
	if (scanning.err == ERR_OK)
		*ret = source;
	else
		conf_source_free(source);
	return scanning.err;
}

void
conf_source_free(struct conf_source *source)
{
	if (source == NULL)
		return;
	conf_strings_done(&source->strings);
	free(source->text);
	table_done(&source->files);
	table_done(&source->segments);
	arena_done(&source->names);
	free(source);
}

const char *
conf_source_text(const struct conf_source *source)
{
	return source->text;
}

/* The segments are in order: a binary search. */
struct conf_source_place
conf_source_place(const struct conf_source *source, unsigned line)
{
	size_t low = 0;
	size_t high = source->segments.count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		const struct segment *tried =
		    table_item(&source->segments, middle);
		if (tried->first <= line)
			low = middle;
		else
			high = middle;
	}
	const struct segment *segment = table_item(&source->segments, low);
	const struct file *file = table_item(&source->files, segment->file);
	return (struct conf_source_place){file->path,
	    line < segment->first ? 0 : segment->line + line - segment->first,
	    file->exposed};
}

struct span
conf_source_string(const struct conf_source *source, const char *number)
{
	return conf_strings_get(&source->strings, strtoul(number, NULL, 10));
}

struct span
conf_source_large(const struct conf_source *source, long long number)
{
	if (number < LARGE_BASE)
		return (struct span){NULL, 0};
	return conf_strings_literal(
	    &source->strings, (size_t)(number - LARGE_BASE));
}
