#include "scanner.h"

#include <stdbool.h>
#include <string.h>

static bool
starts(const struct scanner *scanner, const char *what)
{
	struct span rest = {scanner->at, (size_t)(scanner->end - scanner->at)};

	return span_starts(rest, span_of(what));
}

/* Skips to after the next such text, or to the end. */
static void
skip_past(struct scanner *scanner, const char *what)
{
	while (scanner->at < scanner->end && !starts(scanner, what))
		scanner->at++;
	if (scanner->at < scanner->end)
		scanner->at += strlen(what);
}

static void
skip_blanks(struct scanner *scanner)
{
	while (scanner->at < scanner->end) {
		if (strchr(" \t\r\n\f", *scanner->at) != NULL)
			scanner->at++;
		else if (starts(scanner, "#") || starts(scanner, "//"))
			skip_past(scanner, "\n");
		else if (starts(scanner, "/*"))
			skip_past(scanner, "*/");
		else
			return;
	}
}

/* Goes to the quote that ends the string. */
static int
scan_string(struct scanner *scanner)
{
	while (scanner->at < scanner->end) {
		char c = *scanner->at++;
		if (c == '"')
			return TOKEN_STRING;
		if (c == '\\' && scanner->at < scanner->end)
			scanner->at++;
	}
	return TOKEN_BAD;
}

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("_-+.*", c) != NULL);
}

static int
scan_word(struct scanner *scanner)
{
	while (scanner->at < scanner->end && is_word(*scanner->at))
		scanner->at++;
	return TOKEN_WORD;
}

static int
scan_sign(struct scanner *scanner, char c)
{
	if (c == '(' || c == '[' || c == '{')
		scanner->depth++;
	else if (c != '\0' && strchr(")]}", c) != NULL && scanner->depth > 0)
		scanner->depth--;
	else if (c == '\0' || strchr("=:;,", c) == NULL)
		return TOKEN_BAD;
	return c;
}

int
scanner_next(struct scanner *scanner)
{
	skip_blanks(scanner);
	scanner->token = (struct span){scanner->at, 0};
	if (scanner->at == scanner->end)
		return scanner->kind = TOKEN_END;
	char c = *scanner->at++;
	if (c == '"')
		scanner->kind = scan_string(scanner);
	else if (is_word(c))
		scanner->kind = scan_word(scanner);
	else
		scanner->kind = scan_sign(scanner, c);
	scanner->token.len = (size_t)(scanner->at - scanner->token.ptr);
	return scanner->kind;
}
