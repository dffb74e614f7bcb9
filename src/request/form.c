#include "ddnsgate/request/form.h"

#include <string.h>

static const char *const yes_words[] = {"yes", "1", "true", "on"};

/* In place, since decoded text is never longer. */
static struct span
decode(char *start, size_t len)
{
	len = text_percent_decode((struct span){start, len}, true, start);
	return span_trim((struct span){start, len});
}

static struct form_parameter
decode_parameter(char *start, size_t len)
{
	char *end = start + len;
	char *equals = memchr(start, '=', len);
	char *value = equals != NULL ? equals + 1 : end;

	if (equals == NULL)
		equals = end;
	return (struct form_parameter){
	    .name = decode(start, (size_t)(equals - start)),
	    .value = decode(value, (size_t)(end - value)),
	};
}

enum err
form_add(struct form *form, char *text, size_t len)
{
	struct span rest = {text, len};
	struct span part;

	while (span_next(&rest, '&', &part)) {
		if (part.len == 0)
			continue;
		if (form->count == FORM_PARAMETERS_MAX)
			return ERR_TOO_LARGE;
		form->items[form->count++] =
		    decode_parameter(text + (part.ptr - text), part.len);
	}
	return ERR_OK;
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
