#ifndef DDNSGATECTL_CLIENT_EDIT_H
#define DDNSGATECTL_CLIENT_EDIT_H

/*
 * A client that a command makes or changes, where it is kept:
 *
 *	edit_file	a file of its own in clients_dir
 *	edit_row	a line of the table, clients_db
 *
 * It is opened, which locks the place, changed in memory, and stored as a whole
 * or not at all.  All functions print to stderr why they fail.
 */

#include "client_dir.h"
#include "client_file.h"
#include "ctl.h"

struct client_db_writer;
struct client_edit;

/* What the two places do each in its way. */
struct client_edit_place {
	const char *too_long; /* what the text would become */
	/* Opens the place, and reads the text of a client if it is no new one.
	 */
	enum ctl_exit (*open)(struct client_edit *edit);
	/* Says that the text is of a form that this tool does not change. */
	void (*say_form)(const struct client_edit *edit);
	enum ctl_exit (*store)(struct client_edit *edit);
	enum ctl_exit (*remove)(struct client_edit *edit);
	/* NULL-safe, and for one that was opened in part. */
	void (*close)(struct client_edit *edit);

	/* Texts */
	size_t (*count_secrets)(struct span text);
	void (*write)(struct text *out, const struct client_file_new *client);
	enum err (*write_added)(
	    struct text *out, struct span text, const char *stored);
	enum err (*write_newest)(struct text *out, struct span text);
	enum err (*write_hosts)(struct text *out, struct span text,
	    const char *const hosts[], size_t count);
	/* By the canonical name of the host. */
	enum err (*write_without)(const struct site *site, struct text *out,
	    struct span text, const char *host);
};

extern const struct client_edit_place edit_file, edit_row;

/* The table, as edit_row has it open. */
struct edit_table {
	struct client_db_writer *writer;
	struct ctl fresh; /* the configuration as it is now */
	uint32_t id;
};

/* The longest text, with NUL. */
#define CLIENT_EDIT_SIZE CLIENT_FILE_SIZE

struct client_edit {
	const struct ctl *ctl;
	const struct client_edit_place *place;
	const char *client; /* its name */
	bool is_new;
	bool has_new_hosts;
	struct client_dir dir; /* its fd is -1 without */
	struct edit_table table;
	struct span text; /* in one of the buffers */
	char bufs[2][CLIENT_EDIT_SIZE];
};

/* Opens the place that new clients are made in.  In any case
 * client_edit_close has to be called, of the others, too. */
enum ctl_exit
client_edit_begin(
    const struct ctl *ctl, const char *client, struct client_edit *ret);

/* Opens the place of a client that there is. */
enum ctl_exit
client_edit_open(const struct ctl *ctl, const struct site_client *client,
    struct client_edit *ret);

void
client_edit_close(struct client_edit *edit);

/* Changes, in memory. */

enum ctl_exit
client_edit_make(
    struct client_edit *edit, const struct client_file_new *client);

size_t
client_edit_count_secrets(const struct client_edit *edit);

/* One more, in its stored form, which is then the newest. */
enum ctl_exit
client_edit_add_secret(struct client_edit *edit, const char *stored);

/* All secrets go, but the newest. */
enum ctl_exit
client_edit_keep_newest(struct client_edit *edit);

/* By full names. */
enum ctl_exit
client_edit_add_hosts(
    struct client_edit *edit, const char *const hosts[], size_t count);

enum ctl_exit
client_edit_remove_host(struct client_edit *edit, const char *host);

/* Stores what was changed. */
enum ctl_exit
client_edit_store(struct client_edit *edit);

/* Removes the client. */
enum ctl_exit
client_edit_remove(struct client_edit *edit);

#endif
