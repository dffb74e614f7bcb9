/* Prints the tables of the code that the manual has to agree with. */

#include <stdio.h>

#include "ddnsgate/config/conf.h"
#include "ddnsgate/reply/metrics.h"
#include "ddnsgate/reply/reply.h"

/* All metrics, as Prometheus gets them when nothing was counted. */
static void
print_metrics(void)
{
	static struct counters_snapshot nothing;
	static char buf[METRICS_SIZE_MAX];
	struct span rest, line;
	struct text text;

	TEXT_INIT(&text, buf);
	metrics_write(&text, &nothing);
	rest = text_span(&text);
	while (span_next(&rest, '\n', &line)) {
		if (span_starts(line, span_of("# TYPE ")))
			printf("metric\t%.*s\n", (int)line.len, line.ptr);
	}
}

int
main(void)
{
	size_t count;
	const struct conf_setting_info *settings = conf_settings(&count);

	for (size_t i = 0; i < count; i++)
		printf(
		    "setting\t%s\t%s\n", settings[i].where, settings[i].name);
	for (int i = 0; i < ERR_COUNT; i++) {
		enum err err = (enum err)i;
		printf("outcome\t%u\t%s\t%s\t%s\n", reply_status(err),
		    reply_word(err), err_name(err), err_text(err));
	}
	print_metrics();
	return 0;
}
