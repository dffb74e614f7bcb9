#include "ddnsgate/base/secret.h"

#include <stdio.h>

#include "commands.h"

/* Longer than a secret may be, so that a longer one shows. */
#define LINE_SIZE (SECRET_MAX + 16)

static enum ctl_exit
print_new(void)
{
	char secret[SECRET_GENERATED_LEN + 1];
	char stored[SECRET_STORED_SIZE];
	enum ctl_exit status = ctl_generate(secret);

	if (status != CTL_DONE)
		return status;
	struct secret_digest digest = secret_digest(span_of(secret));
	secret_stored_format(&digest, stored);
	printf("secret: %s\nstored: %s\n", secret, stored);
	secret_wipe(secret, sizeof(secret));
	return CTL_DONE;
}

static enum ctl_exit
print_stored(void)
{
	char line[LINE_SIZE];
	char stored[SECRET_STORED_SIZE];

	if (fgets(line, sizeof(line), stdin) == NULL) {
		ctl_error("standard input has no line");
		return CTL_FAILED;
	}
	struct span secret = span_trim(span_of(line));
	bool wellformed = secret_is_wellformed(secret);
	struct secret_digest digest = secret_digest(secret);
	secret_wipe(line, sizeof(line));
	if (!wellformed) {
		ctl_error("a secret is %d to %d characters of A-Z a-z 0-9 _ -",
		    SECRET_MIN, SECRET_MAX);
		return CTL_FAILED;
	}
	secret_stored_format(&digest, stored);
	puts(stored);
	return CTL_DONE;
}

enum ctl_exit
secret_run(struct ctl *ctl)
{
	return ctl->options & CTL_STDIN ? print_stored() : print_new();
}
