#include <errno.h>
#include <string.h>
#include <sys/types.h>

#include "ddnsgate/base/secret.h"

#include "at_run_slot.h"
#include "table.h"

/*
 * In place of the system call: counts up, a few bytes in each call, after one
 * interruption; or fails.  With known bytes a test can show that all
 * characters are equally likely.
 */
static struct {
	uint8_t next;
	size_t calls;
	bool fails;
} entropy;

ssize_t
getrandom(void *buf, size_t len, unsigned flags)
{
	uint8_t *out = buf;

	(void)flags;
	if (entropy.fails || entropy.calls++ == 0) {
		errno = entropy.fails ? ENOSYS : EINTR;
		return -1;
	}
	len = len < 3 ? len : 3;
	for (size_t i = 0; i < len; i++)
		out[i] = entropy.next++;
	return (ssize_t)len;
}

/* Which texts are secrets */

#define CHARS_16 "0123456789abcdef"
#define CHARS_64 CHARS_16 CHARS_16 CHARS_16 CHARS_16

// clang-format off
static const struct wellformed_row {
	const char *name;
	const char *text;
	bool fits;
} wellformed_rows[] = {
	{ "shortest",          CHARS_16,            true },
	{ "too short",         "0123456789abcde",   false },
	{ "longest",           CHARS_64,            true },
	{ "too long",          CHARS_64 "x",        false },
	{ "empty",             "",                  false },
	{ "every kind",        "azAZ09-_azAZ09-_",  true },
	{ "only hyphens",      "----------------",  true },
	{ "a blank",           "0123456789 abcdef", false },
	{ "a slash",           "0123456789/abcdef", false },
	{ "a percent",         "0123456789%41bcde", false },
	{ "a dot",             "0123456789.abcdef", false },
	{ "a colon",           "sha256:0123456789", false },
	{ "a dollar",          "$y$j9T$0123456789", false },
	{ "before 0",          "0123456789/bcdef/", false },
	{ "before A",          "0123456789@bcdef@", false },
	{ "after Z",           "0123456789[bcdef[", false },
	{ "before a",          "0123456789`bcdef`", false },
	{ "after z",           "0123456789{bcdef{", false },
	{ "not ASCII",         "0123456789abcd\xc3\xa4", false },
	{ "new line",          CHARS_16 "\n",       false },
};
// clang-format on

static void
wellformed(void **state)
{
	const struct wellformed_row *row = *state;

	assert_int_equal(secret_is_wellformed(span_of(row->text)), row->fits);
}

/* Digests: FIPS 180-2, appendix B */

#define SHA256_EMPTY \
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define SHA256_ABC \
	"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define SHA256_56 \
	"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"

// clang-format off
static const struct digest_row {
	const char *name;
	const char *text;
	const char *stored;
} digest_rows[] = {
	{ "nothing",     NULL,  "sha256:" SHA256_EMPTY },
	{ "one block",   "abc", "sha256:" SHA256_ABC },
	{ "two blocks",  "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnop"
	  "nopq",               "sha256:" SHA256_56 },
};
// clang-format on

static void
digests(void **state)
{
	const struct digest_row *row = *state;
	struct secret_digest digest = secret_digest(span_of(row->text));
	struct secret_digest again;
	char stored[SECRET_STORED_SIZE];

	secret_stored_format(&digest, stored);
	assert_string_equal(stored, row->stored);
	assert_int_equal(strlen(stored), SECRET_STORED_SIZE - 1);
	assert_int_equal(secret_stored_parse(span_of(stored), &again), ERR_OK);
	assert_true(secret_digest_equal(&digest, &again));
}

static void
every_bit_counts(void **state)
{
	struct secret_digest digest = secret_digest(span_of("abc"));

	(void)state;
	for (size_t bit = 0; bit < 8 * SECRET_DIGEST_LEN; bit++) {
		struct secret_digest other = digest;
		other.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(secret_digest_equal(&digest, &other));
	}
}

// clang-format off
static const struct stored_row {
	const char *name;
	const char *text;
	enum err want;
} stored_rows[] = {
	{ "digits",            "sha256:" SHA256_ABC,     ERR_OK },
	{ "upper case",        "sha256:BA7816BF8F01CFEA414140DE5DAE2223"
	  "B00361A396177A9CB410FF61F20015AD",            ERR_OK },
	{ "upper-case method", "SHA256:" SHA256_ABC,     ERR_SYNTAX },
	{ "no method",         SHA256_ABC,               ERR_SYNTAX },
	{ "another method",    "sha512:" SHA256_ABC,     ERR_SYNTAX },
	{ "a digit more",      "sha256:" SHA256_ABC "0", ERR_SYNTAX },
	{ "two digits more",   "sha256:" SHA256_ABC "00", ERR_SYNTAX },
	{ "a digit less",      "sha256:ba7816bf8f01cfea414140de5dae2223"
	  "b00361a396177a9cb410ff61f20015a",             ERR_SYNTAX },
	{ "two digits less",   "sha256:ba7816bf8f01cfea414140de5dae2223"
	  "b00361a396177a9cb410ff61f20015",              ERR_SYNTAX },
	{ "not a digit",       "sha256:ga7816bf8f01cfea414140de5dae2223"
	  "b00361a396177a9cb410ff61f20015ad",            ERR_SYNTAX },
	{ "blank",             "sha256: " SHA256_ABC,    ERR_SYNTAX },
	{ "no digits",         "sha256:",                ERR_SYNTAX },
	{ "empty",             "",                       ERR_SYNTAX },
};
// clang-format on

static void
stored(void **state)
{
	const struct stored_row *row = *state;
	struct secret_digest abc = secret_digest(span_of("abc"));
	struct secret_digest digest = {{0}};
	struct secret_digest untouched = digest;

	assert_int_equal(
	    secret_stored_parse(span_of(row->text), &digest), row->want);
	assert_true(secret_digest_equal(
	    &digest, row->want == ERR_OK ? &abc : &untouched));
}

/* crypt(3): hashes of "correct horse", made cheaply */

#define SHA512_SETTING "$6$rounds=1000$ddnsgatesalt"
#define YESCRYPT_HASH \
	"$y$j75$ddnsgatesalt01$ott67rXe2Tj2SSueXyhO0fYGMU.ifgBkGFT0gUO4WjA"
#define SHA512_HASH                                                            \
	SHA512_SETTING "$kaLnu3u.9ODwuVTWUZnWvz82X8jZm20Wf20sw5DIZ7xljkpO0E8b" \
		       "/sNmK6dUndfYiIYG4ho7OCcuCzOi8VgkN0"
#define BCRYPT_HASH \
	"$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e"
#define MD5_HASH "$1$ddnsgate$RV6VAgGvjheEHvGz7WFP8/"

// clang-format off
static const struct crypt_row {
	const char *name;
	const char *hash;
	const char *password;
	bool is_hash;
	bool matches;
} crypt_rows[] = {
	{ "yescrypt",         YESCRYPT_HASH, "correct horse",  true, true },
	{ "yescrypt, wrong",  YESCRYPT_HASH, "correct horsf",  true, false },
	{ "yescrypt, more",   YESCRYPT_HASH, "correct horse ", true, false },
	{ "yescrypt, less",   YESCRYPT_HASH, "correct hors",   true, false },
	{ "yescrypt, empty",  YESCRYPT_HASH, "",               true, false },
	{ "sha512crypt",      SHA512_HASH,   "correct horse",  true, true },
	{ "sha512crypt, wrong", SHA512_HASH, "Correct horse",  true, false },
	{ "bcrypt",           BCRYPT_HASH,   "correct horse",  true, true },
	{ "bcrypt, wrong",    BCRYPT_HASH,   "wrong",          true, false },
	{ "md5crypt",         MD5_HASH,      "correct horse",  true, true },
	{ "empty password",
	  "$5$rounds=1000$ddnsgate$5TEvk4M4CXevcDQdaGcQdBNbtcvJvNsm64iiR3xal3/",
	  "", true, true },
	{ "hash cut off",     "$1$ddnsgate$RV6VAgGvjheEHvGz7WFP8",
	  "correct horse", true, false },
	{ "hash and more",    MD5_HASH "x",  "correct horse",  true, false },
	{ "setting alone",    SHA512_SETTING, "correct horse", true, false },
	{ "unknown method",   "$nosuch$a$b", "correct horse",  false, false },
	{ "dollar alone",     "$",           "",               false, false },
	{ "DES",              "abJnggxhB/yWI", "password",     false, false },
	{ "locked",           "!",           "!",              false, false },
	{ "the mark of failure", "*0",       "*0",             false, false },
	{ "in clear",         CHARS_16,      CHARS_16,         false, false },
	{ "digest",           "sha256:" SHA256_ABC, "abc",     false, false },
	{ "empty",            "",            "",               false, false },
};
// clang-format on

static void
crypts(void **state)
{
	const struct crypt_row *row = *state;

	assert_int_equal(
	    secret_crypt_is_hash(span_of(row->hash)), row->is_hash);
	assert_int_equal(secret_crypt_check(row->hash, span_of(row->password)),
	    row->matches ? ERR_OK : ERR_CREDENTIALS);
}

/* crypt(3) takes C strings; a password with a NUL must not be cut there. */
static void
password_is_taken_whole(void **state)
{
	static char long_one[40000]; /* more than a struct crypt_data */

	(void)state;
	memset(long_one, 'x', sizeof(long_one));
	assert_int_equal(
	    secret_crypt_check(MD5_HASH, (struct span){"correct horse\0", 14}),
	    ERR_CREDENTIALS);
	assert_int_equal(secret_crypt_check(MD5_HASH,
			     (struct span){long_one, sizeof(long_one)}),
	    ERR_CREDENTIALS);
	assert_int_equal(secret_crypt_check(MD5_HASH,
			     (struct span){"correct horse battery", 13}),
	    ERR_OK);
}

/* Only what takes long releases the run slot. */
static void
crypt_releases_the_slot(void **state)
{
	struct at_run_slot at_run_slot;

	(void)state;
	at_run_slot_begin(&at_run_slot);
	secret_digest(span_of("correct horse"));
	assert_int_equal(secret_crypt_check("*0", span_of("correct horse")),
	    ERR_CREDENTIALS);
	assert_false(at_run_slot_end(&at_run_slot));
	at_run_slot_begin(&at_run_slot);
	assert_int_equal(
	    secret_crypt_check(MD5_HASH, span_of("correct horse")), ERR_OK);
	assert_true(at_run_slot_end(&at_run_slot));
}

static void
hash_is_taken_whole(void **state)
{
	char long_one[600];

	(void)state;
	memset(long_one, 'x', sizeof(long_one));
	memcpy(long_one, SHA512_SETTING "$", sizeof(SHA512_SETTING));
	assert_false(
	    secret_crypt_is_hash((struct span){long_one, sizeof(long_one)}));
	assert_false(
	    secret_crypt_is_hash((struct span){"$1$ddnsgate$\0abc", 16}));
	assert_true(secret_crypt_is_hash((struct span){MD5_HASH "\0", 34}));
}

/* Random bytes */

static void
random_bytes_are_all_filled(void **state)
{
	uint8_t bytes[10] = {0};

	(void)state;
	memset(&entropy, 0, sizeof(entropy));
	assert_int_equal(secret_random(bytes, 9), ERR_OK);
	assert_memory_equal(bytes, "\0\1\2\3\4\5\6\7\10\0", 10);
	assert_int_equal(secret_random(bytes, 0), ERR_OK);
}

static void
failure_gives_no_secret(void **state)
{
	char secret[SECRET_GENERATED_LEN + 1] = "untouched";
	uint8_t byte;

	(void)state;
	memset(&entropy, 0, sizeof(entropy));
	entropy.fails = true;
	assert_int_equal(secret_generate(secret), ERR_IO);
	assert_string_equal(secret, "untouched");
	assert_int_equal(secret_random(&byte, 1), ERR_IO);
}

/* 31 secrets use each byte value that is not dropped four times. */
static void
characters_are_equally_likely(void **state)
{
	char secret[SECRET_GENERATED_LEN + 1];
	size_t count[256] = {0};
	size_t different = 0;

	(void)state;
	memset(&entropy, 0, sizeof(entropy));
	for (size_t i = 0; i < 31; i++) {
		assert_int_equal(secret_generate(secret), ERR_OK);
		assert_int_equal(strlen(secret), SECRET_GENERATED_LEN);
		assert_true(secret_is_wellformed(span_of(secret)));
		for (size_t c = 0; c < SECRET_GENERATED_LEN; c++)
			count[(unsigned char)secret[c]]++;
	}
	for (size_t c = 0; c < 256; c++) {
		assert_true(count[c] == 0 || count[c] == 16);
		different += count[c] > 0;
	}
	assert_int_equal(different, 62);
	assert_int_equal(count['-'] + count['_'], 0);
}

static void
wipe_leaves_zeros(void **state)
{
	char memory[8] = "abcdefg";

	(void)state;
	secret_wipe(memory, 4);
	assert_memory_equal(memory, "\0\0\0\0efg", 8);
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(every_bit_counts),
	    cmocka_unit_test(password_is_taken_whole),
	    cmocka_unit_test(crypt_releases_the_slot),
	    cmocka_unit_test(hash_is_taken_whole),
	    cmocka_unit_test(random_bytes_are_all_filled),
	    cmocka_unit_test(failure_gives_no_secret),
	    cmocka_unit_test(characters_are_equally_likely),
	    cmocka_unit_test(wipe_leaves_zeros),
	};
	int failures = 0;

	failures +=
	    TABLE_RUN("secret: wellformed", wellformed_rows, wellformed);
	failures += TABLE_RUN("secret: digests", digest_rows, digests);
	failures += TABLE_RUN("secret: stored", stored_rows, stored);
	failures += TABLE_RUN("secret: crypt", crypt_rows, crypts);
	failures +=
	    cmocka_run_group_tests_name("secret: singles", singles, NULL, NULL);
	return failures;
}
