#ifndef DDNSGATE_LIMITS_PASSWORD_CHECK_H
#define DDNSGATE_LIMITS_PASSWORD_CHECK_H

/*
 * Checks passwords against crypt(3) hashes, which are slow on purpose, so that
 * whoever has the right password gets in while others at the same address
 *guess, and so that guessing does not cost more than one processor.
 *
 *	password_check_is_proven   was this password right before?
 *	password_check
 *	  was this try wrong before?        wrong
 *	  from a source that is suspect     waits in the line, or: unchecked
 *	  crypt(3)                          right or wrong, and remembered
 *
 * What crypt(3) said is remembered by the hash itself: a hash that is replaced
 * or removed is never asked about again, and so revoked at once.  A router that
 * goes on sending its password costs no crypt(3) then, whether it is right or
 * wrong.  What is wrong is remembered for the user's name as it was sent, also
 * if nobody has it, so that a try that is answered soon tells no more than that
 * the same one was made before.  Only digests are remembered, with a key that
 *is made at random for the process and is in locked memory.
 *
 * In the line one is checked at a time.  A newcomer that finds it full takes
 * the place of one that is chosen at random, of those for the hash that most of
 * the line is for, so that guessing one user's password keeps out no other
 * user.  Whoever was turned away is preferred when he comes again with the same
 * password: a client does, while whoever guesses sends another one each time.
 *
 * All threads of a process share one struct password_check.
 */

#include <stdbool.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"

/* Threads that may wait in the line: a fourth of all, but at least one and no
 * more than these. */
#define PASSWORD_CHECK_SHARE 4
#define PASSWORD_CHECK_WAITING_MAX 16
/* After this time in the line one is turned away. */
#define PASSWORD_CHECK_WAIT_MS 2000

enum password_verdict {
	PASSWORD_WRONG,
	PASSWORD_RIGHT,
	PASSWORD_UNCHECKED, /* turned away, or out of memory */
};

struct password_try {
	const char *hash; /* crypt(3) */
	struct span user; /* as sent */
	struct span password;
	bool decoy;   /* the hash is another user's: it takes its time and is
			 wrong whatever it says */
	bool suspect; /* the source has failed too often */
};

/* As secret_crypt_check, which it is but in tests. */
typedef enum err
password_check_compute(const char *hash, struct span password);

struct password_check;

/* For a process with so many threads.  ERR_MEMORY, ERR_IO. */
enum err
password_check_new(unsigned threads, password_check_compute *compute,
    struct password_check **ret);

/* NULL is allowed. */
void
password_check_free(struct password_check *check);

/* Was this the password of this hash before?  False if check is NULL. */
bool
password_check_is_proven(
    struct password_check *check, const char *hash, struct span password);

/* Releases the run slot unless it has the verdict at once.  With a check of
 * NULL nothing is remembered and nobody waits. */
enum password_verdict
password_check(struct password_check *check, const struct password_try *try);

#endif
