#include "ddnsgate/sandbox/sandbox_seccomp.h"

#ifdef DDNSGATE_SECCOMP

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/*
 * Conditions on arguments.  The kernel takes the lower half of an int argument
 * and passes the whole register to the filter, so only that half is compared.
 */
#define INT_MASK UINT32_MAX
#define ALL_ONES UINT64_MAX
// clang-format off
#define WITH(argument, bits, value) /* this value, and any of these bits */ \
	{ argument, INT_MASK & ~(uint32_t)(bits), (uint32_t)(value) }
#define IS(argument, value) WITH(argument, 0, value)
#define HAS_ONLY(argument, bits) WITH(argument, bits, 0)
#define IS_NULL(argument) { argument, ALL_ONES, 0 }
#define ANYTHING { 0, 0, 0 }
// clang-format on
#define CONDITIONS_MAX 3

struct rule {
	int call;
	struct {
		unsigned argument;
		uint64_t mask, value; /* mask 0: no condition */
	} conditions[CONDITIONS_MAX];
};

#define OPEN_FLAGS                                                      \
	(O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_DIRECTORY | O_NOFOLLOW | \
	    O_LARGEFILE)
#define STATUS_FLAGS (O_ACCMODE | O_NONBLOCK | O_LARGEFILE) /* no O_ASYNC */
/* fcntl64(2), where there is fcntl(2) for offsets of 32 bits */
#define SETLK64 13
#define SETLKW64 14
#define MAP_FLAGS (MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE)
/* Of madvise(2), below stacks; newer than the oldest supported system. */
#define GUARD_INSTALL 102
#define GUARD_REMOVE 103
#define FUTEX_FLAGS (FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME)
/* What makes a thread of clone(2), and what else one may have. */
#define THREAD_FLAGS (CLONE_VM | CLONE_SIGHAND | CLONE_THREAD)
#define THREAD_OPTIONS                                                        \
	(CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_SETTLS |              \
	    CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | \
	    CLONE_DETACHED)
#ifdef __s390__
#define CLONE_FLAGS 1
#else
#define CLONE_FLAGS 0
#endif
#define STREAM WITH(1, SOCK_CLOEXEC | SOCK_NONBLOCK, SOCK_STREAM)
#define DATAGRAM WITH(1, SOCK_CLOEXEC | SOCK_NONBLOCK, SOCK_DGRAM)
#define SEND_FLAGS (MSG_NOSIGNAL | MSG_MORE | MSG_DONTWAIT)
/* Of SCMP_FLTATR_CTL_OPTIMIZE */
#define OPTIMIZE_AS_TREE 2

/*
 * Calls of old and new architectures; libseccomp ignores those that this one
 * does not have.  Where the calls on sockets are one call with its arguments in
 * memory (socketcall(2), i386), conditions on them do not hold.
 */
// clang-format off
static const int allowed[] = {
	/* Files: configuration, and what was opened before, as state_dir. */
	SCMP_SYS(read), SCMP_SYS(pread64), SCMP_SYS(getdents64),
	SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(pwrite64),
	SCMP_SYS(pwritev), SCMP_SYS(fdatasync), SCMP_SYS(ftruncate),
	SCMP_SYS(ftruncate64), SCMP_SYS(lseek), SCMP_SYS(_llseek),
	SCMP_SYS(close), SCMP_SYS(stat), SCMP_SYS(stat64), SCMP_SYS(fstat),
	SCMP_SYS(fstat64), SCMP_SYS(lstat), SCMP_SYS(lstat64),
	SCMP_SYS(newfstatat), SCMP_SYS(fstatat64), SCMP_SYS(statx),
	SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2),
	SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(getcwd),
	/* Memory, also that of secrets */
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mlock), SCMP_SYS(mlock2),
	SCMP_SYS(munlock),
	/* Threads, signals, the end */
	SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(gettid),
	SCMP_SYS(getpid), SCMP_SYS(geteuid), SCMP_SYS(geteuid32),
	SCMP_SYS(getcpu), SCMP_SYS(sched_yield),
	SCMP_SYS(sched_getaffinity), SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigreturn),
	SCMP_SYS(rt_sigtimedwait), SCMP_SYS(rt_sigtimedwait_time64),
	SCMP_SYS(restart_syscall), SCMP_SYS(exit), SCMP_SYS(exit_group),
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
	/* Sockets of web server, DNS servers, syslog */
	SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(connect),
	SCMP_SYS(recv), SCMP_SYS(recvfrom), SCMP_SYS(shutdown),
};

/* Allowed if all conditions of one of the call's rows are met */
static const struct rule rules[] = {
	{ SCMP_SYS(open),         { HAS_ONLY(1, OPEN_FLAGS) } },
	{ SCMP_SYS(openat),       { HAS_ONLY(2, OPEN_FLAGS) } },
	{ SCMP_SYS(fcntl),        { IS(1, F_DUPFD_CLOEXEC) } },
	{ SCMP_SYS(fcntl),        { IS(1, F_GETFD) } },
	{ SCMP_SYS(fcntl),        { IS(1, F_SETFD) } },
	{ SCMP_SYS(fcntl),        { IS(1, F_GETFL) } },
	{ SCMP_SYS(fcntl),        { IS(1, F_SETFL), HAS_ONLY(2, STATUS_FLAGS) } },
	{ SCMP_SYS(fcntl),        { IS(1, F_SETLK) } },
	{ SCMP_SYS(fcntl),        { IS(1, F_SETLKW) } },
	{ SCMP_SYS(fcntl64),      { IS(1, F_DUPFD_CLOEXEC) } },
	{ SCMP_SYS(fcntl64),      { IS(1, F_GETFD) } },
	{ SCMP_SYS(fcntl64),      { IS(1, F_SETFD) } },
	{ SCMP_SYS(fcntl64),      { IS(1, F_GETFL) } },
	{ SCMP_SYS(fcntl64),      { IS(1, F_SETFL), HAS_ONLY(2, STATUS_FLAGS) } },
	{ SCMP_SYS(fcntl64),      { IS(1, SETLK64) } },
	{ SCMP_SYS(fcntl64),      { IS(1, SETLKW64) } },
	/* Private, and none of it code */
#ifndef __i386__ /* where the arguments of this one are in memory */
	{ SCMP_SYS(mmap),         { HAS_ONLY(2, PROT_READ | PROT_WRITE),
	                            WITH(3, MAP_FLAGS, MAP_PRIVATE) } },
#endif
	{ SCMP_SYS(mmap2),        { HAS_ONLY(2, PROT_READ | PROT_WRITE),
	                            WITH(3, MAP_FLAGS, MAP_PRIVATE) } },
	/* The table of clients, which may be replaced; see lmdb_file.h. */
#ifndef __i386__
	{ SCMP_SYS(mmap),         { IS(2, PROT_READ), IS(3, MAP_SHARED) } },
#endif
	{ SCMP_SYS(mmap2),        { IS(2, PROT_READ), IS(3, MAP_SHARED) } },
	{ SCMP_SYS(mprotect),     { HAS_ONLY(2, PROT_READ | PROT_WRITE) } },
	{ SCMP_SYS(mremap),       { HAS_ONLY(3, MREMAP_MAYMOVE) } },
	{ SCMP_SYS(madvise),      { IS(2, MADV_DONTNEED) } },
	{ SCMP_SYS(madvise),      { IS(2, MADV_FREE) } },
	{ SCMP_SYS(madvise),      { IS(2, MADV_DONTDUMP) } },
	{ SCMP_SYS(madvise),      { IS(2, GUARD_INSTALL) } },
	{ SCMP_SYS(madvise),      { IS(2, GUARD_REMOVE) } },
	/* For tgkill(2) see add_abort. */
	{ SCMP_SYS(clone),        { WITH(CLONE_FLAGS, THREAD_OPTIONS,
	                                 THREAD_FLAGS) } },
	{ SCMP_SYS(futex),        { WITH(1, FUTEX_FLAGS, FUTEX_WAIT) } },
	{ SCMP_SYS(futex),        { WITH(1, FUTEX_FLAGS, FUTEX_WAKE) } },
	{ SCMP_SYS(futex),        { WITH(1, FUTEX_FLAGS, FUTEX_WAIT_BITSET) } },
	{ SCMP_SYS(futex_time64), { WITH(1, FUTEX_FLAGS, FUTEX_WAIT) } },
	{ SCMP_SYS(futex_time64), { WITH(1, FUTEX_FLAGS, FUTEX_WAKE) } },
	{ SCMP_SYS(futex_time64), { WITH(1, FUTEX_FLAGS, FUTEX_WAIT_BITSET) } },
	/* Multipath TCP, which has a protocol of its own, and TCP Fast Open,
	 * which is a flag of send(2), connect to ports that Landlock refuses. */
	{ SCMP_SYS(socket),       { IS(0, AF_UNIX), STREAM, IS(2, 0) } },
	{ SCMP_SYS(socket),       { IS(0, AF_UNIX), DATAGRAM, IS(2, 0) } },
	{ SCMP_SYS(socket),       { IS(0, AF_INET), STREAM, IS(2, 0) } },
	{ SCMP_SYS(socket),       { IS(0, AF_INET), DATAGRAM, IS(2, 0) } },
	{ SCMP_SYS(socket),       { IS(0, AF_INET6), STREAM, IS(2, 0) } },
	{ SCMP_SYS(socket),       { IS(0, AF_INET6), DATAGRAM, IS(2, 0) } },
	{ SCMP_SYS(send),         { HAS_ONLY(3, SEND_FLAGS) } },
	{ SCMP_SYS(sendto),       { HAS_ONLY(3, SEND_FLAGS), IS_NULL(4) } },
	{ SCMP_SYS(setsockopt),   { IS(1, SOL_SOCKET), IS(2, SO_RCVTIMEO) } },
	{ SCMP_SYS(setsockopt),   { IS(1, SOL_SOCKET), IS(2, SO_SNDTIMEO) } },
	{ SCMP_SYS(setsockopt),   { IS(1, IPPROTO_TCP), IS(2, TCP_NODELAY) } },
	{ SCMP_SYS(setsockopt),   { IS(1, IPPROTO_TCP), IS(2, TCP_QUICKACK) } },
};

/* To remove the socket's file at the end */
static const struct rule removal[] = {
	{ SCMP_SYS(unlink),       { ANYTHING } },
	{ SCMP_SYS(unlinkat),     { IS(2, 0) } },
};

/* The service never makes these, so an intruder has taken it over. */
static const int fatal[] = {
	SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev),
};
// clang-format on

/* libseccomp's results are 0 or a negative errno. */

static int
add_rule(scmp_filter_ctx filter, const struct rule *rule)
{
	struct scmp_arg_cmp compared[CONDITIONS_MAX];
	unsigned count = 0;

	while (count < CONDITIONS_MAX && rule->conditions[count].mask != 0) {
		compared[count] = SCMP_CMP64(rule->conditions[count].argument,
		    SCMP_CMP_MASKED_EQ, rule->conditions[count].mask,
		    rule->conditions[count].value);
		count++;
	}
	return seccomp_rule_add_array(
	    filter, SCMP_ACT_ALLOW, rule->call, count, compared);
}

static int
add_all(scmp_filter_ctx filter, const int *calls, size_t count, uint32_t action)
{
	int failed = 0;

	for (size_t i = 0; i < count && failed == 0; i++)
		failed = seccomp_rule_add(filter, action, calls[i], 0);
	return failed;
}

static int
add_rules(scmp_filter_ctx filter, const struct rule *table, size_t count)
{
	int failed = 0;

	for (size_t i = 0; i < count && failed == 0; i++)
		failed = add_rule(filter, &table[i]);
	return failed;
}

/* abort(3) sends itself a signal; no other process, no other signal. */
static int
add_abort(scmp_filter_ctx filter)
{
	const struct rule rule = {
	    SCMP_SYS(tgkill), {IS(0, getpid()), IS(2, SIGABRT)}};

	return add_rule(filter, &rule);
}

static int
add_fatal(scmp_filter_ctx filter)
{
	/* A call of another architecture has another number: int 0x80. */
	int failed = seccomp_attr_set(
	    filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

	if (failed == 0)
		failed =
		    add_all(filter, fatal, COUNT(fatal), SCMP_ACT_KILL_PROCESS);
	return failed;
}

/*
 * Threads, but no processes.  clone3(2) has its flags in memory, where no
 * filter sees them; with ENOSYS the C library uses clone(2).
 */
static int
add_clone3(scmp_filter_ctx filter)
{
	return seccomp_rule_add(
	    filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
}

static enum err
load(scmp_filter_ctx filter, bool removes)
{
	/* As a tree over the calls' numbers, where libseccomp can. */
	(void)seccomp_attr_set(
	    filter, SCMP_FLTATR_CTL_OPTIMIZE, OPTIMIZE_AS_TREE);
	int failed = add_all(filter, allowed, COUNT(allowed), SCMP_ACT_ALLOW);
	if (failed == 0)
		failed = add_rules(filter, rules, COUNT(rules));
	if (failed == 0)
		failed = add_fatal(filter);
	if (failed == 0)
		failed = add_clone3(filter);
	if (failed == 0)
		failed = add_abort(filter);
	if (failed == 0 && removes)
		failed = add_rules(filter, removal, COUNT(removal));
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
