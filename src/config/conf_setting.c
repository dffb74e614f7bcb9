#include "ddnsgate/config/conf_setting.h"

#include <string.h>

#include "ddnsgate/base/log.h"
#include "ddnsgate/site/site.h"
#include "ddnsgate/syntax/conf_value.h"

static const char *const unchanged_words[] = {"nochg", "good", NULL};
static const char *const browser_words[] = {"page", "update", NULL};
static const char *const transport_words[] = {"udp", "tcp", NULL};
static const char *const addresses_words[] = {"any", "source", NULL};
static const char *const log_words[] = {[LOG_TARGET_STDERR] = "stderr",
    [LOG_TARGET_SYSLOG] = "syslog",
    [LOG_TARGET_JOURNAL] = "journal",
    NULL};
static const char *const log_format_words[] = {
    [LOG_FORMAT_TEXT] = "text", [LOG_FORMAT_JSON] = "json", NULL};
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
#define SECONDARIES .texts = true, .max = SITE_SECONDARIES_MAX, \
	.check = conf_value_is_server, .allowed = "ADDRESS or ADDRESS@PORT"
#define FAMILIES .texts = true, .max = IPADDR_FAMILIES, \
	.check = conf_value_is_family, .allowed = "\"A\" or \"AAAA\""
#define CLIENT_SECRET .hidden = true, \
	.allowed = "sha256:HEX, a crypt(3) hash or the secret"

#define SETTINGS(ROW) \
	ROW(TOP, zones,         LIST,   .required = true, .groups = true) \
	ROW(TOP, keys,          LIST,   .groups = true) \
	ROW(TOP, clients,       LIST,   .groups = true) \
	ROW(TOP, clients_file,  TEXT,   .allowed = "the name of a file") \
	ROW(TOP, clients_db,    TEXT,   .allowed = "the name of a file") \
	ROW(TOP, clients_dir,   TEXT,   .allowed = "the name of a folder") \
	ROW(TOP, listen,        TEXT,   .check = conf_value_is_listen, \
		.allowed = "unix:/PATH, ADDRESS:PORT or [ADDRESS]:PORT") \
	ROW(TOP, user,          TEXT,   .check = conf_value_is_user, \
		.allowed = "the name of a user") \
	ROW(TOP, threads,       NUMBER, .min = 1, .max = CONF_THREADS_MAX) \
	ROW(TOP, base_path,     TEXT,   .check = conf_value_is_base_path, \
		.allowed = "nothing or /PATH without a final slash") \
	ROW(TOP, url,           TEXT,   .check = conf_value_is_url, \
		.allowed = CONF_URL_ALLOWED) \
	ROW(TOP, trusted_proxies, LIST, NETS) \
	ROW(TOP, proxy_header,  TEXT,   .check = conf_value_is_header, \
		.allowed = "up to 64 letters, digits and -") \
	ROW(TOP, timeout_ms,    NUMBER, \
		.min = CONF_TIMEOUT_MIN_MS, .max = CONF_TIMEOUT_MAX_MS) \
	ROW(TOP, unchanged,     WORD,   .words = unchanged_words) \
	ROW(TOP, state_dir,     TEXT,   .allowed = "the name of a folder") \
	ROW(TOP, limits,        TEXT,   .check = conf_value_is_limits, \
		.allowed = CONF_LIMITS_ALLOWED) \
	ROW(TOP, change_burst,  NUMBER, BURST) \
	ROW(TOP, change_interval, NUMBER, INTERVAL) \
	ROW(TOP, failure_burst, NUMBER, BURST) \
	ROW(TOP, failure_interval, NUMBER, INTERVAL) \
	ROW(TOP, metrics_from,  LIST,   NETS) \
	ROW(TOP, events,        TEXT,   .check = conf_value_is_socket, \
		.allowed = "unix:/PATH of up to 107 bytes") \
	ROW(TOP, log,           WORD,   .words = log_words) \
	ROW(TOP, log_format,    WORD,   .words = log_format_words) \
	ROW(TOP, log_level,     WORD,   .words = log_level_words) \
	ROW(TOP, sandbox,       BOOL,   .required = false) \
	ROW(TOP, browser,       WORD,   .words = browser_words) \
	\
	ROW(ZONE, name,         TEXT,   .required = true, DNAME) \
	ROW(ZONE, servers,      LIST,   .required = true, SERVERS) \
	ROW(ZONE, secondaries,  LIST,   SECONDARIES) \
	ROW(ZONE, key,          TEXT,   DNAME) \
	ROW(ZONE, ttl,          NUMBER, TTL) \
	ROW(ZONE, transport,    WORD,   .words = transport_words) \
	ROW(ZONE, read_back,    BOOL,   .required = false) \
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
	ROW(CLIENT, acme,       BOOL,   .required = false) \
	ROW(CLIENT, families,   LIST,   FAMILIES) \
	ROW(CLIENT, ttl,        NUMBER, TTL) \
	ROW(CLIENT, unchanged,  WORD,   .words = unchanged_words) \
	ROW(CLIENT, change_burst, NUMBER, BURST) \
	ROW(CLIENT, change_interval, NUMBER, INTERVAL) \
	\
	ROW(HOST, name,         TEXT,   .required = true, HOSTNAME) \
	ROW(HOST, ttl,          NUMBER, TTL) \
	ROW(HOST, families,     LIST,   FAMILIES) \
	ROW(HOST, acme,         BOOL,   .required = false) \
	ROW(HOST, interface_id, TEXT,   .check = conf_value_is_interface_id, \
		.allowed = "an IPv6 address that starts with 64 zero bits, " \
			   "such as ::211:22ff:fe33:4455")

/* Not among conf_settings: its name and meaning are those at the top. */
#define DIR_FILE_SETTINGS(ROW) \
	ROW(DIR_FILE, clients,  LIST,   .required = true, .groups = true)

#define RAW_TOP      struct conf_top
#define RAW_ZONE     struct conf_zone
#define RAW_KEY      struct conf_key
#define RAW_CLIENT   struct conf_client
#define RAW_HOST     struct conf_host
#define RAW_DIR_FILE struct conf_dir_file

#define SETTING(in, setting, of_kind, ...) { \
	.where = CONF_IN_##in, .name = #setting, \
	.offset = offsetof(RAW_##in, setting), .kind = CONF_SETTING_##of_kind, \
	__VA_ARGS__ },
static const struct conf_setting settings[] = {
	SETTINGS(SETTING)
	DIR_FILE_SETTINGS(SETTING)
};

#define INFO_TOP    ""
#define INFO_ZONE   "zone"
#define INFO_KEY    "key"
#define INFO_CLIENT "client"
#define INFO_HOST   "host"
#define INFO(in, setting, ...) { INFO_##in, #setting },
static const struct conf_setting_info infos[] = { SETTINGS(INFO) };
// clang-format on

const struct conf_setting_info *
conf_settings(size_t *ret_count)
{
	*ret_count = sizeof(infos) / sizeof(infos[0]);
	return infos;
}

const struct conf_setting *
conf_setting_next(enum conf_where where, const struct conf_setting *before)
{
	const struct conf_setting *end =
	    settings + sizeof(settings) / sizeof(settings[0]);
	const struct conf_setting *at = before != NULL ? before + 1 : settings;

	while (at < end && at->where != where)
		at++;
	return at < end ? at : NULL;
}

const struct conf_setting *
conf_setting_find(enum conf_where where, const char *name)
{
	const struct conf_setting *at = conf_setting_next(where, NULL);

	while (at != NULL && strcmp(at->name, name) != 0)
		at = conf_setting_next(where, at);
	return at;
}
