#!/bin/sh
# The main job, start to end, with these examples: a secret URL keeps a name in
# Knot DNS current.  Installs the packages, builds, starts Knot DNS, ddnsgate
# and nginx on loopback ports in a temporary folder, calls the URL as a router
# would, and removes everything again but the packages.  The servers of this
# system, if it has any, are left alone.
#
#	sudo sh examples/demo.sh
set -eu
cd "$(dirname "$0")/.."

name=try.dyn.example.org
work=
pids=

step() {
	printf '\n== %s\n' "$*"
}

clean_up() {
	for pid in $pids; do
		kill "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
	done
	rm -rf "$work"
}

give_up() {
	printf '\ndemo: %s\n' "$*" >&2
	for log in "$work"/*.log; do
		printf '\n%s:\n' "$log"
		tail -n 20 "$log"
	done >&2
	exit 1
}

# A port that nothing here uses, for TCP and UDP, not below $1.
free_port() {
	port=$1
	while grep -qs ":$(printf %04X "$port") " \
		/proc/net/tcp /proc/net/tcp6 /proc/net/udp /proc/net/udp6
	do
		port=$((port + 1))
	done
	echo "$port"
}

# start LOG COMMAND...: in the background, without root's rights
start() {
	log=$work/$1.log
	shift
	if [ "$(id -u)" = 0 ]; then
		set -- setpriv --reuid nobody --regid nogroup --clear-groups "$@"
	fi
	"$@" >"$log" 2>&1 </dev/null &
	pids="$! $pids"
}

# wait_for COMMAND...: until it succeeds, for ten seconds
wait_for() {
	tries=100
	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || give_up "still failing: $*"
		sleep 0.1
	done
}

# call REPLY ARGUMENT...: the reply is what curl has to print
call() {
	want=$1
	shift
	printf '$ curl %s\n' "$*"
	reply=$(curl -sS --noproxy '*' --max-time 20 "$@") ||
		give_up "curl failed"
	printf '%s\n' "$reply"
	[ "$reply" = "$want" ] || give_up "\"$want\" should have come"
}

# look TYPE: what DNS says now
look() {
	printf '$ kdig %s %s\n' "$name" "$1"
	kdig @127.0.0.1 -p "$dns_port" +noall +answer "$name" "$1"
}

step "packages"
sh tests/packages.sh gcc libc6-dev cmake ninja-build pkg-config libldns-dev \
	libconfig-dev libssl-dev libcrypt-dev libfcgi-dev libseccomp-dev \
	libhiredis-dev liblmdb-dev knot knot-dnsutils nginx curl

trap clean_up EXIT
trap 'exit 130' INT TERM HUP
work=$(mktemp -d)
chmod 755 "$work"
mkdir "$work/knot" "$work/nginx" "$work/run"
mkdir -m 750 "$work/clients.d"
bin=$work/build/bin

step "build"
cmake -S . -B "$work/build" -G Ninja -DBUILD_TESTING=OFF >"$work/cmake.log" ||
	give_up "cmake failed"
ninja -C "$work/build" --quiet

step "Knot DNS with the zone dyn.example.org, and a TSIG key for ddnsgate"
dns_port=$(free_port $((20000 + $$ % 5000)))
(umask 077 && keymgr -t ddnsgate hmac-sha256 >"$work/tsig.key")
cp examples/knot/dyn.example.org.zone "$work/knot"
sed -e "s|/etc/knot/ddnsgate.key|$work/tsig.key|" \
	-e "s|listen: .*|listen: 127.0.0.1@$dns_port|" \
	-e "s|target: syslog|target: stderr|" \
	-e "s|/run/knot|$work/run|; s|/var/lib/knot|$work/knot|" \
	-e "/user: /d" examples/knot/knot.conf >"$work/knot.conf"

step "ddnsgate with a client whose only host is $name"
(umask 077 && "$bin/ddnsgatectl" secret >"$work/secret")
secret=$(sed -n 's/^secret: //p' "$work/secret")
stored=$(sed -n 's/^stored: //p' "$work/secret")
sed -e "s|127.0.0.1@53|127.0.0.1@$dns_port|" \
	-e "s|sha256:1111*|$stored|" examples/ddnsgate.conf >"$work/ddnsgate.conf"
cp examples/clients.list "$work"

step "nginx in front of it"
http_port=$(free_port $((30000 + $$ % 2000)))
sed -e "s|listen 80;|listen 127.0.0.1:$http_port;|; /listen \[::\]:80;/d" \
	-e "s|/var/log/nginx|$work/nginx|" \
	-e "s|/run/ddnsgate/|$work/run/|" \
	-e "s|fastcgi_params|/etc/nginx/fastcgi_params|" \
	examples/nginx/ddnsgate.conf >"$work/site.conf"
cat >"$work/nginx.conf" <<END
daemon off;
pid $work/nginx/pid;
events {}
http {
	client_body_temp_path $work/nginx/body;
	fastcgi_temp_path     $work/nginx/fastcgi;
	proxy_temp_path       $work/nginx/proxy;
	scgi_temp_path        $work/nginx/scgi;
	uwsgi_temp_path       $work/nginx/uwsgi;
	include $work/site.conf;
}
END

if [ "$(id -u)" = 0 ]; then
	chown nobody "$work/tsig.key" "$work/knot" "$work/nginx" "$work/run" \
		"$work/clients.d"
fi
start knot knotd -c "$work/knot.conf"
start ddnsgate "$bin/ddnsgate" -c "$work/ddnsgate.conf" \
	-l "unix:$work/run/ddnsgate.sock"
start nginx nginx -e stderr -p "$work" -c "$work/nginx.conf"
url=http://127.0.0.1:$http_port/$secret
wait_for kdig @127.0.0.1 -p "$dns_port" +retry=0 dyn.example.org SOA
wait_for curl -sf --noproxy '*' "http://127.0.0.1:$http_port/health"

step "the router calls its URL: DNS gets the address that it calls from"
call "good 127.0.0.1" "$url"
look A

step "the router has another address"
call "good 127.0.0.2" --interface 127.0.0.2 "$url"
look A

step "nothing has changed: nothing is sent to DNS"
call "nochg 127.0.0.2" --interface 127.0.0.2 "$url"

step "addresses can be given, of both families"
call "good 192.0.2.7,2001:db8::7" "$url/try?ip=192.0.2.7,2001:db8::7"
look A
look AAAA

step "somebody guesses a secret"
call "badauth" "http://127.0.0.1:$http_port/0123456789abcdef0123456789abcdef"

step "what ddnsgate has logged"
cat "$work/ddnsgate.log"

step "done; the packages stay, the rest is removed"
