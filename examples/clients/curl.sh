#!/bin/sh
# Sets up curl for the client lars and calls it once.  Run this as the user
# whose crontab is to call it, at best one without privileges.
# Before that put the client's secret in place of SECRET.
set -eu
umask 077
mkdir -p "$HOME/.config"

# Only this file has the secret, and no command line: everybody on the machine
# can see the arguments of a running program.  An old one may be readable.
# It is enough for a call by hand: curl -4 -K FILE.
file=$HOME/.config/ddnsgate-lars.curl
rm -f "$file"
cat >"$file" <<'END'
url = "https://ddns.example.org/SECRET"
fail
silent
show-error
output = "/dev/null"
max-time = 30
retry = 2
retry-max-time = 60
END

# What cron calls.  Each call sets the address of its family and leaves the
# other alone.
cat >"$HOME/.config/ddnsgate-lars.sh" <<'END'
#!/bin/sh
# FILE [SECONDS]: waits for a random time of at most SECONDS, then tells ddnsgate
# this machine's addresses, one call of the URL in FILE over each family.  Says
# nothing when DNS has them, and else what the server or curl has to say.
# Exit status: 0 DNS has them, 1 it has not.
set -u
families="4 6"

if [ "${2:-0}" -gt 0 ]; then
	random=$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')
	sleep "$((${random:-0} % $2))"
fi

# ask FAMILY: head, body and, on a line of its own, status of the last reply.
# The URL has the secret, so curl gets it by standard input.
ask() {
	grep '^url = ' "$file" | curl "-$1" --config - --silent --show-error \
		--include --write-out '\n%{http_code}' --max-time 30 \
		--retry 2 --retry-max-time 60 2>&1
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

file=$1
newline='
'
reached= # the families over which DNS got an address
refused= # what the server says to the others
lost=    # what curl says where there was no answer
for family in $families; do
	reply=$(ask "$family")
	status=$?
	reply=$(printf '%s\n' "$reply" | tr -cd '[:print:]\n')
	if [ "$status" != 0 ]; then
		why=$(printf '%s\n' "$reply" | grep '^curl: ' | tail -n 1)
		lost="${lost}IPv$family: ${why:-curl ended with $status}$newline"
		continue
	fi
	body_end=$(printf '%s\n' "$reply" | tail -n 2 | head -n 1)
	case ${reply##*"$newline"}:$body_end in
	200:good | 200:nochg | 200:good\ * | 200:nochg\ *)
		reached="$reached $family"
		;;
	*)
		why=$(explain "$reply" "$body_end")
		refused="${refused}IPv$family: $why$newline"
		;;
	esac
done

# A family that this machine has not got is no failure while the other works.
if [ -n "$refused" ] || [ -z "$reached" ]; then
	printf '%s' "ddnsgate: $refused$lost" >&2
	exit 1
fi
END

sh "$HOME/.config/ddnsgate-lars.sh" "$file"
echo "done"
