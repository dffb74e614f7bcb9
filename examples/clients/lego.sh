#!/bin/sh
# Gets the certificate by lego 4 for the client web, and renews it when it
# ends within 30 days; have cron call this each day.  Keep it at mode 0700, since
# it has the secret.
# Before that put the client's secret in place of SECRET.
set -eu
umask 077

export HTTPREQ_ENDPOINT='https://ddns.example.org'
export HTTPREQ_USERNAME='web'
export HTTPREQ_PASSWORD='SECRET'
# For what the CA has to tell you.
email='YOU@EXAMPLE.ORG'

# For the wildcard below a name as well add --domains '*.web.dyn.example.org'.
set -- --path "$HOME/.lego" --accept-tos --email "$email" --dns httpreq
set -- "$@" --domains 'web.dyn.example.org'

certificate=$HOME/.lego/certificates/$(echo 'web.dyn.example.org' | tr '*' _).crt
if [ -e "$certificate" ]; then
	lego "$@" renew --days 30
else
	lego "$@" run
fi
