#include "ddnsgate/commit.h"

#include "ddnsgate/request.h"
#include "ddnsgate/secret.h"

static void
pause_at_random(struct clock_deadline deadline)
{
	uint16_t random = 0; /* and so it stays if there is none */
	int span = COMMIT_SERVFAIL_PAUSE_MAX_MS - COMMIT_SERVFAIL_PAUSE_MIN_MS;

	secret_random(&random, sizeof(random));
	clock_sleep_ms(
	    COMMIT_SERVFAIL_PAUSE_MIN_MS + random % (span + 1), deadline);
}

static enum err
send_once(struct courier *courier, struct change *const changes[], size_t count,
    int server)
{
	enum err err = courier_pack_update(courier, changes, count);

	return err == ERR_OK ? courier_carry(courier, EXCHANGE_UPDATE, server)
			     : err;
}

/*
 * One UPDATE for these changes, whosever they are, to the server that was
 * asked.  After SERVFAIL it is sent there again; the last time to the next
 * one, as the failure may be more than a bad moment.
 */
static enum err
send_update(struct courier *courier, const struct site_zone *zone,
    struct change *const changes[], size_t count, int asked,
    struct clock_deadline deadline)
{
	enum err err = send_once(courier, changes, count, asked);

	for (int left = COMMIT_SERVFAIL_RETRIES;
	     err == ERR_DNS_SERVFAIL && left > 0; left--) {
		int server = courier_report(courier).server;
		if (left == 1)
			server = (server + 1) % (int)zone->server_count;
		pause_at_random(deadline);
		if (clock_passed(deadline))
			break;
		enum err again = send_once(courier, changes, count, server);
		/* These say less than SERVFAIL does. */
		if (again == ERR_DNS_SILENT || again == ERR_DNS_UNREACHABLE)
			break;
		err = again;
	}
	return err;
}

enum err
commit_changes(struct courier *courier, const struct site_zone *zone,
    struct change *const changes[], size_t count,
    struct clock_deadline deadline, struct courier_report *report)
{
	struct change *differing[REQUEST_HOSTS_MAX];
	size_t differing_count = 0;

	for (size_t i = 0; i < count; i++) {
		if (change_differs(changes[i]))
			differing[differing_count++] = changes[i];
	}
	if (differing_count == 0)
		return ERR_OK;
	courier_begin(courier, zone, deadline);
	enum err err = send_update(courier, zone, differing, differing_count,
	    report->server, deadline);
	change_fail(differing, differing_count, err);
	*report = courier_report(courier);
	return err;
}

enum err
commit_probe(struct courier *courier, const struct site_zone *zone, int server,
    const struct site_host *host, struct clock_deadline deadline,
    struct courier_report *ret_report)
{
	struct site_zone alone = *zone;

	alone.servers[0] = zone->servers[server];
	alone.server_count = 1;
	courier_begin(courier, &alone, deadline);
	enum err err = courier_pack_probe(courier, host);
	if (err == ERR_OK)
		err = courier_carry(courier, EXCHANGE_UPDATE, 0);
	*ret_report = courier_report(courier);
	if (ret_report->server >= 0)
		ret_report->server = server;
	if (err == ERR_OK) /* it did not look at the prerequisite */
		return ERR_DNS_RCODE;
	return err == ERR_DNS_YXDOMAIN ? ERR_OK : err;
}
