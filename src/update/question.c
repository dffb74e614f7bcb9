#include "ddnsgate/update/question.h"

#include <string.h>

size_t
question_list(struct host_update *const updates[], size_t count,
    question_is_asked *is_asked, struct question ret[QUESTIONS_MAX])
{
	size_t listed = 0;

	for (size_t i = 0; i < count * IPADDR_FAMILIES; i++) {
		size_t index = i / IPADDR_FAMILIES;
		enum ipaddr_family family =
		    (enum ipaddr_family)(i % IPADDR_FAMILIES);
		if (is_asked(updates[index], family))
			ret[listed++] = (struct question){updates[index], index,
			    message_type_of(family), family};
	}
	return listed;
}

struct question
question_of_zone(struct host_update *update, size_t index)
{
	return (struct question){
	    .update = update, .index = index, .type = MESSAGE_SOA};
}

enum err
question_send(struct transaction *transaction,
    const struct question questions[], size_t count)
{
	enum err err = ERR_OK;

	transaction_reset(transaction);
	for (size_t i = 0; i < count && err == ERR_OK; i++)
		err = transaction_add_query(transaction,
		    questions[i].update->host->name, questions[i].type);
	if (err == ERR_OK) /* the requests' outcomes say more */
		transaction_send(transaction, DNS_REQUEST_QUERY, -1);
	return err;
}

enum err
question_in_sets(const struct question questions[], size_t count,
    question_do *some, void *ctx)
{
	enum err first = ERR_OK;

	while (count > 0) {
		size_t taken = count < TRANSACTION_REQUESTS_MAX
				   ? count
				   : TRANSACTION_REQUESTS_MAX;
		enum err err = some(ctx, questions, taken);
		if (first == ERR_OK)
			first = err;
		questions += taken;
		count -= taken;
	}
	return first;
}

enum err
question_rrset(struct transaction *transaction, const struct site_zone *zone,
    const char *name, enum ipaddr_family family, struct clock_deadline deadline,
    struct response_rrset *ret, struct transaction_report *ret_report)
{
	transaction_begin(transaction, zone, deadline);
	enum err err =
	    transaction_query(transaction, name, message_type_of(family));
	if (err == ERR_OK)
		*ret = *transaction_rrset(transaction, 0);
	*ret_report = transaction_report(transaction);
	return err;
}

enum err
question_soa(struct transaction *transaction, const struct site_zone *zone,
    struct clock_deadline deadline, struct response_soa *ret,
    struct transaction_report *ret_report)
{
	transaction_begin(transaction, zone, deadline);
	enum err err = transaction_query(transaction, zone->name, MESSAGE_SOA);
	*ret_report = transaction_report(transaction);
	if (err != ERR_OK)
		return err;
	const struct response_soa *soa = transaction_soa(transaction, 0);
	if (strcmp(soa->zone, zone->name) != 0)
		return ERR_DNS_LAME;
	*ret = *soa;
	return ERR_OK;
}
