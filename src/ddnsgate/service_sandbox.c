#include "service_sandbox.h"

#include "ddnsgate/base/log.h"

/* For a path and the setting that it belongs to. */
#define WHAT_SIZE 512

static void
report(const struct sandbox *sandbox)
{
	for (int i = 0; i < SANDBOX_PARTS; i++) {
		enum sandbox_part part = (enum sandbox_part)i;
		enum err outcome = sandbox_outcome(sandbox, part);
		bool failed = sandbox_has_failed(outcome);
		if (outcome != ERR_OK)
			log_line(failed ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO,
			    "sandbox: %s: %s", sandbox_part_text(part),
			    sandbox_outcome_text(outcome));
	}
}

enum err
service_sandbox_enter(
    struct reload *reload, const char *socket, struct sandbox **ret)
{
	const struct site *site = reload_acquire(reload);
	const struct sandbox_dependencies dependencies = {
	    .site = site, .files = reload_files(reload), .socket = socket};

	enum err err = sandbox_enter(&dependencies, ret);
	if (*ret != NULL)
		report(*ret);
	site_release(site);
	return err;
}

void
service_sandbox_check(const struct sandbox *sandbox, struct reload *reload)
{
	const struct site *site = reload_acquire(reload);
	const struct sandbox_dependencies dependencies = {
	    .site = site, .files = reload_files(reload)};
	char buf[WHAT_SIZE];
	struct text what;

	TEXT_INIT(&what, buf);
	if (!sandbox_covers(sandbox, &dependencies, &what))
		log_line(LOG_LEVEL_WARNING,
		    "reload: the sandbox does not reach %s: restart ddnsgate",
		    buf);
	site_release(site);
}
