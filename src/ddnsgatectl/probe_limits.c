#include "probe_limits.h"

#include <stdio.h>

#include "ddnsgate/limits/limits_redis.h"

/* Of nobody: a key of the others ends in a letter. */
static const struct limits_key nobody;
static const struct bucket_rule any_rule = {1, 1};

/* NULL: it answers. */
static const char *
ask(const struct redis_link_server *server)
{
	struct limits_redis_answer answer;
	struct limits_redis *redis;
	const char *why = NULL;

	if (limits_redis_new(server, &redis) != ERR_OK)
		return err_text(ERR_MEMORY);
	if (limits_redis_change(redis, &nobody, &any_rule, LIMITS_REDIS_LOOK,
		&answer) != ERR_OK &&
	    !limits_redis_news(redis, &why))
		why = err_text(ERR_IO);
	limits_redis_free(redis);
	return why;
}

size_t
probe_limits(const struct site *site)
{
	const struct redis_link_server *server = &site_settings(site)->limits;
	char addr[IPADDR_TEXT_SIZE];

	if (!redis_link_has_server(server))
		return 0;
	if (server->path != NULL) {
		printf("limits redis:unix:%s\n", server->path);
	} else {
		ipaddr_format(&server->addr.addr, addr);
		printf(
		    "limits redis %s@%u\n", addr, (unsigned)server->addr.port);
	}
	const char *why = ask(server);
	if (why != NULL)
		printf("  %-14s  no: %s\n", "answers", why);
	else
		printf("  %-14s  yes\n", "answers");
	return why != NULL;
}
