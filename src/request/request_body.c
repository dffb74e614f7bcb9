#include "ddnsgate/request/request_body.h"

#include <string.h>

#include "ddnsgate/base/json.h"

enum media { MEDIA_FORM, MEDIA_JSON, MEDIA_OTHER };

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
request_body_check_media(const struct request_source *source)
{
	return media_of(source) == MEDIA_OTHER || is_encoded(source) ? ERR_MEDIA
								     : ERR_OK;
}

enum err
request_body_read(const struct request_source *source, char *body, size_t len,
    struct form *form)
{
	if (request_body_check_media(source) != ERR_OK)
		return ERR_MEDIA;
	if (media_of(source) == MEDIA_JSON ||
	    json_begins_object((struct span){body, len})) {
		form->json = true;
		return add_json(form, body, len);
	}
	return form_add(form, body, len);
}
