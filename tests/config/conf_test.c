#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ddnsgate/config/conf.h"

#include "table.h"
#include "temp_dir.h"

/* One line each, so that the text after both starts on line 3. */
#define ZONE                                                   \
	"zones = ( { name = \"dyn.example.org\"; servers = [ " \
	"\"127.0.0.1\" ]; key = \"k\"; } );\n"
#define KEY "keys = ( { name = \"k\"; file = \"k.key\"; } );\n"
#define LIMITS_ALLOWED \
	"redis:unix:/PATH, redis:ADDRESS:PORT or redis:[ADDRESS]:PORT\n"
#define BASE ZONE KEY

#define SHA_A                                      \
	"sha256:"                                  \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaaaaaaaaaaaaaaaaaaaaa"
#define SHA_B                                      \
	"sha256:"                                  \
	"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" \
	"bbbbbbbbbbbbbbbbbbbbbbbb"
#define CLEAR "ClearSecret0123-_"

/* A client "c" with more settings, and one with other hosts. */
#define CLIENT(more)                                    \
	"clients = ( { name = \"c\"; secret = \"" SHA_A \
	"\"; hosts = ( \"h.dyn.example.org\" ); " more " } );\n"
#define HOSTS(hosts)                                                         \
	"clients = ( { name = \"c\"; secret = \"" SHA_A "\"; hosts = " hosts \
	"; } );\n"
#define SECRET(secret)                                                 \
	"clients = ( { name = \"c\"; hosts = ( \"h.dyn.example.org\" " \
	"); " secret " } );\n"
#define ZONES(more)                                                  \
	"zones = ( { name = \"dyn.example.org\"; key = \"k\"; " more \
	" } );\n" KEY
#define SERVERS "servers = [ \"127.0.0.1\" ]; "
#define KEYS(more)                                                          \
	ZONE "keys = ( { name = \"k\"; file = \"k.key\"; },\n{ " more " } " \
	     ");\n"

#define KEY_TEXT "key \"k\" { algorithm hmac-sha256; secret \"c2VjcmV0\"; };\n"

#define TTL_ALLOWED "allowed is a whole number from 1 to 86400\n"
#define NET_ALLOWED \
	"allowed is ADDRESS or ADDRESS/LEN with no bits set after LEN\n"
#define SERVER_ALLOWED "allowed is ADDRESS or ADDRESS@PORT\n"
#define SERVERS_ALLOWED \
	"allowed is a list of 1 to 8 texts: ADDRESS or ADDRESS@PORT\n"
#define HOST_ALLOWED                                                        \
	"is malformed, allowed is a domain name in ASCII, its first label " \
	"may be *\n"
#define HOSTS_ALLOWED                                                    \
	"allowed is a list of 1 or more texts or groups: a domain name " \
	"in ASCII, its first label may be *\n"
/* Two clients, in lines 4 and 5. */
#define CLIENTS(hosts, settings, other_hosts, other_settings)                 \
	"clients = (\n{ name = \"c\"; secret = \"" SHA_A                      \
	"\"; hosts = ( " hosts " ); " settings                                \
	" },\n{ name = \"d\"; secret = \"" SHA_B "\"; hosts = ( " other_hosts \
	" ); " other_settings " } );\n"
#define ACME_ALLOWED \
	"allowed is acme with a host that no other client's are below\n"
#define ACME_ERROR(line, host, of, whose)                    \
	"E c.conf:" line ": hosts: " host                    \
	".dyn.example.org could be certified by acme of " of \
	".dyn.example.org, which " whose " has, " ACME_ALLOWED
#define FOUR "\"::1\", \"::1\", \"::1\", \"::1\", "
#define TWO_ZONES                                                         \
	"zones = ( { name = \"a.b\"; " SERVERS "key = \"k\"; },\n{ name " \
	"= \"c.d\"; " SERVERS "key = \"k\"; } );\n" KEY
#define SHORT_WARNING "in the first of zones, better is the full name\n"
#define UNDERSCORE_WARNING                                               \
	"has an underscore, better is a name without: BIND refuses its " \
	"addresses, unless the zone has check-names ignore\n"
#define URL_ALLOWED                                                          \
	"is malformed, allowed is https://SERVER or http://SERVER, without " \
	"a query\n"
#define LISTEN_ALLOWED                                          \
	"is malformed, allowed is unix:/PATH, ADDRESS:PORT or " \
	"[ADDRESS]:PORT\n"
#define NAME_ALLOWED "is malformed, allowed is 1 to 64 of A-Z a-z 0-9 . _ @ -\n"
#define SYNTAX " here or on the line before, allowed is what libconfig reads\n"
#define CLEAR_WARNING                                                   \
	"secret: is in clear, better is its sha256:HEX as ddnsgatectl " \
	"secret shows it\n"
/* Users that own nothing else */
#define READER 1001
#define FOREIGN 1002
#define REACHED                                                   \
	"whoever reaches this port can say who calls, better is " \
	"unix:/PATH or 127.0.0.1:PORT, else a firewall in front\n"
#define EXPOSED "others can read this file, allowed is mode 0640 or less\n"

/* Most rows leave out the files. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#define FILES_MAX 4

struct file {
	const char *name, *text;
	mode_t mode; /* 0: 0600 */
};

// clang-format off
static const struct row {
	const char *name;
	const char *text;
	const char *diagnostics; /* lines, "E " or "W " before each */
	struct file files[FILES_MAX];
} rows[] = {
	/* Valid */
	{ "zones alone", BASE, "" },
	{ "a client", BASE CLIENT(""), "" },
	{ "a byte order mark", "\xef\xbb\xbf" BASE, "" },
	{ "carriage returns", "zones = ( { name = \"dyn.example.org\";\r\n"
	  SERVERS "\r\nkey = \"k\"; } );\r\n" KEY, "" },
	{ "a comment without a newline", BASE "// end", "" },

	/* The text */
	{ "no file", NULL,
	  "E c.conf: the file cannot be read: No such file or directory\n" },
	{ "empty", "",
	  "E c.conf: zones: is missing, allowed is a list of groups\n" },
	{ "syntax", BASE "listen = ;\n", "E c.conf:3: syntax error" SYNTAX },
	{ "a comma too many", BASE "log = \"stderr\";\nfrom = [ \"a\", ];\n",
	  "E c.conf:4: syntax error" SYNTAX },
	{ "a setting twice", BASE "threads = 1;\nthreads = 2;\n",
	  "E c.conf:4: duplicate setting name" SYNTAX },
	{ "mixed array", BASE "trusted_proxies = [ \"::1\", 5 ];\n",
	  "E c.conf:3: mismatched element type in array" SYNTAX },
	{ "a text without an end", BASE "listen = \"unix:/x;\n\n",
	  "E c.conf:3: a text without an end\n" },
	{ "a comment without an end", BASE "\n/* listen = \"unix:/x;\"\n\n",
	  "E c.conf:4: a comment without an end\n" },
	{ "NUL as an escape", BASE "\nlisten = \"unix:/x\\x00y\";\n",
	  "E c.conf:4: a NUL byte, allowed is text without any\n" },

	/* Strings */
	{ "escapes", BASE "listen = \"\\x41\\X7e\\q\\\\\\\"\\x4\";\n",
	  "E c.conf:3: listen: \"A~\\x5cq\\x5c\\x22\\x5cx4\" " LISTEN_ALLOWED },
	{ "parts", BASE "trusted_proxies = [ \"a\" /* b */ \"c\"\n // d\n"
	  "\t\"e\", \"f\" ];\n",
	  "E c.conf:5: trusted_proxies: ace is malformed, " NET_ALLOWED
	  "E c.conf:5: trusted_proxies: f is malformed, " NET_ALLOWED },
	{ "no parts", BASE "log = \"a\"; log_level = \"b\"; listen = \"\";\n",
	  "E c.conf:3: log: a is unknown, allowed is \"stderr\", "
	  "\"syslog\" or \"journal\"\n"
	  "E c.conf:3: log_level: b is unknown, allowed is \"error\", "
	  "\"warning\", \"info\" or \"debug\"\n"
	  "E c.conf:3: listen: \"\" " LISTEN_ALLOWED },

	/* Included files */
	{ "an included file", ZONE "@include \"keys.conf\"\n", "",
	  {{ "keys.conf", KEY }} },
	{ "included twice", ZONE "@include \"keys.conf\"\nclients = (\n"
	  "@include \"empty.conf\"\n@include \"empty.conf\"\n);\n", "",
	  {{ "keys.conf", KEY }, { "empty.conf", "// none\n" }} },
	{ "an included file is missing", BASE "\n@include \"none.conf\"\n",
	  "E c.conf:4: @include: none.conf cannot be read: No such file or "
	  "directory\n" },
	{ "an included directory", BASE "@include \".\"\n",
	  "E c.conf:3: @include: . cannot be read: Is a directory\n" },
	{ "an absolute include", BASE "@include \"/etc/passwd\"\n",
	  "E c.conf:3: @include: /etc/passwd is absolute, allowed is a name "
	  "relative to the main file's folder\n" },
	{ "no include", BASE "# @include \"none.conf\"\n"
	  "/* \n@include \"none.conf\"\n*/ listen = \"unix:/\\\"\n"
	  "@include \\\"none.conf\\\"\";\n",
	  "E c.conf:6: listen: \"unix:/\\x22\\x0a@include \\x22none.conf\\x22\""
	  " has a control character, allowed is unix:/PATH, ADDRESS:PORT or "
	  "[ADDRESS]:PORT\n" },
	{ "syntax in an included file", BASE "@include \"bad.conf\"\n",
	  "E bad.conf:2: syntax error" SYNTAX, {{ "bad.conf", "\nlisten = ;\n" }} },
	{ "an error in an included file", BASE "threads = 0;\n"
	  "@include \"bad.conf\"\nlisten = \"x\";\n",
	  "E c.conf:3: threads: 0 is out of range, allowed is a whole number "
	  "from 1 to 1024\n"
	  "E c.conf:5: listen: x " LISTEN_ALLOWED
	  "E bad.conf:2: timeout_ms: 1 is out of range, allowed is a whole "
	  "number from 100 to 7000\n",
	  {{ "bad.conf", "\ntimeout_ms = 1;" }} },
	{ "a file that includes itself", BASE "@include \"self.conf\"\n",
	  "E self.conf:1: @include: self.conf is nested too deep, allowed are "
	  "up to 10 files that include each other\n",
	  {{ "self.conf", "@include \"self.conf\"\n" }} },

	/* Unknown settings, types, ranges */
	{ "unknown, much like one", BASE "treads = 2;\n",
	  "E c.conf:3: treads: is unknown at the top, perhaps threads is "
	  "meant\n" },
	{ "unknown in a zone", ZONES(SERVERS "primary = \"x\";"),
	  "E c.conf:1: primary: is unknown in a zone, allowed are name servers "
	  "secondaries key ttl transport read_back\n" },
	{ "unknown in a key", KEYS("name = \"l\"; file = \"l.key\"; path = 1;"),
	  "E c.conf:3: path: is unknown in a key, allowed are name file "
	  "algorithm secret\n", {{ "l.key", "hmac-sha256:l:c2VjcmV0" }} },
	{ "unknown in a client", BASE CLIENT("\nhost = \"x\";"),
	  "E c.conf:4: host: is unknown in a client, perhaps hosts is meant\n" },
	{ "unknown in a host",
	  BASE HOSTS("({ name = \"h\";\nid = 1; })"),
	  "E c.conf:4: id: is unknown in a host, allowed are name ttl families "
	  "acme interface_id\n" },
	{ "unknown, like none", BASE "bounds = { };\n",
	  "E c.conf:3: bounds: is unknown at the top, allowed are zones keys "
	  "clients clients_file clients_db clients_dir listen user threads base_path "
	  "url trusted_proxies proxy_header timeout_ms unchanged state_dir "
	  "limits change_burst change_interval failure_burst "
	  "failure_interval metrics_from events log log_format log_level "
	  "sandbox browser\n" },
	{ "a limit too many", BASE "change_burst = 1000001;\n"
	  "failure_burst = -1;\n",
	  "E c.conf:3: change_burst: 1000001 is out of range, allowed is a "
	  "whole number from 0 to 1000000\n"
	  "E c.conf:4: failure_burst: -1 is out of range, allowed is a "
	  "whole number from 0 to 1000000\n" },
	{ "an interval of none", BASE "change_interval = 0;\n"
	  "failure_interval = 86401;\n",
	  "E c.conf:3: change_interval: 0 is out of range, allowed is a "
	  "whole number from 1 to 86400\n"
	  "E c.conf:4: failure_interval: 86401 is out of range, allowed is a "
	  "whole number from 1 to 86400\n" },
	{ "a state_dir that is not there", BASE "state_dir = \"nowhere\";\n",
	  "W c.conf:3: state_dir: nowhere cannot be used, limits hold for "
	  "each process alone: No such file or directory\n" },
#ifdef DDNSGATE_REDIS
	{ "limits in Redis, a socket", BASE "limits = \"redis:unix:/run/r\";\n", "" },
	{ "limits in Redis, a port", BASE "limits = \"redis:127.0.0.1:6379\";\n", "" },
	{ "limits in Redis, IPv6", BASE "limits = \"redis:[::1]:6379\";\n", "" },
#else
	{ "limits in Redis, which is not there", BASE "limits = \"redis:unix:/run/r\";\n",
	  "E c.conf:3: limits: this ddnsgate was built without Redis\n" },
#endif
#ifdef DDNSGATE_LMDB
	{ "a table that is not there", BASE "clients_db = \"none.mdb\";\n",
	  "W c.conf:3: clients_db: none.mdb is not there, better is one that "
	  "ddnsgatectl import or add has made\n" },
	{ "a table that is none", BASE "clients_db = \"c.conf\";\n",
	  "E c.conf:3: clients_db: c.conf is no table that ddnsgatectl import "
	  "has made, allowed is a table that ddnsgatectl import has made\n" },
#else
	{ "a table, for which LMDB is not there", BASE "clients_db = \"none.mdb\";\n",
	  "E c.conf:3: clients_db: this ddnsgate was built without LMDB\n" },
#endif
	{ "limits in something else", BASE "limits = \"memcached:127.0.0.1:11211\";\n",
	  "E c.conf:3: limits: memcached:127.0.0.1:11211 is malformed, allowed is " LIMITS_ALLOWED },
	{ "limits at a host name", BASE "limits = \"redis:localhost:6379\";\n",
	  "E c.conf:3: limits: redis:localhost:6379 is malformed, allowed is " LIMITS_ALLOWED },
	{ "limits without a port", BASE "limits = \"redis:127.0.0.1\";\n",
	  "E c.conf:3: limits: redis:127.0.0.1 is malformed, allowed is " LIMITS_ALLOWED },
	{ "limits at port 0", BASE "limits = \"redis:127.0.0.1:0\";\n",
	  "E c.conf:3: limits: redis:127.0.0.1:0 is malformed, allowed is " LIMITS_ALLOWED },
	{ "limits at a relative path", BASE "limits = \"redis:unix:redis.sock\";\n",
	  "E c.conf:3: limits: redis:unix:redis.sock is malformed, allowed is " LIMITS_ALLOWED },
	{ "limits, IPv6 without brackets", BASE "limits = \"redis:::1:6379\";\n",
	  "E c.conf:3: limits: redis:::1:6379 is malformed, allowed is " LIMITS_ALLOWED },
	{ "limits without a server", BASE "limits = \"redis:\";\n",
	  "E c.conf:3: limits: redis: is malformed, allowed is " LIMITS_ALLOWED },
	{ "limits with a password", BASE "limits = \"redis:x@127.0.0.1:6379\";\n",
	  "E c.conf:3: limits: redis:x@127.0.0.1:6379 is malformed, allowed is " LIMITS_ALLOWED },
	{ "a text for a number", BASE "timeout_ms = \"2500\";\n",
	  "E c.conf:3: timeout_ms: is a text, allowed is a whole number from "
	  "100 to 7000\n" },
	{ "a point", BASE "timeout_ms = 2500.0;\n",
	  "E c.conf:3: timeout_ms: is a number with a point, allowed is a whole "
	  "number from 100 to 7000\n" },
	{ "64 bits", BASE "timeout_ms = 2500L;\n",
	  "E c.conf:3: timeout_ms: is a number of 64 bits, allowed is a whole "
	  "number from 100 to 7000\n" },
	{ "a number for a text", BASE "listen = 9000;\n",
	  "E c.conf:3: listen: is a whole number, allowed is a text: "
	  "unix:/PATH, ADDRESS:PORT or [ADDRESS]:PORT\n" },
	{ "a text for a boolean", BASE CLIENT("allow_private = \"yes\";"),
	  "E c.conf:3: allow_private: is a text, allowed is true or false\n" },
	{ "a group for a list", BASE "clients = { };\n",
	  "E c.conf:3: clients: is a group, allowed is a list of groups\n" },
	{ "a list for a word", BASE "log = [ \"syslog\" ];\n",
	  "E c.conf:3: log: is a list, allowed is \"stderr\", \"syslog\" or "
	  "\"journal\"\n" },
	{ "a text among groups", BASE "clients = ( \"c\" );\n",
	  "E c.conf:3: clients: holds a text, allowed is a list of groups\n" },
	{ "below", BASE "timeout_ms = 99;\n",
	  "E c.conf:3: timeout_ms: 99 is out of range, allowed is a whole "
	  "number from 100 to 7000\n" },
	{ "above", BASE "timeout_ms = 7001;\n",
	  "E c.conf:3: timeout_ms: 7001 is out of range, allowed is a whole "
	  "number from 100 to 7000\n" },
	{ "negative", BASE "threads = -1;\n",
	  "E c.conf:3: threads: -1 is out of range, allowed is a whole number "
	  "from 1 to 1024\n" },
	{ "32 bits wrapped into the range",
	  ZONES(SERVERS "ttl =\n 4294967356;"),
	  "E c.conf:1: ttl: 4294967356 is out of range, " TTL_ALLOWED },
	{ "wrapped, hexadecimal", ZONES(SERVERS "ttl = 0x10000003C;"),
	  "E c.conf:1: ttl: 0x10000003C is out of range, " TTL_ALLOWED },
	{ "wrapped, beyond 64 bits",
	  ZONES(SERVERS "ttl = 18446744073709551676;"),
	  "E c.conf:1: ttl: 18446744073709551676 is out of range, "
	  TTL_ALLOWED },
	{ "wrapped, in an included file", BASE "@include \"i.conf\"\n",
	  "E i.conf:2: threads: 4294967297 is out of range, allowed is a whole "
	  "number from 1 to 1024\n",
	  {{ "i.conf", "log = \"stderr\";\nthreads = 4294967297;\n" }} },
	{ "wrapped, beside another", BASE
	  "threads = 1; timeout_ms = 4294967396; listen = \"[::1]:1\";\n",
	  "E c.conf:3: timeout_ms: 4294967396 is out of range, allowed is a "
	  "whole number from 100 to 7000\n" },
	{ "wrapped, in the same line of another file", "zones = ( { name = "
	  "\"a.b\"; " SERVERS "key = \"k\"; ttl = 60; },\n"
	  "@include \"z.conf\"\n);\n" KEY,
	  "E z.conf:1: ttl: 4294967356 is out of range, " TTL_ALLOWED,
	  {{ "z.conf", "{ name = \"c.d\"; " SERVERS
	     "key = \"k\"; ttl = 4294967356; }\n" }} },
	{ "hexadecimal", ZONES(SERVERS "ttl = 0x3c;"), "" },

	/* Top */
	{ "unchanged", BASE "unchanged = \"same\";\n",
	  "E c.conf:3: unchanged: same is unknown, allowed is \"nochg\" or "
	  "\"good\"\n" },
	{ "sandbox", BASE "sandbox = 1;\n",
	  "E c.conf:3: sandbox: is a whole number, allowed is true or false\n" },
	{ "log_level", BASE "log_level = \"loud\";\n",
	  "E c.conf:3: log_level: loud is unknown, allowed is \"error\", "
	  "\"warning\", \"info\" or \"debug\"\n" },
	{ "listen, no port", BASE "listen = \"127.0.0.1\";\n",
	  "E c.conf:3: listen: 127.0.0.1 " LISTEN_ALLOWED },
	{ "listen, port 0", BASE "listen = \"127.0.0.1:0\";\n",
	  "E c.conf:3: listen: 127.0.0.1:0 " LISTEN_ALLOWED },
	{ "listen, no brackets", BASE "listen = \"::1:9000\";\n",
	  "E c.conf:3: listen: ::1:9000 " LISTEN_ALLOWED },
	{ "listen, relative", BASE "listen = \"unix:sock\";\n",
	  "E c.conf:3: listen: unix:sock " LISTEN_ALLOWED },
	{ "listen, a name", BASE "listen = \"localhost:9000\";\n",
	  "E c.conf:3: listen: localhost:9000 " LISTEN_ALLOWED },
	{ "events, a socket", BASE "events = \"unix:/run/e\";\n", "" },
	{ "events, a port", BASE "events = \"127.0.0.1:9000\";\n",
	  "E c.conf:3: events: 127.0.0.1:9000 is malformed, allowed is "
	  "unix:/PATH of up to 107 bytes\n" },
	{ "events, relative", BASE "events = \"unix:sock\";\n",
	  "E c.conf:3: events: unix:sock is malformed, allowed is "
	  "unix:/PATH of up to 107 bytes\n" },
	{ "listen, brackets", BASE "listen = \"[::1]:9000\";\n", "" },
	{ "listen, a socket", BASE "listen = \"unix:/run/s\";\n", "" },
	{ "base_path, final slash", BASE "base_path = \"/dyn/\";\n",
	  "E c.conf:3: base_path: /dyn/ is malformed, allowed is nothing or "
	  "/PATH without a final slash\n" },
	{ "base_path, no slash", BASE "base_path = \"dyn\";\n",
	  "E c.conf:3: base_path: dyn is malformed, allowed is nothing or "
	  "/PATH without a final slash\n" },
	{ "base_path, odd", BASE "base_path = \"/d yn\\t\";\n",
	  "E c.conf:3: base_path: \"/d yn\\x09\" has a control character, "
	  "allowed is nothing or /PATH without a final slash\n" },
	{ "base_path, empty", BASE "base_path = \"\";\n", "" },
	{ "base_path, two", BASE "base_path = \"/d/yn\";\n", "" },
	{ "url", BASE "url = \"https://[2001:db8::1]:8443/a\";\n", "" },
	{ "url, http", BASE "url = \"http://ddns.example.org/\";\n", "" },
	{ "url, no scheme", BASE "url = \"ddns.example.org\";\n",
	  "E c.conf:3: url: ddns.example.org " URL_ALLOWED },
	{ "url, no server", BASE "url = \"https:///x\";\n",
	  "E c.conf:3: url: https:///x " URL_ALLOWED },
	{ "url, empty", BASE "url = \"https://\";\n",
	  "E c.conf:3: url: https:// " URL_ALLOWED },
	{ "url, a query", BASE "url = \"https://x?a\";\n",
	  "E c.conf:3: url: https://x?a " URL_ALLOWED },
	{ "url, a quote", BASE "url = \"https://x'a\";\n",
	  "E c.conf:3: url: https://x'a " URL_ALLOWED },
	{ "trusted_proxies", BASE "trusted_proxies = [ \"::1\",\n"
	  "\"10.0.0.1/8\", \"x\" ];\n",
	  "E c.conf:4: trusted_proxies: 10.0.0.1/8 is malformed, " NET_ALLOWED
	  "E c.conf:4: trusted_proxies: x is malformed, " NET_ALLOWED },
	{ "no trusted_proxies", BASE "trusted_proxies = [ ];\n", "" },
	{ "metrics_from", BASE "metrics_from = [ \"192.0.2.0/24\",\n"
	  "\"2001:db8::1/64\", \"x\" ];\n",
	  "E c.conf:4: metrics_from: 2001:db8::1/64 is malformed, " NET_ALLOWED
	  "E c.conf:4: metrics_from: x is malformed, " NET_ALLOWED },
	{ "metrics_from, a text", BASE "metrics_from = \"::1\";\n",
	  "E c.conf:3: metrics_from: is a text, allowed is a list of up to 1000 "
	  "texts: ADDRESS or ADDRESS/LEN with no bits set after LEN\n" },
	{ "no metrics_from", BASE "metrics_from = [ ];\n", "" },
	{ "proxy_header", BASE "proxy_header = \"X Real\";\n",
	  "E c.conf:3: proxy_header: \"X Real\" is malformed, allowed is up to "
	  "64 letters, digits and -\n" },

	/* Zones */
	{ "no zones yet", "zones = ( );\n",
	  "W c.conf:1: zones: is empty, so there is nothing to update, better "
	  "is a zone with its key and servers\n" },
	{ "a client before the first zone", "zones = ( );\n" CLIENT(""),
	  "W c.conf:1: zones: is empty, so there is nothing to update, better "
	  "is a zone with its key and servers\n"
	  "E c.conf:2: hosts: h.dyn.example.org is in no zone, allowed is a full "
	  "name in one of zones\n" },
	{ "a client and no zones at all", CLIENT(""),
	  "E c.conf: zones: is missing, allowed is a list of groups\n" },
	{ "a client and a zone that is none", "zones = ( \"a.b\" );\n" CLIENT(""),
	  "E c.conf:1: zones: holds a text, allowed is a list of groups\n" },
	{ "a zone without all", "zones = (\n{ } );\n",
	  "E c.conf:2: name: is missing, allowed is a text: a domain name\n"
	  "E c.conf:2: servers: is missing, " SERVERS_ALLOWED
	  "W c.conf:2: key: is missing, better is the name of a key: updates go "
	  "unsigned\n" },
	{ "a zone without a key", "zones = ( { name = \"a.b\"; " SERVERS "} );",
	  "W c.conf:1: key: is missing, better is the name of a key: updates go "
	  "unsigned\n" },
	{ "a zone with a bad name", "zones = ( { name = \"a..b\"; " SERVERS
	  "key = \"k\"; } );\n" KEY HOSTS("( \"h.a.b\" )"),
	  "E c.conf:1: name: a..b is malformed, allowed is a domain name\n" },
	{ "a wildcard zone", "zones = ( { name = \"*.b\"; " SERVERS
	  "key = \"k\"; } );\n" KEY,
	  "E c.conf:1: name: *.b is malformed, allowed is a domain name\n" },
	{ "a zone twice", "zones = ( { name = \"a.b\"; " SERVERS
	  "key = \"k\"; },\n{ name = \"A.B.\"; " SERVERS "key = \"k\"; } );\n"
	  KEY, "E c.conf:2: name: a.b is given twice, first at c.conf:1\n" },
	{ "no servers", ZONES("servers = [ ];"),
	  "E c.conf:1: servers: has 0 elements, " SERVERS_ALLOWED },
	{ "too many servers", ZONES("servers = [ \"::1\", \"::2\", \"::3\", "
	  "\"::4\", \"::5\", \"::6\", \"::7\", \"::8\", \"::9\" ];"),
	  "E c.conf:1: servers: has 9 elements, " SERVERS_ALLOWED },
	{ "one server as a text", ZONES("servers = \"::1\";"),
	  "E c.conf:1: servers: is a text, " SERVERS_ALLOWED },
	{ "servers, names and ports", ZONES("servers = [ \"localhost\",\n"
	  "\"::1@0\", \"::1@65536\", \"::1@53\", \"@53\", \"\" ];"),
	  "E c.conf:1: servers: localhost is malformed, " SERVER_ALLOWED
	  "E c.conf:2: servers: ::1@0 is malformed, " SERVER_ALLOWED
	  "E c.conf:2: servers: ::1@65536 is malformed, " SERVER_ALLOWED
	  "E c.conf:2: servers: @53 is malformed, " SERVER_ALLOWED
	  "E c.conf:2: servers: \"\" is malformed, " SERVER_ALLOWED },
	{ "an array of numbers", ZONES("servers = [ 1 ];"),
	  "E c.conf:1: servers: holds a whole number, " SERVERS_ALLOWED },
	{ "ttl 0", ZONES(SERVERS "ttl = 0;"),
	  "E c.conf:1: ttl: 0 is out of range, " TTL_ALLOWED },
	{ "transport", ZONES(SERVERS "transport = \"quic\";"),
	  "E c.conf:1: transport: quic is unknown, allowed is \"udp\" or "
	  "\"tcp\"\n" },
	{ "read_back", ZONES(SERVERS "read_back = \"yes\";"),
	  "E c.conf:1: read_back: is a text, allowed is true or false\n" },
	{ "an unknown key", "zones = ( { name = \"a.b\"; " SERVERS
	  "\nkey = \"K2.\"; } );\n" KEY,
	  "E c.conf:2: key: k2 is unknown, allowed is the name of one of "
	  "keys\n" },

	/* Keys */
	{ "a key without name", KEYS("file = \"k.key\";"),
	  "E c.conf:3: name: is missing, allowed is a text: a domain name\n" },
	{ "a key twice", KEYS("name = \"K\"; file = \"k.key\";"),
	  "E c.conf:3: name: k is given twice, first at c.conf:2\n" },
	{ "a key without source", KEYS("name = \"l\";"),
	  "E c.conf:3: keys: l is given in parts or twice, allowed is either "
	  "file, or algorithm and secret\n" },
	{ "a key with two sources", KEYS("name = \"l\"; file = \"k.key\"; "
	  "secret = \"c2VjcmV0\";"),
	  "E c.conf:3: keys: l is given in parts or twice, allowed is either "
	  "file, or algorithm and secret\n" },
	{ "a key without algorithm", KEYS("name = \"l\"; "
	  "secret = \"c2VjcmV0\";"),
	  "E c.conf:3: keys: l is given in parts or twice, allowed is either "
	  "file, or algorithm and secret\n" },
	{ "no key file", KEYS("name = \"l\";\nfile = \"l.key\";"),
	  "E c.conf:4: file: l.key cannot be read: No such file or "
	  "directory\n" },
	{ "a zone's key that cannot be read", "zones = ( { name = \"a.b\"; "
	  SERVERS "key = \"l\"; } );\nkeys = ( { name = \"l\"; file = "
	  "\"l.key\"; } );\n",
	  "E c.conf:2: file: l.key cannot be read: No such file or "
	  "directory\n" },
	{ "a directory for a key file", KEYS("name = \"l\"; file = \".\";"),
	  "E c.conf:3: file: . cannot be read: Is a directory\n" },
	{ "a key of another name", KEYS("name = \"l\"; file = \"k.key\";"),
	  "E k.key: key: has no key of this name, allowed is a key named l as "
	  "BIND, Knot or keymgr write it\n" },
	{ "a malformed key file", KEYS("name = \"l\"; file = \"l.key\";"),
	  "E l.key:2: key: the secret is not base64, allowed is a key named l "
	  "as BIND, Knot or keymgr write it\n",
	  {{ "l.key", "key l { algorithm hmac-sha256;\nsecret \"####\"; };" }} },
	{ "an empty secret in a file", KEYS("name = \"l\"; file = \"l.key\";"),
	  "E c.conf:3: file: hmac-sha256 with this secret cannot sign (out of "
	  "range), allowed is an algorithm of this system and a secret of 1 to "
	  "512 bytes\n",
	  {{ "l.key", "key l { algorithm hmac-sha256; secret \"\"; };" }} },
	{ "a key file for all to read",
	  KEYS("name = \"l\"; file = \"l.key\";"),
	  "W l.key: key: " EXPOSED,
	  {{ "l.key", "hmac-sha256:l:c2VjcmV0\n", 0644 }} },
	{ "a weak key in a file", KEYS("name = \"l\"; file = \"l.key\";"),
	  "W c.conf:3: file: hmac-sha1 is weak, better is hmac-sha256\n",
	  {{ "l.key", "hmac-sha1:l:c2VjcmV0\n" }} },
	{ "an inline key", KEYS("name = \"l\"; algorithm = \"hmac-sha512\"; "
	  "secret = \"c2VjcmV0\";"), "" },
	{ "a weak inline key", KEYS("name = \"l\"; algorithm = \"hmac-md5\"; "
	  "secret = \"c2VjcmV0\";"),
	  "W c.conf:3: algorithm: hmac-md5 is weak, better is hmac-sha256\n" },
	{ "an unknown algorithm", KEYS("name = \"l\"; algorithm = \"sha256\"; "
	  "secret = \"c2VjcmV0\";"),
	  "E c.conf:3: algorithm: sha256 is malformed, allowed is hmac-sha256, "
	  "hmac-sha512, hmac-sha384, hmac-sha224, hmac-sha1 or hmac-md5\n" },
	{ "a key secret that is not base64", KEYS("name = \"l\"; "
	  "algorithm = \"hmac-sha256\"; secret = \"c2VjcmV0=\";"),
	  "E c.conf:3: secret: is malformed, allowed is base64 of up to 512 "
	  "bytes\n" },

	/* Clients */
	{ "a client without all", BASE "clients = (\n{ } );\n",
	  "E c.conf:4: name: is missing, allowed is a text: 1 to 64 of A-Z a-z "
	  "0-9 . _ @ -\n"
	  "E c.conf:4: hosts: is missing, " HOSTS_ALLOWED
	  "E c.conf:4: secret: is missing, allowed is secret or secrets\n" },
	{ "a client without secret", BASE SECRET(""),
	  "E c.conf:3: secret: is missing, allowed is secret or secrets\n" },
	{ "both secret and secrets", BASE SECRET("secret = \"" SHA_A "\";\n"
	  "secrets = [ \"" SHA_B "\" ];"),
	  "E c.conf:4: secrets: is given beside secret, allowed is one of the "
	  "two\n" },
	{ "no secrets", BASE SECRET("secrets = [ ];"),
	  "E c.conf:3: secrets: has 0 elements, allowed is a list of 1 to 1000 "
	  "texts: sha256:HEX, a crypt(3) hash or the secret\n" },
	{ "a client without hosts", BASE HOSTS("( )"),
	  "E c.conf:3: hosts: has 0 elements, " HOSTS_ALLOWED },
	{ "a client's name with a blank", BASE "clients = ( { name = \"a b\"; "
	  "secret = \"" SHA_A "\"; hosts = ( \"h\" ); } );\n",
	  "E c.conf:3: name: \"a b\" " NAME_ALLOWED },
	{ "a client's name, not ASCII", BASE "clients = ( { name = \"\xe4\"; "
	  "secret = \"" SHA_A "\"; hosts = ( \"h\" ); } );\n",
	  "E c.conf:3: name: \"\\xe4\" " NAME_ALLOWED },
	{ "a client twice", BASE "clients = ( { name = \"c\"; secret = \""
	  SHA_A "\"; hosts = ( \"h\" ); },\n{ name = \"c\"; secret = \""
	  SHA_B "\"; hosts = ( \"i\" ); } );\n",
	  "E c.conf:4: name: c is given twice, first at c.conf:3\n" },
	{ "from", BASE CLIENT("from = [ \"10.0.0.0/33\" ];"),
	  "E c.conf:3: from: 10.0.0.0/33 is malformed, " NET_ALLOWED },
	{ "from nowhere", BASE CLIENT("from = [ ];"),
	  "E c.conf:3: from: has 0 elements, allowed is a list of 1 to 1000 "
	  "texts: ADDRESS or ADDRESS/LEN with no bits set after LEN\n" },
	{ "addresses", BASE CLIENT("addresses = \"all\";"),
	  "E c.conf:3: addresses: all is unknown, allowed is \"any\" or "
	  "\"source\"\n" },
	{ "families", BASE CLIENT("families = [ \"a\" ];"),
	  "E c.conf:3: families: a is malformed, allowed is \"A\" or "
	  "\"AAAA\"\n" },
	{ "no families", BASE CLIENT("families = [ ];"),
	  "E c.conf:3: hosts: h.dyn.example.org has no families, allowed is "
	  "that with acme only\n" },
	{ "only certificates",
	  BASE CLIENT("families = [ ]; acme = true;"), "" },
	{ "three families",
	  BASE CLIENT("families = [ \"A\", \"AAAA\", \"A\" ];"),
	  "E c.conf:3: families: has 3 elements, allowed is a list of up to 2 "
	  "texts: \"A\" or \"AAAA\"\n" },

	/* Whose names others could have certificates for */
	{ "acme above another client's host",
	  BASE CLIENTS("\"h\"", "acme = true;", "\"a.b.h.dyn.example.org\"", ""),
	  ACME_ERROR("5", "a.b.h", "h", "client c") },
	{ "acme beside another client's host",
	  BASE CLIENTS("\"h\"", "acme = true;", "\"xh\", \"i\"", ""), "" },
	{ "acme below another client's host",
	  BASE CLIENTS("\"h\"", "", "\"a.h.dyn.example.org\"", "acme = true;"), "" },
	{ "acme above a wildcard",
	  BASE CLIENTS("\"h\"", "acme = true;", "\"*.h.dyn.example.org\"", ""),
	  ACME_ERROR("5", "*.h", "h", "client c") },
	{ "a wildcard without a right of its own",
	  BASE CLIENTS("\"*.h.dyn.example.org\"", "acme = true;", "\"h\"", ""), "" },
	{ "a wildcard's acme, for its base",
	  BASE CLIENTS("{ name = \"*.h.dyn.example.org\"; acme = true; }", "", "\"h\"", ""),
	  ACME_ERROR("5", "h", "*.h", "client c") },
	{ "a wildcard's acme, below",
	  BASE CLIENTS("{ name = \"*.h.dyn.example.org\"; acme = true; }", "", "\"a.h.dyn.example.org\"", ""),
	  ACME_ERROR("5", "a.h", "*.h", "client c") },
	{ "a wildcard of two clients",
	  BASE CLIENTS("{ name = \"*.h.dyn.example.org\"; acme = true; }", "", "\"*.h.dyn.example.org\"", ""),
	  "W c.conf:5: hosts: *.h.dyn.example.org is also a host of client c\n" },
	{ "acme of the zone's own name", BASE CLIENTS(
	  "{ name = \"dyn.example.org\"; acme = true; }", "", "\"h\"", ""),
	  "E c.conf:5: hosts: h.dyn.example.org could be certified by acme of "
	  "dyn.example.org, which client c has, " ACME_ALLOWED },
	{ "the zone's own name without a right of its own",
	  BASE CLIENTS("\"dyn.example.org\"", "acme = true;", "\"h\"", ""), "" },
	{ "a host without the client's acme", BASE CLIENTS(
	  "{ name = \"h\"; acme = false; }", "acme = true;", "\"a.h.dyn.example.org\"", ""),
	  "" },
	{ "the same client's hosts",
	  BASE CLIENTS("\"h\", \"a.h.dyn.example.org\"", "acme = true;", "\"i\"", ""), "" },
	{ "a host of two clients, and one below",
	  BASE CLIENTS("\"h\", \"a.h.dyn.example.org\"", "acme = true;", "\"h\"",
	  "acme = true;"),
	  ACME_ERROR("4", "a.h", "h", "another client")
	  "W c.conf:5: hosts: h.dyn.example.org is also a host of client c\n" },

	{ "secondaries", ZONES(SERVERS
	  "\nsecondaries = [ \"192.0.2.53\", \"::1@54\", \"x\" ];"),
	  "E c.conf:2: secondaries: x is malformed, " SERVER_ALLOWED },
	{ "too many secondaries", ZONES(SERVERS
	  "\nsecondaries = [ " FOUR FOUR FOUR FOUR "\"::1\" ];"),
	  "E c.conf:2: secondaries: has 17 elements, allowed is a list of up "
	  "to 16 texts: ADDRESS or ADDRESS@PORT\n" },
	{ "a client's ttl", BASE CLIENT("ttl = 86401;"),
	  "E c.conf:3: ttl: 86401 is out of range, " TTL_ALLOWED },

	/* Secrets */
	{ "a secret in clear", BASE SECRET("secret = \"" CLEAR "\";"),
	  "W c.conf:3: " CLEAR_WARNING },
	{ "a secret that is too short", BASE SECRET("secret = \"0123456789abcde\";"),
	  "E c.conf:3: secret: is malformed, allowed is 16 to 64 of A-Z a-z "
	  "0-9 _ -\n" },
	{ "a secret with other characters",
	  BASE SECRET("secret = \"0123456789abcdef+\";"),
	  "E c.conf:3: secret: is malformed, allowed is 16 to 64 of A-Z a-z "
	  "0-9 _ -\n" },
	{ "a secret with a control character",
	  BASE SECRET("secret = \"0123456789abcdef\\n\";"),
	  "E c.conf:3: secret: has a control character, allowed is sha256:HEX, "
	  "a crypt(3) hash or the secret\n" },
	{ "a digest that is too short", BASE SECRET("secret = \"sha256:00\";"),
	  "E c.conf:3: secret: is malformed, allowed is sha256: and 64 "
	  "hexadecimal digits\n" },
	{ "a digest that is not hexadecimal", BASE SECRET("secret = \"sha256:"
	  "gggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggg\";"),
	  "E c.conf:3: secret: is malformed, allowed is sha256: and 64 "
	  "hexadecimal digits\n" },
	{ "an unknown hash", BASE SECRET("secret = \"$zz$abc$def\";"),
	  "E c.conf:3: secret: is no crypt(3) hash that this system knows, "
	  "allowed is one such as $y$...\n" },
	{ "a hash", BASE SECRET("secret = \"$5$abc$"
	  "6va2Z4O.keO7R84v9g0B9d2NkB7NOyTy0sMeQ5Z3LLA\";"), "" },
	{ "a client's secret twice", BASE SECRET("secrets = [ \"" SHA_A "\",\n"
	  "\"" SHA_A "\" ];"),
	  "E c.conf:4: secrets: is that of the client at c.conf:3 already, "
	  "allowed is another\n" },
	{ "two clients' secret", BASE "clients = ( { name = \"a\"; secret = \""
	  CLEAR "\"; hosts = ( \"h\" ); },\n{ name = \"b\"; secrets = [\n\""
	  CLEAR "\" ]; hosts = ( \"i\" ); } );\n",
	  "W c.conf:3: " CLEAR_WARNING
	  "W c.conf:5: secrets: is in clear, better is its sha256:HEX as "
	  "ddnsgatectl secret shows it\n"
	  "E c.conf:5: secrets: is that of the client at c.conf:3 already, "
	  "allowed is another\n" },

	/* Hosts */
	{ "a host outside", BASE HOSTS("( \"h.example.org\",\n"
	  "\"xdyn.example.org\" )"),
	  "E c.conf:3: hosts: h.example.org is in no zone, allowed is a full "
	  "name in one of zones\n"
	  "E c.conf:4: hosts: xdyn.example.org is in no zone, allowed is a full "
	  "name in one of zones\n" },
	{ "a host twice", BASE HOSTS("( \"h\",\n{ name = \"H.dyn.Example.org.\"; "
	  "} )"),
	  "E c.conf:4: name: H.dyn.Example.org. is given twice, allowed is "
	  "once\n" },
	{ "malformed hosts", BASE HOSTS("( \"a..b\", \"-a\", \"a b\", \"\",\n"
	  "\"x.*.dyn.example.org\", \"\xc3\xa4\", \"x.org\" )"),
	  "E c.conf:3: hosts: a..b " HOST_ALLOWED
	  "E c.conf:3: hosts: -a " HOST_ALLOWED
	  "E c.conf:3: hosts: \"a b\" " HOST_ALLOWED
	  "E c.conf:3: hosts: \"\" " HOST_ALLOWED
	  "E c.conf:4: hosts: x.*.dyn.example.org " HOST_ALLOWED
	  "E c.conf:4: hosts: \"\\xc3\\xa4\" " HOST_ALLOWED
	  "E c.conf:4: hosts: x.org is in no zone, allowed is a full name in one "
	  "of zones\n" },
	{ "a number for a host", BASE HOSTS("( 1 )"),
	  "E c.conf:3: hosts: holds a whole number, " HOSTS_ALLOWED },
	{ "a host without a name", BASE HOSTS("( { ttl = 5; } )"),
	  "E c.conf:3: name: is missing, allowed is a text: a domain name in "
	  "ASCII, its first label may be *\n" },
	{ "no dot and two zones", TWO_ZONES HOSTS("( \"h\",\n\"*\" )"),
	  "W c.conf:4: hosts: h is taken for h.a.b, " SHORT_WARNING
	  "W c.conf:5: hosts: * is taken for *.a.b, " SHORT_WARNING },
	{ "no dot, two zones and twice",
	  TWO_ZONES HOSTS("( \"h\", \"h.c.d\",\n\"h.a.b\" )"),
	  "W c.conf:4: hosts: h is taken for h.a.b, " SHORT_WARNING
	  "E c.conf:5: hosts: h.a.b is given twice, allowed is once\n" },
	{ "no label and two zones", TWO_ZONES HOSTS("( \"h.\" )"),
	  "E c.conf:4: hosts: h. is in no zone, allowed is a full name in one "
	  "of zones\n" },
	{ "malformed, no dot and two zones", TWO_ZONES HOSTS("( \"-h\" )"),
	  "E c.conf:4: hosts: -h " HOST_ALLOWED },
	{ "no dot and a zone that is not known",
	  "zones = ( { " SERVERS "key = \"k\"; },\n{ name = \"a.b\"; " SERVERS
	  "key = \"k\"; }, { name = \"c.d\"; " SERVERS "key = \"k\"; } );\n"
	  KEY HOSTS("( \"h\" )"),
	  "E c.conf:1: name: is missing, allowed is a text: a domain name\n" },
	{ "a file of clients_dir, no dot and two zones",
	  TWO_ZONES "clients_dir = \"d\";\n",
	  "W d/a.conf:1: hosts: h is taken for h.a.b, " SHORT_WARNING,
	  {{ "d/a.conf", HOSTS("( \"h\" )") }} },
	{ "a table, no dot and two zones", TWO_ZONES "clients_file = \"t\";\n",
	  "W t:2: hosts: h is taken for h.a.b, " SHORT_WARNING,
	  {{ "t", "b " SHA_B " f.c.d\na " SHA_A " h,i\n" }} },
	{ "underscores", BASE HOSTS("( \"my_host\", \"h\",\n\"_x.i\" "
	  "\".dyn.example.org\" )"),
	  "W c.conf:3: hosts: my_host.dyn.example.org " UNDERSCORE_WARNING
	  "W c.conf:4: hosts: _x.i.dyn.example.org " UNDERSCORE_WARNING },
	{ "underscores in a table", BASE "clients_file = \"t\";\n",
	  "W t:1: hosts: a_b.dyn.example.org " UNDERSCORE_WARNING,
	  {{ "t", "a " SHA_A " a_b,c_d\nb " SHA_B " e_f\n" }} },
	{ "hosts of a zone that is not known",
	  "zones = ( { name = \"a.b\"; " SERVERS "key = \"k\"; },\n{ " SERVERS
	  "key = \"k\"; } );\n" KEY HOSTS("( \"h.c.d\" )"),
	  "E c.conf:2: name: is missing, allowed is a text: a domain name\n" },
	{ "a shared host", BASE "clients = ( { name = \"a\"; secret = \"" SHA_A
	  "\"; hosts = ( \"h\" ); },\n{ name = \"b\"; secret = \"" SHA_B
	  "\"; hosts = ( \"h.dyn.example.org\" ); } );\n",
	  "W c.conf:4: hosts: h.dyn.example.org is also a host of client a\n" },
	{ "interface_id", BASE HOSTS("( { name = \"h\";\n"
	  "interface_id = \"2001:db8::1\"; }, { name = \"i\"; interface_id = "
	  "\"::\"; }, { name = \"j\"; interface_id = \"192.0.2.1\"; } )"),
	  "E c.conf:4: interface_id: 2001:db8::1 is malformed, allowed is an "
	  "IPv6 address that starts with 64 zero bits, such as "
	  "::211:22ff:fe33:4455\n"
	  "E c.conf:4: interface_id: :: is malformed, allowed is an IPv6 "
	  "address that starts with 64 zero bits, such as "
	  "::211:22ff:fe33:4455\n"
	  "E c.conf:4: interface_id: 192.0.2.1 is malformed, allowed is an IPv6 "
	  "address that starts with 64 zero bits, such as "
	  "::211:22ff:fe33:4455\n" },

	/* clients_file */
	{ "a table", BASE "clients_file = \"t\";\n", "",
	  {{ "t", "# clients\n\n a\t" SHA_A " h,i.dyn.example.org\r\n" }} },
	{ "no table", BASE "clients_file = \"t\";\n",
	  "E c.conf:3: clients_file: t cannot be read: No such file or "
	  "directory\n" },
	{ "bad lines", BASE "clients_file = \"t\";\n",
	  "E t:2: has less than three fields, allowed is NAME SECRET "
	  "HOST[,HOST...] [SETTING=VALUE,...]\n"
	  "E t:3: has more than four fields, allowed is NAME SECRET "
	  "HOST[,HOST...] [SETTING=VALUE,...]\n"
	  "E t:4: name: a/b " NAME_ALLOWED
	  "E t:5: secret: is malformed, allowed is 16 to 64 of A-Z a-z 0-9 _ "
	  "-\n"
	  "E t:6: secret: is that of the client at t:4 already, allowed is "
	  "another\n"
	  "E t:6: hosts: x.org is in no zone, allowed is a full name in one of "
	  "zones\n"
	  "E t:6: hosts: \"\" " HOST_ALLOWED
	  "E t:7: name: f is given twice, first at t:6\n",
	  {{ "t", "# clients\na b\nc " SHA_A " h, i j\na/b " SHA_A " h\nd short j\n"
	    "f " SHA_A " x.org,\nf " SHA_B " l" }} },
	{ "a table in clear for all to read", BASE "clients_file = \"t\";\n",
	  "W t:2: secret: " EXPOSED
	  "W t:2: " CLEAR_WARNING,
	  {{ "t", "a " SHA_A " h\nb " CLEAR " i\nc " CLEAR "2 j\n", 0644 }} },
	{ "a table repeats what the file has", BASE CLIENT("")
	  "clients_file = \"t\";\n",
	  "E t:1: name: c is given twice, first at c.conf:3\n"
	  "E t:2: secret: is that of the client at c.conf:3 already, allowed is "
	  "another\n"
	  "W t:2: hosts: h.dyn.example.org is also a host of client c\n",
	  {{ "t", "c " SHA_B " i\nd " SHA_A " h\n" }} },

	/* Who else can get at it */
	{ "listens to everybody", BASE "listen = \"0.0.0.0:9000\";\n",
	  "W c.conf:3: listen: " REACHED },
	{ "listens to everybody, IPv6", BASE "listen = \"[::]:9000\";\n",
	  "W c.conf:3: listen: " REACHED },
	{ "listens to others", BASE "listen = \"192.0.2.1:9000\";\n",
	  "W c.conf:3: listen: " REACHED },
	{ "listens to this machine", BASE "listen = \"127.0.0.2:9000\";\n", "" },
	{ "listens to it, IPv6", BASE "listen = \"[::1]:9000\";\n", "" },
	{ "others can change a file", ZONE "@include \"keys.conf\"\n",
	  "W keys.conf: others can change this file, allowed is mode 0640 or "
	  "less\n", {{ "keys.conf", KEY, 0602 }} },
	{ "others can change clients", BASE "clients_dir = \"d\";\n",
	  "W d/a.conf: others can change this file, allowed is mode 0640 or "
	  "less\n", {{ "d/a.conf", CLIENT(""), 0602 }} },
	{ "a group can change a file", ZONE "@include \"keys.conf\"\n", "",
	  {{ "keys.conf", KEY, 0660 }} },

	/* clients_dir */
	{ "a directory", BASE "clients_dir = \"d\";\n", "",
	  {{ "d/a.conf", CLIENT("") }, { "d/.b.conf", "rubbish" },
	   { "d/b.conf~", "rubbish" }, { "d/\n.conf", "rubbish" }} },
	{ "no directory", BASE "clients_dir = \"none\";\n",
	  "E c.conf:3: clients_dir: none cannot be read: No such file or "
	  "directory\n" },
	{ "a file for a directory", BASE "clients_dir = \"k.key\";\n",
	  "E c.conf:3: clients_dir: k.key cannot be read: Not a directory\n" },
	{ "errors in a directory", BASE "threads = 0;\nclients_dir = \"d\";\n",
	  "E c.conf:3: threads: 0 is out of range, allowed is a whole number "
	  "from 1 to 1024\n"
	  "E d/a.conf: clients: is missing, allowed is a list of groups\n"
	  "E d/a.conf:1: zones: is unknown in a file of clients_dir, allowed "
	  "are clients\n"
	  "E d/b.conf:2: syntax error" SYNTAX
	  "E d/c.conf:2: hosts: has 0 elements, " HOSTS_ALLOWED,
	  {{ "d/c.conf", "\n" HOSTS("( )") }, { "d/a.conf", "zones = ( );\n" },
	   { "d/b.conf", "clients\n" }} },
	{ "a directory repeats a name", BASE "clients_dir = \"d\";\n",
	  "E d/b.conf:2: name: c is given twice, first at d/a.conf:1\n"
	  "E d/b.conf:2: secret: is that of the client at d/a.conf:1 already, "
	  "allowed is another\n"
	  "W d/b.conf:2: hosts: h.dyn.example.org is also a host of client c\n",
	  {{ "d/a.conf", CLIENT("") }, { "d/b.conf", "\n" CLIENT("") }} },
};
// clang-format on

/* Joins the diagnostics, with a letter for the severity before each. */
static void
join(const struct diagnostic_list *diagnostics, struct text *out)
{
	for (size_t i = 0; i < diagnostics->count; i++) {
		const struct diagnostic *item = &diagnostics->items[i];
		text_puts(
		    out, item->severity == DIAGNOSTIC_ERROR ? "E " : "W ");
		text_puts(out, item->text);
		text_puts(out, "\n");
	}
}

static void
write_files(const struct row *row)
{
	temp_dir_make("d");
	temp_dir_write("k.key", KEY_TEXT, 0600);
	if (row->text != NULL)
		temp_dir_write("c.conf", row->text, 0600);
	for (size_t i = 0; i < FILES_MAX; i++) {
		const struct file *file = &row->files[i];
		if (file->name != NULL)
			temp_dir_write(file->name, file->text,
			    file->mode != 0 ? file->mode : 0600);
	}
}

static void
loads(void **state)
{
	const struct row *row = *state;
	struct diagnostic_list diagnostics = {0};
	struct conf_files files;
	struct site *site = NULL;
	char buf[4096];
	struct text joined;

	temp_dir_enter();
	write_files(row);
	TEXT_INIT(&joined, buf);
	enum err err = conf_load("c.conf", &diagnostics, &files, &site);
	join(&diagnostics, &joined);
	assert_string_equal(buf, row->diagnostics);
	assert_int_equal(err, diagnostics.errors > 0 ? ERR_CONFIG : ERR_OK);
	assert_int_equal(site != NULL, err == ERR_OK);
	assert_true(files.count > 0);
	assert_string_equal(files.paths[0], "c.conf");
	site_release(site);
	conf_files_done(&files);
	diagnostic_done(&diagnostics);
	temp_dir_leave();
}

/* What is stored */

static const char full_text[] =
    "listen = \"[::1]:9000\";\n"
    "user = \"ddns-gate.1_\";\n"
    "threads = 3;\n"
    "base_path = \"/dyn\";\n"
    "url = \"https://ddns.example.org\";\n"
    "trusted_proxies = [ \"127.0.0.0/8\", \"::1\" ];\n"
    "proxy_header = \"X-Real-IP\";\n"
    "timeout_ms = 7000;\n"
    "unchanged = \"good\";\n"
    "log = \"syslog\";\n"
    "log_format = \"json\";\n"
    "log_level = \"debug\";\n"
    "sandbox = false;\n"
    "metrics_from = [ \"10.0.0.0/8\" ];\n"
    "events = \"unix:/run/e\";\n"
    "clients_file = \"t\";\n"
    "clients_dir = \"d\";\n"
    "clients = (\n"
    "  { name = \"a\"; secrets = [ \"" SHA_A "\", \"" CLEAR "\" ];\n"
    "    hosts = ( \"h.dyn.example.org\", \"*.x.Example.Net.\",\n"
    "      { name = \"i.dyn.example.org\"; ttl = 5;\n"
    "        families = [ \"AAAA\" ]; interface_id = \"::ffff:1:2\"; },\n"
    "      { name = \"*.y.dyn.example.org\"; acme = true; families = [ ]; } "
    ");\n"
    "    acme = true;\n"
    "    from = [ \"192.0.2.0/24\" ]; addresses = \"source\";\n"
    "    allow_private = true; allow_offline = false;\n"
    "    families = [ \"A\" ]; ttl = 7; unchanged = \"nochg\"; },\n"
    "  { name = \"b@x\"; secret = \"$5$abc$"
    "6va2Z4O.keO7R84v9g0B9d2NkB7NOyTy0sMeQ5Z3LLA\";\n"
    "    hosts = ( \"b.dyn.example.org\" ); }\n"
    ");\n"
    "zones = (\n"
    "  { name = \"Example.NET.\"; key = \"k.\"; ttl = 86400;\n"
    "    servers = [ \"192.0.2.53\", \"2001:db8::53@5353\" ];\n"
    "    transport = \"tcp\"; read_back = true;\n"
    "    secondaries = [ \"192.0.2.54\", \"::1@54\" ]; },\n"
    "  { name = \"dyn.example.org\"; servers = [ \"127.0.0.1@5354\" ]; }\n"
    ");\n"
    "keys = ( { name = \"K\"; file = \"k.key\"; } );\n";

static void
load(const char *text, struct site **ret)
{
	struct diagnostic_list diagnostics = {0};
	struct conf_files files;
	char buf[4096];
	struct text joined;

	temp_dir_enter();
	temp_dir_make("d");
	temp_dir_write("k.key", KEY_TEXT, 0600);
	temp_dir_write("t", "t " SHA_B " t.dyn.example.org\n", 0600);
	temp_dir_write("d/x.conf",
	    "clients = ( { name = \"x\"; secret = \"XXXXXXXXXXXXXXXX\";\n"
	    "hosts = ( \"x.example.net\" ); } );\n",
	    0600);
	temp_dir_write("c.conf", text, 0600);
	TEXT_INIT(&joined, buf);
	enum err err = conf_load("c.conf", &diagnostics, &files, ret);
	join(&diagnostics, &joined);
	if (err != ERR_OK)
		fail_msg("%s", buf);
	conf_files_done(&files);
	diagnostic_done(&diagnostics);
	temp_dir_leave();
}

static void
top_settings_are_stored(void **state)
{
	struct site *site;

	(void)state;
	load(full_text, &site);
	const struct site_settings *settings = site_settings(site);
	assert_string_equal(settings->listen, "[::1]:9000");
	assert_int_equal(settings->threads, 3);
	assert_string_equal(settings->base_path, "/dyn");
	assert_string_equal(settings->url, "https://ddns.example.org");
	assert_int_equal(settings->trusted_proxy_count, 2);
	assert_int_equal(settings->trusted_proxies[0].len, 8);
	assert_int_equal(settings->trusted_proxies[1].len, 128);
	assert_string_equal(settings->proxy_header, "X-Real-IP");
	assert_int_equal(settings->timeout_ms, 7000);
	assert_int_equal(settings->log_target, LOG_TARGET_SYSLOG);
	assert_int_equal(settings->log_format, LOG_FORMAT_JSON);
	assert_string_equal(settings->user, "ddns-gate.1_");
	assert_int_equal(settings->log_level, LOG_LEVEL_DEBUG);
	assert_false(settings->sandbox);
	assert_string_equal(settings->clients_dir, "d");
	assert_int_equal(settings->metrics_from_count, 1);
	assert_int_equal(settings->metrics_from[0].len, 8);
	assert_string_equal(settings->events, "unix:/run/e");
	site_release(site);
}

static void
defaults_are_stored(void **state)
{
	struct site *site;

	(void)state;
	load(BASE CLIENT(""), &site);
	const struct site_settings *settings = site_settings(site);
	assert_null(settings->listen);
	assert_null(settings->events);
	assert_int_equal(settings->threads, 0);
	assert_string_equal(settings->base_path, "");
	assert_null(settings->url);
	assert_int_equal(settings->trusted_proxy_count, 0);
	assert_int_equal(settings->metrics_from_count, 0);
	assert_string_equal(settings->proxy_header, "X-Forwarded-For");
	assert_int_equal(settings->timeout_ms, 2500);
	assert_int_equal(settings->log_target, LOG_TARGET_STDERR);
	assert_int_equal(settings->log_format, LOG_FORMAT_TEXT);
	assert_null(settings->user);
	assert_int_equal(settings->log_level, LOG_LEVEL_INFO);
	assert_true(settings->sandbox);
	assert_null(settings->clients_dir);
	const struct site_zone *zone = site_zone(site, 0);
	assert_int_equal(zone->ttl, 60);
	assert_false(zone->tcp);
	assert_false(zone->read_back);
	assert_int_equal(zone->servers[0].port, 53);
	const struct site_client *client = site_client(site, 0);
	assert_int_equal(client->rules->from_count, 0);
	assert_false(client->rules->source_only);
	assert_false(client->rules->allow_private);
	assert_true(client->rules->allow_offline);
	assert_false(client->rules->unchanged_good);
	const struct site_host *host = site_hosts(site, client);
	assert_int_equal(host->ttl, 60);
	assert_int_equal(host->families, 3);
	assert_false(host->has_interface_id);
	site_release(site);
}

static void
zones_are_stored(void **state)
{
	struct site *site;

	(void)state;
	load(full_text, &site);
	assert_int_equal(site_zone_count(site), 2);
	const struct site_zone *zone = site_zone(site, 0);
	assert_string_equal(zone->name, "example.net");
	assert_string_equal(tsig_key_name(zone->key), "k");
	assert_int_equal(tsig_key_algorithm(zone->key), TSIG_HMAC_SHA256);
	assert_int_equal(zone->ttl, 86400);
	assert_true(zone->tcp);
	assert_true(zone->read_back);
	assert_int_equal(zone->server_count, 2);
	assert_int_equal(zone->servers[0].addr.family, IPADDR_V4);
	assert_int_equal(zone->servers[0].port, 53);
	assert_int_equal(zone->servers[1].addr.family, IPADDR_V6);
	assert_int_equal(zone->servers[1].port, 5353);
	assert_int_equal(zone->secondary_count, 2);
	assert_int_equal(zone->secondaries[0].port, 53);
	assert_int_equal(zone->secondaries[1].port, 54);
	assert_null(site_zone(site, 1)->key);
	assert_int_equal(site_zone(site, 1)->servers[0].port, 5354);
	site_release(site);
}

static void
clients_are_stored(void **state)
{
	static const char *const names[] = {"a", "b@x", "t", "x"};
	struct site *site;

	(void)state;
	load(full_text, &site);
	assert_int_equal(site_client_count(site), 4);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(site_client(site, i)->name, names[i]);
	const struct site_rules *rules = site_client(site, 0)->rules;
	assert_int_equal(rules->from_count, 1);
	assert_int_equal(rules->from[0].len, 24);
	assert_true(rules->source_only);
	assert_true(rules->allow_private);
	assert_false(rules->allow_offline);
	assert_false(rules->unchanged_good);
	for (size_t i = 1; i < 4; i++) {
		rules = site_client(site, i)->rules;
		assert_true(rules->allow_offline);
		assert_true(rules->unchanged_good);
	}
	site_release(site);
}

static void
secrets_are_stored(void **state)
{
	struct secret_digest digests[4];
	struct site *site;

	(void)state;
	load(full_text, &site);
	secret_stored_parse(span_of(SHA_A), &digests[0]);
	digests[1] = secret_digest(span_of(CLEAR));
	secret_stored_parse(span_of(SHA_B), &digests[2]);
	digests[3] = secret_digest(span_of("XXXXXXXXXXXXXXXX"));
	assert_ptr_equal(
	    site_find_secret(site, &digests[0]), site_client(site, 0));
	assert_ptr_equal(
	    site_find_secret(site, &digests[1]), site_client(site, 0));
	assert_ptr_equal(
	    site_find_secret(site, &digests[2]), site_client(site, 2));
	assert_ptr_equal(
	    site_find_secret(site, &digests[3]), site_client(site, 3));
	struct site_crypts crypts =
	    site_find_crypts(site, site_client(site, 1), span_of("any"));
	assert_false(crypts.decoy);
	assert_int_equal(
	    secret_crypt_check(crypts.first->hash, span_of("password")),
	    ERR_OK);
	site_release(site);
}

static void
hosts_are_stored(void **state)
{
	static const uint8_t id[8] = {0, 0, 0xff, 0xff, 0, 1, 0, 2};
	struct site *site;

	(void)state;
	load(full_text, &site);
	const struct site_host *hosts = site_hosts(site, site_client(site, 0));
	assert_int_equal(site_client(site, 0)->host_count, 4);
	assert_string_equal(hosts[0].name, "h.dyn.example.org");
	assert_int_equal(hosts[0].zone, 1);
	assert_int_equal(hosts[0].ttl, 7);
	assert_int_equal(hosts[0].families, 1 << IPADDR_V4);
	assert_false(hosts[0].has_interface_id);
	assert_string_equal(hosts[1].name, "*.x.example.net");
	assert_int_equal(hosts[1].zone, 0);
	assert_int_equal(hosts[2].ttl, 5);
	assert_int_equal(hosts[2].families, 1 << IPADDR_V6);
	assert_true(hosts[2].has_interface_id);
	assert_memory_equal(hosts[2].interface_id, id, sizeof(id));
	assert_true(hosts[0].acme && hosts[2].acme && hosts[3].acme);
	assert_false(hosts[1].acme); /* a wildcard */
	assert_int_equal(hosts[3].families, 0);
	hosts = site_hosts(site, site_client(site, 1));
	assert_int_equal(hosts[0].ttl, 60);
	hosts = site_hosts(site, site_client(site, 3));
	assert_int_equal(hosts[0].ttl, 86400);
	assert_int_equal(hosts[0].families, 3);
	site_release(site);
}

/* Files and limits */

static void
files_are_listed(void **state)
{
	static const char *const names[] = {
	    "c.conf", "i.conf", "none.key", "t", "d", "d/x.conf"};
	struct diagnostic_list diagnostics = {0};
	struct conf_files files;
	struct site *site;

	(void)state;
	temp_dir_enter();
	temp_dir_make("d");
	temp_dir_write("c.conf",
	    ZONE "@include \"i.conf\"\n"
		 "clients_dir = \"d\"; clients_file = \"t\";\n",
	    0600);
	temp_dir_write("i.conf",
	    "keys = ( { name = \"k\"; file = \"none.key\"; } );\n", 0600);
	temp_dir_write("d/x.conf", "clients = ( );\n", 0600);
	assert_int_equal(
	    conf_load("c.conf", &diagnostics, &files, &site), ERR_CONFIG);
	assert_int_equal(files.count, 6);
	for (size_t i = 0; i < files.count; i++)
		assert_string_equal(files.paths[i], names[i]);
	conf_files_done(&files);
	diagnostic_done(&diagnostics);
	temp_dir_leave();
}

/* A candidate is read instead of the file of its name, or as one file more. */
static void
a_candidate_replaces_a_file(void **state)
{
	static const char old[] = HOSTS("( \"old\" )");
	static const char fresh[] = HOSTS("( \"fresh\" )");
	const struct conf_candidate candidates[] = {
	    {"c.conf", ".c.new"}, {"x.conf", ".c.new"}};
	static const enum err expected[] = {ERR_OK, ERR_CONFIG};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct diagnostic_list diagnostics = {0};
		struct conf_files files;
		struct site *site = NULL;

		temp_dir_enter();
		temp_dir_make("d");
		temp_dir_write("k.key", KEY_TEXT, 0600);
		temp_dir_write("c.conf", BASE "clients_dir = \"d\";\n", 0600);
		temp_dir_write("d/c.conf", old, 0600);
		temp_dir_write("d/.c.new", fresh, 0600);
		enum err err = conf_load_candidate(
		    "c.conf", &candidates[i], &diagnostics, &files, &site);
		assert_int_equal(err, expected[i]);
		if (err == ERR_OK)
			assert_string_equal(
			    site_hosts(site, site_client(site, 0))->name,
			    "fresh.dyn.example.org");
		else
			assert_string_equal(diagnostics.items[0].text,
			    "d/.c.new:1: name: c is given twice, first at "
			    "d/c.conf:1");
		site_release(site);
		diagnostic_done(&diagnostics);
		conf_files_done(&files);
		temp_dir_leave();
	}
}

static void
names_are_relative_to_the_file(void **state)
{
	struct diagnostic_list diagnostics = {0};
	struct conf_files files;
	struct site *site = NULL;

	(void)state;
	temp_dir_enter();
	temp_dir_make("d");
	temp_dir_write("d/c.conf", ZONE "@include \"i.conf\"\n", 0600);
	temp_dir_write("d/i.conf", KEY, 0600);
	temp_dir_write("d/k.key", KEY_TEXT, 0600);
	assert_int_equal(
	    conf_load("d/c.conf", &diagnostics, &files, &site), ERR_OK);
	assert_string_equal(files.paths[1], "d/i.conf");
	assert_string_equal(files.paths[2], "d/k.key");
	site_release(site);
	conf_files_done(&files);
	temp_dir_leave();
}

static void
nul_bytes_are_found(void **state)
{
	static const char text[] = ZONE KEY "\nlisten = \"unix:/x\0\0\";\n";
	struct diagnostic_list diagnostics = {0};
	struct conf_files files;
	struct site *site;

	(void)state;
	temp_dir_enter();
	temp_dir_write("k.key", KEY_TEXT, 0600);
	temp_dir_write_bytes("c.conf", text, sizeof(text) - 1, 0600);
	assert_int_equal(
	    conf_load("c.conf", &diagnostics, &files, &site), ERR_CONFIG);
	assert_int_equal(diagnostics.count, 1);
	assert_string_equal(diagnostics.items[0].text,
	    "c.conf:4: a NUL byte, allowed is text without any");
	diagnostic_done(&diagnostics);
	conf_files_done(&files);
	temp_dir_leave();
}

static void
exposed_files_are_reported_once(void **state)
{
	static const char text[] =
	    "zones = ( { name = \"a.b\"; " SERVERS "key = \"k\"; } );\n"
	    "keys = ( { name = \"k\"; algorithm = \"hmac-sha256\";\n"
	    "secret = \"c2VjcmV0\"; } );\n" SECRET("secret = \"" CLEAR "\";");
	struct diagnostic_list diagnostics = {0};
	struct conf_files files;
	struct site *site = NULL;
	char buf[1024];
	struct text joined;

	(void)state;
	temp_dir_enter();
	temp_dir_write("c.conf", text, 0644);
	TEXT_INIT(&joined, buf);
	conf_load("c.conf", &diagnostics, &files, &site);
	join(&diagnostics, &joined);
	assert_string_equal(buf,
	    "W c.conf:3: secret: " EXPOSED "W c.conf:4: " CLEAR_WARNING
	    "E c.conf:4: hosts: h.dyn.example.org is in no zone, allowed is "
	    "a full name in one of zones\n");
	diagnostic_done(&diagnostics);
	conf_files_done(&files);
	temp_dir_leave();
}

/* No diagnostic about a secret shows it. */
/* The only diagnostic of a configuration with these settings, "" for none. */
static void
check_warning(const char *settings, const char *warning)
{
	char text[512];
	struct diagnostic_list diagnostics = {0};
	struct conf_files files;
	struct site *site;

	snprintf(text, sizeof(text), "%s%s", BASE, settings);
	temp_dir_write("c.conf", text, 0600);
	assert_int_equal(
	    conf_load("c.conf", &diagnostics, &files, &site), ERR_OK);
	assert_int_equal(diagnostics.count, *warning != '\0');
	if (diagnostics.count > 0)
		assert_string_equal(diagnostics.items[0].text, warning);
	site_release(site);
	diagnostic_done(&diagnostics);
	conf_files_done(&files);
}

static void
open_folders_are_reported(void **state)
{
	static const struct {
		const char *folder, *settings;
		mode_t mode;
		const char *warning;
	} folders[] = {
	    // clang-format off
		{ "d", "clients_dir = \"d\";", 0750, "" },
		{ "d", "clients_dir = \"d\";", 0770, "" },
		{ "d", "clients_dir = \"d\";", 0755, "d: others can list the "
		  "clients here, allowed is mode 0750 or less" },
		{ "d", "clients_dir = \"d\";", 0777, "d: others can put files "
		  "here, allowed is mode 0750 or less" },
		{ "d", "state_dir = \"d\";", 0750, "" },
		{ "d", "state_dir = \"d\";", 0770, "c.conf:3: state_dir: other "
		  "users can reset the limits there, allowed is mode 0750 or "
		  "less" },
		{ "d", "state_dir = \"d\";", 0702, "c.conf:3: state_dir: other "
		  "users can reset the limits there, allowed is mode 0750 or "
		  "less" },
		{ "d", "state_dir = \"d\";", 0755, "c.conf:3: state_dir: "
		  "others can read what is there, allowed is mode 0750 or "
		  "less" },
		{ ".", "", 0755, "" },
		{ ".", "", 0777, ".: others can replace the files of the "
		  "configuration here, allowed is mode 0755 or less" },
		{ ".", "", 01777, "" },
	    // clang-format on
	};

	(void)state;
	temp_dir_enter();
	temp_dir_make("d");
	temp_dir_write("k.key", KEY_TEXT, 0600);
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		assert_int_equal(chmod(folders[i].folder, folders[i].mode), 0);
		check_warning(folders[i].settings, folders[i].warning);
	}
	temp_dir_leave();
}

/* Root does not know the service's user, and is told nothing. */
static void
foreign_owners_are_reported(void **state)
{
	static const struct {
		uid_t key_owner, reader;
		const char *warning;
	} readers[] = {
	    {FOREIGN, 0, ""},
	    {0, READER, ""},
	    {READER, READER, ""},
	    {FOREIGN, READER,
		"k.key: belongs to user 1002, who can change it, allowed is "
		"root or the user that ddnsgate runs as"},
	};

	(void)state;
	if (geteuid() != 0)
		return;
	temp_dir_enter();
	assert_int_equal(chown(".", READER, READER), 0);
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
		temp_dir_write("k.key", KEY_TEXT, 0640);
		assert_int_equal(
		    chown("k.key", readers[i].key_owner, READER), 0);
		assert_int_equal(setegid(readers[i].reader), 0);
		assert_int_equal(seteuid(readers[i].reader), 0);
		check_warning("", readers[i].warning);
		assert_int_equal(seteuid(0), 0);
		assert_int_equal(setegid(0), 0);
		assert_int_equal(unlink("c.conf"), 0);
	}
	temp_dir_leave();
}

static void
secrets_are_not_shown(void **state)
{
	static const char *const texts[] = {
	    BASE SECRET("secret = \"HUSHhushHUSHhush\";"),
	    BASE SECRET("secret = \"HUSHhush\";"),
	    BASE SECRET("secret = \"$HUSHhush$x\";"),
	    BASE SECRET("secrets = [ \"HUSHhush\\n\" ];"),
	    BASE SECRET("secrets = [ \"sha256:HUSHhush\" ];"),
	    KEYS("name = \"l\"; secret = \"HUSHhush!\"; "
		 "algorithm = \"hmac-sha1\";"),
	    BASE "clients_file = \"t\";\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct diagnostic_list diagnostics = {0};
		struct conf_files files;
		struct site *site = NULL;

		temp_dir_enter();
		temp_dir_write("k.key", KEY_TEXT, 0644);
		temp_dir_write("t",
		    "a HUSHhush h\nb HUSHhush\nHUSHhushHUSHhush h\n", 0644);
		temp_dir_write("c.conf", texts[i], 0644);
		conf_load("c.conf", &diagnostics, &files, &site);
		assert_true(diagnostics.count > 0);
		for (size_t j = 0; j < diagnostics.count; j++)
			assert_null(
			    strcasestr(diagnostics.items[j].text, "hushhush"));
		site_release(site);
		diagnostic_done(&diagnostics);
		conf_files_done(&files);
		temp_dir_leave();
	}
}

static void
settings_are_listed(void **state)
{
	size_t count;
	const struct conf_setting_info *infos = conf_settings(&count);

	(void)state;
	assert_string_equal(infos[0].where, "");
	assert_string_equal(infos[0].name, "zones");
	assert_string_equal(infos[count - 1].where, "host");
	assert_string_equal(infos[count - 1].name, "interface_id");
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(top_settings_are_stored),
	    cmocka_unit_test(defaults_are_stored),
	    cmocka_unit_test(zones_are_stored),
	    cmocka_unit_test(clients_are_stored),
	    cmocka_unit_test(secrets_are_stored),
	    cmocka_unit_test(hosts_are_stored),
	    cmocka_unit_test(files_are_listed),
	    cmocka_unit_test(a_candidate_replaces_a_file),
	    cmocka_unit_test(names_are_relative_to_the_file),
	    cmocka_unit_test(nul_bytes_are_found),
	    cmocka_unit_test(exposed_files_are_reported_once),
	    cmocka_unit_test(open_folders_are_reported),
	    cmocka_unit_test(foreign_owners_are_reported),
	    cmocka_unit_test(secrets_are_not_shown),
	    cmocka_unit_test(settings_are_listed),
	};
	int failures = 0;

	failures += TABLE_RUN("conf: diagnostics", rows, loads);
	failures +=
	    cmocka_run_group_tests_name("conf: singles", singles, NULL, NULL);
	return failures;
}
