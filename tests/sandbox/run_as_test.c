/*
 * What a process of root's is after run_as(), each time in a process of its
 * own.  Only root can become another user.
 */

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ddnsgate/sandbox/run_as.h"

#include "table.h"

/* A user that every Debian has (base-passwd). */
#define USER "daemon"
#define GROUPS_MAX 64

/* As a login of root's may have them: root, adm, sudo */
static const gid_t groups_of_root[] = {0, 4, 27};

/* Each of these gives whether what its row's name says is so; in a process
 * that is root's, with root's groups. */

static bool
becomes(struct run_as_user *user)
{
	return run_as_find(USER, user) == ERR_OK && run_as(user) == ERR_OK;
}

static bool
has_user(void)
{
	struct run_as_user user;
	uid_t uid[3];
	gid_t gid[3];

	if (!becomes(&user) || user.uid == 0 || user.gid == 0 ||
	    getresuid(&uid[0], &uid[1], &uid[2]) != 0 ||
	    getresgid(&gid[0], &gid[1], &gid[2]) != 0)
		return false;
	for (int i = 0; i < 3; i++) {
		if (uid[i] != user.uid || gid[i] != user.gid)
			return false;
	}
	return true;
}

/* As many of each as of the other, which have no group twice. */
static bool
has_groups_of_user(void)
{
	struct run_as_user user;
	gid_t have[GROUPS_MAX], want[GROUPS_MAX];
	int want_count = GROUPS_MAX, found = 0;

	if (!becomes(&user) ||
	    getgrouplist(USER, user.gid, want, &want_count) < 0)
		return false;
	int count = getgroups(GROUPS_MAX, have);
	for (int i = 0; i < count; i++) {
		for (int k = 0; k < want_count; k++)
			found += have[i] == want[k];
	}
	return count == want_count && found == count;
}

static bool
has_no_capability(void)
{
	struct __user_cap_header_struct header = {
	    _LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2] = {{1, 1, 1}, {1, 1, 1}};
	struct run_as_user user;

	if (!becomes(&user) || syscall(SYS_capget, &header, data) != 0)
		return false;
	for (int i = 0; i < 2; i++) {
		if ((data[i].effective | data[i].permitted |
			data[i].inheritable) != 0)
			return false;
	}
	return true;
}

static bool
cannot_go_back(void)
{
	struct run_as_user user;

	return becomes(&user) && setuid(0) != 0 && seteuid(0) != 0 &&
	       setgid(0) != 0 && setgroups(1, groups_of_root) != 0 &&
	       open("/etc/shadow", O_RDONLY | O_CLOEXEC) < 0 && errno == EACCES;
}

/* Beside the user's own identity root's capabilities would be kept.  The
 * securebits are a thread's own; TSan has a thread beside, and when a change of
 * identity fails in one of several, glibc ends the process. */
#ifndef __SANITIZE_THREAD__
static bool
refuses_kept_capabilities(void)
{
	struct run_as_user user;

	return prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0) == 0 &&
	       run_as_find(USER, &user) == ERR_OK && run_as(&user) == ERR_IO;
}
#endif

static bool
refuses_root(void)
{
	struct run_as_user user;

	gid_t have[GROUPS_MAX];

	return run_as_find("root", &user) == ERR_OK && user.uid == 0 &&
	       run_as(&user) == ERR_IO && geteuid() == 0 &&
	       getgroups(GROUPS_MAX, have) == 3;
}

/* For a user whose own group it is. */
static bool
keeps_group_of_root(void)
{
	struct run_as_user user;

	return run_as_find(USER, &user) == ERR_OK && (user.gid = 0) == 0 &&
	       run_as(&user) == ERR_OK && getuid() == user.uid &&
	       setuid(0) != 0;
}

static bool
needs_root(void)
{
	struct run_as_user user, other;

	return becomes(&user) && run_as_find("bin", &other) == ERR_OK &&
	       run_as(&other) == ERR_IO && getuid() == user.uid;
}

static bool
knows_itself(void)
{
	struct run_as_user user, self;

	run_as_self(&self);
	if (self.uid != 0 || strcmp(self.name, "root") != 0 || !becomes(&user))
		return false;
	run_as_self(&self);
	return self.uid == user.uid && self.gid == user.gid &&
	       strcmp(self.name, USER) == 0;
}

static bool
knows_itself_without_a_name(void)
{
	struct run_as_user self;

	if (setresgid(60123, 60123, 60123) != 0 ||
	    setresuid(60123, 60123, 60123) != 0)
		return false;
	run_as_self(&self);
	return self.uid == 60123 && strcmp(self.name, "60123") == 0;
}

// clang-format off
static const struct row {
	const char *name;
	bool (*is_so)(void);
} rows[] = {
	{ "real, effective and saved identity", has_user },
	{ "the user's groups and no others",    has_groups_of_user },
	{ "no capability",                      has_no_capability },
	{ "no way back",                        cannot_go_back },
#ifndef __SANITIZE_THREAD__
	{ "capabilities that are kept",         refuses_kept_capabilities },
#endif
	{ "root",                               refuses_root },
	{ "a user in root's group",             keeps_group_of_root },
	{ "only root can",                      needs_root },
	{ "who this is",                        knows_itself },
	{ "a user without a name",              knows_itself_without_a_name },
};
// clang-format on

static void
in_a_process(void **state)
{
	const struct row *row = *state;
	int status;

	if (geteuid() != 0) {
		print_message(
		    "%s: only root can become another user\n", row->name);
		skip();
	}
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(
		    setgroups(3, groups_of_root) == 0 && row->is_so() ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

#define LONG "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
// clang-format off
static const struct name_row {
	const char *name; /* of a user */
	enum err want;
} name_rows[] = {
	{ "root",          ERR_OK },
	{ USER,            ERR_OK },
	{ "no-such-user",  ERR_ABSENT },
	{ "",              ERR_ABSENT },
	{ "0",             ERR_ABSENT },
	{ USER " ",        ERR_ABSENT },
	{ LONG,            ERR_ABSENT },
};
// clang-format on

static void
finds(void **state)
{
	const struct name_row *row = *state;
	struct run_as_user user = {.uid = 60123};

	assert_int_equal(run_as_find(row->name, &user), row->want);
	if (row->want == ERR_OK)
		assert_string_equal(user.name, row->name);
	else
		assert_int_equal(user.uid, 60123);
}

int
main(void)
{
	return TABLE_RUN("run_as: becomes", rows, in_a_process) +
	       TABLE_RUN("run_as: finds", name_rows, finds);
}
