#!/bin/sh
# Sets up a service and a timer that tell this machine's address to ddnsgate
# every five minutes; an address that DNS has already costs nothing.  Run this
# as root.
# Before that put the client's secret in place of SECRET.
set -eu

# Only root can read the secret; systemd hands it to the service.  An old file
# may be readable.
umask 077
rm -f /etc/ddnsgate-update.curl
cat >/etc/ddnsgate-update.curl <<'END'
url = "https://ddns.example.org/SECRET"
END
umask 022

mkdir -p /usr/local/sbin
cat >/usr/local/sbin/ddnsgate-update <<'END'
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

cat >/etc/systemd/system/ddnsgate-update.service <<'END'
[Unit]
Description=Tell this machine's address to the dynamic DNS
Documentation=man:curl(1)
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
LoadCredential=curl:/etc/ddnsgate-update.curl
ExecStart=/bin/sh /usr/local/sbin/ddnsgate-update ${CREDENTIALS_DIRECTORY}/curl
TimeoutStartSec=4min

DynamicUser=yes
CapabilityBoundingSet=
NoNewPrivileges=yes
PrivateDevices=yes
PrivateUsers=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProtectSystem=strict
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
END

cat >/etc/systemd/system/ddnsgate-update.timer <<'END'
[Unit]
Description=Tell this machine's address to the dynamic DNS, now and then

[Timer]
OnBootSec=30s
OnUnitActiveSec=5min
RandomizedDelaySec=60s

[Install]
WantedBy=timers.target
END

# The timer goes on whether or not the first call succeeds.
systemctl daemon-reload
systemctl enable ddnsgate-update.timer
systemctl restart ddnsgate-update.timer
if ! systemctl start ddnsgate-update.service; then
	journalctl --no-pager -n 5 -u ddnsgate-update.service >&2
	exit 1
fi
