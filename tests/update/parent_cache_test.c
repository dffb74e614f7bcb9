#include "ddnsgate/update/parent.h"

#include <stdio.h>
#include <string.h>

#include "table.h"

#define NOW 5000000
#define KEPT_US (PARENT_CACHE_KEPT_MS * INT64_C(1000))

static struct parent_info
info_of(const char *name, const char *zone)
{
	struct parent_info info = {.wildcard = {{.count = 1}, {.cname = true}}};

	snprintf(info.name, sizeof(info.name), "%s", name);
	snprintf(info.zone, sizeof(info.zone), "%s", zone);
	return info;
}

static struct parent_cache *
make_cache(void)
{
	struct parent_cache *cache;
	const struct parent_info info =
	    info_of("dyn.example.org", "example.org");

	assert_int_equal(parent_cache_new(&cache), ERR_OK);
	parent_cache_store(cache, &info, parent_cache_generation(cache), NOW);
	return cache;
}

static void
is_found(void **state)
{
	struct parent_cache *cache = make_cache();
	struct parent_info info;

	(void)state;
	assert_true(parent_cache_find(cache, "dyn.example.org", NOW, &info));
	assert_string_equal(info.zone, "example.org");
	assert_int_equal(info.wildcard[IPADDR_V4].count, 1);
	assert_true(info.wildcard[IPADDR_V6].cname);
	assert_false(parent_cache_find(cache, "example.org", NOW, &info));
	parent_cache_free(cache);
}

static void
is_kept_for_a_time(void **state)
{
	struct parent_cache *cache = make_cache();
	struct parent_info info;

	(void)state;
	assert_true(parent_cache_find(
	    cache, "dyn.example.org", NOW + KEPT_US - 1, &info));
	assert_false(
	    parent_cache_find(cache, "dyn.example.org", NOW + KEPT_US, &info));
	parent_cache_free(cache);
}

/* What was asked for before a wildcard was changed may be what it was. */
static void
change_of_a_wildcard_counts_at_once(void **state)
{
	struct parent_cache *cache = make_cache();
	uint64_t before = parent_cache_generation(cache);
	struct parent_info info = info_of("dyn.example.org", "old.example.org");

	(void)state;
	parent_cache_clear(cache);
	assert_false(parent_cache_find(cache, "dyn.example.org", NOW, &info));
	parent_cache_store(cache, &info, before, NOW);
	assert_false(parent_cache_find(cache, "dyn.example.org", NOW, &info));
	info = info_of("dyn.example.org", "new.example.org");
	parent_cache_store(cache, &info, parent_cache_generation(cache), NOW);
	assert_true(parent_cache_find(cache, "dyn.example.org", NOW, &info));
	assert_string_equal(info.zone, "new.example.org");
	parent_cache_free(cache);
}

static struct parent_info
numbered(unsigned number)
{
	char name[DNAME_SIZE];

	snprintf(name, sizeof(name), "z%u.dyn.example.org", number);
	return info_of(name, "x");
}

/* Stores so many parents, each of which is found at once; gives how many are
 * found in the end. */
static unsigned
store_and_count(unsigned count)
{
	struct parent_cache *cache = make_cache();
	struct parent_info info, found;
	unsigned kept = 0;

	for (unsigned i = 0; i < count; i++) {
		info = numbered(i);
		parent_cache_store(
		    cache, &info, parent_cache_generation(cache), NOW + i);
		assert_true(
		    parent_cache_find(cache, info.name, NOW + i, &found));
	}
	for (unsigned i = 0; i < count; i++) {
		info = numbered(i);
		kept +=
		    parent_cache_find(cache, info.name, NOW + count, &found);
	}
	parent_cache_free(cache);
	return kept;
}

static void
has_its_limit(void **state)
{
	(void)state;
	assert_in_range(store_and_count(2 * PARENT_CACHE_ENTRIES),
	    PARENT_CACHE_ENTRIES / 2, PARENT_CACHE_ENTRIES);
}

/* But for the few of which more than a set takes have its hash. */
static void
does_not_lose_a_thousand_zones(void **state)
{
	(void)state;
	assert_in_range(store_and_count(1000), 990, 1000);
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(is_found),
	    cmocka_unit_test(is_kept_for_a_time),
	    cmocka_unit_test(change_of_a_wildcard_counts_at_once),
	    cmocka_unit_test(has_its_limit),
	    cmocka_unit_test(does_not_lose_a_thousand_zones),
	};

	return cmocka_run_group_tests_name("parent_cache", singles, NULL, NULL);
}
