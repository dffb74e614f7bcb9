/*
 * A datagram of whoever can write to the receiver's socket.  What was read is
 * safe in variables of the environment, and is the same when it is written and
 * read again.
 */

#include <string.h>

#include "ddnsgate/reply/event.h"

#include "fuzz.h"

static void
check(const struct event *event)
{
	static char buf[EVENT_SIZE];
	struct event again;
	struct text text;

	FUZZ_CHECK(event->kind < EVENT_KINDS);
	TEXT_INIT(&text, buf);
	event_write(&text, event);
	FUZZ_CHECK(!text.overflow);
	FUZZ_CHECK(event_read(buf, text.len, &again) == ERR_OK);
	FUZZ_CHECK(again.kind == event->kind);
	FUZZ_CHECK(again.count == event->count);
	FUZZ_CHECK(again.dropped == event->dropped);
	for (int i = 0; i < EVENT_FIELDS; i++) {
		struct span field = event->fields[i];
		FUZZ_CHECK(field.len <= EVENT_VALUE_MAX);
		for (size_t c = 0; c < field.len; c++)
			FUZZ_CHECK(field.ptr[c] >= ' ' && field.ptr[c] <= '~');
		FUZZ_CHECK(span_equal(field, again.fields[i]));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *block = malloc(size + (size == 0));
	struct event event;

	FUZZ_CHECK(block != NULL);
	if (size > 0)
		memcpy(block, data, size);
	enum err err = event_read(block, size, &event);
	FUZZ_CHECK(err == ERR_OK || err == ERR_SYNTAX || err == ERR_RANGE);
	if (err == ERR_OK)
		check(&event);
	free(block);
	return 0;
}
