#include "client_file_hosts.h"

#include <string.h>

#include "scanner.h"

#define BLANKS " \t\r\n"
/* Brackets that are open around a host, and around a setting of its group. */
enum { HOST_DEPTH = 1, GROUP_DEPTH = 2 };

/* "NAME" or { name = "NAME"; … } */
struct element {
	struct span text;  /* empty: no more */
	struct span name;  /* without quotes; empty if there is none */
	struct span comma; /* behind it; empty if there is none */
};

static const char *
end_of(struct span span)
{
	return span.ptr + span.len;
}

static struct span
span_between(const char *start, const char *end)
{
	return (struct span){start, (size_t)(end - start)};
}

/* How much of name = "NAME" the last tokens are. */
static unsigned
follow_name(const struct scanner *scanner, unsigned before)
{
	if (scanner->depth != GROUP_DEPTH)
		return 0;
	if (scanner->kind == TOKEN_WORD && span_is(scanner->token, "name"))
		return 1;
	if (before == 1 && (scanner->kind == '=' || scanner->kind == ':'))
		return 2;
	return before == 2 && scanner->kind == TOKEN_STRING ? 3 : 0;
}

static enum err
add_token(const struct scanner *scanner, unsigned *name, struct element *ret)
{
	bool first = ret->text.ptr == NULL;

	*name = follow_name(scanner, *name);
	if (scanner->kind == TOKEN_BAD || scanner->kind == TOKEN_END ||
	    (!first && scanner->depth == HOST_DEPTH && scanner->kind != '}'))
		return ERR_UNSUPPORTED;
	if (*name == 3 || (first && scanner->kind == TOKEN_STRING))
		ret->name = (struct span){
		    scanner->token.ptr + 1, scanner->token.len - 2};
	const char *start = first ? scanner->token.ptr : ret->text.ptr;
	ret->text = span_between(start, end_of(scanner->token));
	return ERR_OK;
}

/* Goes to the next host; its text is empty behind the last one. */
static enum err
next_element(struct scanner *scanner, struct element *ret)
{
	struct element element = {0};
	unsigned name = 0;

	for (;;) {
		scanner_next(scanner);
		if (scanner->depth < HOST_DEPTH)
			break;
		if (scanner->depth == HOST_DEPTH && scanner->kind == ',') {
			element.comma = scanner->token;
			break;
		}
		enum err err = add_token(scanner, &name, &element);
		if (err != ERR_OK)
			return err;
	}
	*ret = element;
	return ERR_OK;
}

/* Goes behind the bracket that opens the list. */
static enum err
open_list(const struct client_file *file, struct scanner *ret)
{
	struct scanner scanner = {
	    .at = file->hosts.ptr, .end = end_of(file->hosts)};

	if (file->hosts.ptr == NULL)
		return ERR_UNSUPPORTED;
	int bracket = scanner_next(&scanner);
	*ret = scanner;
	return bracket == '(' || bracket == '[' ? ERR_OK : ERR_UNSUPPORTED;
}

enum err
client_file_write_hosts(struct text *out, struct span text,
    const struct client_file *file, const char *const hosts[], size_t count)
{
	const char *bracket = end_of(file->hosts) - 1;
	struct scanner scanner;
	struct element element;
	struct element last = {0};

	enum err err = open_list(file, &scanner);
	while (err == ERR_OK) {
		err = next_element(&scanner, &element);
		if (err != ERR_OK || element.text.len == 0)
			break;
		last = element;
	}
	if (err != ERR_OK || last.text.len == 0)
		return ERR_UNSUPPORTED;
	text_put(out, span_between(text.ptr, end_of(last.text)));
	text_puts(out, last.comma.len == 0 ? "," : "");
	struct span behind = span_between(end_of(last.text), bracket);
	while (behind.len > 0 &&
	       strchr(BLANKS, behind.ptr[behind.len - 1]) != NULL)
		behind.len--;
	text_put(out, behind);
	for (size_t i = 0; i < count; i++)
		text_printf(out, "%s\n              \"%s\"", i == 0 ? "" : ",",
		    hosts[i]);
	text_puts(out, " ");
	text_put(out, span_between(bracket, end_of(text)));
	return ERR_OK;
}

static const char *
skip_blanks(const char *at, const char *end)
{
	while (at < end && strchr(BLANKS, *at) != NULL)
		at++;
	return at;
}

/* Leaves the element out, with one comma and the blanks beside it. */
static void
write_without(struct text *out, struct span text, const struct element *before,
    const struct element *element)
{
	const char *end = end_of(text);
	const char *start = element->text.ptr;
	struct span comma = element->comma;

	if (comma.len > 0) {
		text_put(out, span_between(text.ptr, start));
		text_put(out, span_between(end_of(element->text), comma.ptr));
		text_put(
		    out, span_between(skip_blanks(end_of(comma), end), end));
		return;
	}
	comma = before->comma; /* empty if it is the only one */
	if (comma.len > 0) {
		text_put(out, span_between(text.ptr, comma.ptr));
		const char *rest = skip_blanks(end_of(comma), start);
		if (rest < start)
			rest = end_of(comma);
		text_put(out, span_between(rest, start));
	} else {
		text_put(out, span_between(text.ptr, start));
	}
	text_put(out, span_between(end_of(element->text), end));
}

enum err
client_file_write_without(struct text *out, struct span text,
    const struct client_file *file, client_file_is_host *is_it, void *ctx)
{
	struct scanner scanner;
	struct element before = {0};
	struct element element;

	enum err err = open_list(file, &scanner);
	while (err == ERR_OK) {
		err = next_element(&scanner, &element);
		if (err != ERR_OK)
			return err;
		if (element.text.len == 0)
			return ERR_ABSENT;
		if (element.name.len > 0 && is_it(ctx, element.name)) {
			write_without(out, text, &before, &element);
			return ERR_OK;
		}
		before = element;
	}
	return err;
}
