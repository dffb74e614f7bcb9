#include "report.h"

#include "ddnsgate/base/log.h"

void
report_diagnostics(const struct diagnostic_list *diagnostics)
{
	for (size_t i = 0; i < diagnostics->count; i++) {
		const struct diagnostic *diagnostic = &diagnostics->items[i];
		bool is_error = diagnostic->severity == DIAGNOSTIC_ERROR;
		log_line(is_error ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, "%s",
		    diagnostic->text);
	}
}

void
report_limits(struct limits *limits)
{
	const char *repair = limits_repair(limits);
	const char *trouble = limits_trouble(limits);

	if (repair != NULL)
		log_line(LOG_LEVEL_WARNING, "state_dir: %s", repair);
	if (trouble != NULL)
		log_line(LOG_LEVEL_WARNING,
		    "state_dir: %s, limits hold for each process alone",
		    trouble);
}
