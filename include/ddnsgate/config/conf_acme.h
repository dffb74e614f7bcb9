#ifndef DDNSGATE_CONFIG_CONF_ACME_H
#define DDNSGATE_CONFIG_CONF_ACME_H

/*
 * Whose names a client could get certificates for.  A TXT record at
 * _acme-challenge.HOST makes one for HOST and for "*.HOST", and so for all
 * names one label below it; with it one can pass for the hosts that others have
 * there.
 */

#include "ddnsgate/config/conf_build.h"

/*
 * Once all clients are there: an error for each host that lies below one, at
 * any depth, with which another client has acme; and for "HOST" where another
 * one has "*.HOST" with acme.
 */
void
conf_acme_check(struct conf_build *build);

#endif
