#!/bin/sh
# ddnsgate-client.sh [-w SECONDS] [FILE]
#
# Keeps names in DNS at this machine's public addresses.  For cron:
#
#	*/5 * * * * ddnsgate-client.sh -w 60
#
# With -w it first waits for a random time of less than so many seconds, so that
# not all machines come at once.
#
# It asks ddnsgate which address it calls from, and DNS what the names have; a
# name that has another gets updated.  Changes of address are logged.  Of a
# failure it tells once, however long it lasts, and once when it is over.
#
# FILE has the settings (see ddnsgate-client.conf); without it they are in
# ~/.config/ddnsgate-client.conf.  It needs curl, and one of dig, kdig, drill
# and host: without any it has the names updated each time, which does no harm.
#
# Exit status: 0 DNS is right, 1 it is not, 2 the settings are wrong.
set -euf
umask 077

wrong() {
	echo "ddnsgate-client: $*" >&2
	exit 2
}

wait_max=0
while getopts w: option; do
	case $option in
	w) wait_max=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
case $wait_max in
"" | *[!0-9]* | ?????*) wrong "-w $wait_max: not up to 9999 seconds" ;;
esac

file=${1:-$HOME/.config/ddnsgate-client.conf}
case $file in */*) ;; *) file=./$file ;; esac
if [ ! -f "$file" ] || [ ! -r "$file" ]; then wrong "$file cannot be read"; fi
# It is a program that is run here, and it has the secret.
[ -z "$(find "$file" -prune \( -perm -020 -o -perm -002 \))" ] ||
	wrong "$file: others may change it; chmod 600 $file"
[ -z "$(find "$file" -prune \( -perm -040 -o -perm -004 \))" ] ||
	wrong "$file: others may read it; chmod 600 $file"

url=
secret=
hosts=
families="4 6"
nameserver=
port=53
mail_to=
folder=${XDG_STATE_HOME:-$HOME/.local/state}/ddnsgate-client
# shellcheck source=/dev/null
. "$file"
[ -n "$url" ] || wrong "$file: url is missing"
[ -n "$secret" ] || wrong "$file: secret is missing"
[ -n "$hosts" ] || wrong "$file: hosts is missing"
mkdir -p "$folder"

for tool in dig kdig drill host nothing; do
	if command -v "$tool" >/dev/null; then break; fi
done

if [ "$wait_max" -gt 0 ]; then
	random=$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')
	sleep "$((${random:-0} % wait_max))"
fi

now() {
	date -u +%Y-%m-%dT%H:%M:%SZ
}

# ask FAMILY PATH: what ddnsgate answers, or why it does not.  The path may have
# the secret, so it goes to curl's standard input: arguments can be seen.
ask() {
	reply=$(printf 'url = "%s%s"\n' "${url%/}" "$2" |
		curl "-$1" --globoff --silent --show-error --include \
			--suppress-connect-headers --max-time 30 \
			--write-out '\n%{http_code}' --config - 2>&1) || {
		printf '%s\n' "$reply" | sed -n '/^curl: /p'
		return 1
	}
	# Head, body and, on a line of its own, the status.
	reply=$(printf '%s\n' "$reply" | tr -cd '[:print:]\n')
	status=$(printf '%s\n' "$reply" | sed -n '$p')
	body=$(printf '%s\n' "$reply" | sed '1,/^$/d; $d')
	if [ "$status" -lt 400 ]; then
		printf '%s\n' "$body"
		return
	fi
	case $body in "" | *[!a-z0-9!]*) body="no answer of ddnsgate" ;; esac
	reason=$(printf '%s\n' "$reply" | grep -i '^x-ddns-reason:') || :
	echo "HTTP $status, $body${reason:+, ${reason#*: }}"
	return 1
}

# look_up NAME TYPE: the addresses that DNS has, one a line.
look_up() {
	server=${nameserver:+@$nameserver}
	case $tool in
	dig | kdig)
		"$tool" +short +time=3 +retry=0 -p "$port" \
			${server:+"$server"} "$1" "$2"
		;;
	drill)
		drill -p "$port" "$1" ${server:+"$server"} "$2" |
			awk -v type="$2" '!/^;/ && $4 == type { print $5 }'
		;;
	host)
		host -W 3 -R 1 -p "$port" -t "$2" "$1" \
			${nameserver:+"$nameserver"} | sed -n 's/.* address //p'
		;;
	esac 2>/dev/null | grep -E '^[0-9]+(\.[0-9]+){3}$|^[0-9a-f:.]*:[0-9a-f:.]*$' ||
		: # none
}

# is_address FAMILY TEXT: one of this family, and nothing besides?
is_address() {
	case $1:$2 in
	4:*[!0-9.]* | 4:*.*.*.*.* | 6:*[!0-9a-f:.]*) return 1 ;;
	4:?*.?*.?*.?* | 6:*:*:*) return 0 ;;
	*) return 1 ;;
	esac
}

problems=
problem() {
	problems="${problems:+$problems
}$*"
}

# note_address FAMILY ADDRESS: DNS has it; a line in the log if it is new.
note_address() {
	last=$(cat "$folder/address$1" 2>/dev/null || echo none)
	if [ "$last" != "$2" ]; then
		echo "$(now) IPv$1 $last -> $2" >>"$folder/log"
		echo "$2" >"$folder/address$1"
	fi
}

# check FAMILY TYPE: makes DNS right for one family.
check() {
	if ! address=$(ask "$1" /ip); then
		problem "IPv$1: no public address: $address"
		return
	fi
	if ! is_address "$1" "$address"; then
		problem "IPv$1: what ${url%/}/ip answers is no address"
		return
	fi
	stale=
	for name in $hosts; do
		if [ "$(look_up "$name" "$2")" != "$address" ]; then
			stale=$stale,$name
		fi
	done
	if [ -n "$stale" ]; then
		if ! reply=$(ask "$1" "/$secret/${stale#,}?ip=$address"); then
			problem "IPv$1: ${stale#,} not set to $address: $reply"
			return
		fi
		case $reply in
		good | nochg | good\ * | nochg\ *) ;;
		*)
			problem "IPv$1: ${stale#,} not set to $address: strange answer"
			return
			;;
		esac
	fi
	note_address "$1" "$address"
}

# tell SUBJECT TEXT
tell() {
	echo "$(now) $1: $2" >>"$folder/log"
	if [ -n "$mail_to" ]; then
		printf '%s\n' "$2" | mail -s "$1" "$mail_to" && return
	fi
	printf '%s\n%s\n' "$1" "$2" >&2
}

for family in $families; do
	case $family in
	4) check 4 A ;;
	6) check 6 AAAA ;;
	*) wrong "$file: families: \"$family\" is neither 4 nor 6" ;;
	esac
done

if [ -n "$problems" ]; then
	if [ ! -e "$folder/failing" ]; then
		now >"$folder/failing"
		tell "ddnsgate-client: failure on $(uname -n)" "$problems"
	fi
	exit 1
fi
if [ -e "$folder/failing" ]; then
	since=$(cat "$folder/failing")
	rm "$folder/failing"
	tell "ddnsgate-client: well again on $(uname -n)" \
		"It had been failing since $since."
fi
