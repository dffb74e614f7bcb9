#!/bin/sh
# ddnsgate-certbot present|cleanup: certbot's hooks for the client web.  Keep
# it in /usr/local/sbin, mode 0700, since it has the secret, and call certbot
# once; it renews by the same hooks:
#
# certbot certonly \
#	-d 'web.dyn.example.org' \
#	--manual --preferred-challenges dns \
#	--manual-auth-hook '/usr/local/sbin/ddnsgate-certbot present' \
#	--manual-cleanup-hook '/usr/local/sbin/ddnsgate-certbot cleanup'
#
# For the wildcard below a name as well add -d '*.web.dyn.example.org'.
# Before that put the client's secret in place of SECRET.
set -u
# The URL has the secret, so curl gets it by standard input.
url='https://ddns.example.org/SECRET'
# Seconds after which the zone's secondary servers have a new record.  For those
# of ddnsgate's setting "secondaries" it waits by itself; with them, or with no
# secondary at all, this may be 0.
wait=6
newline='
'

# ask WHAT NAME VALUE: head, body and, on a line of its own, status of the last
# reply.  What is over soon, such as a DNS server that restarts, is tried again.
ask() {
	printf '%s\n' "url = \"$url/$1\"" \
		'header = "Content-Type: application/json"' \
		"data = \"{\\\"fqdn\\\":\\\"$2.\\\",\\\"value\\\":\\\"$3\\\"}\"" |
		curl --config - --silent --show-error --include \
			--write-out '\n%{http_code}' --max-time 30 \
			--retry 4 --retry-connrefused --retry-max-time 90 2>&1
}

# explain REPLY WORD: the status, the word that is the body, and the reason.
explain() {
	case $2 in
	"" | *[!a-z0-9!]*) word="no answer of ddnsgate" ;;
	*) word=$2 ;;
	esac
	reason=$(printf '%s\n' "$1" | grep -i '^x-ddns-reason:' | tail -n 1)
	echo "HTTP ${1##*"$newline"}, $word${reason:+, ${reason#*: }}"
}

# change present|cleanup DOMAIN VALUE: makes the TXT record, or removes it.  The
# one of a wildcard is that of the name without it.
change() {
	name=_acme-challenge.${2#\*.}
	case $name$3 in
	*[!A-Za-z0-9._-]*)
		echo "ddnsgate: neither a name nor a value: $2 $3" >&2
		return 1
		;;
	esac
	reply=$(ask "$1" "$name" "$3")
	status=$?
	reply=$(printf '%s\n' "$reply" | tr -cd '[:print:]\n')
	if [ "$status" != 0 ]; then
		why=$(printf '%s\n' "$reply" | grep '^curl: ' | tail -n 1)
		why=${why:-curl ended with $status}
	elif [ "${reply##*"$newline"}" = 200 ]; then
		return 0
	else
		body_end=$(printf '%s\n' "$reply" | tail -n 2 | head -n 1)
		why=$(explain "$reply" "$body_end")
	fi
	echo "ddnsgate: $name: $why" >&2
	return 1
}

case ${1:-} in
present | cleanup) ;;
*)
	echo "usage: $0 present|cleanup" >&2
	exit 2
	;;
esac
change "$1" "$CERTBOT_DOMAIN" "$CERTBOT_VALIDATION" || exit
[ "$1" = cleanup ] || sleep "$wait"
