#include "ddnsgate/sandbox/run_as.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "ddnsgate/base/text.h"

enum err
run_as_find(const char *name, struct run_as_user *ret)
{
	struct text text;

	errno = 0;
	const struct passwd *found = getpwnam(name);
	/* Some of getpwnam(3)'s errors say only that there is none. */
	if (found == NULL && (errno == EIO || errno == EMFILE ||
				 errno == ENFILE || errno == ENOMEM))
		return ERR_IO;
	if (found == NULL)
		return ERR_ABSENT;
	ret->uid = found->pw_uid;
	ret->gid = found->pw_gid;
	TEXT_INIT(&text, ret->name);
	text_puts(&text, name);
	return text.overflow ? ERR_ABSENT : ERR_OK;
}

void
run_as_self(struct run_as_user *ret)
{
	const struct passwd *found = getpwuid(geteuid());
	struct text text;

	ret->uid = geteuid();
	ret->gid = getegid();
	TEXT_INIT(&text, ret->name);
	if (found != NULL)
		text_puts(&text, found->pw_name);
	if (text.len == 0)
		text_printf(&text, "%lu", (unsigned long)ret->uid);
}

/* The saved identity counts as well, as a process can go back to it. */
static bool
is_user_alone(const struct run_as_user *user)
{
	uid_t uid[3];
	gid_t gid[3];

	if (getresuid(&uid[0], &uid[1], &uid[2]) != 0 ||
	    getresgid(&gid[0], &gid[1], &gid[2]) != 0)
		return false;
	for (int i = 0; i < 3; i++) {
		if (uid[i] != user->uid || gid[i] != user->gid)
			return false;
	}
	return true;
}

/* Tries it: capabilities that were kept would allow it, too. */
static bool
can_go_back(const struct run_as_user *user)
{
	if (setresuid(0, 0, 0) == 0 || seteuid(0) == 0)
		return true;
	return user->gid != 0 && (setresgid(0, 0, 0) == 0 || setegid(0) == 0);
}

enum err
run_as(const struct run_as_user *user)
{
	/* Groups first, which only root can change. */
	if (user->uid == 0 || initgroups(user->name, user->gid) != 0 ||
	    setresgid(user->gid, user->gid, user->gid) != 0 ||
	    setresuid(user->uid, user->uid, user->uid) != 0)
		return ERR_IO;
	return is_user_alone(user) && !can_go_back(user) ? ERR_OK : ERR_IO;
}
