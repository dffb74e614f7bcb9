#!/bin/sh
# packages.sh PACKAGE...
# Installs the Debian packages that are not there yet.  A server that comes
# with them is not started, neither now nor at the next boot, and one that
# runs already is left alone.
set -eu

policy=/usr/sbin/policy-rc.d
mark="ddnsgate's tests: start nothing"

is_installed() {
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = \
		installed ]
}

# Ours only: a policy-rc.d that was here before stays.
remove_policy() {
	if grep -qs "$mark" "$policy"; then rm -f "$policy"; fi
}

# Debian asks this program before it starts or restarts a server: invoke-rc.d(8).
place_policy() {
	remove_policy
	if [ ! -e "$policy" ]; then
		printf '#!/bin/sh\n# %s\nexit 101\n' "$mark" >"$policy"
		chmod 755 "$policy"
	fi
}

# Debian enables what it installs.
disable_units() {
	if [ $# -gt 0 ] && command -v systemctl >/dev/null; then
		dpkg -L "$@" |
			sed -n 's,.*/lib/systemd/system/\([^/@]*\.service\)$,\1,p' |
			xargs -r systemctl --quiet disable
	fi 2>/dev/null || :
}

# Also when apt was interrupted.
finish() {
	remove_policy
	# shellcheck disable=SC2086 # a list of words
	disable_units $new
}

new=
missing=
for package in "$@"; do
	is_installed "$package" || missing="$missing $package"
done
if [ -z "$missing" ]; then exit 0; fi
if [ "$(id -u)" != 0 ]; then
	echo "packages are missing and only root can install them:$missing" >&2
	exit 1
fi

trap finish EXIT
trap 'exit 130' INT TERM HUP
place_policy
export DEBIAN_FRONTEND=noninteractive
apt="apt-get -qq --no-install-recommends -o DPkg::Lock::Timeout=300"
# shellcheck disable=SC2086 # lists of words
{
	echo "installing:$missing"
	$apt update
	new=$($apt -s install $missing | sed -n 's/^Inst \([^ ]*\) (.*/\1/p')
	$apt install $missing >/dev/null
}
