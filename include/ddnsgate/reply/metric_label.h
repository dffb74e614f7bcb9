#ifndef DDNSGATE_REPLY_METRIC_LABEL_H
#define DDNSGATE_REPLY_METRIC_LABEL_H

/* The labels of metrics (metrics.h), each with the values that it may have.
 * Several indices of a label may have the same value. */

#include <stdbool.h>

#include "ddnsgate/base/text.h"
#include "ddnsgate/state/counters.h"

/* Of a value, and NUL; "ADDRESS@PORT" is the longest. */
#define METRIC_LABEL_SIZE (IPADDR_TEXT_SIZE + 6)

/* Writes the value of an index; nothing: there is none of that index. */
typedef void
metric_label_put(
    struct text *out, unsigned index, const struct counters_snapshot *snapshot);

struct metric_label {
	const char *name;
	unsigned count; /* of indices */
	metric_label_put *put;
	/* Most of its values never occur, so that what is zero has no line;
	 * else it has one from the beginning, as an increase is seen only
	 * between two lines. */
	bool is_sparse;
};

// clang-format off
extern const struct metric_label
	metric_label_dialect,
	metric_label_word,    /* of the reply */
	metric_label_type,    /* of a record */
	metric_label_action,  /* set or remove */
	metric_label_server,  /* the only one that the snapshot knows of */
	metric_label_kind,    /* of a DNS request */
	metric_label_reason,  /* why it failed */
	metric_label_limit;
// clang-format on

/* Appends a value as it stands between the quotes of a label. */
void
metric_label_escape(struct text *out, const char *value);

#endif
