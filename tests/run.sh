#!/bin/sh
# Installs what the tests need and runs all of them.  Nothing outside a
# temporary folder is changed but for the packages, and no server of the
# system is started or stopped.
#
#	sudo sh tests/run.sh		all of it
#	sudo sh tests/run.sh --quick	only all tests on gcc's ordinary build
#
# Every stage runs, whatever became of those before it; at the end it says how
# to run again just what has failed.
set -eu
cd "$(dirname "$0")/.."

case ${1-} in
"") time="20 minutes" ;;
--quick) time="6 minutes" ;;
*)
	echo "usage: tests/run.sh [--quick]" >&2
	exit 2
	;;
esac

build_packages="gcc libc6-dev cmake ninja-build pkg-config libldns-dev
	libconfig-dev libssl-dev libcrypt-dev libfcgi-dev
	libseccomp-dev libhiredis-dev dpkg-dev file"
test_packages="libcmocka-dev mandoc universal-ctags"
analysis_packages="clang libclang-rt-14-dev llvm clang-format clang-tidy
	cppcheck valgrind shellcheck"
live_packages="python3-dnspython python3-cryptography systemd
	redis-server redis-tools
	knot knot-dnsutils bind9 bind9-utils bind9-dnsutils
	pdns-server pdns-backend-sqlite3 sqlite3 nginx caddy lighttpd haproxy
	apache2-bin libapache2-mod-fcgid curl wget ddclient inadyn fail2ban openssl rsync
	libfaketime iproute2 busybox lintian prometheus ca-certificates
	pebble lego python3-certbot dehydrated uacme
	chromium chromium-driver tidy w3m fonts-dejavu-core"

if [ -z "${1-}" ]; then
	live_packages="$live_packages $analysis_packages"
fi
echo "This takes about $time on two idle cores, and longer on busy ones."
# shellcheck disable=SC2086 # lists of words
sh tests/packages.sh $build_packages $test_packages $live_packages

jobs=$(nproc)
# Live tests take two fifths of a core each, and wait for the rest of the time.
at_once=$((jobs * 5 / 2))
work=$(mktemp -d)
started=$(date +%s)
failed=
again=
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

# stage NAME COMMAND...
stage() {
	name=$1
	shift
	printf '\n=== %s (at %d s)\n' "$name" $(($(date +%s) - started))
	"$@" || failed="$failed
	$name"
}

# A value as the shell reads it.
quoted() {
	printf " '%s'" "$@"
}

# build NAME COMPILER [CMAKE-OPTION...]: the tree $work/NAME
build() {
	tree=$work/$1
	compiler=$2
	shift 2
	quoted -G Ninja "-DCMAKE_C_COMPILER=$compiler" "$@" >"$tree.options"
	cmake -S . -B "$tree" -G Ninja -DCMAKE_C_COMPILER="$compiler" \
		"$@" >"$tree.log" 2>&1 &&
		ninja -k 0 -C "$tree" >>"$tree.log" 2>&1 && return
	cat "$tree.log"
	return 1
}

# The failed tests of a tree as a regular expression: live/a|unit/b
failed_tests() {
	sed 's/^[0-9]*://' "$1/Testing/Temporary/LastTestsFailed.log" |
		sort -u | paste -s -d '|'
}

# How to run just these again, in a tree that stays.
explain() {
	again="$again
	cmake -S . -B build-$1$(cat "$tree.options")
	ninja -C build-$1
	sudo ctest --test-dir build-$1 --output-on-failure -R '^($2)\$'
"
}

# run_tests NAME [CTEST-OPTION...]: of options that come twice the last counts.
run_tests() {
	name_of_tree=$1
	tree=$work/$1
	shift
	if ctest --test-dir "$tree" -j "$at_once" --output-on-failure "$@"
	then
		return
	fi
	explain "$name_of_tree" "$(failed_tests "$tree")"
	return 1
}

c_files() {
	find src include tests -name '*.[ch]' -print0
}

check_format() {
	c_files | xargs -0 clang-format --dry-run -Werror
}

check_scripts() {
	find .ci tests examples \( -name '*.sh' -o -path '*/events.d/*' \
		! -name '*.*' \) -type f -print0 |
		xargs -0 shellcheck .ci/run src/package/postinst \
			src/package/prerm src/package/postrm
}

check_cppcheck() {
	cppcheck --quiet -j "$jobs" --std=c11 --error-exitcode=1 \
		--enable=warning,portability,performance --inline-suppr \
		--suppress=missingIncludeSystem -D_GNU_SOURCE -I include src
}

check_tidy() {
	find src -name '*.c' -print0 |
		xargs -0 -P "$jobs" -n 4 clang-tidy --quiet -p "$work/clang"
}

quick_stages() {
	stage "gcc: build" build gcc gcc
	stage "gcc: all tests" run_tests gcc
}

all_stages() {
	stage "format" check_format
	stage "shellcheck" check_scripts
	stage "gcc: build" build gcc gcc
	# Debug, since valgrind takes gcc's fortified memmove for memcpy.  It
	# runs one thread at a time, and by itself would let two that never
	# sleep keep a third from its turn.
	stage "valgrind: build" build valgrind gcc -DCMAKE_BUILD_TYPE=Debug \
		"-DCMAKE_CROSSCOMPILING_EMULATOR=valgrind;--quiet;--error-exitcode=1;\
--fair-sched=yes;--leak-check=full;--suppressions=$PWD/tests/valgrind.supp"
	stage "valgrind: unit tests" run_tests valgrind -L unit -j "$jobs"
	# Built for libFuzzer, which has both sanitizers and replays the corpus;
	# these cost more than the optimizer gains.
	stage "clang, address, undefined and libFuzzer: build" \
		build clang clang -DDDNSGATE_FUZZ=ON \
		-DCMAKE_C_FLAGS_RELWITHDEBINFO="-O1 -g"
	stage "clang, address, undefined and libFuzzer: all tests" \
		run_tests clang -LE once
	stage "cppcheck" check_cppcheck
	stage "clang-tidy" check_tidy
	stage "thread: build" build thread gcc -DDDNSGATE_SANITIZE=thread
	stage "thread: unit and live tests" run_tests thread -L "unit|live" \
		-LE "once|tools"
	stage "gcc: all tests" run_tests gcc
}

if [ -n "${1-}" ]; then quick_stages; else all_stages; fi
if [ -n "$failed" ]; then
	printf '\nfailed stages:%s\n' "$failed" >&2
	if [ -n "$again" ]; then
		printf '\nto run again what failed:\n%s' "$again" >&2
	fi
	exit 1
fi
printf '\nall stages passed (%d s)\n' $(($(date +%s) - started))
