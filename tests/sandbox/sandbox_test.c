/*
 * What works outside of the sandbox, and which of its mechanisms keep it from
 * working inside.  Each attempt is made in a process of its own, with no
 * mechanism, with each alone, and with the whole sandbox.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/netlink.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "ddnsgate/dns/tsig_key.h"
#include "ddnsgate/sandbox/sandbox.h"
#include "ddnsgate/sandbox/sandbox_landlock.h"
#include "ddnsgate/sandbox/sandbox_process.h"
#include "ddnsgate/sandbox/sandbox_seccomp.h"

#include "make_site.h"
#include "table.h"
#include "temp_dir.h"

#define PROCESS (1U << 0)
#define LANDLOCK (1U << 1)
#define SECCOMP (1U << 2)
#define PERHAPS (1U << 3) /* some kernel's Landlock may refuse it, too */

/* IPPROTO_MPTCP, which not every libc's headers have */
#define PROTOCOL_MPTCP 262

/* Of "password" */
#define HASH                                                           \
	"$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2/jctKu" \
	"9YterLp8wwnSq.qc.eoxqOmSuNp2xS0ktL3nh/"

static uint16_t dns_port, other_port;
static enum err *outcomes; /* of the whole sandbox; shared with children */
static long landlock_version;
static int fds[4];  /* of the log, DNS, another server, an abstract socket */
static pid_t owner; /* of these: not the child that makes an attempt */

/* Attempts; each gives whether it succeeded */

static bool
opens(const char *path, int flags)
{
	return open(path, flags | O_CLOEXEC, 0600) >= 0;
}

static bool
read_file(void)
{
	return opens("conf/c.conf", O_RDONLY);
}

static bool
read_folder(void)
{
	return opens("conf/d", O_RDONLY | O_DIRECTORY);
}

static bool
read_behind_link(void)
{
	return opens("conf/link.conf", O_RDONLY);
}

static bool
read_elsewhere(void)
{
	return opens("/etc/passwd", O_RDONLY);
}

static bool
write_file(void)
{
	return opens("conf/c.conf", O_WRONLY);
}

static bool
truncate_file(void)
{
	return truncate("conf/c.conf", 1) == 0;
}

static bool
create_file(void)
{
	return opens("conf/d/made.conf", O_RDWR | O_CREAT);
}

static bool
create_nameless_file(void)
{
	return opens("conf", O_RDWR | O_TMPFILE);
}

static bool
rename_file(void)
{
	return rename("conf/c.conf", "conf/d.conf") == 0;
}

static bool
remove_file(void)
{
	return unlink("conf/c.conf") == 0;
}

static bool
remove_socket(void)
{
	return unlink("run/socket") == 0;
}

static bool
run_program(void)
{
	char *argv[] = {(char[]){"true"}, NULL};

	execv("/bin/true", argv);
	return false;
}

static bool
make_process(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	return child > 0 && waitpid(child, NULL, 0) == child;
}

static void *
end_at_once(void *arg)
{
	return arg;
}

static bool
make_thread(void)
{
	pthread_t thread;

	return pthread_create(&thread, NULL, end_at_once, NULL) == 0 &&
	       pthread_join(thread, NULL) == 0;
}

static bool
be_traced(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0;
}

static bool
read_memory(void)
{
	char from[1] = {1}, to[1];
	struct iovec source = {from, 1}, target = {to, 1};

	return process_vm_readv(getpid(), &target, 1, &source, 1, 0) == 1;
}

static bool
can_be_dumped(void)
{
	return prctl(PR_GET_DUMPABLE) == 1;
}

static bool
become_dumpable(void)
{
	return prctl(PR_SET_DUMPABLE, 1) == 0;
}

static bool
signal_parent(void)
{
	return kill(getppid(), 0) == 0;
}

static bool
connects(int type, uint16_t port)
{
	struct sockaddr_in addr = {.sin_family = AF_INET,
	    .sin_port = htons(port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	return fd >= 0 &&
	       connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0;
}

static bool
connect_to_dns(void)
{
	return connects(SOCK_STREAM, dns_port);
}

static bool
connect_to_dns_udp(void)
{
	return connects(SOCK_DGRAM, dns_port);
}

static bool
connect_elsewhere(void)
{
	return connects(SOCK_STREAM, other_port);
}

/* By another protocol than Landlock knows.  Where the kernel does not have it
 * there is nothing to refuse. */
static bool
connect_elsewhere_by_mptcp(void)
{
	struct sockaddr_in addr = {.sin_family = AF_INET,
	    .sin_port = htons(other_port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, PROTOCOL_MPTCP);

	if (fd < 0)
		return errno != EPERM;
	return connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0;
}

/* By another call than Landlock knows */
static bool
connect_elsewhere_by_fast_open(void)
{
	struct sockaddr_in addr = {.sin_family = AF_INET,
	    .sin_port = htons(other_port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return sendto(fd, "x", 1, MSG_FASTOPEN, (struct sockaddr *)&addr,
		   sizeof(addr)) == 1 ||
	       errno == EOPNOTSUPP;
}

/* Whoever owns them says who is sent a signal when bytes arrive. */
static bool
own_signals_of_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fcntl(fd, F_SETOWN, getpid()) == 0;
}

static bool
lock_file(void)
{
	struct flock whole = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
	int fd = open("conf/c.conf", O_RDONLY | O_CLOEXEC);

	return fcntl(fd, F_SETLKW, &whole) == 0;
}

static bool
listen_anywhere(void)
{
	struct sockaddr_in addr = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd >= 0 && bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0;
}

/* As syslog(3) does. */
static bool
send_to_unix_socket(void)
{
	struct sockaddr_un addr = {AF_UNIX, "log"};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd >= 0 &&
	       connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0 &&
	       send(fd, "x", 1, 0) == 1;
}

/* Has no file, and so no folder that it would have to be in. */
static socklen_t
abstract_address(struct sockaddr_un *ret)
{
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	int len = snprintf(ret->sun_path + 1, sizeof(ret->sun_path) - 1,
	    "ddnsgate-sandbox-test-%ld", (long)owner);

	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			   (size_t)len);
}

static bool
send_to_abstract_socket(void)
{
	struct sockaddr_un addr;
	socklen_t len = abstract_address(&addr);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return connect(fd, (struct sockaddr *)&addr, len) == 0;
}

static bool
ask_kernel(void)
{
	return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE) >= 0;
}

static bool
map_code(void)
{
	return mmap(NULL, 1, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
		   -1, 0) != MAP_FAILED;
}

static bool
turn_into_code(void)
{
	void *page = mmap(NULL, 1, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return page != MAP_FAILED &&
	       mprotect(page, 1, PROT_READ | PROT_EXEC) == 0;
}

static bool
make_key(void)
{
	struct tsig_key *key;

	return tsig_key_new("k", TSIG_HMAC_SHA384, (const uint8_t *)"secret", 6,
		   &key) == ERR_OK;
}

static bool
check_password(void)
{
	return secret_crypt_check(HASH, span_of("password")) == ERR_OK;
}

static const struct row {
	const char *name;
	bool (*attempt)(void);
	unsigned refused_by; /* by each of these alone; 0: it works inside */
	long since;          /* the version of Landlock that refuses it */
	bool fatal;          /* seccomp ends the process */
} rows[] = {
    // clang-format off
	{ "read a file",           read_file,            0, 0, false },
	{ "read a folder",         read_folder,          0, 0, false },
	{ "read behind a link",    read_behind_link,     0, 0, false },
	{ "make a thread",         make_thread,          0, 0, false },
	{ "connect to DNS by TCP", connect_to_dns,       0, 0, false },
	{ "connect to DNS by UDP", connect_to_dns_udp,   0, 0, false },
	{ "send to a Unix socket", send_to_unix_socket,  0, 0, false },
	{ "remove the socket",     remove_socket,        0, 0, false },
	{ "lock a file",           lock_file,            0, 0, false },
	{ "make a key",            make_key,             0, 0, false },
	{ "check a password",      check_password,       0, 0, false },
	{ "read elsewhere",        read_elsewhere,       LANDLOCK, 1, false },
	{ "remove a file",         remove_file,          LANDLOCK, 1, false },
	{ "connect elsewhere",     connect_elsewhere,    LANDLOCK, 4, false },
	{ "connect by MPTCP",      connect_elsewhere_by_mptcp, SECCOMP | PERHAPS, 0, false },
	{ "connect by Fast Open",  connect_elsewhere_by_fast_open, SECCOMP | PERHAPS, 0, false },
	{ "own a socket's signals", own_signals_of_socket, SECCOMP, 0, false },
	{ "write",                 write_file,           LANDLOCK | SECCOMP, 1, false },
	{ "truncate",              truncate_file,        LANDLOCK | SECCOMP, 3, false },
	{ "create",                create_file,          LANDLOCK | SECCOMP, 1, false },
	{ "create without a name", create_nameless_file, LANDLOCK | SECCOMP, 1, false },
	{ "rename",                rename_file,          LANDLOCK | SECCOMP, 1, false },
	{ "run a program",         run_program,          LANDLOCK | SECCOMP, 1, true },
	{ "listen",                listen_anywhere,      LANDLOCK | SECCOMP, 4, false },
	{ "abstract Unix socket",  send_to_abstract_socket, LANDLOCK, 6, false },
	{ "signal the parent",     signal_parent,        LANDLOCK | SECCOMP, 6, false },
	{ "make a process",        make_process,         SECCOMP, 0, false },
	{ "be traced",             be_traced,            SECCOMP, 0, true },
	{ "read memory",           read_memory,          SECCOMP, 0, true },
	{ "ask the kernel",        ask_kernel,           SECCOMP, 0, false },
	{ "map code",              map_code,             SECCOMP, 0, false },
	{ "turn data into code",   turn_into_code,       SECCOMP, 0, false },
	{ "become dumpable",       become_dumpable,      SECCOMP, 0, false },
	{ "be dumped",             can_be_dumped,        PROCESS | SECCOMP, 0, false },
    // clang-format on
};

/* The mechanisms, entered by a child. */

static enum err
enter_landlock(void)
{
	const char *folders[] = {"conf", "linked"};
	const struct sandbox_landlock_rules rules = {.read = folders,
	    .read_count = 2,
	    .remove = "run",
	    .connect = &dns_port,
	    .connect_count = 1};
	bool has_ports;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return sandbox_landlock_enter(&rules, &has_ports);
}

static enum err
enter_seccomp(void)
{
	return sandbox_seccomp_enter(true);
}

static enum err
enter_all(void)
{
	char *paths[] = {(char[]){"conf/c.conf"}, (char[]){"conf/d"},
	    (char[]){"conf/link.conf"}};
	const struct conf_files files = {.paths = paths, .count = 3};
	struct site *site = make_site();
	const struct sandbox_dependencies dependencies = {
	    site, &files, "run/socket"};
	struct sandbox *sandbox;

	make_zone(site, "dyn.example.org", dns_port);
	enum err err = sandbox_enter(&dependencies, &sandbox);
	for (int i = 0; i < SANDBOX_PARTS; i++)
		outcomes[i] = sandbox_outcome(sandbox, (enum sandbox_part)i);
	return err;
}

static const struct {
	const char *name;
	enum err (*enter)(void); /* NULL: nothing */
	unsigned mechanisms;
} sandboxes[] = {
    // clang-format off
	{ "nothing",  NULL,                  0 },
	{ "process",  sandbox_process_enter, PROCESS },
	{ "landlock", enter_landlock,        LANDLOCK },
	{ "seccomp",  enter_seccomp,         SECCOMP },
	{ "all",      enter_all,             PROCESS | LANDLOCK | SECCOMP },
    // clang-format on
};
#define SANDBOXES (sizeof(sandboxes) / sizeof(sandboxes[0]))

enum { WORKS, REFUSED, LACKING, BROKEN };

/* The result of an attempt in a child process, or the signal that ended it. */
static int
try(enum err (*enter)(void), bool (*attempt)(void))
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		enum err err = enter != NULL ? enter() : ERR_OK;
		if (err == ERR_OK)
			_exit(attempt() ? WORKS : REFUSED);
		_exit(err == ERR_UNSUPPORTED ? LACKING : BROKEN);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

/* Which of the mechanisms that this system has refuse it. */
static unsigned
refusing_of(const struct row *row, unsigned mechanisms)
{
	unsigned refusing = row->refused_by & mechanisms;

	if (landlock_version < 1 || landlock_version < row->since)
		refusing &= ~LANDLOCK;
	if (outcomes[SANDBOX_CALLS] != ERR_OK)
		refusing &= ~SECCOMP;
	return refusing;
}

static int
listen_on(uint16_t *ret_port)
{
	struct sockaddr_in addr = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(addr);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&addr, len), 0);
	assert_int_equal(listen(fd, 64), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&addr, &len), 0);
	*ret_port = ntohs(addr.sin_port);
	return fd;
}

/* Makes the files again, as an attempt may have changed them. */
static void
prepare(void)
{
	temp_dir_write("conf/c.conf", "text", 0600);
	temp_dir_write("linked/c.conf", "text", 0600);
	temp_dir_write("run/socket", "", 0600);
}

/* Makes what all attempts need, and sets the outcomes of the parts. */
static void
enter(void)
{
	struct sockaddr_un addr = {AF_UNIX, "log"};

	temp_dir_enter();
	temp_dir_make("conf");
	temp_dir_make("conf/d");
	temp_dir_make("linked");
	temp_dir_make("run");
	prepare();
	assert_int_equal(symlink("../linked/c.conf", "conf/link.conf"), 0);
	fds[0] = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(
	    bind(fds[0], (struct sockaddr *)&addr, sizeof(addr)), 0);
	fds[1] = listen_on(&dns_port);
	fds[2] = listen_on(&other_port);
	owner = getpid();
	fds[3] = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t len = abstract_address(&addr);
	assert_int_equal(bind(fds[3], (struct sockaddr *)&addr, len), 0);
	assert_int_equal(try(enter_all, read_file), WORKS);
}

static void
leave(void)
{
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		close(fds[i]);
	temp_dir_leave();
}

/* Built with sanitizers, there is no sandbox. */
static bool
is_possible(void)
{
	return outcomes[SANDBOX_PROCESS] == ERR_OK;
}

static int
expected(const struct row *row, unsigned mechanisms)
{
	unsigned refusing = refusing_of(row, mechanisms);

	if (refusing == 0)
		return WORKS;
	return (refusing & SECCOMP) != 0 && row->fatal ? SIGSYS : REFUSED;
}

static void
test_row(void **state)
{
	const struct row *row = *state;

	enter();
	for (size_t i = 0; i < SANDBOXES && is_possible(); i++) {
		prepare();
		int got = try(sandboxes[i].enter, row->attempt);
		int want = expected(row, sandboxes[i].mechanisms);
		bool open = (row->refused_by & PERHAPS) != 0 &&
			    sandboxes[i].mechanisms == LANDLOCK;
		if (got != want && got != LACKING && !open)
			fail_msg("inside of %s: %d in place of %d",
			    sandboxes[i].name, got, want);
	}
	leave();
}

static bool
abort_process(void)
{
	abort();
}

static void
test_abort(void **state)
{
	(void)state;
	enter();
	assert_int_equal(try(enter_all, abort_process), SIGABRT);
	leave();
}

/* Prints what this system lacks, since it is not tested then. */
static void
test_parts(void **state)
{
	(void)state;
	enter();
	for (int i = 0; i < SANDBOX_PARTS; i++) {
		if (outcomes[i] != ERR_OK)
			print_message("not tested: %s: %s\n",
			    sandbox_part_text((enum sandbox_part)i),
			    sandbox_outcome_text(outcomes[i]));
	}
	leave();
}

/* In a child: is a zone at this port in reach, if there was none before? */
static bool
covers_first_zone(uint16_t port)
{
	struct sandbox_dependencies with = {.site = make_site()};
	struct sandbox *sandbox = NULL;
	char buf[256];
	struct text out;

	if (sandbox_enter(&with, &sandbox) != ERR_OK)
		return false;
	struct site *later = make_site();
	make_zone(later, "dyn.example.org", port);
	with.site = later;
	TEXT_INIT(&out, buf);
	return sandbox_covers(sandbox, &with, &out);
}

static bool
covers_usual_port(void)
{
	return covers_first_zone(53);
}

static bool
covers_unusual_port(void)
{
	return covers_first_zone(5353);
}

static void
test_first_zone(void **state)
{
	(void)state;
	assert_int_equal(try(NULL, covers_usual_port), WORKS);
	enter();
	bool has_ports = outcomes[SANDBOX_PORTS] == ERR_OK;
	leave();
	assert_int_equal(
	    try(NULL, covers_unusual_port), has_ports ? REFUSED : WORKS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parts),
	    cmocka_unit_test(test_first_zone),
	    cmocka_unit_test(test_abort),
	};

	outcomes = mmap(NULL, SANDBOX_PARTS * sizeof(*outcomes),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (outcomes == MAP_FAILED)
		return 1;
	landlock_version = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	return cmocka_run_group_tests(tests, NULL, NULL) +
	       TABLE_RUN("sandbox: attempts", rows, test_row);
}
