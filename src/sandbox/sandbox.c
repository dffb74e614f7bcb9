#include "ddnsgate/sandbox/sandbox.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "ddnsgate/base/arena.h"
#include "ddnsgate/base/locked_memory.h"
#include "ddnsgate/base/secret.h"
#include "ddnsgate/base/table.h"
#include "ddnsgate/sandbox/sandbox_landlock.h"
#include "ddnsgate/sandbox/sandbox_process.h"
#include "ddnsgate/sandbox/sandbox_seccomp.h"
#include "ddnsgate/syntax/conf_value.h"

/* Sanitizers need more: they read /proc, start programs and stop threads. */
#ifdef DDNSGATE_SANITIZED
#define IS_POSSIBLE false
#else
#define IS_POSSIBLE true
#endif

struct sandbox {
	struct arena arena;
	struct table folders; /* of const char * */
	struct table ports;   /* of uint16_t */
	enum err outcomes[SANDBOX_PARTS];
};

// clang-format off
static const char *const part_texts[SANDBOX_PARTS] = {
	[SANDBOX_PROCESS] = "process (prctl)",
	[SANDBOX_FILES]   = "files (landlock)",
	[SANDBOX_PORTS]   = "TCP ports (landlock)",
	[SANDBOX_CALLS]   = "system calls (seccomp)",
	[SANDBOX_MEMORY]  = "memory (mlock)",
};
// clang-format on

static struct span
folder_bytes(const void *item)
{
	const char *const *folder = item;
	return span_of(*folder);
}

static struct span
port_bytes(const void *item)
{
	return (struct span){item, sizeof(uint16_t)};
}

static const struct table_kind folder_kind = {
    sizeof(const char *), folder_bytes, span_equal};
static const struct table_kind port_kind = {
    sizeof(uint16_t), port_bytes, span_equal};

const char *
sandbox_part_text(enum sandbox_part part)
{
	return part_texts[part];
}

const char *
sandbox_outcome_text(enum err outcome)
{
	switch (outcome) {
	case ERR_OK:
		return "in force";
	case ERR_DISABLED:
		return "switched off by the setting sandbox";
	case ERR_UNSUPPORTED:
		return "not in force: the system or build lacks it";
	default:
		return "failed";
	}
}

bool
sandbox_has_failed(enum err outcome)
{
	return outcome != ERR_OK && outcome != ERR_DISABLED &&
	       outcome != ERR_UNSUPPORTED;
}

/* The folder that a file or folder is in. */
static struct span
parent_of(struct span path)
{
	const char *slash =
	    path.len > 0 ? memrchr(path.ptr, '/', path.len) : NULL;

	if (slash == NULL)
		return span_of(".");
	if (slash == path.ptr)
		return span_of("/");
	return (struct span){path.ptr, (size_t)(slash - path.ptr)};
}

/* The target of a symbolic link, to be freed; NULL for anything else. */
static char *
follow(const char *path)
{
	struct stat status;

	if (lstat(path, &status) != 0 || !S_ISLNK(status.st_mode))
		return NULL;
	return realpath(path, NULL);
}

static enum err
allow_folder(struct sandbox *sandbox, struct span folder)
{
	size_t item;

	if (table_find(&sandbox->folders, folder, &item))
		return ERR_OK;
	const char *copy = arena_dup_text(&sandbox->arena, folder);
	if (copy == NULL)
		return ERR_MEMORY;
	return table_add(&sandbox->folders, &copy, true);
}

/*
 * Allows the folder of each file, since editors replace a file by a new one; of
 * a symbolic link also the folder of its target.
 */
static enum err
allow_files(struct sandbox *sandbox, const struct conf_files *files)
{
	enum err err = ERR_OK;

	for (size_t i = 0; i < files->count && err == ERR_OK; i++) {
		const char *path = files->paths[i];
		char *target = follow(path);
		err = allow_folder(sandbox, parent_of(span_of(path)));
		if (err == ERR_OK && target != NULL)
			err = allow_folder(sandbox, parent_of(span_of(target)));
		free(target);
	}
	return err;
}

static bool
has_port(const struct sandbox *sandbox, uint16_t port)
{
	size_t item;
	return table_find(&sandbox->ports, port_bytes(&port), &item);
}

/* All servers that TCP may go to: the primaries, then the secondaries. */
static size_t
count_ports(const struct site_zone *zone)
{
	return zone->server_count + zone->secondary_count;
}

static uint16_t
port_of(const struct site_zone *zone, size_t i)
{
	return i < zone->server_count
		   ? zone->servers[i].port
		   : zone->secondaries[i - zone->server_count].port;
}

static enum err
allow_ports(struct sandbox *sandbox, const struct site_zone *zone)
{
	enum err err = ERR_OK;

	for (size_t i = 0; i < count_ports(zone) && err == ERR_OK; i++) {
		uint16_t port = port_of(zone, i);
		if (!has_port(sandbox, port))
			err = table_add(&sandbox->ports, &port, true);
	}
	return err;
}

/* Not sandbox_covers: a reload changes nothing about where limits are kept. */
static enum err
allow_limits(struct sandbox *sandbox, const struct site_settings *settings)
{
	uint16_t port = settings->limits.addr.port;

	return port == 0 || has_port(sandbox, port)
		   ? ERR_OK
		   : table_add(&sandbox->ports, &port, true);
}

static enum err
allow(struct sandbox *sandbox, const struct sandbox_dependencies *dependencies)
{
	size_t zones = site_zone_count(dependencies->site);
	enum err err = allow_limits(sandbox, site_settings(dependencies->site));

	/* The first zone then needs no restart, unless its port is unusual. */
	if (zones == 0 && err == ERR_OK && !has_port(sandbox, CONF_DNS_PORT))
		err = table_add(
		    &sandbox->ports, &(uint16_t){CONF_DNS_PORT}, true);
	for (size_t i = 0; i < zones && err == ERR_OK; i++)
		err = allow_ports(sandbox, site_zone(dependencies->site, i));
	if (dependencies->files != NULL && err == ERR_OK)
		err = allow_files(sandbox, dependencies->files);
	return err;
}

/* Uses libraries that open a file at their first use. */
static void
preload(void)
{
	secret_digest(span_of("")); /* openssl.cnf */
	tzset();                    /* /etc/localtime, for syslog(3) */
}

static enum err
enter_landlock(struct sandbox *sandbox, const char *socket)
{
	const char *folder = NULL;
	bool has_ports = false;

	if (socket != NULL) {
		folder =
		    arena_dup_text(&sandbox->arena, parent_of(span_of(socket)));
		if (folder == NULL)
			return ERR_MEMORY;
	}
	const struct sandbox_landlock_rules rules = {
	    .read = sandbox->folders.items,
	    .read_count = sandbox->folders.count,
	    .remove = folder,
	    .connect = sandbox->ports.items,
	    .connect_count = sandbox->ports.count,
	};
	enum err err = sandbox_landlock_enter(&rules, &has_ports);
	sandbox->outcomes[SANDBOX_FILES] = err;
	sandbox->outcomes[SANDBOX_PORTS] =
	    err == ERR_OK && !has_ports ? ERR_UNSUPPORTED : err;
	return err;
}

/* Seccomp comes last, since its filter forbids the calls of the others. */
static enum err
enter(struct sandbox *sandbox, const struct sandbox_dependencies *dependencies)
{
	enum err *outcomes = sandbox->outcomes;

	preload();
	outcomes[SANDBOX_MEMORY] =
	    locked_memory_is_locked() ? ERR_OK : ERR_UNSUPPORTED;
	enum err err = outcomes[SANDBOX_PROCESS] = sandbox_process_enter();
	if (err == ERR_OK)
		err = enter_landlock(sandbox, dependencies->socket);
	if (!sandbox_has_failed(err))
		err = outcomes[SANDBOX_CALLS] =
		    sandbox_seccomp_enter(dependencies->socket != NULL);
	return sandbox_has_failed(err) ? err : ERR_OK;
}

static enum err
make(struct sandbox **ret)
{
	struct sandbox *sandbox = calloc(1, sizeof(*sandbox));

	if (sandbox == NULL)
		return ERR_MEMORY;
	table_init(&sandbox->folders, &folder_kind);
	table_init(&sandbox->ports, &port_kind);
	for (int i = 0; i < SANDBOX_PARTS; i++)
		sandbox->outcomes[i] =
		    IS_POSSIBLE ? ERR_DISABLED : ERR_UNSUPPORTED;
	*ret = sandbox;
	return ERR_OK;
}

enum err
sandbox_enter(
    const struct sandbox_dependencies *dependencies, struct sandbox **ret)
{
	struct sandbox *sandbox;

	enum err err = make(&sandbox);
	if (err != ERR_OK)
		return err;
	if (site_settings(dependencies->site)->sandbox && IS_POSSIBLE) {
		err = allow(sandbox, dependencies);
		if (err == ERR_OK)
			err = enter(sandbox, dependencies);
	}
	*ret = sandbox;
	return err;
}

void
sandbox_free(struct sandbox *sandbox)
{
	if (sandbox == NULL)
		return;
	table_done(&sandbox->folders);
	table_done(&sandbox->ports);
	arena_done(&sandbox->arena);
	free(sandbox);
}

enum err
sandbox_outcome(const struct sandbox *sandbox, enum sandbox_part part)
{
	return sandbox->outcomes[part];
}

static bool
covers_zone(const struct sandbox *sandbox, const struct site_zone *zone,
    struct text *out)
{
	for (size_t i = 0; i < count_ports(zone); i++) {
		uint16_t port = port_of(zone, i);
		if (!has_port(sandbox, port)) {
			text_printf(out, "port %u of zone %s", (unsigned)port,
			    zone->name);
			return false;
		}
	}
	return true;
}

/* Is one of the folders above it? */
static bool
covers_path(const struct sandbox *sandbox, struct span path)
{
	size_t item;

	while (path.len > 1) {
		path = parent_of(path);
		if (table_find(&sandbox->folders, path, &item))
			return true;
		if (span_is(path, "."))
			break;
	}
	return false;
}

static bool
covers_file(const struct sandbox *sandbox, const char *path, struct text *out)
{
	char *target = follow(path);
	bool covers = covers_path(sandbox, span_of(path)) &&
		      (target == NULL || covers_path(sandbox, span_of(target)));

	free(target);
	if (!covers)
		text_puts(out, path);
	return covers;
}

bool
sandbox_covers(const struct sandbox *sandbox,
    const struct sandbox_dependencies *dependencies, struct text *out)
{
	bool has_ports = sandbox->outcomes[SANDBOX_PORTS] == ERR_OK;
	bool has_files = sandbox->outcomes[SANDBOX_FILES] == ERR_OK;
	size_t zones = site_zone_count(dependencies->site);
	size_t files =
	    dependencies->files != NULL ? dependencies->files->count : 0;
	bool covers = true;

	for (size_t i = 0; has_ports && covers && i < zones; i++)
		covers =
		    covers_zone(sandbox, site_zone(dependencies->site, i), out);
	for (size_t i = 0; has_files && covers && i < files; i++)
		covers =
		    covers_file(sandbox, dependencies->files->paths[i], out);
	return covers;
}
