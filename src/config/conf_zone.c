#include "ddnsgate/config/conf_zone.h"

#include "ddnsgate/base/secret.h"
#include "ddnsgate/dns/dname.h"
#include "ddnsgate/syntax/conf_value.h"
#include "ddnsgate/syntax/keyfile.h"

#define TTL_DEFAULT 60

/* Looks up the key in the text of its file. */
static bool
find_key(struct conf_build *build, const char *path, struct span text,
    struct keyfile_key *key)
{
	struct keyfile_problem problem;

	if (keyfile_find(text, span_of(key->name), key, &problem) == ERR_OK)
		return true;
	struct complaint_place place = {path, problem.line, "key"};
	complaint_add(build->complaints, COMPLAINT_ERROR, place,
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
		conf_build_fail(build, ERR_MEMORY);
		return false;
	}
	enum err err = conf_text_read(path, KEYFILE_SIZE_MAX, &text, &why);
	if (err == ERR_IO)
		complaint_add(build->complaints, COMPLAINT_ERROR, file->place,
		    "%s cannot be read: %s", path, why);
	else if (err != ERR_OK)
		conf_build_fail(build, err);
	if (err != ERR_OK)
		return false;
	struct complaint_place place = {path, 0, "key"};
	conf_build_warn_exposed(build, place, text.exposed);
	bool found =
	    find_key(build, path, (struct span){text.bytes, text.len}, key);
	conf_text_done(&text);
	return found;
}

/* Takes algorithm and secret from the configuration itself. */
static bool
read_key_inline(struct conf_build *build, const struct conf_key *draft,
    struct keyfile_key *key)
{
	const struct conf_node *secret = &draft->secret;

	if (draft->algorithm.kind != CONF_TEXT || secret->kind != CONF_TEXT)
		return false;
	conf_build_warn_exposed(build, secret->place, secret->exposed);
	tsig_algorithm_parse(draft->algorithm.text, &key->algorithm);
	if (text_base64_decode(secret->text, key->secret, sizeof(key->secret),
		&key->secret_len) == ERR_OK)
		return true;
	complaint_add(build->complaints, COMPLAINT_ERROR, secret->place,
	    "is malformed, allowed is base64 of up to %d bytes",
	    TSIG_SECRET_MAX);
	return false;
}

static bool
read_key(struct conf_build *build, const struct conf_key *draft,
    struct keyfile_key *key)
{
	bool has_file = draft->file.kind != CONF_ABSENT;
	bool has_both = draft->algorithm.kind != CONF_ABSENT &&
			draft->secret.kind != CONF_ABSENT;
	bool has_either = draft->algorithm.kind != CONF_ABSENT ||
			  draft->secret.kind != CONF_ABSENT;

	if (has_file == has_either || has_either != has_both) {
		struct complaint_place place = draft->name.place;
		place.setting = "keys";
		complaint_add(build->complaints, COMPLAINT_ERROR, place,
		    "%s is given in parts or twice, allowed is either file, "
		    "or algorithm and secret",
		    key->name);
		return false;
	}
	if (has_both)
		return read_key_inline(build, draft, key);
	return draft->file.kind == CONF_TEXT &&
	       read_key_file(build, &draft->file, key);
}

static void
warn_of_weak(struct conf_build *build, struct complaint_place place,
    enum tsig_algorithm algorithm)
{
	if (algorithm == TSIG_HMAC_MD5 || algorithm == TSIG_HMAC_SHA1)
		complaint_add(build->complaints, COMPLAINT_WARNING, place,
		    "%s is weak, better is hmac-sha256",
		    tsig_algorithm_name(algorithm));
}

/* place is where the key's algorithm was told. */
static void
add_key(struct conf_build *build, struct complaint_place place,
    const struct keyfile_key *key)
{
	struct tsig_key *made;

	enum err err = tsig_key_new(
	    key->name, key->algorithm, key->secret, key->secret_len, &made);
	if (err == ERR_MEMORY) {
		conf_build_fail(build, err);
	} else if (err != ERR_OK) {
		complaint_add(build->complaints, COMPLAINT_ERROR, place,
		    "%s with this secret cannot sign (%s), allowed is an "
		    "algorithm of this system and a secret of 1 to %d bytes",
		    tsig_algorithm_name(key->algorithm), err_text(err),
		    TSIG_SECRET_MAX);
	} else {
		warn_of_weak(build, place, key->algorithm);
		conf_build_fail(build, site_add_key(build->site, made));
	}
}

void
conf_zone_add_key(struct conf_build *build, const struct conf_node *group)
{
	struct conf_key draft = {0};
	struct keyfile_key key = {0};

	conf_setting_read(CONF_IN_KEY, group, build->complaints, &draft);
	if (draft.name.kind != CONF_TEXT)
		return;
	dname_canonical(draft.name.text, false, key.name);
	if (!conf_build_claim(build, &build->keys, key.name, draft.name.place))
		return;
	if (read_key(build, &draft, &key))
		add_key(build,
		    draft.file.kind == CONF_TEXT ? draft.file.place
						 : draft.algorithm.place,
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

static const struct tsig_key *
find_zone_key(struct conf_build *build, const struct conf_node *group,
    const struct conf_node *key)
{
	char name[DNAME_SIZE];

	if (key->kind == CONF_ABSENT) {
		struct complaint_place place = group->place;
		place.setting = "key";
		complaint_add(build->complaints, COMPLAINT_WARNING, place,
		    "is missing, better is the name of a key: updates go "
		    "unsigned");
	}
	if (key->kind != CONF_TEXT)
		return NULL;
	dname_canonical(key->text, false, name);
	if (!conf_build_has(&build->keys, name))
		complaint_add(build->complaints, COMPLAINT_ERROR, key->place,
		    "%s is unknown, allowed is the name of one of keys", name);
	return site_find_key(build->site, span_of(name));
}

void
conf_zone_add(struct conf_build *build, const struct conf_node *group)
{
	struct conf_zone draft = {.ttl = TTL_DEFAULT};
	char name[DNAME_SIZE];

	conf_setting_read(CONF_IN_ZONE, group, build->complaints, &draft);
	struct site_zone zone = {.name = name,
	    .key = find_zone_key(build, group, &draft.key),
	    .ttl = (uint32_t)draft.ttl,
	    .tcp = draft.transport != 0};
	add_servers(&draft.servers, &zone);
	if (draft.name.kind != CONF_TEXT) {
		build->lacks_zones = true;
		return;
	}
	dname_canonical(draft.name.text, false, name);
	if (!conf_build_claim(build, &build->zones, name, draft.name.place))
		return;
	enum err err = site_add_zone(build->site, &zone);
	if (err == ERR_RANGE)
		complaint_add(build->complaints, COMPLAINT_ERROR,
		    draft.name.place, "is one zone more than the %d allowed",
		    SITE_ZONES_MAX);
	else
		conf_build_fail(build, err);
}
