#include "ddnsgate/reply/metrics.h"

#include <assert.h>
#include <string.h>

#include "ddnsgate/reply/metric_label.h"

#define PREFIX "ddnsgate_"
#define LABELS_MAX 3
#define US_PER_S 1000000
/* For all names and the values of their labels */
#define LAYOUT_SIZE 16384

// clang-format off
#define DIALECT &metric_label_dialect
#define WORD    &metric_label_word
#define TYPE    &metric_label_type
#define ACTION  &metric_label_action
#define SERVER  &metric_label_server
#define KIND    &metric_label_kind
#define REASON  &metric_label_reason
#define LIMIT   &metric_label_limit

enum shape { COUNTER, GAUGE, HISTOGRAM };
static const char *const shape_words[] = {
	[COUNTER] = "counter", [GAUGE] = "gauge", [HISTOGRAM] = "histogram" };

/* A metric: its first cell or gauge, and its labels, the last of which varies
 * fastest. */
static const struct metric {
	const char *name;
	enum shape shape;
	unsigned first;
	const struct metric_label *labels[LABELS_MAX];
	const char *help;
} metrics[] = {
	{ "requests_total", COUNTER, COUNTERS_REQUESTS, { DIALECT, WORD },
	  "Requests by the form of their path and the word of the reply." },
	{ "request_duration_seconds", HISTOGRAM, COUNTERS_REQUEST_TIME, { NULL },
	  "Time from a request's variables to its reply." },
	{ "records_changed_total", COUNTER, COUNTERS_RECORDS_CHANGED,
	  { TYPE, ACTION },
	  "Records that were set or removed in DNS." },
	{ "dns_exchanges_total", COUNTER, COUNTERS_EXCHANGES, { SERVER, KIND },
	  "Attempts to get requests answered by a DNS server." },
	{ "dns_exchange_failures_total", COUNTER, COUNTERS_EXCHANGE_FAILURES,
	  { SERVER, KIND, REASON },
	  "Attempts that failed, of those in dns_exchanges_total." },
	{ "dns_exchange_duration_seconds", HISTOGRAM, COUNTERS_QUERY_TIME,
	  { KIND },
	  "Time that an attempt at one DNS server took." },
	{ "dns_retransmits_total", COUNTER, COUNTERS_RETRANSMITS, { SERVER },
	  "Datagrams that were sent again, as no answer came." },
	{ "dns_tcp_total", COUNTER, COUNTERS_TCP, { SERVER },
	  "DNS requests that were sent over TCP." },
	{ "dns_last_success_timestamp_seconds", GAUGE, COUNTERS_SERVER_SUCCESS,
	  { SERVER },
	  "When an attempt at the DNS server succeeded the last time." },
	{ "updates_total", COUNTER, COUNTERS_UPDATES, { NULL },
	  "DNS UPDATEs with changes, each once, however often it is sent." },
	{ "update_members_total", COUNTER, COUNTERS_UPDATE_MEMBERS, { NULL },
	  "Requests whose changes these UPDATEs had." },
	{ "limited_total", COUNTER, COUNTERS_LIMITED, { LIMIT },
	  "Requests that were refused as a limit was reached." },
	{ "limits_redis_missed_total", COUNTER, COUNTERS_REDIS_MISSED, { NULL },
	  "Tokens that local buckets were asked for, as Redis did not answer." },
	{ "auth_failures_total", COUNTER, COUNTERS_AUTH_FAILURES, { NULL },
	  "Wrong credentials, unknown secret URLs among them." },
	{ "events_dropped_total", COUNTER, COUNTERS_EVENTS_DROPPED, { NULL },
	  "Events that their reader did not take." },
	{ "log_lines_suppressed_total", COUNTER, COUNTERS_LINES_LEFT_OUT, { NULL },
	  "Requests that were beyond the limit of the log." },
	{ "config_last_reload_successful", GAUGE, COUNTERS_RELOAD_SUCCESSFUL,
	  { NULL },
	  "Whether the configuration could be read the last time." },
	{ "config_last_reload_success_timestamp_seconds", GAUGE,
	  COUNTERS_RELOAD_TIME, { NULL },
	  "When the configuration in force was read." },
	{ "clients", GAUGE, COUNTERS_CLIENTS, { NULL },
	  "Clients of the configuration in force." },
	{ "hosts", GAUGE, COUNTERS_HOSTS, { NULL },
	  "Hosts of all clients of the configuration in force." },
	{ "zones", GAUGE, COUNTERS_ZONES, { NULL },
	  "Zones of the configuration in force." },
};
// clang-format on
#define METRICS (sizeof(metrics) / sizeof(metrics[0]))

static unsigned
count_series(const struct metric *metric)
{
	unsigned count = 1;

	for (size_t i = 0; i < LABELS_MAX && metric->labels[i] != NULL; i++)
		count *= metric->labels[i]->count;
	return count;
}

/* Series */

/* A series: one value of each label. */
struct series {
	const struct metric *metric;
	unsigned indices[LABELS_MAX];
	bool exists; /* each label has a value */
	char values[LABELS_MAX][METRIC_LABEL_SIZE];
};

static void
find_series(const struct metric *metric, unsigned number,
    const struct counters_snapshot *snapshot, struct series *ret)
{
	size_t i = LABELS_MAX;

	*ret = (struct series){.metric = metric, .exists = true};
	while (i-- > 0) {
		const struct metric_label *label = metric->labels[i];
		struct text value;
		if (label == NULL)
			continue;
		ret->indices[i] = number % label->count;
		number /= label->count;
		TEXT_INIT(&value, ret->values[i]);
		label->put(&value, ret->indices[i], snapshot);
		ret->exists &= value.len > 0;
	}
}

static void
put_label(struct text *out, const char *name, const char *value, bool is_first)
{
	text_printf(out, "%s%s=\"", is_first ? "{" : ",", name);
	metric_label_escape(out, value);
	text_puts(out, "\"");
}

/* "ddnsgate_NAME_SUFFIX{LABEL="VALUE"} "; le is one more label, or NULL. */
static void
put_name(struct text *out, const struct series *series, const char *suffix,
    const char *le)
{
	const struct metric *metric = series->metric;
	bool any = false;

	text_printf(out, PREFIX "%s%s", metric->name, suffix);
	for (size_t i = 0; i < LABELS_MAX && metric->labels[i] != NULL; i++) {
		put_label(
		    out, metric->labels[i]->name, series->values[i], !any);
		any = true;
	}
	if (le != NULL)
		put_label(out, "le", le, !any);
	text_puts(out, any || le != NULL ? "} " : " ");
}

static void
put_number(struct text *out, uint64_t number)
{
	text_printf(out, "%llu\n", (unsigned long long)number);
}

static void
put_histogram(
    struct text *out, const struct series *series, const uint64_t *cells)
{
	uint64_t sum_us = cells[COUNTERS_BOUNDS + 1];
	uint64_t below = 0;
	char bound[32] = "+Inf";
	struct text text;

	for (size_t i = 0; i <= COUNTERS_BOUNDS; i++) {
		TEXT_INIT(&text, bound);
		if (i < COUNTERS_BOUNDS)
			text_printf(&text, "%g",
			    (double)counters_bounds_us[i] / US_PER_S);
		else
			text_puts(&text, "+Inf");
		below += cells[i];
		put_name(out, series, "_bucket", bound);
		put_number(out, below);
	}
	put_name(out, series, "_sum", NULL);
	text_printf(out, "%llu.%06llu\n",
	    (unsigned long long)(sum_us / US_PER_S),
	    (unsigned long long)(sum_us % US_PER_S));
	put_name(out, series, "_count", NULL);
	put_number(out, below);
}

static void
put_series(struct text *out, const struct series *series, unsigned number,
    const struct counters_snapshot *snapshot)
{
	const struct metric *metric = series->metric;

	switch (metric->shape) {
	case COUNTER:
		put_name(out, series, "", NULL);
		put_number(out, snapshot->cells[metric->first + number]);
		break;
	case GAUGE:
		put_name(out, series, "", NULL);
		text_printf(out, "%lld\n",
		    (long long)snapshot->gauges[metric->first + number]);
		break;
	case HISTOGRAM:
		put_histogram(out, series,
		    &snapshot
			 ->cells[metric->first + number * COUNTERS_HISTOGRAM]);
		break;
	}
}

static bool
is_sparse(const struct metric *metric)
{
	for (size_t i = 0; i < LABELS_MAX && metric->labels[i] != NULL; i++) {
		if (metric->labels[i]->is_sparse)
			return true;
	}
	return false;
}

/* Few have more servers than can be told apart. */
static bool
is_other_server(const struct series *series)
{
	const struct metric_label *const *labels = series->metric->labels;

	return labels[0] == &metric_label_server &&
	       series->indices[0] == COUNTERS_SERVER_OTHER;
}

static bool
is_zero(const struct metric *metric, unsigned number,
    const struct counters_snapshot *snapshot)
{
	return metric->shape == GAUGE
		   ? snapshot->gauges[metric->first + number] == 0
		   : snapshot->cells[metric->first + number] == 0;
}

/* The lowest index of a label that has the same value as this one. */
static unsigned
first_same(const struct metric_label *label, unsigned index,
    const struct counters_snapshot *snapshot)
{
	char buf[METRIC_LABEL_SIZE], other_buf[METRIC_LABEL_SIZE];
	struct text value, other;

	TEXT_INIT(&value, buf);
	label->put(&value, index, snapshot);
	for (unsigned i = 0; i < index; i++) {
		TEXT_INIT(&other, other_buf);
		label->put(&other, i, snapshot);
		if (strcmp(buf, other_buf) == 0)
			return i;
	}
	return index;
}

/* The first series with the same labels: several outcomes share a word, and
 * rows of dialects a name. */
static unsigned
first_series(const struct metric *metric, const struct series *series,
    const struct counters_snapshot *snapshot)
{
	unsigned number = 0;

	for (size_t i = 0; i < LABELS_MAX && metric->labels[i] != NULL; i++) {
		const struct metric_label *label = metric->labels[i];
		number = number * label->count +
			 first_same(label, series->indices[i], snapshot);
	}
	return number;
}

static void
add_up(const struct metric *metric, struct counters_snapshot *snapshot)
{
	uint64_t *cells = &snapshot->cells[metric->first];
	unsigned count = count_series(metric);
	struct series series;

	for (unsigned i = 0; i < count && metric->shape == COUNTER; i++) {
		if (cells[i] == 0)
			continue;
		find_series(metric, i, snapshot, &series);
		unsigned first = first_series(metric, &series, snapshot);
		if (first == i)
			continue;
		cells[first] += cells[i];
		cells[i] = 0;
	}
}

static void
put_head(struct text *out, const char *name, enum shape shape, const char *help)
{
	text_printf(out, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n",
	    name, help, name, shape_words[shape]);
}

static void
put_metric(struct text *out, const struct metric *metric,
    const struct counters_snapshot *snapshot)
{
	unsigned count = count_series(metric);
	struct series series;

	put_head(out, metric->name, metric->shape, metric->help);
	for (unsigned i = 0; i < count; i++) {
		bool zero = is_zero(metric, i, snapshot);
		if (zero && is_sparse(metric))
			continue;
		find_series(metric, i, snapshot, &series);
		if (series.exists && !(zero && is_other_server(&series)))
			put_series(out, &series, i, snapshot);
	}
}

void
metrics_put_gauge(
    struct text *out, const char *name, const char *help, int64_t value)
{
	put_head(out, name, GAUGE, help);
	text_printf(out, PREFIX "%s %lld\n", name, (long long)value);
}

static void
put_build_info(struct text *out)
{
	put_head(out, "build_info", GAUGE, "The version; the value is 1.");
	text_puts(out, PREFIX "build_info");
	put_label(out, "version", DDNSGATE_VERSION, true);
	text_puts(out, "} 1\n");
}

void
metrics_write(struct text *out, struct counters_snapshot *snapshot)
{
	put_build_info(out);
	metrics_put_gauge(out, "counters_begun_timestamp_seconds",
	    "When the counters began at zero.", snapshot->begun_s);
	for (size_t i = 0; i < METRICS; i++) {
		add_up(&metrics[i], snapshot);
		put_metric(out, &metrics[i], snapshot);
	}
}

/* Layout */

/* The values of a label that are the same in every file. */
static void
put_values(struct text *out, const struct metric_label *label)
{
	static const struct counters_snapshot none;

	for (unsigned i = 0; i < label->count; i++) {
		text_puts(out, ",");
		label->put(out, i, &none);
	}
}

struct secret_digest
metrics_layout(void)
{
	char buf[LAYOUT_SIZE];
	struct text all;

	TEXT_INIT(&all, buf);
	text_printf(&all, DDNSGATE_VERSION " %d %d %d", COUNTERS_STRIPES,
	    (int)COUNTERS_CELLS, (int)COUNTERS_GAUGES);
	for (size_t i = 0; i < METRICS; i++) {
		const struct metric *metric = &metrics[i];
		text_printf(&all, " %s %u", metric->name, metric->first);
		for (size_t j = 0; j < LABELS_MAX && metric->labels[j] != NULL;
		     j++)
			put_values(&all, metric->labels[j]);
	}
	assert(!all.overflow);
	return secret_digest(text_span(&all));
}
