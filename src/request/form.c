#include "ddnsgate/request/form.h"

#include <string.h>

#include "ddnsgate/base/json.h"

enum media { MEDIA_FORM, MEDIA_JSON, MEDIA_OTHER };

static const char *const yes_words[] = {"yes", "1", "true", "on"};

/* In place, since decoded text is never longer. */
static struct span
decode(char *start, size_t len)
{
	len = text_percent_decode((struct span){start, len}, true, start);
	return (struct span){start, len};
}

/* A URL may have been escaped for HTML more than once. */
static struct span
without_amp(struct span name)
{
	struct span amp = span_of("amp;");

	while (name.len >= amp.len &&
	       span_equal_nocase((struct span){name.ptr, amp.len}, amp))
		name = (struct span){name.ptr + amp.len, name.len - amp.len};
	return name;
}

enum err
form_add_parameter(struct form *form, struct span name, struct span value)
{
	if (form->count == FORM_PARAMETERS_MAX)
		return ERR_TOO_LARGE;
	form->items[form->count++] = (struct form_parameter){
	    .name = without_amp(span_trim(name)),
	    .value = span_trim(value),
	};
	return ERR_OK;
}

/* Adds "NAME=VALUE" or "NAME". */
static enum err
add_encoded(struct form *form, char *start, size_t len)
{
	char *end = start + len;
	char *equals = memchr(start, '=', len);
	char *value = equals != NULL ? equals + 1 : end;

	if (equals == NULL)
		equals = end;
	return form_add_parameter(form, decode(start, (size_t)(equals - start)),
	    decode(value, (size_t)(end - value)));
}

enum err
form_add(struct form *form, char *text, size_t len)
{
	struct span rest = {text, len};
	struct span part;
	enum err err = ERR_OK;

	while (err == ERR_OK && span_next(&rest, '&', &part)) {
		if (part.len > 0)
			err = add_encoded(
			    form, text + (part.ptr - text), part.len);
	}
	return err;
}

/* By the type alone.  Clients that give none send forms. */
static enum media
media_of(const struct request_source *source)
{
	struct span rest = request_source_variable(source, "CONTENT_TYPE");
	struct span type = {NULL, 0};

	span_next(&rest, ';', &type);
	type = span_trim(type);
	if (type.len == 0 || span_equal_nocase(type,
				 span_of("application/x-www-form-urlencoded")))
		return MEDIA_FORM;
	return span_equal_nocase(type, span_of("application/json"))
		   ? MEDIA_JSON
		   : MEDIA_OTHER;
}

static bool
is_encoded(const struct request_source *source)
{
	struct span coding =
	    span_trim(request_source_variable(source, "HTTP_CONTENT_ENCODING"));

	return coding.len > 0 &&
	       !span_equal_nocase(coding, span_of("identity"));
}

/* Writes a word over a longer one. */
static struct span
put_word(char *at, struct span word)
{
	memcpy(at, word.ptr, word.len);
	return (struct span){at, word.len};
}

static struct span
value_of(const struct json_member *member, char *body)
{
	char *at = body + (member->value.ptr - body);

	if (member->kind == JSON_TRUE)
		return put_word(at, span_of("yes"));
	if (member->kind == JSON_FALSE)
		return put_word(at, span_of("no"));
	return member->value;
}

static enum err
add_json(struct form *form, char *body, size_t len)
{
	struct json_object object;

	if (json_read_object(body, len, &object) != ERR_OK)
		return ERR_SYNTAX;
	for (size_t i = 0; i < object.count; i++) {
		const struct json_member *member = &object.members[i];
		if (member->kind == JSON_NULL)
			continue;
		enum err err = form_add_parameter(
		    form, member->name, value_of(member, body));
		if (err != ERR_OK)
			return err;
	}
	return ERR_OK;
}

enum err
form_check_media(const struct request_source *source)
{
	return media_of(source) == MEDIA_OTHER || is_encoded(source) ? ERR_MEDIA
								     : ERR_OK;
}

enum err
form_add_body(struct form *form, const struct request_source *source,
    char *body, size_t len)
{
	if (form_check_media(source) != ERR_OK)
		return ERR_MEDIA;
	if (media_of(source) == MEDIA_JSON ||
	    json_begins_object((struct span){body, len})) {
		form->json = true;
		return add_json(form, body, len);
	}
	return form_add(form, body, len);
}

bool
form_find(const struct form *form, const char *name, struct span *ret_value)
{
	for (size_t i = form->count; i > 0; i--) {
		const struct form_parameter *parameter = &form->items[i - 1];
		if (span_equal_nocase(parameter->name, span_of(name))) {
			*ret_value = parameter->value;
			return true;
		}
	}
	return false;
}

bool
form_next(const struct form *form, const char *name, size_t *index,
    struct span *ret_value)
{
	for (; *index < form->count; ++*index) {
		const struct form_parameter *parameter = &form->items[*index];
		if (span_equal_nocase(parameter->name, span_of(name))) {
			*ret_value = parameter->value;
			++*index;
			return true;
		}
	}
	return false;
}

bool
form_says_yes(const struct form *form, const char *name)
{
	struct span value;

	if (name == NULL || !form_find(form, name, &value))
		return false;
	for (size_t i = 0; i < sizeof(yes_words) / sizeof(yes_words[0]); i++) {
		if (span_equal_nocase(value, span_of(yes_words[i])))
			return true;
	}
	return false;
}

bool
form_find_any(
    const struct form *form, const char *const *names, struct span *ret)
{
	for (size_t i = 0; names != NULL && names[i] != NULL; i++) {
		if (form_find(form, names[i], ret))
			return true;
	}
	return false;
}
