#include "ddnsgate/request/fastcgi.h"

#include "fuzz.h"

/* What is refused or complete stays so, whatever comes behind it. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span sent = {(const char *)data, size};
	struct span part = {(const char *)data, size / 2};
	struct fastcgi_scan whole = {0}, half = {0};
	char buf[FASTCGI_MANAGEMENT_SIZE];
	struct text answer;

	enum err err = fastcgi_scan(sent, &whole);
	enum err before = fastcgi_scan(part, &half);
	FUZZ_CHECK(err != ERR_OK || whole.management_len <= size);
	FUZZ_CHECK(half.management_len == 0 ||
		   half.management_len == whole.management_len);
	FUZZ_CHECK(!half.has_body || whole.has_body);
	if (before != ERR_OK && before != ERR_AGAIN)
		FUZZ_CHECK(err == before);
	if (err != ERR_OK || whole.management_len == 0)
		return 0;
	TEXT_INIT(&answer, buf);
	fastcgi_put_management(sent, &answer);
	FUZZ_CHECK(!answer.overflow && answer.len > 0);
	return 0;
}
