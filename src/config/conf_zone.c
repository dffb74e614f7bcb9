#include "ddnsgate/config/conf_zone.h"

#include "ddnsgate/base/secret.h"
#include "ddnsgate/config/conf_group.h"
#include "ddnsgate/dns/dname.h"
#include "ddnsgate/syntax/conf_value.h"
#include "ddnsgate/syntax/keyfile.h"

#define TTL_DEFAULT 60

/* Finds the key in the text of its file. */
static bool
find_key(struct conf_build *build, const char *path, struct span text,
    struct keyfile_key *key)
{
	struct keyfile_problem problem;

	if (keyfile_find(text, span_of(key->name), key, &problem) == ERR_OK)
		return true;
	struct diagnostic_location location = {path, problem.line, "key"};
	diagnostic_add(build->diagnostics, DIAGNOSTIC_ERROR, location,
	    "%s, allowed is a key named %s as BIND, Knot or keymgr write it",
	    problem.why, key->name);
	return false;
}

static bool
read_key_file(struct conf_build *build, const struct conf_node *file,
    struct keyfile_key *key)
{
	const char *why;
	struct conf_text text;
	const char *path =
	    conf_files_add(build->files, build->files->paths[0], file->text);

	if (path == NULL) {
		conf_build_note(build, ERR_MEMORY);
		return false;
	}
	enum err err = conf_text_read(path, KEYFILE_SIZE_MAX, &text, &why);
	if (err == ERR_IO)
		diagnostic_add(build->diagnostics, DIAGNOSTIC_ERROR,
		    file->location, "%s cannot be read: %s", path, why);
	else if (err != ERR_OK)
		conf_build_note(build, err);
	if (err != ERR_OK)
		return false;
	struct diagnostic_location location = {path, 0, "key"};
	conf_build_warn_exposed(build, location, text.exposed);
	bool found =
	    find_key(build, path, (struct span){text.bytes, text.len}, key);
	conf_text_done(&text);
	return found;
}

/* Takes algorithm and secret from the group itself. */
static bool
read_key_inline(struct conf_build *build, const struct conf_key *raw,
    struct keyfile_key *key)
{
	const struct conf_node *secret = &raw->secret;

	if (raw->algorithm.kind != CONF_TEXT || secret->kind != CONF_TEXT)
		return false;
	conf_build_warn_exposed(build, secret->location, secret->exposed);
	tsig_algorithm_parse(raw->algorithm.text, &key->algorithm);
	if (text_base64_decode(secret->text, key->secret, sizeof(key->secret),
		&key->secret_len) == ERR_OK)
		return true;
	diagnostic_add(build->diagnostics, DIAGNOSTIC_ERROR, secret->location,
	    "is malformed, allowed is base64 of up to %d bytes",
	    TSIG_SECRET_MAX);
	return false;
}

static bool
read_key(struct conf_build *build, const struct conf_key *raw,
    struct keyfile_key *key)
{
	bool has_file = raw->file.kind != CONF_ABSENT;
	bool has_both = raw->algorithm.kind != CONF_ABSENT &&
			raw->secret.kind != CONF_ABSENT;
	bool has_either = raw->algorithm.kind != CONF_ABSENT ||
			  raw->secret.kind != CONF_ABSENT;

	if (has_file == has_either || has_either != has_both) {
		struct diagnostic_location location = raw->name.location;
		location.setting = "keys";
		diagnostic_add(build->diagnostics, DIAGNOSTIC_ERROR, location,
		    "%s is given in parts or twice, allowed is either file, "
		    "or algorithm and secret",
		    key->name);
		return false;
	}
	if (has_both)
		return read_key_inline(build, raw, key);
	return raw->file.kind == CONF_TEXT &&
	       read_key_file(build, &raw->file, key);
}

static void
warn_of_weak(struct conf_build *build, struct diagnostic_location location,
    enum tsig_algorithm algorithm)
{
	if (algorithm == TSIG_HMAC_MD5 || algorithm == TSIG_HMAC_SHA1)
		diagnostic_add(build->diagnostics, DIAGNOSTIC_WARNING, location,
		    "%s is weak, better is hmac-sha256",
		    tsig_algorithm_name(algorithm));
}

/* location is where the algorithm was given. */
static void
add_key(struct conf_build *build, struct diagnostic_location location,
    const struct keyfile_key *key)
{
	struct tsig_key *made;

	enum err err = tsig_key_new(
	    key->name, key->algorithm, key->secret, key->secret_len, &made);
	if (err == ERR_MEMORY) {
		conf_build_note(build, err);
	} else if (err != ERR_OK) {
		diagnostic_add(build->diagnostics, DIAGNOSTIC_ERROR, location,
		    "%s with this secret cannot sign (%s), allowed is an "
		    "algorithm of this system and a secret of 1 to %d bytes",
		    tsig_algorithm_name(key->algorithm), err_text(err),
		    TSIG_SECRET_MAX);
	} else {
		warn_of_weak(build, location, key->algorithm);
		conf_build_note(build, site_add_key(build->site, made));
	}
}

void
conf_zone_add_key(struct conf_build *build, const struct conf_node *group)
{
	struct conf_key raw = {0};
	struct keyfile_key key = {0};

	conf_group_read(CONF_IN_KEY, group, build->diagnostics, &raw);
	if (raw.name.kind != CONF_TEXT)
		return;
	dname_canonical(raw.name.text, false, key.name);
	if (!conf_build_register(
		build, &build->keys, key.name, raw.name.location))
		return;
	if (read_key(build, &raw, &key))
		add_key(build,
		    raw.file.kind == CONF_TEXT ? raw.file.location
					       : raw.algorithm.location,
		    &key);
	secret_wipe(&key, sizeof(key));
}

static void
add_servers(const struct conf_node *servers, struct site_zone *zone)
{
	size_t count = conf_tree_count(servers);

	for (size_t i = 0; i < count && servers->kind == CONF_LIST; i++) {
		struct conf_node child = conf_tree_child(servers, i);
		conf_value_server(
		    child.text, &zone->servers[zone->server_count++]);
	}
}

/* NULL without any, or out of memory. */
static const struct server_addr *
read_secondaries(
    struct conf_build *build, const struct conf_node *list, size_t *ret_count)
{
	struct server_addr secondaries[SITE_SECONDARIES_MAX];
	size_t count = list->kind == CONF_LIST ? conf_tree_count(list) : 0;

	for (size_t i = 0; i < count; i++) {
		struct conf_node child = conf_tree_child(list, i);
		conf_value_server(child.text, &secondaries[i]);
	}
	*ret_count = count;
	if (count == 0)
		return NULL;
	const struct server_addr *copy =
	    site_intern_servers(build->site, secondaries, count);
	if (copy == NULL)
		conf_build_note(build, ERR_MEMORY);
	return copy;
}

static const struct tsig_key *
find_zone_key(struct conf_build *build, const struct conf_node *group,
    const struct conf_node *key)
{
	char name[DNAME_SIZE];

	if (key->kind == CONF_ABSENT) {
		struct diagnostic_location location = group->location;
		location.setting = "key";
		diagnostic_add(build->diagnostics, DIAGNOSTIC_WARNING, location,
		    "is missing, better is the name of a key: updates go "
		    "unsigned");
	}
	if (key->kind != CONF_TEXT)
		return NULL;
	dname_canonical(key->text, false, name);
	if (!conf_build_has(&build->keys, name))
		diagnostic_add(build->diagnostics, DIAGNOSTIC_ERROR,
		    key->location,
		    "%s is unknown, allowed is the name of one of keys", name);
	return site_find_key(build->site, span_of(name));
}

void
conf_zone_add(struct conf_build *build, const struct conf_node *group)
{
	struct conf_zone raw = {.ttl = TTL_DEFAULT};
	char name[DNAME_SIZE];

	conf_group_read(CONF_IN_ZONE, group, build->diagnostics, &raw);
	struct site_zone zone = {.name = name,
	    .key = find_zone_key(build, group, &raw.key),
	    .ttl = (uint32_t)raw.ttl,
	    .tcp = raw.transport != 0,
	    .read_back = raw.read_back != 0};
	add_servers(&raw.servers, &zone);
	zone.secondaries =
	    read_secondaries(build, &raw.secondaries, &zone.secondary_count);
	if (raw.name.kind != CONF_TEXT) {
		build->lacks_zones = true;
		return;
	}
	dname_canonical(raw.name.text, false, name);
	if (!conf_build_register(build, &build->zones, name, raw.name.location))
		return;
	enum err err = site_add_zone(build->site, &zone);
	if (err == ERR_RANGE)
		diagnostic_add(build->diagnostics, DIAGNOSTIC_ERROR,
		    raw.name.location, "is one zone more than the %d allowed",
		    SITE_ZONES_MAX);
	else
		conf_build_note(build, err);
}
