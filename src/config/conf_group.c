#include "ddnsgate/config/conf_group.h"

#include <stdio.h>

#include "ddnsgate/base/text.h"
#include "ddnsgate/syntax/conf_value.h"
#include "ddnsgate/syntax/near_name.h"

#define ALLOWED_SIZE 512

#define TEXT_OF_EXPANDED(number) #number
#define TEXT_OF(number) TEXT_OF_EXPANDED(number)

// clang-format off
static const char *const where_texts[] = {
	[CONF_IN_TOP]      = "at the top",
	[CONF_IN_ZONE]     = "in a zone",
	[CONF_IN_KEY]      = "in a key",
	[CONF_IN_CLIENT]   = "in a client",
	[CONF_IN_HOST]     = "in a host",
	[CONF_IN_DIR_FILE] = "in a file of clients_dir",
};
// clang-format on

/* One value that is being read. */
struct reading {
	const struct conf_setting *setting;
	const struct conf_node *node;
	struct diagnostic_list *diagnostics;
};

static void
describe_words(const char *const *words, struct text *out)
{
	for (int i = 0; words[i] != NULL; i++) {
		if (i > 0)
			text_puts(out, words[i + 1] != NULL ? ", " : " or ");
		text_printf(out, "\"%s\"", words[i]);
	}
}

static void
describe_list(const struct conf_setting *setting, struct text *out)
{
	text_puts(out, "a list of ");
	if (setting->max > 0 && setting->min > 0)
		text_printf(out, "%d to %d ", setting->min, setting->max);
	else if (setting->max > 0)
		text_printf(out, "up to %d ", setting->max);
	else if (setting->min > 0)
		text_printf(out, "%d or more ", setting->min);
	text_puts(out, setting->texts ? "texts" : "");
	text_puts(out, setting->texts && setting->groups ? " or " : "");
	text_puts(out, setting->groups ? "groups" : "");
	if (setting->allowed != NULL)
		text_printf(out, ": %s", setting->allowed);
}

/* Writes what is allowed for a setting. */
static void
describe(const struct conf_setting *setting, struct text *out)
{
	switch (setting->kind) {
	case CONF_SETTING_TEXT:
		text_printf(out, "a text: %s", setting->allowed);
		break;
	case CONF_SETTING_NUMBER:
		text_printf(out, "a whole number from %d to %d", setting->min,
		    setting->max);
		break;
	case CONF_SETTING_BOOL:
		text_puts(out, "true or false");
		break;
	case CONF_SETTING_WORD:
		describe_words(setting->words, out);
		break;
	case CONF_SETTING_LIST:
		describe_list(setting, out);
		break;
	}
}

static void
report(const struct reading *reading, const char *what)
{
	char buf[ALLOWED_SIZE];
	struct text allowed;

	TEXT_INIT(&allowed, buf);
	describe(reading->setting, &allowed);
	diagnostic_add(reading->diagnostics, DIAGNOSTIC_ERROR,
	    reading->node->location, "%s, allowed is %s", what, buf);
}

/* "is a text, allowed is ..." */
static void
report_kind(const struct reading *reading, const char *verb)
{
	char buf[ALLOWED_SIZE];
	struct text what;

	TEXT_INIT(&what, buf);
	text_printf(&what, "%s %s", verb, conf_kind_text(reading->node->kind));
	report(reading, buf);
}

static void
report_value(const struct reading *reading, struct span value, const char *what)
{
	char buf[sizeof(struct diagnostic_value) + ALLOWED_SIZE];
	struct text text;

	TEXT_INIT(&text, buf);
	text_put_quoted(&text, value);
	text_printf(&text, " %s", what);
	report(reading, buf);
}

/* What is wrong with a text, or NULL. */
static const char *
find_fault(const struct conf_setting *setting, struct span text)
{
	if (text.len > CONF_TEXT_MAX)
		return "is longer than " TEXT_OF(CONF_TEXT_MAX) " bytes";
	if (conf_value_has_control(text))
		return "has a control character";
	if (setting->check != NULL && !setting->check(text))
		return "is malformed";
	return NULL;
}

static bool
check_text(const struct reading *reading)
{
	const struct conf_setting *setting = reading->setting;
	const struct conf_node *node = reading->node;
	const char *fault = find_fault(setting, node->text);

	if (fault == NULL)
		return true;
	diagnostic_add(reading->diagnostics, DIAGNOSTIC_ERROR, node->location,
	    "%s%s%s, allowed is %s",
	    setting->hidden ? "" : diagnostic_quote(node->text).text,
	    setting->hidden ? "" : " ", fault, setting->allowed);
	return false;
}

/* A bad element makes the list bad, unless it may hold groups: then the
 * element alone is left out. */
static bool
check_element(const struct reading *reading, const struct conf_node *node)
{
	const struct conf_setting *setting = reading->setting;
	struct reading inner = {setting, node, reading->diagnostics};

	if (node->kind == CONF_TEXT && setting->texts)
		return setting->groups || check_text(&inner);
	if (node->kind != CONF_GROUP || !setting->groups)
		report_kind(&inner, "holds");
	return setting->groups;
}

static bool
check_list(const struct reading *reading)
{
	const struct conf_setting *setting = reading->setting;
	size_t count = conf_tree_count(reading->node);
	bool is_right = true;
	char what[ALLOWED_SIZE];

	if (count < (size_t)setting->min ||
	    (setting->max > 0 && count > (size_t)setting->max)) {
		snprintf(what, sizeof(what), "has %zu elements", count);
		report(reading, what);
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		struct conf_node child = conf_tree_child(reading->node, i);
		is_right &= check_element(reading, &child);
	}
	return is_right;
}

static void
read_node(const struct reading *reading, struct conf_node *raw)
{
	bool is_list = reading->setting->kind == CONF_SETTING_LIST;
	bool is_right = false;

	*raw = *reading->node;
	if (raw->kind != (is_list ? CONF_LIST : CONF_TEXT))
		report_kind(reading, "is");
	else if (is_list)
		is_right = check_list(reading);
	else
		is_right = check_text(reading);
	if (!is_right)
		raw->kind = CONF_BAD;
}

static void
read_number(const struct reading *reading, int *raw)
{
	const struct conf_setting *setting = reading->setting;
	const struct conf_node *node = reading->node;
	char literal[16];

	if (node->large.ptr != NULL) {
		report_value(reading, node->large, "is out of range");
	} else if (node->kind != CONF_NUMBER) {
		report_kind(reading, "is");
	} else if (node->number < setting->min || node->number > setting->max) {
		snprintf(literal, sizeof(literal), "%d", node->number);
		report_value(reading, span_of(literal), "is out of range");
	} else {
		*raw = node->number;
	}
}

static void
read_bool(const struct reading *reading, int *raw)
{
	if (reading->node->kind == CONF_BOOL)
		*raw = reading->node->number;
	else
		report_kind(reading, "is");
}

static void
read_word(const struct reading *reading, int *raw)
{
	const char *const *words = reading->setting->words;

	if (reading->node->kind != CONF_TEXT) {
		report_kind(reading, "is");
		return;
	}
	for (int i = 0; words[i] != NULL; i++) {
		if (span_is(reading->node->text, words[i])) {
			*raw = i;
			return;
		}
	}
	report_value(reading, reading->node->text, "is unknown");
}

static void
read_value(const struct reading *reading, void *raw)
{
	void *field = (char *)raw + reading->setting->offset;

	switch (reading->setting->kind) {
	case CONF_SETTING_TEXT:
	case CONF_SETTING_LIST:
		read_node(reading, field);
		break;
	case CONF_SETTING_NUMBER:
		read_number(reading, field);
		break;
	case CONF_SETTING_BOOL:
		read_bool(reading, field);
		break;
	case CONF_SETTING_WORD:
		read_word(reading, field);
		break;
	}
}

static void
report_unknown(enum conf_where where, const struct conf_node *node,
    struct diagnostic_list *diagnostics)
{
	const struct conf_setting *known = NULL;
	char buf[ALLOWED_SIZE];
	struct text advice;

	TEXT_INIT(&advice, buf);
	text_puts(&advice, "allowed are");
	while (diagnostic_has_room(diagnostics, DIAGNOSTIC_ERROR) &&
	       (known = conf_setting_next(where, known)) != NULL) {
		if (near_name(node->location.setting, known->name)) {
			TEXT_INIT(&advice, buf);
			text_printf(
			    &advice, "perhaps %s is meant", known->name);
			break;
		}
		text_printf(&advice, " %s", known->name);
	}
	diagnostic_add(diagnostics, DIAGNOSTIC_ERROR, node->location,
	    "is unknown %s, %s", where_texts[where], buf);
}

static void
check_required(enum conf_where where, const struct conf_node *group,
    struct diagnostic_list *diagnostics, const void *raw)
{
	const struct conf_setting *setting = NULL;

	while ((setting = conf_setting_next(where, setting)) != NULL) {
		const void *field = (const char *)raw + setting->offset;
		const struct conf_node *node = field;
		if (!setting->required || node->kind != CONF_ABSENT)
			continue;
		struct conf_node missing = {.location = group->location};
		missing.location.setting = setting->name;
		struct reading reading = {setting, &missing, diagnostics};
		report(&reading, "is missing");
	}
}

void
conf_group_read(enum conf_where where, const struct conf_node *group,
    struct diagnostic_list *diagnostics, void *raw)
{
	size_t count = conf_tree_count(group);

	for (size_t i = 0; i < count; i++) {
		struct conf_node child = conf_tree_child(group, i);
		struct reading reading = {
		    conf_setting_find(where, child.location.setting), &child,
		    diagnostics};
		if (reading.setting == NULL)
			report_unknown(where, &child, diagnostics);
		else
			read_value(&reading, raw);
	}
	check_required(where, group, diagnostics, raw);
}
