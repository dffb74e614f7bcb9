#!/bin/sh
# Has acme.sh get a certificate for the client web.  Run this once: acme.sh
# keeps the settings in its account.conf, and renews by its own crontab line.
# Keep it at mode 0700, since it has the secret.
# Before that put the client's secret in place of SECRET.
set -eu

export ACMEPROXY_ENDPOINT='https://ddns.example.org'
export ACMEPROXY_USERNAME='web'
export ACMEPROXY_PASSWORD='SECRET'

# For the wildcard below a name as well add -d '*.web.dyn.example.org'.
set -- --issue --dns dns_acmeproxy
set -- "$@" -d 'web.dyn.example.org'
"$HOME/.acme.sh/acme.sh" "$@"
