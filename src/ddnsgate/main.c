/* The handler program: options, configuration, socket, requests. */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cgi.h"
#include "ddnsgate/base/log.h"
#include "ddnsgate/base/secret.h"
#include "ddnsgate/config/reload.h"
#include "listen.h"
#include "options.h"
#include "report.h"
#include "serve.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

#define THREADS_ON_STDIN 1 /* the process manager makes more processes */
#define THREADS_DEFAULT 16

/* Loads the configuration and logs its diagnostics. */
static enum err
load(const char *path, struct reload **ret)
{
	struct diagnostic_list diagnostics = {0};

	enum err err = reload_new(path, &diagnostics, ret);
	report_diagnostics(&diagnostics);
	if (err != ERR_OK && diagnostics.errors == 0)
		log_line(LOG_LEVEL_ERROR, "%s: %s", path, err_text(err));
	diagnostic_done(&diagnostics);
	return err;
}

static unsigned
thread_count(unsigned option, unsigned setting, bool on_stdin)
{
	if (option != 0)
		return option;
	if (setting != 0)
		return setting;
	return on_stdin ? THREADS_ON_STDIN : THREADS_DEFAULT;
}

static void
warn_of_root(void)
{
	if (geteuid() == 0)
		log_line(LOG_LEVEL_WARNING,
		    "started as root, which it never needs: start it as a user "
		    "of its own, such as by User= in a systemd unit");
}

/* Serves FastCGI until a signal ends it; gives the exit status. */
static int
run(const struct options *options, struct reload *reload)
{
	struct listen_socket listener;
	const struct site *site = reload_acquire(reload);
	const struct site_settings *settings = site_settings(site);

	log_open(settings->log_target, settings->log_level);
	warn_of_root();
	enum err err =
	    listen_open(options->listen, settings->listen, &listener);
	unsigned threads = settings->threads;
	site_release(site);
	if (err == ERR_ABSENT) {
		fputs("ddnsgate: no socket: start it by a web server or "
		      "systemd, or say -l LISTEN\n",
		    stderr);
		return EXIT_USAGE;
	}
	if (err != ERR_OK)
		return EXIT_FAILED;
	threads = thread_count(options->threads, threads, listener.on_stdin);
	err = serve(&listener, threads, reload);
	if (err != ERR_OK)
		log_line(LOG_LEVEL_ERROR, "%s", err_text(err));
	listen_close(&listener);
	return err == ERR_OK ? EXIT_DONE : EXIT_FAILED;
}

int
main(int argc, char *argv[])
{
	struct options options;
	struct reload *reload = NULL;
	int status = EXIT_DONE;

	/* CGI passes a query without "=" as arguments (RFC 3875, section 4.4),
	 * so these are not parsed. */
	if (getenv("GATEWAY_INTERFACE") != NULL &&
	    !listen_is_listening(STDIN_FILENO))
		return cgi_main();

	if (options_parse(argc, argv, &options) != ERR_OK) {
		fputs("ddnsgate: try ddnsgate --help\n", stderr);
		return EXIT_USAGE;
	}
	if (options.help)
		return fputs(options_help, stdout) < 0;
	if (options.version)
		return puts("ddnsgate " DDNSGATE_VERSION) < 0;

	secret_wipe_freed();
	log_open(LOG_TARGET_STDERR, LOG_LEVEL_INFO);
	serve_block_signals();
	if (load(options.conf, &reload) != ERR_OK)
		return EXIT_FAILED;
	if (options.check_only)
		printf("%s: valid\n", options.conf);
	else
		status = run(&options, reload);
	reload_free(reload);
	return status;
}
