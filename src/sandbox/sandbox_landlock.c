#include "ddnsgate/sandbox/sandbox_landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * What the headers of the oldest supported system do not know yet, by the
 * version of the kernel's interface that brought it.
 */
#define V2_REFER (UINT64_C(1) << 13)
#define V3_TRUNCATE (UINT64_C(1) << 14)
#define V4_BIND_TCP (UINT64_C(1) << 0)
#define V4_CONNECT_TCP (UINT64_C(1) << 1)
#define V4_RULE_PORT 2
#define V5_IOCTL_DEV (UINT64_C(1) << 15)
#define V6_ABSTRACT_SOCKETS (UINT64_C(1) << 0)
#define V6_SIGNALS (UINT64_C(1) << 1)
/* All that may be done with files in version 1. */
#define V1_FILES ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)

#define PORTS_FROM 4

/* As landlock_ruleset_attr and landlock_net_port_attr of version 6. */
struct restrictions {
	uint64_t files, ports, scopes;
};

struct port_rule {
	uint64_t allowed, port;
};

/* The version of the interface; less than 1 if there is none. */
static long
find_version(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
}

/* All that this version can restrict. */
static struct restrictions
all_of(long version)
{
	struct restrictions restrictions = {.files = V1_FILES};

	if (version >= 2)
		restrictions.files |= V2_REFER;
	if (version >= 3)
		restrictions.files |= V3_TRUNCATE;
	if (version >= PORTS_FROM)
		restrictions.ports = V4_BIND_TCP | V4_CONNECT_TCP;
	if (version >= 5)
		restrictions.files |= V5_IOCTL_DEV;
	if (version >= 6)
		restrictions.scopes = V6_ABSTRACT_SOCKETS | V6_SIGNALS;
	return restrictions;
}

/* A kernel that knows fewer fields requires the others to be zero. */
static int
make_ruleset(const struct restrictions *restrictions)
{
	return (int)syscall(SYS_landlock_create_ruleset, restrictions,
	    sizeof(*restrictions), 0);
}

static enum err
add_rule(int ruleset, int type, const void *rule)
{
	return syscall(SYS_landlock_add_rule, ruleset, type, rule, 0) == 0
		   ? ERR_OK
		   : ERR_IO;
}

/* A folder that does not exist needs no rule. */
static enum err
allow_folder(int ruleset, const char *path, uint64_t access)
{
	struct landlock_path_beneath_attr rule = {.allowed_access = access,
	    .parent_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC)};

	if (rule.parent_fd < 0)
		return ERR_OK;
	enum err err = add_rule(ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule);
	close(rule.parent_fd);
	return err;
}

static enum err
allow_files(int ruleset, const struct sandbox_landlock_rules *rules)
{
	enum err err = ERR_OK;

	for (size_t i = 0; i < rules->read_count && err == ERR_OK; i++)
		err = allow_folder(ruleset, rules->read[i],
		    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR);
	if (rules->remove != NULL && err == ERR_OK)
		err = allow_folder(
		    ruleset, rules->remove, LANDLOCK_ACCESS_FS_REMOVE_FILE);
	return err;
}

static enum err
allow_ports(int ruleset, const struct sandbox_landlock_rules *rules)
{
	enum err err = ERR_OK;

	for (size_t i = 0; i < rules->connect_count && err == ERR_OK; i++) {
		struct port_rule rule = {V4_CONNECT_TCP, rules->connect[i]};
		err = add_rule(ruleset, V4_RULE_PORT, &rule);
	}
	return err;
}

static enum err
restrict_self(int ruleset)
{
	return syscall(SYS_landlock_restrict_self, ruleset, 0) == 0 ? ERR_OK
								    : ERR_IO;
}

enum err
sandbox_landlock_enter(
    const struct sandbox_landlock_rules *rules, bool *ret_ports)
{
	long version = find_version();

	if (version < 1)
		return ERR_UNSUPPORTED;
	struct restrictions restrictions = all_of(version);
	int ruleset = make_ruleset(&restrictions);
	if (ruleset < 0)
		return ERR_IO;
	enum err err = allow_files(ruleset, rules);
	if (err == ERR_OK && version >= PORTS_FROM)
		err = allow_ports(ruleset, rules);
	if (err == ERR_OK)
		err = restrict_self(ruleset);
	close(ruleset);
	if (err == ERR_OK)
		*ret_ports = version >= PORTS_FROM;
	return err;
}
