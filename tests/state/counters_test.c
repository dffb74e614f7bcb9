#include "ddnsgate/state/counters.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "table.h"
#include "temp_dir.h"

#define THREADS 40 /* more than there are stripes */
#define PROCESSES 4
#define ADDS 5000
#define SHARED_ADDS 400000 /* longer than one thread has its turn */

static const struct secret_digest layout = {{1, 2, 3}};
static const struct secret_digest other_layout = {{1, 2, 4}};
static struct counters *counters;
static struct counters_snapshot found;

static int
set_up(void **state)
{
	(void)state;
	temp_dir_enter();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	temp_dir_leave();
	return 0;
}

static struct counters *
open_with(const struct secret_digest *with, bool renewed)
{
	struct counters *ret = NULL;
	const char *why = "";
	bool is_renewed = !renewed;

	enum err err = counters_open(".", with, &ret, &is_renewed, &why);
	if (err != ERR_OK)
		fail_msg("%s: %s", err_name(err), why);
	assert_int_equal(is_renewed, renewed);
	return ret;
}

static uint64_t
cell(struct counters *of, unsigned number)
{
	counters_take(of, &found);
	return found.cells[number];
}

static enum err
read_file(void)
{
	const char *why = "";

	return counters_read(".", &layout, &found, &why);
}

/* Adding up */

static void *
add_often(void *arg)
{
	for (unsigned i = 0; i < ADDS; i++) {
		counters_add(arg, COUNTERS_AUTH_FAILURES, 1);
		counters_add(arg, COUNTERS_CELLS - 1, 2);
	}
	return NULL;
}

static void
threads_add_up(void **state)
{
	pthread_t threads[THREADS];

	(void)state;
	counters = open_with(&layout, false);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, add_often, counters), 0);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(
	    cell(counters, COUNTERS_AUTH_FAILURES), THREADS * ADDS);
	assert_int_equal(
	    cell(counters, COUNTERS_CELLS - 1), 2 * THREADS * ADDS);
	assert_int_equal(cell(counters, 0), 0);
	counters_close(counters);
	/* Beyond the end of the process */
	counters = open_with(&layout, false);
	assert_int_equal(
	    cell(counters, COUNTERS_AUTH_FAILURES), THREADS * ADDS);
	counters_close(counters);
}

static sem_t has_begun;
static pthread_barrier_t both;

/* With the stripe that the next thread gets. */
static void *
begin_and_add(void *arg)
{
	bool *goes_on = arg;

	counters_add(counters, COUNTERS_TCP, 1);
	sem_post(&has_begun);
	if (!*goes_on)
		return NULL;
	pthread_barrier_wait(&both);
	for (unsigned i = 0; i < SHARED_ADDS; i++)
		counters_add(counters, COUNTERS_TCP, 1);
	return NULL;
}

/* The first and the last of them have the same stripe. */
static void
one_stripe_adds_up(void **state)
{
	pthread_t threads[COUNTERS_STRIPES + 1];
	bool goes_on[COUNTERS_STRIPES + 1] = {[0] = true};

	(void)state;
	goes_on[COUNTERS_STRIPES] = true;
	assert_int_equal(counters_new(&counters), ERR_OK);
	sem_init(&has_begun, 0, 0);
	pthread_barrier_init(&both, NULL, 2);
	for (size_t i = 0; i <= COUNTERS_STRIPES; i++) {
		assert_int_equal(pthread_create(&threads[i], NULL,
				     begin_and_add, &goes_on[i]),
		    0);
		while (sem_wait(&has_begun) != 0)
			;
	}
	for (size_t i = 0; i <= COUNTERS_STRIPES; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(cell(counters, COUNTERS_TCP),
	    COUNTERS_STRIPES + 1 + 2 * SHARED_ADDS);
	pthread_barrier_destroy(&both);
	sem_destroy(&has_begun);
	counters_close(counters);
}

/* All open the file at once, and one of them begins it. */
static void
processes_add_up(void **state)
{
	(void)state;
	for (int i = 0; i < PROCESSES; i++) {
		if (fork() != 0)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		counters = open_with(&layout, false);
		add_often(counters);
		_exit(0);
	}
	for (int i = 0; i < PROCESSES; i++) {
		int status = -1;
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	assert_int_equal(read_file(), ERR_OK);
	assert_int_equal(found.cells[COUNTERS_AUTH_FAILURES], PROCESSES * ADDS);
	counters = open_with(&layout, false);
	assert_int_equal(
	    cell(counters, COUNTERS_AUTH_FAILURES), PROCESSES * ADDS);
	counters_close(counters);
}

/* What a process has counted is there when it is killed the next moment. */
static void
killed_process_has_counted(void **state)
{
	int done[2];
	char byte;

	(void)state;
	assert_int_equal(pipe(done), 0);
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		counters = open_with(&layout, false);
		counters_add(counters, COUNTERS_UPDATES, 7);
		(void)!write(done[1], "", 1);
		for (;;)
			counters_add(counters, COUNTERS_TCP, 1);
	}
	assert_int_equal(read(done[0], &byte, 1), 1);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(done[0]);
	close(done[1]);
	assert_int_equal(read_file(), ERR_OK);
	assert_int_equal(found.cells[COUNTERS_UPDATES], 7);
}

static void
durations_are_in_their_buckets(void **state)
{
	const int64_t bounds = COUNTERS_BOUNDS;

	(void)state;
	assert_int_equal(counters_new(&counters), ERR_OK);
	counters_observe(counters, COUNTERS_REQUEST_TIME, -1);
	counters_observe(counters, COUNTERS_REQUEST_TIME, 1000);
	counters_observe(counters, COUNTERS_REQUEST_TIME, 1001);
	counters_observe(counters, COUNTERS_REQUEST_TIME, 5000000);
	counters_observe(counters, COUNTERS_REQUEST_TIME, 5000001);
	const uint64_t *cells = &found.cells[COUNTERS_REQUEST_TIME];
	counters_take(counters, &found);
	assert_int_equal(cells[0], 2);
	assert_int_equal(cells[1], 1);
	assert_int_equal(cells[bounds - 1], 1);
	assert_int_equal(cells[bounds], 1);
	assert_int_equal(cells[bounds + 1], 10002002);
	counters_close(counters);
}

static void
gauges_are_the_last(void **state)
{
	(void)state;
	counters = open_with(&layout, false);
	struct counters *second = open_with(&layout, false);
	counters_set(counters, COUNTERS_CLIENTS, 3);
	counters_set(second, COUNTERS_CLIENTS, 5);
	counters_take(counters, &found);
	assert_int_equal(found.gauges[COUNTERS_CLIENTS], 5);
	assert_true(found.begun_s > 0);
	counters_close(second);
	counters_close(counters);
}

static void
nothing_counts_for_nobody(void **state)
{
	const struct server_addr server = {.port = 53};

	(void)state;
	counters_add(NULL, 0, 1);
	counters_observe(NULL, COUNTERS_REQUEST_TIME, 1);
	counters_set(NULL, 0, 1);
	assert_int_equal(counters_server(NULL, &server), 0);
	counters_close(NULL);
}

/* Servers */

static struct server_addr
server_of(unsigned number)
{
	struct server_addr server = {.port = 53};

	server.addr.family = number % 2 == 0 ? IPADDR_V4 : IPADDR_V6;
	server.addr.bytes[0] = 10;
	server.addr.bytes[3] = (uint8_t)number;
	return server;
}

static void
servers_keep_their_numbers(void **state)
{
	struct server_addr server = server_of(0);

	(void)state;
	counters = open_with(&layout, false);
	struct counters *second = open_with(&layout, false);
	for (unsigned i = 0; i < COUNTERS_SERVERS_MAX; i++) {
		struct server_addr one = server_of(i);
		assert_int_equal(
		    counters_server(i % 3 == 0 ? second : counters, &one), i);
	}
	for (unsigned i = 0; i < COUNTERS_SERVERS_MAX; i++) {
		struct server_addr one = server_of(i);
		assert_int_equal(counters_server(second, &one), i);
	}
	server.port = 54;
	assert_int_equal(
	    counters_server(counters, &server), COUNTERS_SERVER_OTHER);
	assert_int_equal(read_file(), ERR_OK);
	for (unsigned i = 0; i < COUNTERS_SERVERS_MAX; i++) {
		struct server_addr one = server_of(i);
		assert_true(found.servers[i].is_known);
		assert_true(server_addr_equal(&found.servers[i].addr, &one));
	}
	counters_close(second);
	counters_close(counters);
}

/* Processes that look for the same servers at the same time, in another order,
 * agree. */
static void
servers_are_there_once(void **state)
{
	(void)state;
	for (unsigned i = 0; i < PROCESSES; i++) {
		if (fork() != 0)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		counters = open_with(&layout, false);
		for (unsigned j = 0; j < COUNTERS_SERVERS_MAX; j++) {
			struct server_addr one =
			    server_of((i * 7 + j) % COUNTERS_SERVERS_MAX);
			counters_add(counters,
			    COUNTERS_TCP + counters_server(counters, &one), 1);
		}
		_exit(0);
	}
	for (unsigned i = 0; i < PROCESSES; i++)
		assert_true(wait(NULL) > 0);
	assert_int_equal(read_file(), ERR_OK);
	for (unsigned i = 0; i < COUNTERS_SERVERS_MAX; i++) {
		assert_true(found.servers[i].is_known);
		assert_int_equal(found.cells[COUNTERS_TCP + i], PROCESSES);
	}
}

/* Files */

static off_t
file_size(void)
{
	struct stat about;

	assert_int_equal(stat("counters", &about), 0);
	assert_int_equal(about.st_mode & 07777, 0600);
	/* All of it has its place on the disk. */
	assert_true((uint64_t)about.st_blocks * 512 >= (uint64_t)about.st_size);
	return about.st_size;
}

static void
write_garbage(off_t size)
{
	FILE *out = fopen("counters", "we");

	assert_non_null(out);
	for (off_t i = 0; i < size; i += (off_t)sizeof(int)) {
		int some = rand();
		fwrite(&some, sizeof(some), 1, out);
	}
	fclose(out);
	assert_int_equal(truncate("counters", size), 0);
}

static void
cut(void)
{
	assert_int_equal(truncate("counters", file_size() / 2), 0);
}

static void
lengthen(void)
{
	assert_int_equal(truncate("counters", file_size() + 8), 0);
}

static void
garbage(void)
{
	write_garbage(file_size());
}

static void
empty(void)
{
	assert_int_equal(truncate("counters", 0), 0);
}

static void
foreign(void)
{
	temp_dir_write("counters", "ddnsgate seen 1", 0600);
}

static void
absent(void)
{
	assert_int_equal(unlink("counters"), 0);
}

static const struct spoilt_row {
	const char *name;
	void (*spoil)(void);
	bool renewed; /* it is told */
} spoilt_rows[] = {
    {"cut", cut, true},
    {"too long", lengthen, true},
    {"garbage", garbage, true},
    {"empty", empty, true},
    {"foreign", foreign, true},
    {"absent", absent, false},
};

/* Those who have it open go on, even where it was cut. */
static void
is_replaced(void **state)
{
	const struct spoilt_row *row = *state;

	temp_dir_enter();
	struct counters *first = open_with(&layout, false);
	off_t size = file_size();
	counters_add(first, COUNTERS_UPDATES, 5);
	row->spoil();
	assert_int_equal(read_file(), ERR_ABSENT);
	counters = open_with(&layout, row->renewed);
	assert_int_equal(file_size(), size);
	assert_int_equal(access("counters.new", F_OK), -1);
	assert_int_equal(cell(counters, COUNTERS_UPDATES), 0);
	counters_add(counters, COUNTERS_UPDATES, 3);
	counters_add(first, COUNTERS_UPDATES, 1);
	assert_int_equal(read_file(), ERR_OK);
	assert_int_equal(found.cells[COUNTERS_UPDATES], 3);
	counters_close(counters);
	counters_close(first);
	temp_dir_leave();
}

static void
other_version_begins_anew(void **state)
{
	(void)state;
	counters = open_with(&other_layout, false);
	counters_add(counters, COUNTERS_UPDATES, 5);
	assert_int_equal(read_file(), ERR_ABSENT);
	struct counters *second = open_with(&layout, false);
	assert_int_equal(cell(second, COUNTERS_UPDATES), 0);
	/* The other one still runs. */
	counters_add(counters, COUNTERS_UPDATES, 1);
	assert_int_equal(cell(counters, COUNTERS_UPDATES), 6);
	assert_int_equal(cell(second, COUNTERS_UPDATES), 0);
	counters_close(second);
	counters_close(counters);
}

/* The process goes on, in its own memory, and says so once. */
static void
cut_while_open(void **state)
{
	const struct server_addr server = server_of(1);

	(void)state;
	counters = open_with(&layout, false);
	counters_set(counters, COUNTERS_CLIENTS, 3);
	counters_add(counters, COUNTERS_UPDATES, 5);
	assert_null(counters_trouble(counters));
	assert_int_equal(truncate("counters", 0), 0);
	counters_add(counters, COUNTERS_UPDATES, 1);
	assert_int_equal(counters_server(counters, &server), 0);
	counters_add(counters, COUNTERS_UPDATES, 1);
	assert_int_equal(cell(counters, COUNTERS_UPDATES), 2);
	assert_int_equal(found.gauges[COUNTERS_CLIENTS], 3);
	assert_string_equal(counters_trouble(counters),
	    "the file was cut short, or its disk failed");
	assert_null(counters_trouble(counters));
	counters_close(counters);
}

static atomic_bool is_cut;

static void *
add_until_cut(void *arg)
{
	while (!atomic_load(&is_cut))
		counters_add(arg, COUNTERS_UPDATES, 1);
	counters_add(arg, COUNTERS_TCP, 1);
	return NULL;
}

/* Threads that are all in the file when it is cut */
static void
cut_under_threads(void **state)
{
	pthread_t threads[PROCESSES];

	(void)state;
	for (int round = 0; round < 20; round++) {
		(void)unlink("counters");
		counters = open_with(&layout, false);
		atomic_store(&is_cut, false);
		for (size_t i = 0; i < PROCESSES; i++)
			assert_int_equal(pthread_create(&threads[i], NULL,
					     add_until_cut, counters),
			    0);
		assert_int_equal(truncate("counters", 0), 0);
		atomic_store(&is_cut, true);
		for (size_t i = 0; i < PROCESSES; i++)
			pthread_join(threads[i], NULL);
		assert_int_equal(cell(counters, COUNTERS_TCP), PROCESSES);
		assert_non_null(counters_trouble(counters));
		counters_close(counters);
	}
}

/* Behind a header that is right no number is believed. */
static void
read_garbage(bool has_header)
{
	const struct server_addr server = {.port = 53};
	char head[64];
	const char *why;

	counters_close(open_with(&layout, false));
	FILE *file = fopen("counters", "re");
	assert_int_equal(fread(head, sizeof(head), 1, file), 1);
	fclose(file);
	write_garbage(file_size());
	file = fopen("counters", "r+e");
	if (has_header)
		assert_int_equal(fwrite(head, sizeof(head), 1, file), 1);
	fclose(file);
	assert_int_equal(counters_read(".", &layout, &found, &why),
	    has_header ? ERR_OK : ERR_ABSENT);
	counters = open_with(&layout, !has_header);
	assert_true(counters_server(counters, &server) < COUNTERS_SERVERS);
	counters_take(counters, &found);
	for (size_t i = 0; i < COUNTERS_SERVERS_MAX; i++)
		assert_true(
		    found.servers[i].addr.addr.family < IPADDR_FAMILIES);
	counters_close(counters);
	assert_int_equal(unlink("counters"), 0);
}

static void
garbage_can_be_read(void **state)
{
	(void)state;
	srand(1);
	for (int i = 0; i < 50; i++)
		read_garbage(i % 2 == 0);
}

static void
make_folder(void)
{
	temp_dir_make("counters");
}

static void
make_pipe(void)
{
	assert_int_equal(mkfifo("counters", 0600), 0);
}

static void
make_link(void)
{
	temp_dir_write("target", "t", 0600);
	assert_int_equal(symlink("target", "counters"), 0);
}

static void
make_new_a_folder(void)
{
	temp_dir_make("counters.new");
}

static const struct refused_row {
	const char *name;
	void (*make)(void);
	const char *why;
} refused_rows[] = {
    {"a folder", make_folder, "Is a directory"},
    {"a pipe", make_pipe, "Invalid argument"},
    {"a link", make_link, "Too many levels of symbolic links"},
    {"no new one", make_new_a_folder, "File exists"},
};

static void
is_refused(void **state)
{
	const struct refused_row *row = *state;
	const char *why = NULL;
	bool renewed;

	temp_dir_enter();
	row->make();
	assert_int_equal(
	    counters_open(".", &layout, &counters, &renewed, &why), ERR_IO);
	assert_string_equal(why, row->why);
	temp_dir_leave();
}

static void
no_directory(void **state)
{
	const char *why = NULL;
	bool renewed;

	(void)state;
	assert_int_equal(
	    counters_open("none", &layout, &counters, &renewed, &why), ERR_IO);
	assert_string_equal(why, "No such file or directory");
	assert_int_equal(
	    counters_read("none", &layout, &found, &why), ERR_ABSENT);
}

/* A full disk is an error at the start. */
static void
no_room(void **state)
{
	struct rlimit before, limit;
	const char *why = NULL;
	bool renewed;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = (struct rlimit){4096, before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	enum err err = counters_open(".", &layout, &counters, &renewed, &why);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(err, ERR_IO);
	assert_string_equal(why, "File too large");
	assert_int_equal(access("counters", F_OK), -1);
	assert_int_equal(access("counters.new", F_OK), -1);
}

/* Left by a process that was killed. */
static void
left_new_one(void **state)
{
	(void)state;
	temp_dir_write("counters.new", "x", 0600);
	counters = open_with(&layout, false);
	assert_int_equal(access("counters.new", F_OK), -1);
	counters_close(counters);
}

static void
reading_makes_nothing(void **state)
{
	(void)state;
	assert_int_equal(read_file(), ERR_ABSENT);
	assert_int_equal(access("counters", F_OK), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(threads_add_up),
	    cmocka_unit_test(one_stripe_adds_up),
	    TEST(processes_add_up),
	    TEST(killed_process_has_counted),
	    cmocka_unit_test(durations_are_in_their_buckets),
	    TEST(gauges_are_the_last),
	    cmocka_unit_test(nothing_counts_for_nobody),
	    TEST(servers_keep_their_numbers),
	    TEST(servers_are_there_once),
	    TEST(other_version_begins_anew),
	    TEST(cut_while_open),
	    TEST(cut_under_threads),
	    TEST(garbage_can_be_read),
	    TEST(no_directory),
	    TEST(no_room),
	    TEST(left_new_one),
	    TEST(reading_makes_nothing),
	};

	return cmocka_run_group_tests_name("counters", tests, NULL, NULL) +
	       TABLE_RUN("counters: is replaced", spoilt_rows, is_replaced) +
	       TABLE_RUN("counters: is refused", refused_rows, is_refused);
}
