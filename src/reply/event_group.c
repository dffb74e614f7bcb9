#include "ddnsgate/reply/event_group.h"

bool
event_group_admits(struct event_group *group, const struct event *event,
    bool has_room, int64_t now_us)
{
	uint64_t count = event->count > 0 ? event->count : 1;
	int kind = (int)event->kind;

	/* What was left out has to be told first. */
	if (now_us >= group->kinds[kind].until_us &&
	    group->kinds[kind].left_out == 0) {
		group->kinds[kind].until_us = now_us + EVENT_GROUP_PERIOD_US;
		group->kinds[kind].passed = 0;
	}
	if (has_room && group->kinds[kind].passed < EVENT_GROUP_MAX) {
		group->kinds[kind].passed++;
		return true;
	}
	uint64_t *left_out = &group->kinds[kind].left_out;
	*left_out =
	    count < UINT64_MAX - *left_out ? *left_out + count : UINT64_MAX;
	return false;
}

bool
event_group_summary(
    struct event_group *group, int64_t now_us, struct event *ret)
{
	for (int kind = 0; kind < EVENT_KINDS; kind++) {
		if (group->kinds[kind].left_out == 0 ||
		    now_us < group->kinds[kind].until_us)
			continue;
		*ret = (struct event){.kind = (enum event_kind)kind,
		    .count = group->kinds[kind].left_out};
		group->kinds[kind].left_out = 0;
		return true;
	}
	return false;
}

int
event_group_wait_ms(const struct event_group *group, int64_t now_us)
{
	int64_t wait_us = INT64_MAX;

	for (int kind = 0; kind < EVENT_KINDS; kind++) {
		int64_t left_us = group->kinds[kind].until_us - now_us;
		if (group->kinds[kind].left_out > 0 && left_us < wait_us)
			wait_us = left_us > 0 ? left_us : 0;
	}
	return wait_us == INT64_MAX ? -1 : (int)((wait_us + 999) / 1000);
}
