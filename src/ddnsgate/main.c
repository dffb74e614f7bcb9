/* The handler program: options, configuration, socket, requests. */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cgi.h"
#include "ddnsgate/base/log.h"
#include "ddnsgate/base/wiped_memory.h"
#include "ddnsgate/config/reload.h"
#include "ddnsgate/sandbox/run_as.h"
#include "listen.h"
#include "options.h"
#include "report.h"
#include "serve.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

#define THREADS_ON_STDIN 1 /* the process manager makes more processes */
#define THREADS_DEFAULT 16

/* Whom root is to become; false if nobody, or if this is not root. */
static bool
wants_user(struct reload *reload, struct text *ret_name)
{
	const struct site *site = reload_acquire(reload);
	const char *user = site_settings(site)->user;

	if (user != NULL)
		text_puts(ret_name, user);
	site_release(site);
	return user != NULL && geteuid() == 0;
}

/* Loads the configuration and logs its diagnostics, except for warnings if
 * another user is to load it again, who is told those. */
static enum err
load(const char *path, struct reload **ret)
{
	char buf[RUN_AS_NAME_SIZE];
	struct text user;
	struct diagnostic_list diagnostics = {0};

	enum err err = reload_new(path, &diagnostics, ret);
	TEXT_INIT(&user, buf);
	if (err != ERR_OK || !wants_user(*ret, &user))
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

/*
 * As root: becomes the user that the configuration names, and reads it again,
 * since what only root can read could not be reloaded later.  *reload is
 * replaced, and is NULL after a failure, which is logged.
 */
static enum err
become_user(const char *conf, const struct listen_socket *listener,
    struct reload **reload)
{
	struct run_as_user user;
	char buf[RUN_AS_NAME_SIZE];
	struct text name;

	TEXT_INIT(&name, buf);
	if (!wants_user(*reload, &name))
		return ERR_OK;
	enum err err = run_as_find(buf, &user);
	if (err != ERR_OK)
		log_line(LOG_LEVEL_ERROR, "user: %s: %s", buf,
		    err == ERR_ABSENT ? "there is no such user"
				      : err_text(err));
	if (err == ERR_OK && listener != NULL)
		err = listen_give(listener, user.uid, user.gid);
	if (err != ERR_OK)
		return err;
	err = run_as(&user);
	if (err != ERR_OK) {
		log_line(LOG_LEVEL_ERROR,
		    "user: %s: cannot become this user for good", buf);
		return err;
	}
	reload_free(*reload);
	*reload = NULL;
	err = load(conf, reload);
	if (err != ERR_OK)
		log_line(LOG_LEVEL_ERROR,
		    "user: root can read the configuration, but %s has to",
		    buf);
	return err;
}

static void
warn_of_root(void)
{
	if (geteuid() == 0)
		log_line(LOG_LEVEL_WARNING,
		    "started as root, which it never needs: start it as a user "
		    "of its own, such as by User= in a systemd unit, or name "
		    "one in the setting user");
}

/* Serves FastCGI until a signal ends it; gives the exit status. */
static int
run(const struct options *options, struct reload **reload)
{
	struct listen_socket listener;
	const struct site *site = reload_acquire(*reload);
	const struct site_settings *settings = site_settings(site);

	log_set_format(settings->log_format);
	log_open(settings->log_target, settings->log_level);
	if (settings->user == NULL)
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
	err = become_user(options->conf, &listener, reload);
	threads = thread_count(options->threads, threads, listener.on_stdin);
	if (err == ERR_OK) {
		err = serve(&listener, threads, *reload);
		if (err != ERR_OK)
			log_line(LOG_LEVEL_ERROR, "%s", err_text(err));
	}
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

	wiped_memory_map_large();
	/* It is Apache's error log then, to which mod_fcgid adds nothing. */
	log_set_time(listen_is_listening(STDIN_FILENO));
	log_open(LOG_TARGET_STDERR, LOG_LEVEL_INFO);
	serve_block_signals();
	if (load(options.conf, &reload) != ERR_OK)
		return EXIT_FAILED;
	if (!options.check_only)
		status = run(&options, &reload);
	else if (become_user(options.conf, NULL, &reload) != ERR_OK)
		status = EXIT_FAILED;
	else
		printf("%s: valid\n", options.conf);
	reload_free(reload);
	return status;
}
