#include "ddnsgate/syntax/keyfile.h"

#include <stdbool.h>
#include <string.h>

#include "ddnsgate/base/secret.h"

/* The search for one key, and its result. */
struct search {
	struct span name;
	struct keyfile_key *ret;
	struct keyfile_problem problem;
	bool found; /* the key; err says whether it is valid */
	bool any;   /* some key was found */
	enum err err;
};

/* A key as the file has it; the ptr of a missing part is NULL. */
struct raw {
	struct span name, algorithm, secret;
	unsigned line, algorithm_line, secret_line;
	bool unfinished;
};

static enum err
fail(struct search *search, unsigned line, const char *why)
{
	search->problem = (struct keyfile_problem){line, why};
	return ERR_SYNTAX;
}

/* Decodes algorithm and secret. */
static enum err
decode(struct search *search, const struct raw *raw, struct keyfile_key *key)
{
	if (raw->unfinished)
		return fail(search, raw->line, "the key has no end");
	if (raw->algorithm.ptr == NULL)
		return fail(search, raw->line, "the key has no algorithm");
	if (raw->secret.ptr == NULL)
		return fail(search, raw->line, "the key has no secret");
	if (tsig_algorithm_parse(raw->algorithm, &key->algorithm) != ERR_OK)
		return fail(
		    search, raw->algorithm_line, "the algorithm is not known");
	enum err err = text_base64_decode(
	    raw->secret, key->secret, sizeof(key->secret), &key->secret_len);
	if (err == ERR_RANGE)
		return fail(search, raw->secret_line, "the secret is too long");
	if (err != ERR_OK)
		return fail(
		    search, raw->secret_line, "the secret is not base64");
	return ERR_OK;
}

/* Takes the key if it is the first of the name that is looked for. */
static void
match_key(struct search *search, const struct raw *raw)
{
	struct keyfile_key key = {0};

	if (search->found || raw->name.ptr == NULL)
		return;
	search->any = true;
	if (dname_canonical(raw->name, false, key.name) != ERR_OK ||
	    !span_is(search->name, key.name))
		return;
	search->found = true;
	search->err = decode(search, raw, &key);
	if (search->err == ERR_OK)
		*search->ret = key;
	secret_wipe(&key, sizeof(key));
}

/* algorithm:name:secret, also in a comment */

static void
search_lines(struct search *search, struct span text)
{
	struct span line;

	for (unsigned number = 1; span_next(&text, '\n', &line); number++) {
		enum tsig_algorithm algorithm;
		struct raw raw = {.line = number,
		    .algorithm_line = number,
		    .secret_line = number};
		struct span rest = span_trim(line);
		while (span_starts(rest, span_of("#")))
			rest = span_trim(
			    (struct span){rest.ptr + 1, rest.len - 1});
		if (span_next(&rest, ':', &raw.algorithm) &&
		    span_next(&rest, ':', &raw.name) &&
		    span_next(&rest, ':', &raw.secret) &&
		    tsig_algorithm_parse(raw.algorithm, &algorithm) == ERR_OK)
			match_key(search, &raw);
	}
}

/* Statements as in named.conf */

#define BLANKS " \t\r\n"
#define SIGNS "{};"

/* The kind of a sign is the character itself. */
enum { TOKEN_END, TOKEN_WORD = 'w' };

struct scanner {
	struct span rest;
	unsigned line;
	int kind;
	struct span token; /* without quotes */
};

static void
skip(struct scanner *scanner, size_t len)
{
	for (size_t i = 0; i < len; i++)
		scanner->line += scanner->rest.ptr[i] == '\n';
	scanner->rest.ptr += len;
	scanner->rest.len -= len;
}

static bool
starts(const struct scanner *scanner, const char *start)
{
	return span_starts(scanner->rest, span_of(start));
}

/* Skips to after the next such word, or to the end of the text. */
static void
skip_past(struct scanner *scanner, const char *word)
{
	while (scanner->rest.len > 0 && !starts(scanner, word))
		skip(scanner, 1);
	if (scanner->rest.len > 0)
		skip(scanner, strlen(word));
}

static bool
is_any(const struct scanner *scanner, const char *chars)
{
	return scanner->rest.len > 0 && *scanner->rest.ptr != '\0' &&
	       strchr(chars, *scanner->rest.ptr) != NULL;
}

static void
skip_blanks(struct scanner *scanner)
{
	for (;;) {
		while (is_any(scanner, BLANKS))
			skip(scanner, 1);
		if (starts(scanner, "#") || starts(scanner, "//"))
			skip_past(scanner, "\n");
		else if (starts(scanner, "/*"))
			skip_past(scanner, "*/");
		else
			return;
	}
}

static void
scan_string(struct scanner *scanner)
{
	const char *start = scanner->rest.ptr + 1;

	skip(scanner, 1);
	while (scanner->rest.len > 0 && !starts(scanner, "\""))
		skip(scanner, 1);
	scanner->token =
	    (struct span){start, (size_t)(scanner->rest.ptr - start)};
	if (scanner->rest.len > 0)
		skip(scanner, 1);
}

static void
scan(struct scanner *scanner)
{
	skip_blanks(scanner);
	const char *start = scanner->rest.ptr;
	scanner->kind = TOKEN_END;
	if (scanner->rest.len == 0)
		return;
	if (is_any(scanner, SIGNS)) {
		scanner->kind = (unsigned char)*start;
		skip(scanner, 1);
		return;
	}
	scanner->kind = TOKEN_WORD;
	if (*start == '"') {
		scan_string(scanner);
		return;
	}
	while (scanner->rest.len > 0 && !is_any(scanner, BLANKS SIGNS "\""))
		skip(scanner, 1);
	scanner->token =
	    (struct span){start, (size_t)(scanner->rest.ptr - start)};
}

static bool
is_word(const struct scanner *scanner, const char *word)
{
	return scanner->kind == TOKEN_WORD &&
	       span_equal_nocase(scanner->token, span_of(word));
}

/* Skips to the end of a statement, with the blocks in it. */
static void
skip_statement(struct scanner *scanner)
{
	unsigned depth = 0;

	while (
	    scanner->kind != TOKEN_END && (scanner->kind != ';' || depth > 0)) {
		if (scanner->kind == '{')
			depth++;
		else if (scanner->kind == '}' && depth > 0)
			depth--;
		scan(scanner);
	}
}

/* Reads the body of a key statement, in braces. */
static void
scan_key(struct scanner *scanner, struct raw *raw)
{
	for (scan(scanner); scanner->kind == TOKEN_WORD; scan(scanner)) {
		bool is_algorithm = is_word(scanner, "algorithm");
		bool is_secret = is_word(scanner, "secret");
		scan(scanner);
		if (is_algorithm && scanner->kind == TOKEN_WORD) {
			raw->algorithm = scanner->token;
			raw->algorithm_line = scanner->line;
		}
		if (is_secret && scanner->kind == TOKEN_WORD) {
			raw->secret = scanner->token;
			raw->secret_line = scanner->line;
		}
		skip_statement(scanner);
	}
	raw->unfinished = scanner->kind != '}';
}

static void
search_statements(struct search *search, struct span text)
{
	struct scanner scanner = {.rest = text, .line = 1};

	for (scan(&scanner); scanner.kind != TOKEN_END; scan(&scanner)) {
		struct raw raw = {.line = scanner.line};
		bool is_key = is_word(&scanner, "key");
		if (is_key)
			scan(&scanner);
		if (is_key && scanner.kind == TOKEN_WORD) {
			raw.name = scanner.token;
			scan(&scanner);
			if (scanner.kind == '{') {
				scan_key(&scanner, &raw);
				match_key(search, &raw);
			}
		}
		skip_statement(&scanner);
	}
}

/* YAML as in knot.conf */

/* Cuts a comment off: "#" at the start or after a blank, not in quotes. */
static struct span
without_comment(struct span line)
{
	bool quoted = false;

	for (size_t i = 0; i < line.len; i++) {
		char before = i > 0 ? line.ptr[i - 1] : ' ';
		if (line.ptr[i] == '"')
			quoted = !quoted;
		if (line.ptr[i] == '#' && !quoted &&
		    (before == ' ' || before == '\t'))
			return (struct span){line.ptr, i};
	}
	return line;
}

static struct span
unquote(struct span value)
{
	if (value.len >= 2 && value.ptr[0] == '"' &&
	    value.ptr[value.len - 1] == '"')
		return (struct span){value.ptr + 1, value.len - 2};
	return value;
}

/* Takes a line "id: VALUE", "algorithm: VALUE" or "secret: VALUE". */
static void
read_pair(struct raw *raw, struct span pair, unsigned line)
{
	struct span value = pair;
	struct span word;

	span_next(&value, ':', &word);
	if (value.ptr == NULL)
		return;
	word = span_trim(word);
	value = unquote(span_trim(value));
	if (span_is(word, "id")) {
		raw->name = value;
	} else if (span_is(word, "algorithm")) {
		raw->algorithm = value;
		raw->algorithm_line = line;
	} else if (span_is(word, "secret")) {
		raw->secret = value;
		raw->secret_line = line;
	}
}

static void
search_yaml(struct search *search, struct span text)
{
	struct raw raw = {0};
	bool in_section = false;
	struct span line;

	for (unsigned number = 1; span_next(&text, '\n', &line); number++) {
		struct span rest = span_trim(without_comment(line));
		bool is_item = span_starts(rest, span_of("-"));
		if (rest.len == 0)
			continue;
		if (rest.ptr == line.ptr && !is_item) {
			in_section = span_is(rest, "key:");
			continue;
		}
		if (!in_section)
			continue;
		if (is_item) {
			match_key(search, &raw);
			raw = (struct raw){.line = number};
			rest.ptr++;
			rest.len--;
		}
		read_pair(&raw, rest, number);
	}
	match_key(search, &raw);
}

enum err
keyfile_find(struct span text, struct span name, struct keyfile_key *ret,
    struct keyfile_problem *ret_problem)
{
	struct search search = {.name = name, .ret = ret, .err = ERR_ABSENT};

	text = span_without_mark(text);
	search_statements(&search, text);
	search_yaml(&search, text);
	search_lines(&search, text);
	if (!search.found)
		search.problem.why =
		    search.any ? "has no key of this name" : "has no key";
	if (search.err != ERR_OK)
		*ret_problem = search.problem;
	return search.err;
}
