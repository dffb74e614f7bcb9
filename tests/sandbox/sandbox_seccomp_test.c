/*
 * Each call of the list of attempts: without a filter, with the filter alone,
 * and in the whole sandbox.  The live test makes the same in ddnsgate itself.
 */

#include <sys/wait.h>

#include "ddnsgate/sandbox/sandbox.h"
#include "ddnsgate/sandbox/sandbox_process.h"
#include "ddnsgate/sandbox/sandbox_seccomp.h"

#include "attempts.h"
#include "make_site.h"
#include "table.h"

enum { NOT_MADE = -1 };

/* Shared with the children that make them */
static struct {
	int outside[ATTEMPTS], filtered[ATTEMPTS], inside[ATTEMPTS];
	enum err filter; /* of the whole sandbox: is the filter in force? */
} * outcomes;

static void
make_all(int results[ATTEMPTS])
{
	for (size_t i = 0; i < ATTEMPTS; i++)
		results[i] = attempt_make(&attempts[i]);
}

static void
make_outside(void)
{
	make_all(outcomes->outside);
}

static void
make_filtered(void)
{
	if (sandbox_process_enter() == ERR_OK &&
	    sandbox_seccomp_enter(true) == ERR_OK)
		make_all(outcomes->filtered);
}

static void
make_inside(void)
{
	const struct sandbox_dependencies dependencies = {
	    .site = make_site(), .socket = "run/socket"};
	struct sandbox *sandbox;

	if (sandbox_enter(&dependencies, &sandbox) != ERR_OK)
		return;
	outcomes->filter = sandbox_outcome(sandbox, SANDBOX_CALLS);
	make_all(outcomes->inside);
}

/* In a process of its own; gives the status that it ended with. */
static int
in_child(void (*work)(void))
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		work();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

/* Built with sanitizers there is no sandbox, and libseccomp is optional. */
static bool
is_possible(void)
{
	return outcomes->filter != ERR_UNSUPPORTED;
}

static void
test_attempt(void **state)
{
	const struct attempt *attempt = *state;
	size_t i = (size_t)(attempt - attempts);

	if (attempt->outside_too)
		assert_int_equal(outcomes->outside[i], attempt->inside);
	else if (outcomes->outside[i] == EPERM)
		print_message("not tested: refused outside, too\n");
	if (!is_possible())
		return;
	assert_int_equal(outcomes->filtered[i], attempt->inside);
	assert_int_equal(outcomes->inside[i], attempt->inside);
}

/* Those that end the process */

static void
run_program(void)
{
	syscall(SYS_execve, 0, 0, 0);
}

static void
run_program_at(void)
{
	syscall(SYS_execveat, -1, 0, 0, 0, 0);
}

static void
trace(void)
{
	syscall(SYS_ptrace, -1, 0, 0, 0);
}

static void
read_memory(void)
{
	syscall(SYS_process_vm_readv, -1, 0, 0, 0, 0, 0);
}

static void
write_memory(void)
{
	syscall(SYS_process_vm_writev, -1, 0, 0, 0, 0, 0);
}

#ifdef __x86_64__

/* getpid(2) of i386 */
static void
call_as_i386(void)
{
	long number = 20;

	__asm__ volatile("int $0x80" : "+a"(number) : : "memory");
}

/* getpid(2) of x32 */
static void
call_as_x32(void)
{
	syscall(0x40000000L + SYS_getpid);
}

#endif

static const struct fatal {
	const char *name;
	void (*make)(void);
} fatal[] = {
    // clang-format off
	{ "execve",            run_program },
	{ "execveat",          run_program_at },
	{ "ptrace",            trace },
	{ "process_vm_readv",  read_memory },
	{ "process_vm_writev", write_memory },
#ifdef __x86_64__
	{ "a call of i386",    call_as_i386 },
	{ "a call of x32",     call_as_x32 },
#endif
    // clang-format on
};

static const struct fatal *attempted;

static void
enter_and_make_one(void)
{
	if (sandbox_process_enter() == ERR_OK &&
	    sandbox_seccomp_enter(true) == ERR_OK)
		attempted->make();
}

static void
test_fatal(void **state)
{
	attempted = *state;
	if (!is_possible())
		return;
	int status = in_child(enter_and_make_one);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
}

static void
test_abort(void **state)
{
	static const struct fatal row = {"abort", abort};

	(void)state;
	attempted = &row;
	if (!is_possible())
		return;
	int status = in_child(enter_and_make_one);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_abort)};

	outcomes = mmap(NULL, sizeof(*outcomes), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (outcomes == MAP_FAILED)
		return 1;
	memset(outcomes, NOT_MADE, sizeof(*outcomes));
	in_child(make_outside);
	in_child(make_inside);
	if (is_possible())
		in_child(make_filtered);
	return cmocka_run_group_tests(tests, NULL, NULL) +
	       TABLE_RUN("sandbox_seccomp: attempts", attempts, test_attempt) +
	       TABLE_RUN("sandbox_seccomp: fatal", fatal, test_fatal);
}
