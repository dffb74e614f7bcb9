#!/bin/sh
# /usr/local/sbin/ddnsgate-ship -- sends to the other gates what they need of
# this one, by rsync over ssh; ddnsgate-ship.timer calls it each minute.
#
# /etc/default/ddnsgate-ship says what this gate is called, what comes before a
# path on each of the others, and on that gate where clients are changed also
# that these are sent:
#	NAME=one
#	OTHERS="192.0.2.12:"
#	SHIPS_CLIENTS=yes
# With ROOT all of this gate's files are below that folder.
set -eu
umask 077

root=${ROOT-}
etc=$root/etc/ddnsgate
state=$root/var/lib/ddnsgate

copies=$(mktemp -d)
trap 'rm -rf "$copies"' EXIT

# A whole copy first: nobody who changes a table holds its lock meanwhile.
copy_tables() {
	if [ -e "$etc/clients.list" ]; then
		flock "$etc/clients.list" cp -p "$etc/clients.list" "$copies/"
	fi
}

# A file takes the place of the old one when it is whole, by rename, and those
# of a folder after all of them have come.
ship_clients() {
	for table in "$copies"/*; do
		if [ -e "$table" ]; then
			rsync -a "$table" "$1/etc/ddnsgate/" || return
		fi
	done
	rsync -a --delay-updates --delete-delay \
		"$etc/clients.d/" "$1/etc/ddnsgate/clients.d/"
}

# What this gate has acknowledged, for restore and stale.
ship_seen() {
	if [ -e "$state/seen" ]; then
		rsync -a --mkpath "$state/seen" \
			"$1/var/lib/ddnsgate/seen.d/$NAME"
	fi
}

failed=0
if [ "${SHIPS_CLIENTS-}" = yes ]; then
	copy_tables
fi
# One that cannot be reached is no reason to leave out the next.
for other in $OTHERS; do
	if [ "${SHIPS_CLIENTS-}" = yes ]; then
		ship_clients "$other" || failed=1
	fi
	ship_seen "$other" || failed=1
done
exit "$failed"
