#include "ddnsgate/reply/event.h"

#include <assert.h>
#include <time.h>

#include "ddnsgate/base/json.h"

#define NAME_MAX_LEN 16
/* Name, four quotes, colon and comma; the counts' digits */
static_assert(
    EVENT_FIELDS * (2 * EVENT_VALUE_MAX + NAME_MAX_LEN) + 128 <= EVENT_SIZE,
    "a text always fits");
static_assert(EVENT_FIELDS + 2 <= JSON_MEMBERS_MAX, "");

#define WORD(name, word) #word,
static const char *const fields[] = {EVENT_FIELD_LIST(WORD)};
static const char *const kinds[] = {EVENT_KIND_LIST(WORD)};
#undef WORD

const char *
event_kind_word(enum event_kind kind)
{
	return kinds[kind];
}

const char *
event_field_name(enum event_field field)
{
	return fields[field];
}

void
event_format_time(uint64_t seconds, char buf[EVENT_TIME_SIZE])
{
	time_t at = (time_t)seconds;
	struct tm tm;

	buf[0] = '\0';
	if (gmtime_r(&at, &tm) != NULL)
		strftime(buf, EVENT_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

void
event_send(const struct event_sink *sink, const struct event *event)
{
	if (sink != NULL)
		sink->send(sink->ctx, event);
}

static bool
is_plain(char c)
{
	return c >= ' ' && c <= '~';
}

/* Others make variables of the environment of it, lines of a mail, and so on.
 */
static void
put_value(struct text *out, struct span value)
{
	char buf[EVENT_VALUE_MAX];
	size_t len = value.len < sizeof(buf) ? value.len : sizeof(buf);

	for (size_t i = 0; i < len; i++)
		buf[i] = is_plain(value.ptr[i]) ? value.ptr[i] : '?';
	text_put_json(out, (struct span){buf, len});
}

static void
put_count(struct text *out, const char *name, uint64_t count)
{
	if (count > 0)
		text_printf(
		    out, ",\"%s\":%llu", name, (unsigned long long)count);
}

void
event_write(struct text *out, const struct event *event)
{
	for (int i = 0; i < EVENT_FIELDS; i++) {
		text_printf(out, "%s\"%s\":", i == 0 ? "{" : ",", fields[i]);
		put_value(out, i == EVENT_KIND ? span_of(kinds[event->kind])
					       : event->fields[i]);
	}
	put_count(out, "count", event->count);
	put_count(out, "dropped", event->dropped);
	text_puts(out, "}");
}

/* The index of the word among these, or count. */
static int
find(const char *const words[], int count, struct span word)
{
	int i = 0;

	while (i < count && !span_is(word, words[i]))
		i++;
	return i;
}

static enum err
read_field(const struct json_member *member, struct span *ret)
{
	if (member->kind != JSON_STRING || ret->ptr != NULL)
		return ERR_SYNTAX;
	for (size_t i = 0; i < member->value.len; i++) {
		if (!is_plain(member->value.ptr[i]))
			return ERR_SYNTAX;
	}
	*ret = member->value;
	return member->value.len <= EVENT_VALUE_MAX ? ERR_OK : ERR_RANGE;
}

static enum err
read_member(const struct json_member *member, struct event *event)
{
	uint64_t *count = span_is(member->name, "count")     ? &event->count
			  : span_is(member->name, "dropped") ? &event->dropped
							     : NULL;
	int field = find(fields, EVENT_FIELDS, member->name);

	if (field < EVENT_FIELDS)
		return read_field(member, &event->fields[field]);
	if (count == NULL)
		return ERR_OK;
	if (member->kind != JSON_NUMBER || *count != 0)
		return ERR_SYNTAX;
	return span_number(member->value, UINT64_MAX, count);
}

enum err
event_read(char *text, size_t len, struct event *ret)
{
	struct event event = {0};
	struct json_object object;

	if (len >= EVENT_SIZE)
		return ERR_RANGE;
	enum err err = json_read_object(text, len, &object);
	for (size_t i = 0; err == ERR_OK && i < object.count; i++)
		err = read_member(&object.members[i], &event);
	if (err != ERR_OK)
		return err;
	int kind = find(kinds, EVENT_KINDS, event.fields[EVENT_KIND]);
	if (kind == EVENT_KINDS)
		return ERR_SYNTAX;
	event.kind = (enum event_kind)kind;
	*ret = event;
	return ERR_OK;
}
