#include <stdio.h>
#include <string.h>

#include "ddnsgate/dns/dname.h"
#include "ddnsgate/update/route.h"

#include "make_site.h"

static struct site *
places(void)
{
	const struct site_rules rules = {.from_count = 0};
	struct site *site = make_site();
	char name[64];

	make_zone(site, "dyn.example.org", 53);
	make_zone(site, "lab.example.org", 53);
	make_client(site, "lars", "larslarslarslars", &rules);
	make_host(site, "h1.dyn.example.org", MAKE_BOTH, 0);
	make_host(site, "h2.dyn.example.org", MAKE_BOTH, 0);
	make_host(site, "h2.lab.example.org", MAKE_BOTH, 0);
	make_host(site, "nas.home.dyn.example.org", MAKE_BOTH, 0);
	make_host(site, "nas.dyn.example.org", MAKE_BOTH, 0);
	make_host(site, "*.h1.dyn.example.org", MAKE_BOTH, 0);
	make_host(site, "a.b.lab.example.org", MAKE_BOTH, 0);
	make_host(site, "a.c.lab.example.org", MAKE_BOTH, 0);
	make_host(site, "lab.example.org", MAKE_BOTH, 0);
	make_client(site, "anna", "annaannaannaanna", &rules);
	make_host(site, "only.dyn.example.org", MAKE_BOTH, 0);
	make_host(site, "h1.dyn.example.org", MAKE_BOTH, 0);
	make_client(site, "odd", "oddoddoddoddoddodd", &rules);
	make_host(site, "x.dyn.example.org", MAKE_BOTH, 0);
	make_host(site, "x.y.dyn.example.org", MAKE_BOTH, 0);
	make_host(site, "x.dyn.example.org.lab.example.org", MAKE_BOTH, 0);
	make_client(site, "many", "manymanymanymany", &rules);
	for (int i = 0; i < 21; i++) {
		snprintf(name, sizeof(name), "m%d.dyn.example.org", i);
		make_host(site, name, MAKE_BOTH, 0);
	}
	make_client(site, "twenty", "twentytwentytwenty", &rules);
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "t%d.dyn.example.org", i);
		make_host(site, name, MAKE_BOTH, 0);
	}
	make_client(site, "wild", "wildwildwildwild", &rules);
	for (int i = 0; i < 11; i++) {
		snprintf(name, sizeof(name), "w%d.dyn.example.org", i);
		make_host(site, name, MAKE_BOTH, 0);
		snprintf(name, sizeof(name), "*.w%d.dyn.example.org", i);
		make_host(site, name, MAKE_BOTH, 0);
	}
	make_host(site, "tame.dyn.example.org", MAKE_BOTH, 0);
	make_client(site, "acme", "acmeacmeacmeacme", &rules);
	make_acme_host(site, "c1.dyn.example.org", MAKE_BOTH);
	make_host(site, "*.c1.dyn.example.org", MAKE_BOTH, 0);
	make_host(site, "c2.dyn.example.org", MAKE_BOTH, 0);
	make_acme_host(site, "*.c2.dyn.example.org", MAKE_BOTH);
	make_acme_host(site, "*.c3.dyn.example.org", MAKE_BOTH);
	make_host(site, "*.c4.dyn.example.org", MAKE_BOTH, 0);
	make_acme_host(site, "dyn.example.org", MAKE_BOTH);
	make_host(site, "lab.example.org", MAKE_BOTH, 0);
	make_acme_host(site, "c2.lab.example.org", MAKE_BOTH);
	make_client(site, "one", "oneoneoneoneoneone", &rules);
	make_host(site, "o1.dyn.example.org", MAKE_BOTH, 0);
	make_acme_host(site, "o2.dyn.example.org", MAKE_BOTH);
	make_client(site, "bare", "barebarebarebare", &rules);
	make_acme_host(site, "b1.dyn.example.org", 0);
	make_host(site, "b2.dyn.example.org", MAKE_BOTH, 0);
	make_acme_host(site, "b3.dyn.example.org", 0);
	make_client(site, "certificate", "certificatecertific", &rules);
	make_acme_host(site, "only-txt.dyn.example.org", 0);
	make_client(site, "certificates", "certificatescertifi", &rules);
	make_acme_host(site, "t1.dyn.example.org", 0);
	make_acme_host(site, "t2.dyn.example.org", 0);
	return site;
}

#define ORG ".dyn.example.org"
#define LAB ".lab.example.org"
#define LONG_LABEL \
	"a123456789012345678901234567890123456789012345678901234567890123"

// clang-format off
static const struct row {
	const char *name;
	const char *client;
	const char *asked; /* names, joined with "|" */
	enum err want;
	const char *hosts; /* with ERR_OK: the same */
} rows[] = {
	{ "full",             "lars", "h1" ORG,     ERR_OK, "h1" ORG },
	{ "upper case",       "lars", "H1.Dyn.Example.ORG", ERR_OK, "h1" ORG },
	{ "final dot",        "lars", "h1" ORG ".", ERR_OK, "h1" ORG },
	{ "two",              "lars", "h2" LAB "|h1" ORG, ERR_OK,
	  "h2" LAB "|h1" ORG },
	{ "apex",             "lars", "lab.example.org", ERR_OK,
	  "lab.example.org" },
	{ "a wildcard",       "lars", "*.h1" ORG,   ERR_OK, "*.h1" ORG },
	{ "a wildcard's first label", "lars", "*",  ERR_OK, "*.h1" ORG },
	{ "below a wildcard", "lars", "x.h1" ORG,   ERR_NOHOST, NULL },
	/* Short names */
	{ "first label",      "lars", "h1",         ERR_OK, "h1" ORG },
	{ "first label, final dot", "lars", "h1.",  ERR_OK, "h1" ORG },
	{ "first labels",     "lars", "a.b",        ERR_OK, "a.b" LAB },
	{ "part of the zone", "lars", "h1.dyn",     ERR_OK, "h1" ORG },
	{ "part of the zone, two", "lars", "h2.lab", ERR_OK, "h2" LAB },
	{ "in two zones",     "lars", "h2",         ERR_NOHOST, NULL },
	{ "two first labels", "lars", "a",          ERR_NOHOST, NULL },
	{ "in the zone before deeper", "lars", "nas", ERR_OK, "nas" ORG },
	{ "deeper",           "lars", "nas.home",   ERR_OK, "nas.home" ORG },
	{ "in the zone, deeper behind", "odd", "x", ERR_OK, "x" ORG },
	{ "full before longer", "odd", "x" ORG,     ERR_OK, "x" ORG },
	{ "longer",           "odd", "x" ORG LAB,   ERR_OK, "x" ORG LAB },
	{ "in its zone before longer", "odd", "x.y", ERR_OK, "x.y" ORG },
	{ "half a label",     "anna", "onl",        ERR_NOHOST, NULL },
	{ "apex, first label", "lars", "lab",       ERR_OK,
	  "lab.example.org" },
	{ "a zone's name",    "lars", "dyn.example.org", ERR_NOHOST, NULL },
	{ "the end of a name", "lars", "example.org", ERR_NOHOST, NULL },
	/* The client's own */
	{ "another's",        "lars", "only" ORG,   ERR_NOHOST, NULL },
	{ "another's, short", "lars", "only",       ERR_NOHOST, NULL },
	{ "shared",           "anna", "h1",         ERR_OK, "h1" ORG },
	{ "nobody's",         "lars", "xx" ORG,     ERR_NOHOST, NULL },
	{ "another zone",     "lars", "h1.example.org", ERR_NOHOST, NULL },
	{ "one of two",       "lars", "h1|only" ORG, ERR_NOHOST, NULL },
	{ "the first failure counts", "lars", "only" ORG "|%h", ERR_NOHOST,
	  NULL },
	/* Twice */
	{ "twice",            "lars", "h1|h1",      ERR_OK, "h1" ORG },
	{ "twice, two ways",  "lars", "h1" ORG "|H1.|nas|h1.dyn", ERR_OK,
	  "h1" ORG "|nas" ORG },
	/* Malformed */
	{ "placeholder",      "lars", "%h",         ERR_NAME, NULL },
	{ "OpenWrt's",        "lars", "[DOMAIN]",   ERR_NAME, NULL },
	{ "FRITZ!Box's",      "lars", "<domain>",   ERR_NAME, NULL },
	{ "Synology's",       "lars", "__HOSTNAME__", ERR_NAME, NULL },
	{ "underscores first", "lars", "__h1",      ERR_NOHOST, NULL },
	{ "underscores",      "lars", "_h1._udp__", ERR_NOHOST, NULL },
	{ "a URL",            "lars", "https://h1" ORG "/", ERR_NAME, NULL },
	{ "a path",           "lars", "h1/x",       ERR_NAME, NULL },
	{ "an empty label",   "lars", "h1..dyn",    ERR_NAME, NULL },
	{ "only a dot",       "lars", ".",          ERR_NAME, NULL },
	{ "a dot first",      "lars", ".h1",        ERR_NAME, NULL },
	{ "a blank",          "lars", "h1 x",       ERR_NAME, NULL },
	{ "a wildcard inside", "lars", "h1.*" ORG,  ERR_NAME, NULL },
	{ "half a wildcard",  "lars", "*h1" ORG,    ERR_NAME, NULL },
	{ "a label too long", "lars", LONG_LABEL,   ERR_NAME, NULL },
	{ "not ASCII",        "lars", "h\xc3\xa4",  ERR_NAME, NULL },
	/* None */
	{ "all of one's",     "anna", "",           ERR_OK,
	  "only" ORG "|h1" ORG },
	{ "too many of one's", "many", "",          ERR_NAMES, NULL },
	{ "of many, one",     "many", "m20",        ERR_OK, "m20" ORG },
	{ "of many, a label that starts others", "many", "m2", ERR_OK,
	  "m2" ORG },
	{ "twenty of one's",  "twenty", "",         ERR_OK,
	  "t0" ORG "|t1" ORG "|t2" ORG "|t3" ORG "|t4" ORG "|t5" ORG
	  "|t6" ORG "|t7" ORG "|t8" ORG "|t9" ORG "|t10" ORG "|t11" ORG
	  "|t12" ORG "|t13" ORG "|t14" ORG "|t15" ORG "|t16" ORG "|t17" ORG
	  "|t18" ORG "|t19" ORG },
};
// clang-format on

static void
ask(const char *names, struct request *request)
{
	struct span rest = span_of(names);
	struct span name;

	while (rest.len > 0 && span_next(&rest, '|', &name))
		request->hosts[request->host_count++] = name;
}

/* Without a host in the request, a user's name may be one. */

// clang-format off
static const struct user_row {
	const char *name;
	const char *client;
	const char *users; /* names, joined with "|" */
	const char *hosts; /* the same */
} user_rows[] = {
	{ "full",            "anna", "h1" ORG,   "h1" ORG },
	{ "upper case, short", "anna", "Only",   "only" ORG },
	{ "the client's name", "anna", "anna",   "only" ORG "|h1" ORG },
	{ "another's host",  "anna", "h2" ORG,   "only" ORG "|h1" ORG },
	{ "a placeholder",   "anna", "%u",       "only" ORG "|h1" ORG },
	{ "empty",           "anna", "",         "only" ORG "|h1" ORG },
	{ "ambiguous",       "odd",  "x.dyn.example.org.l", "x" ORG
	  "|x.y" ORG "|x" ORG LAB },
	{ "the second",      "anna", "anna|h1",  "h1" ORG },
	{ "the first counts", "anna", "only|h1", "only" ORG },
	{ "of many, one",    "many", "m7",       "m7" ORG },
};
// clang-format on

static void
users(void **state)
{
	const struct user_row *row = *state;
	static struct request request;
	struct host_update updates[REQUEST_HOSTS_MAX];
	struct span rest = span_of(row->users);
	struct span user;
	struct site *site = places();
	const struct site_client *client =
	    site_find_client(site, span_of(row->client));
	size_t count = 0;
	char buf[512];
	struct text hosts;

	request = (struct request){.host_count = 0};
	while (span_next(&rest, '|', &user))
		request.credentials[request.credential_count++].user = user;
	assert_int_equal(
	    route_hosts(site, client, &request, updates, &count), ERR_OK);
	TEXT_INIT(&hosts, buf);
	for (size_t i = 0; i < count; i++)
		text_printf(
		    &hosts, "%s%s", i > 0 ? "|" : "", updates[i].host->name);
	assert_string_equal(buf, row->hosts);
	request.hosts[request.host_count++] = span_of("nobodys");
	assert_int_equal(
	    route_hosts(site, client, &request, updates, &count), ERR_NOHOST);
	site_release(site);
}

static void
routes(void **state)
{
	const struct row *row = *state;
	static struct request request;
	struct host_update updates[REQUEST_HOSTS_MAX];
	struct site *site = places();
	size_t count = 77;
	char buf[512];
	struct text hosts;

	request = (struct request){.host_count = 0};
	ask(row->asked, &request);
	memset(updates, 0xa5, sizeof(updates));
	enum err err =
	    route_hosts(site, site_find_client(site, span_of(row->client)),
		&request, updates, &count);
	assert_int_equal(err, row->want);
	if (err != ERR_OK) {
		assert_int_equal(count, 77);
		site_release(site);
		return;
	}
	TEXT_INIT(&hosts, buf);
	for (size_t i = 0; i < count; i++) {
		text_puts(&hosts, i > 0 ? "|" : "");
		text_puts(&hosts, updates[i].host->name);
		assert_ptr_equal(
		    updates[i].zone, site_zone(site, updates[i].host->zone));
		assert_int_equal(
		    updates[i].decided[0].action, HOST_UPDATE_KEEP);
		assert_int_equal(
		    updates[i].decided[1].action, HOST_UPDATE_KEEP);
		assert_int_equal(updates[i].had_count[0], 0);
		assert_int_equal(updates[i].outcome, ERR_OK);
		assert_false(host_update_differs(&updates[i]));
		assert_false(updates[i].unlisted);
	}
	assert_string_equal(buf, row->hosts);
	site_release(site);
}

/* With wildcard=ON; those that only go along have "+" in front. */

// clang-format off
static const struct wildcard_row {
	const char *name;
	const char *client;
	const char *asked; /* "|" between the names */
	enum err want;
	const char *hosts;
} wildcard_rows[] = {
	{ "with its host",     "lars", "h1",      ERR_OK,
	  "h1" ORG "|+*.h1" ORG },
	{ "behind all others", "lars", "h1|nas",  ERR_OK,
	  "h1" ORG "|nas" ORG "|+*.h1" ORG },
	{ "asked for itself",  "lars", "h1|nas|*.h1" ORG, ERR_OK,
	  "h1" ORG "|nas" ORG "|*.h1" ORG },
	{ "alone",             "lars", "*.h1" ORG, ERR_OK, "*.h1" ORG },
	{ "none of the client's", "anna", "h1",   ERR_OK, "h1" ORG },
	{ "of no host asked for", "lars", "nas",  ERR_OK, "nas" ORG },
	{ "a bad name",        "lars", "h1|x",    ERR_NOHOST, NULL },
	{ "all hosts",         "anna", "",        ERR_OK,
	  "only" ORG "|h1" ORG },
	{ "ten with theirs",   "wild", "w0|w1|w2|w3|w4|w5|w6|w7|w8|w9", ERR_OK,
	  "w0" ORG "|w1" ORG "|w2" ORG "|w3" ORG "|w4" ORG "|w5" ORG
	  "|w6" ORG "|w7" ORG "|w8" ORG "|w9" ORG "|+*.w0" ORG "|+*.w1" ORG
	  "|+*.w2" ORG "|+*.w3" ORG "|+*.w4" ORG "|+*.w5" ORG "|+*.w6" ORG
	  "|+*.w7" ORG "|+*.w8" ORG "|+*.w9" ORG },
	{ "one more is too many", "wild",
	  "w0|w1|w2|w3|w4|w5|w6|w7|w8|w9|tame", ERR_NAMES, NULL },
	{ "eleven are too many", "wild", "w0|w1|w2|w3|w4|w5|w6|w7|w8|w9|w10",
	  ERR_NAMES, NULL },
};
// clang-format on

static void
wildcards(void **state)
{
	const struct wildcard_row *row = *state;
	static struct request request;
	struct host_update updates[REQUEST_HOSTS_MAX];
	struct site *site = places();
	size_t count = 77;
	char buf[1024];
	struct text hosts;

	request = (struct request){.wildcard = true};
	ask(row->asked, &request);
	enum err err =
	    route_hosts(site, site_find_client(site, span_of(row->client)),
		&request, updates, &count);
	assert_int_equal(err, row->want);
	TEXT_INIT(&hosts, buf);
	for (size_t i = 0; err == ERR_OK && i < count; i++)
		text_printf(&hosts, "%s%s%s", i > 0 ? "|" : "",
		    updates[i].unlisted ? "+" : "", updates[i].host->name);
	if (err == ERR_OK)
		assert_string_equal(buf, row->hosts);
	else
		assert_int_equal(count, 77);
	site_release(site);
}

/* TXT records of certificates; "-" marks hosts that may have none, which is for
 * policy_decide_txt to say. */

#define LABEL "_acme-challenge."

// clang-format off
static const struct txt_row {
	const char *name;
	const char *client;
	const char *asked; /* "|" between the names */
	enum err want;
	const char *hosts;
} txt_rows[] = {
	{ "with the label",    "acme", LABEL "c1" ORG, ERR_OK, "c1" ORG },
	{ "a final dot",       "acme", LABEL "c1" ORG ".", ERR_OK, "c1" ORG },
	{ "without",           "acme", "c1" ORG,     ERR_OK, "c1" ORG },
	{ "upper case",        "acme", "_Acme-CHALLENGE.C1.Dyn.Example.ORG.",
	  ERR_OK, "c1" ORG },
	{ "short",             "acme", "c1",         ERR_OK, "c1" ORG },
	{ "short, with the label", "acme", LABEL "c1", ERR_OK, "c1" ORG },
	{ "both, once",        "acme", LABEL "c1" ORG "|c1", ERR_OK,
	  "c1" ORG },
	{ "two",               "acme", "c2" LAB "|c1", ERR_OK,
	  "c2" LAB "|c1" ORG },
	{ "the label twice",   "acme", LABEL LABEL "c1" ORG, ERR_NOHOST, NULL },
	{ "the label alone",   "acme", LABEL,        ERR_NAME, NULL },
	{ "the label in it",   "acme", "c1." LABEL "dyn.example.org",
	  ERR_NOHOST, NULL },
	{ "a longer label",    "acme", "x" LABEL "c1" ORG, ERR_NOHOST, NULL },
	{ "below a host",      "acme", LABEL "x.c1" ORG, ERR_NOHOST, NULL },
	{ "above a host",      "acme", LABEL "example.org", ERR_NOHOST, NULL },
	{ "malformed",         "acme", LABEL "c1..dyn", ERR_NAME, NULL },
	/* Wildcards */
	{ "the wildcard of a host with the right", "acme", "*.c1" ORG,
	  ERR_OK, "-*.c1" ORG },
	{ "a host whose wildcard has the right", "acme", LABEL "c2" ORG,
	  ERR_OK, "*.c2" ORG },
	{ "the same, in upper case", "acme", LABEL "C2" ORG ".", ERR_OK,
	  "*.c2" ORG },
	{ "without the host",  "acme", LABEL "c3" ORG, ERR_OK, "*.c3" ORG },
	{ "the wildcard itself", "acme", "*.c3" ORG, ERR_OK, "*.c3" ORG },
	{ "the wildcard with the label", "acme", LABEL "*.c3" ORG, ERR_OK,
	  "*.c3" ORG },
	{ "below a wildcard",  "acme", LABEL "x.c3" ORG, ERR_NOHOST, NULL },
	{ "a wildcard gives no right", "acme", LABEL "c4" ORG,
	  ERR_NOHOST, NULL },
	{ "nor to itself",     "acme", "*.c4" ORG,   ERR_OK, "-*.c4" ORG },
	/* A zone's own name */
	{ "apex",              "acme", LABEL "dyn.example.org", ERR_OK,
	  "dyn.example.org" },
	{ "apex, no right",    "acme", LABEL "lab.example.org", ERR_OK,
	  "-lab.example.org" },
	{ "apex, not the client's", "one", LABEL "dyn.example.org",
	  ERR_NOHOST, NULL },
	/* Rights */
	{ "no right",          "one",  LABEL "o1" ORG, ERR_OK, "-o1" ORG },
	{ "another's host",    "one",  LABEL "c1" ORG, ERR_NOHOST, NULL },
	{ "one of two",        "one",  "o2|" LABEL "c1" ORG, ERR_NOHOST, NULL },
	{ "no addresses",      "bare", LABEL "b1",   ERR_OK, "b1" ORG },
	/* Without a name */
	{ "none, one has it",  "one",  "",           ERR_OK, "o2" ORG },
	{ "none, several have it", "acme", "",       ERR_NAME, NULL },
	{ "none, two have it", "bare", "",           ERR_NAME, NULL },
	{ "none, nobody has it", "lars", "",         ERR_TXT_RIGHT, NULL },
	{ "none, of many hosts", "many", "",         ERR_TXT_RIGHT, NULL },
};
// clang-format on

static void
expect_txt_hosts(
    const char *want, const struct host_update *updates, size_t count)
{
	char buf[256];
	struct text hosts;

	TEXT_INIT(&hosts, buf);
	for (size_t i = 0; i < count; i++)
		text_printf(&hosts, "%s%s%s", i > 0 ? "|" : "",
		    updates[i].host->acme ? "" : "-", updates[i].host->name);
	assert_string_equal(buf, want);
}

static void
routes_txt(void **state)
{
	const struct txt_row *row = *state;
	static struct request request;
	struct host_update updates[REQUEST_HOSTS_MAX];
	struct site *site = places();
	const struct site_client *client =
	    site_find_client(site, span_of(row->client));
	size_t count = 77;

	/* A wildcard that would go along has the same records, and a user's
	 * name is no host here. */
	request = (struct request){.wildcard = true,
	    .txt = REQUEST_TXT_ADD,
	    .credentials = {{span_of("o1"), span_of("x")}},
	    .credential_count = 1};
	ask(row->asked, &request);
	memset(updates, 0xa5, sizeof(updates));
	enum err err = route_hosts(site, client, &request, updates, &count);
	assert_int_equal(err, row->want);
	if (err == ERR_OK)
		expect_txt_hosts(row->hosts, updates, count);
	else
		assert_int_equal(count, 77);
	for (size_t i = 0; err == ERR_OK && i < count; i++) {
		assert_false(updates[i].unlisted);
		assert_false(updates[i].txt_differs);
		assert_int_equal(updates[i].txt, REQUEST_TXT_NONE);
	}
	site_release(site);
}

/* Hosts that have no address are left out where none is named. */

// clang-format off
static const struct bare_row {
	const char *name;
	const char *client;
	const char *asked;
	enum err want;
	const char *hosts;
} bare_rows[] = {
	{ "one of several",  "bare",        "",   ERR_OK, "b2" ORG },
	{ "by its name",     "bare",        "b1", ERR_OK, "b1" ORG },
	{ "the only one",    "certificate", "",   ERR_OK, "only-txt" ORG },
	{ "there is no other", "certificates", "", ERR_ADDR_FAMILY, NULL },
	{ "the label is one of a host", "bare", LABEL "b1" ORG, ERR_NOHOST,
	  NULL },
};
// clang-format on

static void
routes_bare(void **state)
{
	const struct bare_row *row = *state;
	static struct request request;
	struct host_update updates[REQUEST_HOSTS_MAX];
	struct site *site = places();
	size_t count = 77;
	char buf[256];
	struct text hosts;

	request = (struct request){.txt = REQUEST_TXT_NONE};
	ask(row->asked, &request);
	enum err err =
	    route_hosts(site, site_find_client(site, span_of(row->client)),
		&request, updates, &count);
	assert_int_equal(err, row->want);
	TEXT_INIT(&hosts, buf);
	for (size_t i = 0; err == ERR_OK && i < count; i++)
		text_printf(
		    &hosts, "%s%s", i > 0 ? "|" : "", updates[i].host->name);
	if (err == ERR_OK)
		assert_string_equal(buf, row->hosts);
	site_release(site);
}

int
main(void)
{
	return TABLE_RUN("route: routes", rows, routes) +
	       TABLE_RUN("route: wildcards", wildcard_rows, wildcards) +
	       TABLE_RUN("route: TXT records", txt_rows, routes_txt) +
	       TABLE_RUN("route: no addresses", bare_rows, routes_bare) +
	       TABLE_RUN("route: users", user_rows, users);
}
