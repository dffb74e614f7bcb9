#include "ddnsgate/sandbox/sandbox_seccomp.h"

#ifdef DDNSGATE_SECCOMP

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/*
 * Calls of old and new architectures; libseccomp ignores those that this one
 * does not have.
 */
// clang-format off
static const int allowed[] = {
	/* Files: configuration, and what was opened before, as state_dir. */
	SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64),
	SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(pwrite64),
	SCMP_SYS(pwritev), SCMP_SYS(close), SCMP_SYS(lseek), SCMP_SYS(_llseek),
	SCMP_SYS(fcntl), SCMP_SYS(fcntl64), SCMP_SYS(fdatasync),
	SCMP_SYS(fsync), SCMP_SYS(msync), SCMP_SYS(ftruncate),
	SCMP_SYS(ftruncate64), SCMP_SYS(stat), SCMP_SYS(stat64),
	SCMP_SYS(fstat), SCMP_SYS(fstat64), SCMP_SYS(lstat),
	SCMP_SYS(lstat64), SCMP_SYS(newfstatat), SCMP_SYS(fstatat64),
	SCMP_SYS(statx), SCMP_SYS(getdents64), SCMP_SYS(getcwd),
	SCMP_SYS(readlink), SCMP_SYS(readlinkat),
	/* Memory, also that of secrets */
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
	SCMP_SYS(mlock), SCMP_SYS(mlock2), SCMP_SYS(munlock),
	/* Threads, signals, the end */
	SCMP_SYS(futex), SCMP_SYS(futex_time64), SCMP_SYS(set_robust_list),
	SCMP_SYS(rseq), SCMP_SYS(set_tid_address), SCMP_SYS(gettid),
	SCMP_SYS(getpid), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity),
	SCMP_SYS(getcpu), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(sigreturn),
	SCMP_SYS(rt_sigtimedwait), SCMP_SYS(rt_sigtimedwait_time64),
	SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall),
	SCMP_SYS(exit), SCMP_SYS(exit_group),
	/* Time and chance */
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_gettime64),
	SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(nanosleep),
	SCMP_SYS(clock_nanosleep), SCMP_SYS(clock_nanosleep_time64),
	SCMP_SYS(getrandom), SCMP_SYS(sysinfo),
	/* Waiting */
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(ppoll_time64),
	SCMP_SYS(select), SCMP_SYS(_newselect), SCMP_SYS(pselect6),
	SCMP_SYS(pselect6_time64), SCMP_SYS(epoll_create1),
	SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),
	SCMP_SYS(eventfd2),
	/* Sockets */
	SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(connect),
	SCMP_SYS(send), SCMP_SYS(sendto), SCMP_SYS(sendmsg),
	SCMP_SYS(recv), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg),
	SCMP_SYS(shutdown), SCMP_SYS(getsockopt), SCMP_SYS(setsockopt),
	SCMP_SYS(getsockname), SCMP_SYS(getpeername),
};

/* Web server, DNS servers, syslog. */
static const int families[] = { AF_UNIX, AF_INET, AF_INET6 };

/* The service never makes these, so an intruder has taken it over. */
static const int fatal[] = {
	SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev),
};

/* The argument of a call that must have none of these bits. */
static const struct {
	int call;
	unsigned argument;
	unsigned bits;
} limited[] = {
	{ SCMP_SYS(open),     1, O_ACCMODE | O_CREAT | O_TRUNC | O_TMPFILE },
	{ SCMP_SYS(openat),   2, O_ACCMODE | O_CREAT | O_TRUNC | O_TMPFILE },
	{ SCMP_SYS(mmap),     2, PROT_EXEC },
	{ SCMP_SYS(mmap2),    2, PROT_EXEC },
	{ SCMP_SYS(mprotect), 2, PROT_EXEC },
};
// clang-format on

/* libseccomp's results are 0 or a negative errno. */

static int
add_limited(scmp_filter_ctx filter)
{
	int failed = 0;

	for (size_t i = 0; i < COUNT(limited) && failed == 0; i++) {
		/* O_TMPFILE has the bit of O_DIRECTORY, which is allowed. */
		unsigned bits = limited[i].bits & ~(unsigned)O_DIRECTORY;
		failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW,
		    limited[i].call, 1,
		    SCMP_CMP(limited[i].argument, SCMP_CMP_MASKED_EQ, bits, 0));
	}
	return failed;
}

static int
add_sockets(scmp_filter_ctx filter)
{
	int failed = 0;

	for (size_t i = 0; i < COUNT(families) && failed == 0; i++)
		failed =
		    seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket),
			1, SCMP_A0(SCMP_CMP_EQ, (unsigned)families[i], 0));
	return failed;
}

/*
 * Threads, but no processes.  clone3(2) has its flags in memory, where no
 * filter sees them; with ENOSYS the C library uses clone(2).
 */
static int
add_threads(scmp_filter_ctx filter)
{
	int failed = seccomp_rule_add(
	    filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);

	if (failed == 0)
		failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW,
		    SCMP_SYS(clone), 1,
		    SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
	/* abort(3) */
	if (failed == 0)
		failed =
		    seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill),
			1, SCMP_A0(SCMP_CMP_EQ, (unsigned)getpid(), 0));
	return failed;
}

static int
add_removal(scmp_filter_ctx filter)
{
	int failed =
	    seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(unlink), 0);

	if (failed == 0)
		failed = seccomp_rule_add(
		    filter, SCMP_ACT_ALLOW, SCMP_SYS(unlinkat), 0);
	return failed;
}

static int
add_all(scmp_filter_ctx filter, const int *calls, size_t count, uint32_t action)
{
	int failed = 0;

	for (size_t i = 0; i < count && failed == 0; i++)
		failed = seccomp_rule_add(filter, action, calls[i], 0);
	return failed;
}

static enum err
load(scmp_filter_ctx filter, bool removes)
{
	int failed = add_all(filter, allowed, COUNT(allowed), SCMP_ACT_ALLOW);

	if (failed == 0)
		failed =
		    add_all(filter, fatal, COUNT(fatal), SCMP_ACT_KILL_PROCESS);
	if (failed == 0)
		failed = add_limited(filter);
	if (failed == 0)
		failed = add_sockets(filter);
	if (failed == 0)
		failed = add_threads(filter);
	if (failed == 0 && removes)
		failed = add_removal(filter);
	if (failed == 0)
		failed = seccomp_load(filter);
	return failed == 0 ? ERR_OK : ERR_IO;
}

/* A filter that is in force already may forbid another one. */
static bool
is_offered(void)
{
	uint32_t action = SECCOMP_RET_KILL_PROCESS;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

enum err
sandbox_seccomp_enter(bool removes)
{
	if (!is_offered())
		return ERR_UNSUPPORTED;
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (filter == NULL)
		return ERR_IO;
	enum err err = load(filter, removes);
	seccomp_release(filter);
	return err;
}

#else

enum err
sandbox_seccomp_enter(bool removes)
{
	(void)removes;
	return ERR_UNSUPPORTED;
}

#endif
