#include "report.h"

#include "ddnsgate/base/log.h"

void
report_complaints(const struct complaint_list *complaints)
{
	for (size_t i = 0; i < complaints->count; i++) {
		const struct complaint *complaint = &complaints->items[i];
		bool is_error = complaint->severity == COMPLAINT_ERROR;
		log_line(is_error ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, "%s",
		    complaint->text);
	}
}

void
report_limits(struct limits *limits)
{
	const char *trouble = limits_trouble(limits);

	if (trouble != NULL)
		log_line(LOG_LEVEL_WARNING,
		    "state_dir: %s, limits hold for each process alone",
		    trouble);
}
