#ifndef DDNSGATE_STATE_SEEN_H
#define DDNSGATE_STATE_SEEN_H

/*
 * When each host was last seen and last changed, and which addresses were last
 * acknowledged, in a file of all processes, DIR/seen (hash_file.h).  What is
 * there may be lost at any moment: DNS alone has the truth.
 *
 * Where several machines change the same zone, each has its own file, and in
 * DIR/seen.d, under any name, copies of those of the others.  Who opens it to
 * read gets all of them as one: of each family what was acknowledged last.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"
#include "ddnsgate/dns/ipaddr.h"

/* As long as nothing else changes, the time of the last request is written
 * only when it is that much younger than the one in the file. */
#define SEEN_INTERVAL_S 3600
/* Copies of other machines' files */
#define SEEN_COPIES_MAX 64
/* How often trouble is told, in seconds. */
#define SEEN_TROUBLE_S 3600

/* What was last acknowledged of one family. */
enum seen_state {
	SEEN_UNKNOWN, /* nothing yet */
	SEEN_REMOVED,
	SEEN_SET
};

struct seen_family {
	enum seen_state state;
	struct ipaddr addr; /* with SEEN_SET */
};

/* Times are seconds since 1970, UTC; 0: never. */
struct seen_host {
	int64_t seen_s;
	int64_t changed_s;
	struct seen_family families[IPADDR_FAMILIES];
	/* Since when, or later, each is so: exact when it became so, and else
	 * renewed as seen_s is. */
	int64_t acknowledged_s[IPADDR_FAMILIES];
};

struct seen;

/*
 * Opens the file of the directory, or begins a new one that is large enough
 * for that many hosts; one that is no such file is replaced, and *ret_renewed
 * says so.  ERR_MEMORY; ERR_IO with the reason as a static text.
 */
enum err
seen_open(const char *dir, size_t hosts, struct seen **ret, bool *ret_renewed,
    const char **ret_why);

/* Opens the file to read it, and the copies.  ERR_ABSENT: there is none of
 * them; ERR_IO, also when a copy cannot be read. */
enum err
seen_open_reading(const char *dir, struct seen **ret, const char **ret_why);

/* Opens the file to change it, for others than the handler: never begins one.
 * As above. */
enum err
seen_open_existing(const char *dir, struct seen **ret, const char **ret_why);

/* When the file was begun, or the last of the copies, in seconds since 1970: of
 * what was before it knows nothing. */
int64_t
seen_begun_s(const struct seen *seen);

/* When the machine of the oldest copy last wrote into what was copied, in
 * seconds since 1970; INT64_MAX without copies. */
int64_t
seen_oldest_copy_s(const struct seen *seen);

void
seen_close(struct seen *seen);

/* What is known of a host, by its canonical name; ERR_ABSENT: nothing. */
enum err
seen_find(const struct seen *seen, struct span host, struct seen_host *ret);

/*
 * Notes that a host's request was acknowledged now: families that it did not
 * name are SEEN_UNKNOWN in *acknowledged and stay as they were; with changed,
 * DNS was changed by it.  Writes if anything but the time differs, or the time
 * does by SEEN_INTERVAL_S.
 */
void
seen_note(struct seen *seen, struct span host, int64_t now_s,
    const struct seen_family acknowledged[], bool changed);

/* Notes what DNS has by somebody else's doing, such as the administrator's, as
 * above; the host's last request stays as it is.  Gives 0 or an errno. */
int
seen_note_other(struct seen *seen, struct span host, int64_t now_s,
    const struct seen_family acknowledged[], bool changed);

/* Why something could not be noted: a static text, or NULL.  Gives it once,
 * when the trouble begins, and again after SEEN_TROUBLE_S. */
const char *
seen_trouble(struct seen *seen);

#endif
