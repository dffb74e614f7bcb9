#include "ddnsgate/config/conf_group.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "ddnsgate/base/text.h"
#include "ddnsgate/syntax/conf_value.h"
#include "ddnsgate/syntax/near_name.h"

#define ALLOWED_SIZE 512

/* No name of a setting is as long. */
#define LINE_NAME_SIZE 64

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

/* Is it given by another field of the line than that with the settings? */
static bool
is_field(const char *name)
{
	return strcmp(name, "name") == 0 || strcmp(name, "secret") == 0 ||
	       strcmp(name, "hosts") == 0;
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
		if (node->tree == NULL && is_field(known->name))
			continue;
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

bool
conf_line_next(struct span *rest, struct conf_line_setting *ret)
{
	struct conf_line_setting setting = {.host = {"", 0}};
	struct span key;

	if (rest->len == 0 || !span_next(rest, ',', &setting.value))
		return false;
	span_next(&setting.value, '=', &key);
	setting.name = key;
	const char *slash = memchr(key.ptr, '/', key.len);
	if (slash != NULL && slash > key.ptr) {
		span_next(&key, '/', &setting.host);
		setting.name = key;
	}
	*ret = setting;
	return true;
}

/* The value as the kind of node that the setting wants, if it is one. */
static struct conf_node
node_of_value(const struct conf_setting *setting, struct span value)
{
	struct conf_node node = {.kind = CONF_TEXT, .text = value};
	uint64_t number;

	if (value.ptr == NULL || setting == NULL) {
		node.kind = CONF_ABSENT;
	} else if (setting->kind == CONF_SETTING_LIST) {
		node.kind = CONF_LIST;
	} else if (setting->kind == CONF_SETTING_BOOL) {
		node.number = span_is(value, "true");
		if (node.number || span_is(value, "false"))
			node.kind = CONF_BOOL;
	} else if (setting->kind == CONF_SETTING_NUMBER) {
		enum err err = span_number(value, INT_MAX, &number);
		if (err == ERR_OK) {
			node.kind = CONF_NUMBER;
			node.number = (int)number;
		} else if (err == ERR_RANGE) {
			node.kind = CONF_LONG;
			node.large = value;
		}
	}
	return node;
}

/* Reads one of a line's settings; given has a bit for each one before it. */
static void
read_line_setting(enum conf_where where, const struct conf_line *line,
    const struct conf_line_setting *one, struct diagnostic_list *diagnostics,
    unsigned *given, void *raw)
{
	const struct conf_setting *setting = NULL;
	char name[LINE_NAME_SIZE];

	snprintf(name, sizeof(name), "%.*s",
	    (int)(one->name.len < sizeof(name) ? one->name.len : sizeof(name)),
	    one->name.ptr);
	if (strlen(name) == one->name.len)
		setting = conf_setting_find(where, name);
	for (char *c = name; *c != '\0'; c++) /* for the diagnostic */
		*c = *c > ' ' && *c <= '~' ? *c : '?';
	struct conf_node node = node_of_value(setting, one->value);
	node.location = line->location;
	node.location.setting = name;
	node.exposed = line->exposed;
	struct reading reading = {setting, &node, diagnostics};
	if (setting == NULL || is_field(name)) {
		report_unknown(where, &node, diagnostics);
		return;
	}
	unsigned bit = 1u << (setting - conf_setting_next(where, NULL));
	if (*given & bit)
		diagnostic_add(diagnostics, DIAGNOSTIC_ERROR, node.location,
		    "is given twice, allowed is once");
	*given |= bit;
	node.location.setting = setting->name;
	read_value(&reading, raw);
}

void
conf_group_read_line(enum conf_where where, const struct conf_line *line,
    struct span host, struct diagnostic_list *diagnostics, void *raw)
{
	struct span rest = line->settings;
	struct conf_line_setting one;
	unsigned given = 0;

	while (conf_line_next(&rest, &one)) {
		if (span_equal_nocase(one.host, host))
			read_line_setting(
			    where, line, &one, diagnostics, &given, raw);
	}
}
