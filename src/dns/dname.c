#include "ddnsgate/dns/dname.h"

static bool
is_letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

static enum err
check_label(struct span label)
{
	if (label.len == 0)
		return ERR_SYNTAX;
	for (size_t i = 0; i < label.len; i++) {
		char c = label.ptr[i];
		if (!is_letter_or_digit(c) && c != '-' && c != '_')
			return ERR_SYNTAX;
	}
	if (label.ptr[0] == '-' || label.ptr[label.len - 1] == '-')
		return ERR_SYNTAX;
	return label.len <= DNAME_LABEL_MAX ? ERR_OK : ERR_RANGE;
}

static enum err
check_labels(struct span name, bool wildcard)
{
	struct span rest = name;
	struct span label;

	while (span_next(&rest, '.', &label)) {
		bool first = label.ptr == name.ptr;
		if (first && wildcard && span_is(label, "*"))
			continue;
		enum err err = check_label(label);
		if (err != ERR_OK)
			return err;
	}
	return ERR_OK;
}

enum err
dname_canonical(struct span text, bool wildcard, char *buf)
{
	if (text.len > 0 && text.ptr[text.len - 1] == '.')
		text.len--;
	if (text.len == 0)
		return ERR_SYNTAX;
	if (text.len > DNAME_MAX)
		return ERR_RANGE;
	enum err err = check_labels(text, wildcard);
	if (err != ERR_OK)
		return err;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		buf[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	buf[text.len] = '\0';
	return ERR_OK;
}

uint32_t
dname_hash(const char *name)
{
	uint32_t value = 2166136261;

	for (; *name != '\0'; name++)
		value = (value ^ (uint8_t)*name) * 16777619;
	return value ^ value >> 16;
}
