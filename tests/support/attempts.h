#ifndef DDNSGATE_TESTS_ATTEMPTS_H
#define DDNSGATE_TESTS_ATTEMPTS_H

/*
 * System calls that somebody who has taken ddnsgate over would make, and those
 * that serving needs: by number and arguments, and what comes of each inside of
 * the sandbox.  The arguments are such that outside none has an effect: there
 * is no file -1, and nothing at NULL.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/mman.h>

/* Added to an int argument: what the kernel does not look at. */
#define GARBAGE (1L << 32)
#define ATTEMPT_MEANT 0x1000L /* an address that is never there */

/* The kernel's, which not every libc's headers have. */
#define ATTEMPT_MPTCP 262
#define ATTEMPT_SMC 43
#define ATTEMPT_TCP_ULP 31
#define ATTEMPT_O_LARGEFILE 0100000

struct attempt {
	const char *name;
	long call;
	long arguments[6];
	int inside;       /* errno; 0: it succeeds */
	bool outside_too; /* the same is expected without a sandbox */
};

#define REFUSED EPERM, false
#define WORKS(error) (error), true

// clang-format off
static const struct attempt attempts[] = {
	/* Past Landlock, which restricts connect(2) of TCP sockets */
	{ "MPTCP",                SYS_socket, { AF_INET, SOCK_STREAM, ATTEMPT_MPTCP }, REFUSED },
	{ "MPTCP, IPv6",          SYS_socket, { AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, ATTEMPT_MPTCP }, REFUSED },
	{ "MPTCP and garbage",    SYS_socket, { AF_INET, SOCK_STREAM, ATTEMPT_MPTCP + GARBAGE }, REFUSED },
	{ "SCTP",                 SYS_socket, { AF_INET, SOCK_STREAM, IPPROTO_SCTP }, REFUSED },
	{ "SCTP, packets",        SYS_socket, { AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP }, REFUSED },
	{ "DCCP",                 SYS_socket, { AF_INET, SOCK_DCCP, IPPROTO_DCCP }, REFUSED },
	{ "UDP-Lite",             SYS_socket, { AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE }, REFUSED },
	{ "raw",                  SYS_socket, { AF_INET, SOCK_RAW, IPPROTO_ICMP }, REFUSED },
	{ "ping",                 SYS_socket, { AF_INET, SOCK_DGRAM, IPPROTO_ICMP }, REFUSED },
	{ "SMC",                  SYS_socket, { ATTEMPT_SMC, SOCK_STREAM, 0 }, REFUSED },
	{ "vsock",                SYS_socket, { AF_VSOCK, SOCK_STREAM, 0 }, REFUSED },
	{ "netlink",              SYS_socket, { AF_NETLINK, SOCK_RAW, 0 }, REFUSED },
	{ "packets",              SYS_socket, { AF_PACKET, SOCK_RAW, 0 }, REFUSED },
	{ "AF_ALG",               SYS_socket, { AF_ALG, SOCK_SEQPACKET, 0 }, REFUSED },
	{ "Unix packets",         SYS_socket, { AF_UNIX, SOCK_SEQPACKET, 0 }, REFUSED },
	{ "socketpair",           SYS_socketpair, { AF_UNIX, SOCK_STREAM, 0, 0 }, REFUSED },
	{ "Fast Open",            SYS_sendto, { -1, 0, 0, MSG_FASTOPEN, 0, 0 }, REFUSED },
	{ "Fast Open, address",   SYS_sendto, { -1, 0, 0, MSG_FASTOPEN, ATTEMPT_MEANT, 16 }, REFUSED },
	{ "Fast Open, garbage",   SYS_sendto, { -1, 0, 0, MSG_FASTOPEN + GARBAGE, 0, 0 }, REFUSED },
	{ "Fast Open, sendmsg",   SYS_sendmsg, { -1, 0, MSG_FASTOPEN }, REFUSED },
	{ "Fast Open, sendmmsg",  SYS_sendmmsg, { -1, 0, 0, MSG_FASTOPEN }, REFUSED },
	{ "send to an address",   SYS_sendto, { -1, 0, 0, MSG_NOSIGNAL, ATTEMPT_MEANT, 16 }, REFUSED },
	{ "send out of band",     SYS_sendto, { -1, 0, 0, MSG_OOB, 0, 0 }, REFUSED },
	{ "send descriptors",     SYS_sendmsg, { -1, 0, 0 }, REFUSED },
	{ "receive descriptors",  SYS_recvmsg, { -1, 0, 0 }, REFUSED },
	{ "bind",                 SYS_bind, { -1, 0, 0 }, REFUSED },
	{ "listen",               SYS_listen, { -1, 0 }, REFUSED },
	{ "TCP_ULP",              SYS_setsockopt, { -1, IPPROTO_TCP, ATTEMPT_TCP_ULP, 0, 0 }, REFUSED },
	{ "TCP_FASTOPEN_CONNECT", SYS_setsockopt, { -1, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 0, 0 }, REFUSED },
	{ "TCP_REPAIR",           SYS_setsockopt, { -1, IPPROTO_TCP, TCP_REPAIR, 0, 0 }, REFUSED },
	{ "option and garbage",   SYS_setsockopt, { -1, IPPROTO_TCP, TCP_REPAIR + GARBAGE, 0, 0 }, REFUSED },
	{ "SO_ATTACH_FILTER",     SYS_setsockopt, { -1, SOL_SOCKET, SO_ATTACH_FILTER, 0, 0 }, REFUSED },
	{ "TCP_NODELAY of IP",    SYS_setsockopt, { -1, IPPROTO_IP, TCP_NODELAY, 0, 0 }, REFUSED },
	/* Signals to others: by descriptors on kernels before 6.12 */
	{ "F_SETOWN",             SYS_fcntl, { -1, F_SETOWN, 1 }, REFUSED },
	{ "F_SETOWN and garbage", SYS_fcntl, { -1, F_SETOWN + GARBAGE, 1 }, REFUSED },
	{ "F_SETOWN_EX",          SYS_fcntl, { -1, F_SETOWN_EX, 0 }, REFUSED },
	{ "F_SETSIG",             SYS_fcntl, { -1, F_SETSIG, SIGKILL }, REFUSED },
	{ "O_ASYNC",              SYS_fcntl, { -1, F_SETFL, O_ASYNC }, REFUSED },
	{ "O_ASYNC and others",   SYS_fcntl, { -1, F_SETFL, O_RDWR | O_NONBLOCK | O_ASYNC }, REFUSED },
	{ "FIOASYNC",             SYS_ioctl, { -1, FIOASYNC, 0 }, REFUSED },
	{ "F_SETLEASE",           SYS_fcntl, { -1, F_SETLEASE, F_RDLCK }, REFUSED },
	{ "F_NOTIFY",             SYS_fcntl, { -1, F_NOTIFY, 0 }, REFUSED },
	{ "F_SETPIPE_SZ",         SYS_fcntl, { -1, F_SETPIPE_SZ, 4096 }, REFUSED },
	{ "F_ADD_SEALS",          SYS_fcntl, { -1, F_ADD_SEALS, 0 }, REFUSED },
	{ "F_DUPFD",              SYS_fcntl, { -1, F_DUPFD, 0 }, REFUSED },
	{ "kill",                 SYS_kill, { 0x7fffffff, 0 }, REFUSED },
	{ "tkill",                SYS_tkill, { -1, 0 }, REFUSED },
	{ "tgkill",               SYS_tgkill, { -1, -1, SIGABRT }, REFUSED },
	{ "rt_sigqueueinfo",      SYS_rt_sigqueueinfo, { -1, 0, 0 }, REFUSED },
	{ "pidfd_open",           SYS_pidfd_open, { -1, 0 }, REFUSED },
	{ "pidfd_send_signal",    SYS_pidfd_send_signal, { -1, 0, 0, 0 }, REFUSED },
	/* Code, and memory that is shared or in core dumps */
	{ "map code",             SYS_mmap, { 0, 0, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0 }, REFUSED },
	{ "map code, garbage",    SYS_mmap, { 0, 0, PROT_EXEC + GARBAGE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0 }, REFUSED },
	{ "map shared",           SYS_mmap, { 0, 0, PROT_READ | PROT_WRITE, MAP_SHARED, -1, 0 }, REFUSED },
	{ "map shared code",      SYS_mmap, { 0, 0, PROT_READ | PROT_EXEC, MAP_SHARED, -1, 0 }, REFUSED },
	{ "map shared, only to write", SYS_mmap, { 0, 0, PROT_WRITE, MAP_SHARED, -1, 0 }, REFUSED },
	{ "map shared, garbage",  SYS_mmap, { 0, 0, (PROT_READ | PROT_WRITE) + GARBAGE, MAP_SHARED, -1, 0 }, REFUSED },
	{ "map shared, no file",  SYS_mmap, { 0, 0, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0 }, REFUSED },
	{ "map shared, validated", SYS_mmap, { 0, 0, PROT_READ, MAP_SHARED_VALIDATE, -1, 0 }, REFUSED },
	{ "map shared over others", SYS_mmap, { 0, 0, PROT_READ, MAP_SHARED | MAP_FIXED, -1, 0 }, REFUSED },
	{ "map shared, populated", SYS_mmap, { 0, 0, PROT_READ, MAP_SHARED | MAP_POPULATE, -1, 0 }, REFUSED },
	{ "sync what is mapped",  SYS_msync, { 1, 0, MS_SYNC }, REFUSED },
	{ "map over others",      SYS_mmap, { 0, 0, PROT_READ, MAP_PRIVATE | MAP_FIXED, -1, 0 }, REFUSED },
	{ "map a stack that grows", SYS_mmap, { 0, 0, PROT_READ, MAP_PRIVATE | MAP_GROWSDOWN, -1, 0 }, REFUSED },
	{ "protect: code",        SYS_mprotect, { 1, 0, PROT_READ | PROT_EXEC }, REFUSED },
	{ "protect: downwards",   SYS_mprotect, { 1, 0, PROT_READ | PROT_GROWSDOWN }, REFUSED },
	{ "mremap to an address", SYS_mremap, { 1, 0, 0, MREMAP_MAYMOVE | MREMAP_FIXED, 1 }, REFUSED },
	{ "MADV_DODUMP",          SYS_madvise, { 1, 0, MADV_DODUMP }, REFUSED },
	{ "MADV_MERGEABLE",       SYS_madvise, { 1, 0, MADV_MERGEABLE }, REFUSED },
	{ "MADV_REMOVE",          SYS_madvise, { 1, 0, MADV_REMOVE }, REFUSED },
	{ "process_madvise",      SYS_process_madvise, { -1, 0, 0, 0, 0 }, REFUSED },
	{ "memfd",                SYS_memfd_create, { 0, 0 }, REFUSED },
	{ "userfaultfd",          SYS_userfaultfd, { -1 }, REFUSED },
	{ "pkey_mprotect",        SYS_pkey_mprotect, { 1, 0, PROT_EXEC, -1 }, REFUSED },
	/* Processes, namespaces */
	{ "clone into namespace", SYS_clone, { CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | CLONE_NEWUSER, 0 }, REFUSED },
	{ "clone without THREAD", SYS_clone, { CLONE_SIGHAND | SIGCHLD, 0 }, REFUSED },
	{ "clone without VM",     SYS_clone, { CLONE_THREAD | CLONE_SIGHAND, 0 }, REFUSED },
	{ "clone3",               SYS_clone3, { 0, 0 }, ENOSYS, false },
	{ "unshare",              SYS_unshare, { CLONE_THREAD | CLONE_NEWTIME | CLONE_PIDFD }, REFUSED },
	{ "setns",                SYS_setns, { -1, 0 }, REFUSED },
	{ "setuid",               SYS_setuid, { 0 }, REFUSED },
	{ "setresuid",            SYS_setresuid, { 0, 0, 0 }, REFUSED },
	{ "setresgid",            SYS_setresgid, { 0, 0, 0 }, REFUSED },
	{ "setgroups",            SYS_setgroups, { 0, 0 }, REFUSED },
	{ "prctl",                SYS_prctl, { -1, 0, 0, 0, 0 }, REFUSED },
	{ "PR_SET_DUMPABLE",      SYS_prctl, { PR_SET_DUMPABLE, 9, 0, 0, 0 }, REFUSED },
	{ "seccomp",              SYS_seccomp, { 99, 0, 0 }, REFUSED },
	{ "setrlimit",            SYS_setrlimit, { 99, 0 }, REFUSED },
	{ "prlimit",              SYS_prlimit64, { 0, 99, 0, 0 }, REFUSED },
	{ "timer_create",         SYS_timer_create, { 99, 0, 0 }, REFUSED },
	{ "futex: PI",            SYS_futex, { 0, FUTEX_LOCK_PI_PRIVATE, 0, 0, 0, 0 }, REFUSED },
	{ "futex: requeue to PI", SYS_futex, { 0, FUTEX_CMP_REQUEUE_PI, 0, 0, 0, 0 }, REFUSED },
	{ "futex: garbage",       SYS_futex, { 0, FUTEX_CMP_REQUEUE_PI + GARBAGE, 0, 0, 0, 0 }, REFUSED },
	/* Files */
	{ "open to write",        SYS_openat, { -1, 0, O_WRONLY, 0 }, REFUSED },
	{ "open to write, garbage", SYS_openat, { -1, 0, O_RDWR + GARBAGE, 0 }, REFUSED },
	{ "create",               SYS_openat, { -1, 0, O_CREAT, 0 }, REFUSED },
	{ "O_PATH",               SYS_openat, { -1, 0, O_PATH, 0 }, REFUSED },
	{ "openat2",              SYS_openat2, { -1, 0, 0, 0 }, REFUSED },
	{ "open by handle",       SYS_open_by_handle_at, { -1, 0, 0 }, REFUSED },
	{ "truncate",             SYS_truncate, { 0, 0 }, REFUSED },
	{ "fallocate",            SYS_fallocate, { -1, 0, 0, 1 }, REFUSED },
	{ "link",                 SYS_linkat, { -1, 0, -1, 0, 0 }, REFUSED },
	{ "symlink",              SYS_symlinkat, { 0, -1, 0 }, REFUSED },
	{ "rename",               SYS_renameat2, { -1, 0, -1, 0, 0 }, REFUSED },
	{ "make a folder",        SYS_mkdirat, { -1, 0, 0 }, REFUSED },
	{ "remove a folder",      SYS_unlinkat, { -1, 0, AT_REMOVEDIR }, REFUSED },
	{ "change a mode",        SYS_fchmod, { -1, 0 }, REFUSED },
	{ "change an owner",      SYS_fchown, { -1, 0, 0 }, REFUSED },
	{ "change a time",        SYS_utimensat, { -1, 0, 0, 0 }, REFUSED },
	{ "set an attribute",     SYS_fsetxattr, { -1, 0, 0, 0, 0 }, REFUSED },
	{ "flock",                SYS_flock, { -1, 0 }, REFUSED },
	{ "change the folder",    SYS_fchdir, { -1 }, REFUSED },
	{ "mount",                SYS_fsopen, { 0, 99 }, REFUSED },
	{ "inotify",              SYS_inotify_init1, { -1 }, REFUSED },
	{ "terminal input",       SYS_ioctl, { -1, TIOCSTI, 0 }, REFUSED },
	{ "splice",               SYS_splice, { -1, 0, -1, 0, 0, 0 }, REFUSED },
	{ "sendfile",             SYS_sendfile, { -1, -1, 0, 0 }, REFUSED },
	{ "pipe",                 SYS_pipe2, { 0, -1 }, REFUSED },
	/* Doors into the kernel */
	{ "io_uring",             SYS_io_uring_setup, { 0, 0 }, REFUSED },
	{ "bpf",                  SYS_bpf, { -1, 0, 0 }, REFUSED },
	{ "perf",                 SYS_perf_event_open, { 0, 0, -1, -1, 0 }, REFUSED },
	{ "keys",                 SYS_keyctl, { -1, 0, 0, 0, 0 }, REFUSED },
	{ "shared memory",        SYS_shmget, { 0, 0, 0 }, REFUSED },
	/* What serving needs; int arguments may have garbage beside them. */
	{ "UDP",                  SYS_socket, { AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0 }, WORKS(0) },
	{ "TCP",                  SYS_socket, { AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0 }, WORKS(0) },
	{ "TCP and garbage",      SYS_socket, { AF_INET + GARBAGE, SOCK_STREAM + GARBAGE, GARBAGE }, WORKS(0) },
	{ "syslog",               SYS_socket, { AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0 }, WORKS(0) },
	{ "syslog, stream",       SYS_socket, { AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0 }, WORKS(0) },
	{ "connect",              SYS_connect, { -1, 0, 0 }, WORKS(EBADF) },
	{ "send",                 SYS_sendto, { -1, 0, 0, MSG_NOSIGNAL, 0, 0 }, WORKS(EBADF) },
	{ "send more",            SYS_sendto, { -1, 0, 0, MSG_NOSIGNAL | MSG_MORE, 0, 0 }, WORKS(EBADF) },
	{ "send and garbage",     SYS_sendto, { -1, 0, 0, MSG_NOSIGNAL + GARBAGE, 0, 0 }, WORKS(EBADF) },
	{ "receive",              SYS_recvfrom, { -1, 0, 0, MSG_TRUNC, 0, 0 }, WORKS(EBADF) },
	{ "SO_RCVTIMEO",          SYS_setsockopt, { -1, SOL_SOCKET, SO_RCVTIMEO, 0, 0 }, WORKS(EBADF) },
	{ "SO_SNDTIMEO",          SYS_setsockopt, { -1, SOL_SOCKET, SO_SNDTIMEO, 0, 0 }, WORKS(EBADF) },
	{ "TCP_NODELAY",          SYS_setsockopt, { -1, IPPROTO_TCP, TCP_NODELAY, 0, 0 }, WORKS(EBADF) },
	{ "TCP_QUICKACK",         SYS_setsockopt, { -1, IPPROTO_TCP, TCP_QUICKACK, 0, 0 }, WORKS(EBADF) },
	{ "accept",               SYS_accept4, { -1, 0, 0, SOCK_CLOEXEC }, WORKS(EBADF) },
	{ "F_DUPFD_CLOEXEC",      SYS_fcntl, { -1, F_DUPFD_CLOEXEC, 0 }, WORKS(EBADF) },
	{ "F_GETFL",              SYS_fcntl, { -1, F_GETFL, 0 }, WORKS(EBADF) },
	{ "F_SETFL",              SYS_fcntl, { -1, F_SETFL, O_RDWR | O_NONBLOCK | ATTEMPT_O_LARGEFILE * (O_LARGEFILE != 0) }, WORKS(EBADF) },
	{ "lock in state_dir",    SYS_fcntl, { -1, F_SETLKW, 0 }, WORKS(EBADF) },
	{ "unlock in state_dir",  SYS_fcntl, { -1, F_SETLK + GARBAGE, 0 }, WORKS(EBADF) },
	{ "write to state_dir",   SYS_pwrite64, { -1, 0, 0, 0 }, WORKS(EBADF) },
	{ "clear in state_dir",   SYS_ftruncate, { -1, 0 }, WORKS(EBADF) },
	{ "sync state_dir",       SYS_fdatasync, { -1 }, WORKS(EBADF) },
	{ "is state_dir usable",  SYS_faccessat, { -1, ATTEMPT_MEANT, W_OK | X_OK }, WORKS(EFAULT) },
	{ "map the table of clients", SYS_mmap, { 0, 0, PROT_READ, MAP_SHARED, -1, 0 }, WORKS(EBADF) },
	{ "read the table's head", SYS_pread64, { -1, 0, 0, 0 }, WORKS(EBADF) },
	{ "open to read",         SYS_openat, { -1, ATTEMPT_MEANT, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0 }, WORKS(EFAULT) },
	{ "open a folder",        SYS_openat, { -1, ATTEMPT_MEANT, O_RDONLY | O_CLOEXEC | O_DIRECTORY | O_NONBLOCK, 0 }, WORKS(EFAULT) },
	{ "compare an owner",     SYS_geteuid, { 0 }, WORKS(0) },
	{ "list a folder",        SYS_getdents64, { -1, 0, 0 }, WORKS(EBADF) },
	{ "give memory back",     SYS_madvise, { 0, 0, MADV_DONTNEED }, WORKS(0) },
	{ "remove the socket",    SYS_unlinkat, { -1, ATTEMPT_MEANT, 0 }, WORKS(EFAULT) },
};
// clang-format on

#undef REFUSED
#undef WORKS

#define ATTEMPTS (sizeof(attempts) / sizeof(attempts[0]))

/* Makes the attempt; gives its errno, 0 if it succeeded. */
static inline int
attempt_make(const struct attempt *attempt)
{
	const long *argument = attempt->arguments;

	errno = 0;
	long result = syscall(attempt->call, argument[0], argument[1],
	    argument[2], argument[3], argument[4], argument[5]);
	int outcome = result == -1 ? errno : 0;
	if (result > 2 && attempt->call == SYS_socket)
		close((int)result);
	return outcome;
}

#endif
