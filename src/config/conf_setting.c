#include "ddnsgate/config/conf_setting.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "ddnsgate/base/log.h"
#include "ddnsgate/base/text.h"
#include "ddnsgate/config/site.h"
#include "ddnsgate/syntax/conf_value.h"

/* A known name that differs by no more is suggested for an unknown one. */
#define NEAR_CHANGES 2
#define NAME_LEN_MAX 32
#define ALLOWED_SIZE 512

enum kind { TEXT, NUMBER, BOOL, WORD, LIST };

struct setting {
	enum conf_where where;
	const char *name;
	size_t offset; /* in the draft */
	enum kind kind;
	bool required;
	bool texts, groups; /* may be in the list */
	bool hidden;        /* never shown */
	int min, max;       /* the number, or of how many elements; 0: any */
	const char *const *words; /* ends in NULL; the draft has the index */
	bool (*check)(struct span text);
	const char *allowed; /* what passes the check, in words */
};

static const char *const unchanged_words[] = {"nochg", "good", NULL};
static const char *const transport_words[] = {"udp", "tcp", NULL};
static const char *const addresses_words[] = {"any", "source", NULL};
static const char *const log_words[] = {
    [LOG_TARGET_STDERR] = "stderr", [LOG_TARGET_SYSLOG] = "syslog", NULL};
static const char *const log_level_words[] = {[LOG_LEVEL_ERROR] = "error",
    [LOG_LEVEL_WARNING] = "warning",
    [LOG_LEVEL_INFO] = "info",
    [LOG_LEVEL_DEBUG] = "debug",
    NULL};

// clang-format off
#define TTL .min = SITE_TTL_MIN, .max = SITE_TTL_MAX
#define BURST .min = 0, .max = CONF_BURST_MAX
#define INTERVAL .min = 1, .max = CONF_INTERVAL_MAX_S
#define DNAME .check = conf_value_is_dname, .allowed = "a domain name"
#define HOSTNAME .check = conf_value_is_hostname, \
	.allowed = CONF_HOSTNAME_ALLOWED
#define CLIENT_NAME .check = conf_value_is_client_name, \
	.allowed = CONF_CLIENT_NAME_ALLOWED
#define NETS .texts = true, .max = CONF_ELEMENTS_MAX, \
	.check = conf_value_is_net, \
	.allowed = "ADDRESS or ADDRESS/LEN with no bits set after LEN"
#define SERVERS .texts = true, .min = 1, .max = SITE_SERVERS_MAX, \
	.check = conf_value_is_server, .allowed = "ADDRESS or ADDRESS@PORT"
#define FAMILIES .texts = true, .min = 1, .max = IPADDR_FAMILIES, \
	.check = conf_value_is_family, .allowed = "\"A\" or \"AAAA\""
#define CLIENT_SECRET .hidden = true, \
	.allowed = "sha256:HEX, a crypt(3) hash or the secret"

#define SETTINGS(ROW) \
	ROW(TOP, zones,         LIST,   .required = true, .min = 1, .groups = true) \
	ROW(TOP, keys,          LIST,   .groups = true) \
	ROW(TOP, clients,       LIST,   .groups = true) \
	ROW(TOP, clients_file,  TEXT,   .allowed = "the name of a file") \
	ROW(TOP, clients_dir,   TEXT,   .allowed = "the name of a folder") \
	ROW(TOP, listen,        TEXT,   .check = conf_value_is_listen, \
		.allowed = "unix:/PATH, ADDRESS:PORT or [ADDRESS]:PORT") \
	ROW(TOP, threads,       NUMBER, .min = 1, .max = CONF_THREADS_MAX) \
	ROW(TOP, base_path,     TEXT,   .check = conf_value_is_base_path, \
		.allowed = "nothing or /PATH without a final slash") \
	ROW(TOP, trusted_proxies, LIST, NETS) \
	ROW(TOP, proxy_header,  TEXT,   .check = conf_value_is_header, \
		.allowed = "up to 64 letters, digits and -") \
	ROW(TOP, timeout_ms,    NUMBER, \
		.min = CONF_TIMEOUT_MIN_MS, .max = CONF_TIMEOUT_MAX_MS) \
	ROW(TOP, unchanged,     WORD,   .words = unchanged_words) \
	ROW(TOP, state_dir,     TEXT,   .allowed = "the name of a folder") \
	ROW(TOP, change_burst,  NUMBER, BURST) \
	ROW(TOP, change_interval, NUMBER, INTERVAL) \
	ROW(TOP, failure_burst, NUMBER, BURST) \
	ROW(TOP, failure_interval, NUMBER, INTERVAL) \
	ROW(TOP, log,           WORD,   .words = log_words) \
	ROW(TOP, log_level,     WORD,   .words = log_level_words) \
	ROW(TOP, sandbox,       BOOL,   .required = false) \
	\
	ROW(ZONE, name,         TEXT,   .required = true, DNAME) \
	ROW(ZONE, servers,      LIST,   .required = true, SERVERS) \
	ROW(ZONE, key,          TEXT,   DNAME) \
	ROW(ZONE, ttl,          NUMBER, TTL) \
	ROW(ZONE, transport,    WORD,   .words = transport_words) \
	\
	ROW(KEY, name,          TEXT,   .required = true, DNAME) \
	ROW(KEY, file,          TEXT,   .allowed = "the name of a file") \
	ROW(KEY, algorithm,     TEXT,   .check = conf_value_is_algorithm, \
		.allowed = "hmac-sha256, hmac-sha512, hmac-sha384, " \
			   "hmac-sha224, hmac-sha1 or hmac-md5") \
	ROW(KEY, secret,        TEXT,   .hidden = true, .allowed = "base64") \
	\
	ROW(CLIENT, name,       TEXT,   .required = true, CLIENT_NAME) \
	ROW(CLIENT, hosts,      LIST,   .required = true, .min = 1, \
		.texts = true, .groups = true, HOSTNAME) \
	ROW(CLIENT, secret,     TEXT,   CLIENT_SECRET) \
	ROW(CLIENT, secrets,    LIST,   .texts = true, .min = 1, \
		.max = CONF_ELEMENTS_MAX, CLIENT_SECRET) \
	ROW(CLIENT, from,       LIST,   .min = 1, NETS) \
	ROW(CLIENT, addresses,  WORD,   .words = addresses_words) \
	ROW(CLIENT, allow_private, BOOL,   .required = false) \
	ROW(CLIENT, allow_offline, BOOL,   .required = false) \
	ROW(CLIENT, families,   LIST,   FAMILIES) \
	ROW(CLIENT, ttl,        NUMBER, TTL) \
	ROW(CLIENT, unchanged,  WORD,   .words = unchanged_words) \
	ROW(CLIENT, change_burst, NUMBER, BURST) \
	ROW(CLIENT, change_interval, NUMBER, INTERVAL) \
	\
	ROW(HOST, name,         TEXT,   .required = true, HOSTNAME) \
	ROW(HOST, ttl,          NUMBER, TTL) \
	ROW(HOST, families,     LIST,   FAMILIES) \
	ROW(HOST, interface_id, TEXT,   .check = conf_value_is_interface_id, \
		.allowed = "an IPv6 address that starts with 64 zero bits, " \
			   "such as ::211:22ff:fe33:4455")

/* Not told to others: its name and meaning are those at the top. */
#define FOLDER_SETTINGS(ROW) \
	ROW(FOLDER, clients,    LIST,   .required = true, .groups = true)

#define DRAFT_TOP    struct conf_top
#define DRAFT_ZONE   struct conf_zone
#define DRAFT_KEY    struct conf_key
#define DRAFT_CLIENT struct conf_client
#define DRAFT_HOST   struct conf_host
#define DRAFT_FOLDER struct conf_folder

#define SETTING(in, setting, of_kind, ...) { \
	.where = CONF_IN_##in, .name = #setting, \
	.offset = offsetof(DRAFT_##in, setting), .kind = of_kind, __VA_ARGS__ },
static const struct setting settings[] = {
	SETTINGS(SETTING)
	FOLDER_SETTINGS(SETTING)
};

#define INFO_TOP    ""
#define INFO_ZONE   "zone"
#define INFO_KEY    "key"
#define INFO_CLIENT "client"
#define INFO_HOST   "host"
#define INFO(in, setting, ...) { INFO_##in, #setting },
static const struct conf_setting_info infos[] = { SETTINGS(INFO) };

static const char *const where_texts[] = {
	[CONF_IN_TOP]    = "at the top",
	[CONF_IN_ZONE]   = "in a zone",
	[CONF_IN_KEY]    = "in a key",
	[CONF_IN_CLIENT] = "in a client",
	[CONF_IN_HOST]   = "in a host",
	[CONF_IN_FOLDER] = "in a file of clients_dir",
};
// clang-format on

#define SETTINGS_COUNT (sizeof(settings) / sizeof(settings[0]))

const struct conf_setting_info *
conf_settings(size_t *ret_count)
{
	*ret_count = sizeof(infos) / sizeof(infos[0]);
	return infos;
}

/* One value that is being read. */
struct reading {
	const struct setting *setting;
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
describe_list(const struct setting *setting, struct text *out)
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

/* Says what a setting may be. */
static void
describe(const struct setting *setting, struct text *out)
{
	switch (setting->kind) {
	case TEXT:
		text_printf(out, "a text: %s", setting->allowed);
		break;
	case NUMBER:
		text_printf(out, "a whole number from %d to %d", setting->min,
		    setting->max);
		break;
	case BOOL:
		text_puts(out, "true or false");
		break;
	case WORD:
		describe_words(setting->words, out);
		break;
	case LIST:
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

static bool
check_text(const struct reading *reading)
{
	const struct setting *setting = reading->setting;
	const struct conf_node *node = reading->node;
	bool is_clean = !conf_value_has_control(node->text);

	if (is_clean && (setting->check == NULL || setting->check(node->text)))
		return true;
	diagnostic_add(reading->diagnostics, DIAGNOSTIC_ERROR, node->location,
	    "%s%s%s, allowed is %s",
	    setting->hidden ? "" : diagnostic_quote(node->text).text,
	    setting->hidden ? "" : " ",
	    is_clean ? "is malformed" : "has a control character",
	    setting->allowed);
	return false;
}

/* In a list with groups a bad element is left out, not the whole list bad. */
static bool
check_element(const struct reading *reading, const struct conf_node *node)
{
	const struct setting *setting = reading->setting;
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
	const struct setting *setting = reading->setting;
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
	bool is_list = reading->setting->kind == LIST;
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
	const struct setting *setting = reading->setting;
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
	case TEXT:
	case LIST:
		read_node(reading, field);
		break;
	case NUMBER:
		read_number(reading, field);
		break;
	case BOOL:
		read_bool(reading, field);
		break;
	case WORD:
		read_word(reading, field);
		break;
	}
}

/* How many characters have to be changed, added or left out. */
static size_t
distance(const char *a, const char *b)
{
	size_t row[NAME_LEN_MAX + 1];
	size_t len = strlen(b);

	if (len > NAME_LEN_MAX)
		return len;
	for (size_t i = 0; i <= len; i++)
		row[i] = i;
	for (size_t i = 0; a[i] != '\0'; i++) {
		size_t corner = row[0];
		row[0] = i + 1;
		for (size_t j = 0; j < len; j++) {
			size_t changed = corner + (a[i] != b[j]);
			size_t moved =
			    1 + (row[j] < row[j + 1] ? row[j] : row[j + 1]);
			corner = row[j + 1];
			row[j + 1] = changed < moved ? changed : moved;
		}
	}
	return row[len];
}

static void
report_unknown(enum conf_where where, const struct conf_node *node,
    struct diagnostic_list *diagnostics)
{
	char buf[ALLOWED_SIZE];
	struct text advice;

	TEXT_INIT(&advice, buf);
	text_puts(&advice, "allowed are");
	for (size_t i = 0; i < SETTINGS_COUNT; i++) {
		const char *name = settings[i].name;
		if (settings[i].where != where)
			continue;
		if (distance(node->location.setting, name) <= NEAR_CHANGES) {
			TEXT_INIT(&advice, buf);
			text_printf(&advice, "perhaps %s is meant", name);
			break;
		}
		text_printf(&advice, " %s", name);
	}
	diagnostic_add(diagnostics, DIAGNOSTIC_ERROR, node->location,
	    "is unknown %s, %s", where_texts[where], buf);
}

static const struct setting *
find_setting(enum conf_where where, const char *name)
{
	for (size_t i = 0; i < SETTINGS_COUNT; i++) {
		if (settings[i].where == where &&
		    strcmp(settings[i].name, name) == 0)
			return &settings[i];
	}
	return NULL;
}

static void
check_required(enum conf_where where, const struct conf_node *group,
    struct diagnostic_list *diagnostics, const void *raw)
{
	for (size_t i = 0; i < SETTINGS_COUNT; i++) {
		const struct setting *setting = &settings[i];
		const void *field = (const char *)raw + setting->offset;
		const struct conf_node *node = field;
		if (setting->where != where || !setting->required ||
		    node->kind != CONF_ABSENT)
			continue;
		struct conf_node missing = {.location = group->location};
		missing.location.setting = setting->name;
		struct reading reading = {setting, &missing, diagnostics};
		report(&reading, "is missing");
	}
}

void
conf_setting_read(enum conf_where where, const struct conf_node *group,
    struct diagnostic_list *diagnostics, void *raw)
{
	size_t count = conf_tree_count(group);

	for (size_t i = 0; i < count; i++) {
		struct conf_node child = conf_tree_child(group, i);
		struct reading reading = {
		    find_setting(where, child.location.setting), &child,
		    diagnostics};
		if (reading.setting == NULL)
			report_unknown(where, &child, diagnostics);
		else
			read_value(&reading, raw);
	}
	check_required(where, group, diagnostics, raw);
}
